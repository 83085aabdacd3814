import MCLEngineTestKit
import MCLGraph
import MCLPasses
import MCLTestKit
import Testing

/// A program of some outputs, run by every engine.
struct IntegerEngines {
  let graph: Graph

  /// - Parameter outputs: makes the outputs of inputs by name.
  init(
    _ inputs: [(name: String, type: TensorType)],
    _ outputs: ([String: Tensor]) -> [(name: String, tensor: Tensor)]
  )
    throws
  {
    let context = ProgramContext()
    var tensors: [String: Tensor] = [:]
    for (name, type) in inputs { tensors[name] = context.input(name, type.shape, type.element) }
    graph = try Graph(
      name: "integers", inputs: context.inputs, states: [], outputs: outputs(tensors), updates: [], taps: [])
  }

  /// The interpreter, the comprehensions as they are lowered and after all passes, and compiled code, by name.
  func results(_ inputs: [String: Value], threads: Int = 1) throws -> [(
    engine: String, outputs: [String: Value]
  )] {
    func interpreted(_ graph: Graph) throws -> [String: Value] {
      var interpreter = Interpreter(graph, states: [:])
      return try interpreter.run(inputs).outputs
    }
    // The level has every pass checked on inputs of its own besides.
    let lowered = try Pipeline.run(graph, passes: [LowerToComprehensions()], level: .interpret)
    let passed = try Pipeline.run(graph, passes: Pipeline.passes, level: .interpret)
    return [
      ("interpreter", try interpreted(graph)), ("comprehensions", try interpreted(lowered.graph)),
      ("after all passes", try interpreted(passed.graph)),
      ("compiled", try CompiledRun(graph, inputs: inputs, threads: threads).outputs),
    ]
  }

  /// Expects these integers of every engine.
  func expect(
    _ expected: [String: [Int64]], of inputs: [String: Value], threads: Int = 1,
    sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) throws {
    for (engine, outputs) in try results(inputs, threads: threads) {
      #expect(Set(outputs.keys) == Set(expected.keys), sourceLocation: sourceLocation)
      for (name, wanted) in expected {
        let value = try #require(outputs[name], sourceLocation: sourceLocation)
        #expect(value.type.element == .int64, "\(engine): \(name)", sourceLocation: sourceLocation)
        for (place, (a, b)) in zip(value.integers, wanted).enumerated() where a != b {
          Issue.record(
            "\(engine): \(name) is \(a) instead of \(b) at \(place)", sourceLocation: sourceLocation)
        }
        #expect(value.integers.count == wanted.count, "\(engine): \(name)", sourceLocation: sourceLocation)
      }
    }
  }
}

/// Integers as a vector of a program.
func integers(_ values: [Int64]) -> Value { Value(TensorType(.int64, [values.count]), integers: values) }
