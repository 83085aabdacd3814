import Foundation
import MCLEngineTestKit
import MCLGraph
import MCLTestKit
import Testing

/// Compiled by the whole pipeline, every operation gives what its `evaluate` gives, and so do its derivatives.
@Suite struct LawCompiledTests {
  /// MCL_SEED reproduces a run; the seed is printed.
  static let seed: UInt64 =
    ProcessInfo.processInfo.environment["MCL_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1 << 32)

  /// Whether two values agree: integers exactly, floats within `tolerance` of the largest expected or of 1.
  static func complaint(_ actual: Value?, _ expected: Value, tolerance: Double) -> String? {
    guard let actual else { return "nothing was given" }
    guard actual.type == expected.type else { return "\(actual.type) instead of \(expected.type)" }
    if expected.type.element == .int64 {
      let place = zip(actual.integers, expected.integers).enumerated().first { $0.element.0 != $0.element.1 }
      return place.map { "\($0.element.0) instead of \($0.element.1) at \($0.offset)" }
    }
    let error = largestError(actual.elements, from: expected.elements, floor: 1)
    return error <= tolerance ? nil : "off by \(error) of the largest"
  }

  /// Samples in one program, each with inputs of its own.
  private static func program(_ samples: [OperationSample]) throws -> Graph {
    let context = ProgramContext()
    var outputs: [(name: String, tensor: Tensor)] = []
    for (number, sample) in samples.enumerated() {
      let result: Tensor
      switch sample.operation {
      case let leaf as InputLeaf: result = context.input("\(number).0", leaf.type.shape, leaf.type.element)
      case let leaf as StateLeaf:
        result = context.state(
          "\(number).0", leaf.type.shape, leaf.type.element, initializer: .constant(0))
      default:
        let operands = sample.operands.enumerated().map {
          context.input("\(number).\($0.offset)", $0.element.shape, $0.element.element)
        }
        result = Tensor(sample.operation, operands)
      }
      outputs.append(("\(number)", result))
    }
    return try Graph(
      name: "samples", inputs: context.inputs, states: context.states, outputs: outputs, updates: [],
      taps: [])
  }

  @Test func everySampleCompiledIsWhatIsEvaluated() throws {
    var compared: [String: Int] = [:]
    var random = RandomValues(seed: Self.seed)
    let samples = OperationSamples.all
    for start in stride(from: 0, to: samples.count, by: 64) {
      let part = Array(samples[start..<min(start + 64, samples.count)])
      let graph = try Self.program(part)
      var given: [String: Value] = [:]
      for (number, sample) in part.enumerated() {
        var values = sample.values(using: &random)
        if let leaf = sample.operation as? any Leaf {
          values = [random.value(try leaf.infer([]), leaf.role == .state ? .integers(below: 9) : .real)]
        }
        for (position, value) in values.enumerated() { given["\(number).\(position)"] = value.roundedToFloat }
      }
      var interpreter = Interpreter(graph, states: given)
      let expected = try interpreter.run(given).outputs
      let run = try CompiledRun(graph, inputs: given, states: given, threads: 2)
      for (number, sample) in part.enumerated() {
        let value = try #require(expected["\(number)"])
        if let complaint = Self.complaint(run.outputs["\(number)"], value, tolerance: 4e-6) {
          Issue.record("seed \(Self.seed): \(sample): \(complaint)")
        }
        compared[sample.operation.name, default: 0] += 1
      }
    }
    print("compiled samples, seed \(Self.seed): \(samples.count) of \(compared.count) operations")
    #expect(Set(compared.keys) == Set(OperationRegistry.byName.keys))
  }

  /// Both orders' derivatives of some samples, in the long suite of all, each as a program of its own.
  @Test func derivativesCompiledAreWhatIsEvaluated() throws {
    print("compiled derivatives, seed \(Self.seed)")
    var random = RandomValues(seed: Self.seed &+ 1)
    var samples = OperationSamples.all.enumerated().filter { $0.element.isDifferentiable }
    samples.shuffle(using: &random)
    var compared = 0
    for (index, sample) in samples.prefix(soakFactor == 1 ? 30 : 1200) {
      guard var problem = try GradientCheck.problem(of: sample, seed: Self.seed &+ UInt64(index)) else {
        continue
      }
      problem.inputs = problem.inputs.mapValues(\.roundedToFloat)
      var interpreter = Interpreter(problem.graph, states: [:])
      let expected = try interpreter.run(problem.inputs).outputs
      let run = try CompiledRun(problem.graph, inputs: problem.inputs)
      for (name, value) in expected {
        if let complaint = Self.complaint(run.outputs[name], value, tolerance: 3e-5) {
          Issue.record("seed \(Self.seed): \(name) of \(sample): \(complaint)")
        }
        compared += 1
      }
    }
    #expect(compared > 30)
  }
}
