import Foundation
import MCLCompiler
import MCLGraph
import MCLRuntime
import MCLTestKit
import Testing

/// The compiled training step against numbers of the official code run in Double, within the goldens' gates.
@Suite struct CompiledGoldenTests {
  struct Run {
    let executor: Executor
    let program: Graph

    init(_ program: Graph, taps: Set<String>, threads: Int, start: GoldenFile) throws {
      self.program = program
      executor = try Executor(ProgramCompiler().compile(program, taps: taps).plan, threads: threads)
      for state in program.states where !state.name.hasPrefix("velocity.") {
        let value = try start.value(state.name)
        if state.type.element == .float32 {
          try executor.setState(state.name, floats: value.elements.map { Float($0) })
        } else {
          try executor.setState(state.name, integers: value.elements.map { Int64($0) })
        }
      }
      for input in program.inputs where input.defaultValue == nil {
        let value = try start.value(input.name)
        if input.type.element == .float32 {
          try executor.setInput(input.name, floats: value.elements.map { Float($0) })
        } else {
          try executor.setInput(input.name, integers: value.elements.map { Int64($0) })
        }
      }
    }

    func value(_ name: String) throws -> [Double] {
      guard let state = program.states.first(where: { $0.name == name }) else {
        return try executor.value(name).map { Double($0) }
      }
      return state.type.element == .float32
        ? try executor.stateFloats(name).map { Double($0) }
        : try executor.stateIntegers(name).map { Double($0) }
    }

    /// Every state and output, bit for bit.
    func bits() throws -> [String: [UInt32]] {
      var bits: [String: [UInt32]] = [:]
      for state in program.states where state.type.element == .float32 {
        bits[state.name] = try executor.stateFloats(state.name).map(\.bitPattern)
      }
      for output in program.outputs { bits[output.name] = try executor.value(output.name).map(\.bitPattern) }
      return bits
    }
  }

  @Test(arguments: [true, false])
  func theTinyStepsMeetTheGates(watched: Bool) throws {
    let compared = try check(
      try GoldenFile.named("mcl_tiny_init"), try GoldenFile.named("mcl_tiny_main"), watched: watched)
    // As in the interpreter's test, but for the taps where nothing is watched.
    #expect(compared == 11 + 242 + 11 + 253 + (watched ? 69 + 25 : 0))
  }

  static let folder = ProcessInfo.processInfo.environment["MCL_GOLDENS"]

  @Test(
    .enabled(if: folder != nil, "MCL_GOLDENS names no folder of goldens"),
    arguments: [
      "mcl_tiny_alpha09", "mcl_tiny_warmup", "mcl_basic_main", "mcl_basic_alpha09", "mcl_basic_warmup",
    ], [true, false])
  func theOtherStepsMeetTheGates(name: String, watched: Bool) throws {
    let root = URL(fileURLWithPath: try #require(Self.folder))
    let start = name.split(separator: "_").prefix(2).joined(separator: "_") + "_init"
    let compared = try check(
      try GoldenFile(root.appendingPathComponent("\(start).safetensors")),
      try GoldenFile(root.appendingPathComponent("\(name).safetensors")), watched: watched)
    #expect(compared > 50)
  }

  private func check(_ start: GoldenFile, _ expected: GoldenFile, watched: Bool) throws -> Int {
    let program = try projectModel("r2plus1d", settings: expected.settings).program("step")
    let taps = watched ? Set(program.taps.map(\.name)).intersection(expected.values.keys) : []
    let run = try Run(program, taps: taps, threads: 2, start: start)
    var compared = 0
    var worst = (share: 0.0, name: "")
    for step in 1...3 {
      run.executor.poison()
      try run.executor.run()
      let prefix = "step\(step)."
      for (name, golden) in expected.values.sorted(by: { $0.key < $1.key }) {
        let local: String
        if name.hasPrefix(prefix) {
          local = String(name.dropFirst(prefix.count))
        } else if step == 1, taps.contains(name) {
          local = name
        } else {
          continue
        }
        let deviation = Deviation(try run.value(local), from: golden.elements)
        let (error, gate) = Self.gate(local, deviation, golden)
        #expect(error <= gate, "\(name) is off by \(error), the gate is \(gate)")
        if gate > 0, error / gate > worst.share { worst = (error / gate, name) }
        compared += 1
      }
    }
    print("compiled golden: \(compared) compared, worst at \(worst.share) of its gate: \(worst.name)")
    return compared
  }

  /// The error measured as the goldens' gate for this tensor does, and the gate.
  private static func gate(_ name: String, _ deviation: Deviation, _ golden: Value) -> (Double, Double) {
    if golden.type.element == .int64 { return (deviation.relativeToLargest, 0) }
    if deviation.largestExpected == 0 { return (deviation.relativeToLargest, 1e-7) }
    if name.hasPrefix("loss.") {
      return deviation.largestExpected < 0.1
        ? (deviation.relativeToLargest * deviation.largestExpected, 1e-6)
        : (deviation.relativeToLargest, 1e-5)
    }
    if name.hasPrefix("grad.") { return (deviation.relativeNorm, 1e-4) }
    if name.hasPrefix("q.") || name.hasPrefix("k.") { return (deviation.relativeNorm, 5e-4) }
    return (deviation.relativeToLargest, 2e-5)
  }

  @Test func anyNumberOfThreadsGivesTheSameBits() throws {
    let start = try GoldenFile.named("mcl_tiny_init")
    let program = try projectModel("r2plus1d", settings: try GoldenFile.named("mcl_tiny_main").settings)
      .program("step")
    var first: [String: [UInt32]]?
    for threads in [1, 2, 3] {
      let run = try Run(program, taps: [], threads: threads, start: start)
      for _ in 0..<3 { try run.executor.run() }
      let bits = try run.bits()
      if let first { #expect(bits == first, "\(threads) threads differ from one") } else { first = bits }
    }
  }
}
