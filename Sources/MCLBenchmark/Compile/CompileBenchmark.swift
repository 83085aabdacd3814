import Foundation
import MCLCompiler
import MCLExecution
import MCLGraph
import MCLKernels
import MCLPasses
import MCLSupport
import MCLWeights

/// Measures how compile time grows with the size of a program, without any cache of objects: all code is made anew.
package struct CompileBenchmark {
  /// Sizes up to this one are run and compared with the interpreter before they are timed.
  package let mostChecked: Int
  /// Each size is compiled again until this many seconds have passed, at most five times.
  package let secondsPerSize: Double

  package init(mostChecked: Int = 50, secondsPerSize: Double = 0.5) {
    self.mostChecked = mostChecked
    self.secondsPerSize = secondsPerSize
  }

  /// Compiling the program of one size.
  package struct Measurement: Sendable {
    package var size: Int
    /// Operations of the program, launches of its plan and distinct kernels of these.
    package var operations: Int
    package var launches: Int
    package var kernels: Int
    /// Medians of the seconds for passes and planning, and for machine code.
    package var planningSeconds: Double
    package var codeSeconds: Double
    /// The passes and the parts of planning, in order, with their medians.
    package var stages: [(name: String, seconds: Double)]
    /// Whether its outputs were compared with the interpreter's.
    package var isChecked: Bool

    package var seconds: Double { planningSeconds + codeSeconds }

    /// The stage that takes longest.
    package var slowest: (name: String, seconds: Double)? { stages.max { $0.seconds < $1.seconds } }

    package init(
      size: Int, operations: Int, launches: Int, kernels: Int, planningSeconds: Double, codeSeconds: Double,
      stages: [(name: String, seconds: Double)], isChecked: Bool
    ) {
      self.size = size
      self.operations = operations
      self.launches = launches
      self.kernels = kernels
      self.planningSeconds = planningSeconds
      self.codeSeconds = codeSeconds
      self.stages = stages
      self.isChecked = isChecked
    }
  }

  /// The sizes up to `most`, each twice the one before, from 25 or so on.
  package static func sizes(most: Int) -> [Int] {
    var sizes = [most]
    while let last = sizes.last, last >= 50 { sizes.append(last / 2) }
    return sizes.reversed()
  }

  /// - Throws: `ExecutionError` where the compiled program does not compute what the interpreter does.
  package func measure(_ family: CompileFamily, size: Int) throws -> Measurement {
    let graph = try family.graph(size: size)
    let taps = Set(graph.taps.map(\.name))
    let compiler = ProgramCompiler(KernelCompiler(cache: ObjectCache(directory: nil)))
    if size <= mostChecked { try check(graph, compiler.compile(graph, taps: taps).plan) }
    var reports: [ProgramCompiler.Report] = []
    let start = BenchmarkClock.elapsed.now()
    repeat {
      reports.append(try compiler.compile(graph, taps: taps).report)
    } while BenchmarkClock.elapsed.now() - start < secondsPerSize && reports.count < 5
    func median(_ value: (ProgramCompiler.Report) -> Double) -> Double {
      reports.map(value).sorted()[reports.count / 2]
    }
    // The same stages in the same order every time.
    let names = reports[0].planningStages.map(\.name)
    let stages = names.indices.map { stage in
      (name: names[stage], seconds: median { $0.planningStages[stage].seconds })
    }
    return Measurement(
      size: size, operations: reports[0].operationsBefore, launches: reports[0].launches,
      kernels: reports[0].distinctKernels, planningSeconds: median { $0.seconds - $0.codeSeconds },
      codeSeconds: median(\.codeSeconds), stages: stages, isChecked: size <= mostChecked)
  }

  /// The exponent with which a time grows: the slope of its logarithm over that of the size, by least squares over the
  /// larger half of the sizes; nil for fewer than two.
  package static func exponent(
    _ measurements: [Measurement], _ seconds: (Measurement) -> Double
  ) -> Double? {
    let chosen = measurements.sorted { $0.size < $1.size }.suffix((measurements.count + 1) / 2)
    guard chosen.count >= 2 else { return nil }
    let points = chosen.map { (x: log(Double($0.size)), y: log(max(seconds($0), 1e-9))) }
    let count = Double(points.count)
    let x = points.reduce(0) { $0 + $1.x } / count
    let y = points.reduce(0) { $0 + $1.y } / count
    let spread = points.reduce(0) { $0 + ($1.x - x) * ($1.x - x) }
    return spread == 0 ? nil : points.reduce(0) { $0 + ($1.x - x) * ($1.y - y) } / spread
  }

  // MARK: Comparison with the interpreter

  /// The largest difference, of a tensor's largest magnitude, that rounding may make.
  static let tolerance = 1e-3

  private func check(_ graph: Graph, _ plan: ExecutionPlan) throws {
    let executor = try Executor(plan)
    let inputs = try executor.fillRandomInputs(keepsValues: true)
    var states: [String: Value] = [:]
    for state in graph.states {
      var random = CounterRandom(seed: 1, purpose: CounterRandom.Purpose("state \(state.name)"))
      let elements = (0..<state.type.count).map { _ in Float(random.uniform() - 0.5) }
      try executor.setState(state.name, floats: elements)
      states[state.name] = Value(state.type, elements.map { Double($0) })
    }
    executor.poison()
    try executor.run()
    var interpreter = Interpreter(graph, states: states)
    let result = try interpreter.run(
      inputs.mapValues { Value(TensorType(.float32, $0.shape), $0.doubles) })
    for (name, expected) in result.outputs.merging(result.taps, uniquingKeysWith: { first, _ in first }) {
      try compare(name, executor.value(name), expected, plan)
    }
    for update in graph.updates {
      guard let expected = interpreter.states[update.name] else { continue }
      try compare(update.name, executor.stateFloats(update.name), expected, plan)
    }
  }

  private func compare(_ name: String, _ actual: [Float], _ expected: Value, _ plan: ExecutionPlan) throws {
    let largest = expected.elements.reduce(0) { max($0, abs($1)) }
    let isNear =
      actual.count == expected.elements.count
      && zip(actual, expected.elements).allSatisfy {
        abs(Double($0) - $1) <= Self.tolerance * max(largest, 1e-6)
      }
    guard isNear else {
      throw ExecutionError(
        "'\(name)' of program '\(plan.name)' is not what the interpreter computes; nothing is timed")
    }
  }
}

extension ProgramCompiler.Report {
  private static let codeStage = "kernels"

  /// Seconds for machine code.
  fileprivate var codeSeconds: Double {
    stages.filter { $0.name == Self.codeStage }.reduce(0) { $0 + $1.seconds }
  }

  /// The passes and what follows them but machine code; passes of one name together.
  fileprivate var planningStages: [(name: String, seconds: Double)] {
    var result: [(name: String, seconds: Double)] = []
    let own = stages.filter { $0.name != Self.codeStage }
    for (name, seconds) in passes.map({ ($0.name, $0.seconds) }) + own {
      if let known = result.firstIndex(where: { $0.name == name }) {
        result[known].seconds += seconds
      } else {
        result.append((name, seconds))
      }
    }
    return result
  }
}
