import MCLCompiler
import MCLEngineTestKit
import MCLGraph
import MCLKernels
import MCLPasses
import MCLTestKit
import Testing

/// New values of states that sums make are copied early, not at the end of the run.
@Suite struct CopyNewStatesTests {
  /// A state that moves by a product with itself, and another that moves by it.
  private static func program(_ size: Int) throws -> Graph {
    let context = ProgramContext()
    let a = context.input("a", [size, size])
    let momentum = context.state("momentum", [size, size], initializer: .constant(1))
    let weight = context.state("weight", [size, size], initializer: .constant(2))
    let moved = a.matmul(momentum) * (1 / Double(size))
    return try Graph(
      name: "test", inputs: context.inputs, states: context.states, outputs: [],
      updates: [("momentum", moved), ("weight", weight - moved)], taps: [])
  }

  private static func compile(_ graph: Graph) throws -> ProgramCompiler.Compiled {
    try ProgramCompiler(KernelCompiler(cache: ObjectCache(directory: nil))).compile(graph)
  }

  @Test func aSumThatReadsTheOldValueIsCopiedEarly() throws {
    let graph = try Self.program(128)
    let compiled = try Self.compile(graph)
    #expect(compiled.plan.copies.isEmpty && compiled.plan.launches.count == 2)
    let decisions = compiled.report.decisions.filter { $0.rule == "copy-new-states" }
    #expect(decisions.count == 1 && decisions.allSatisfy(\.isDone))
    var random = RandomValues(seed: 3)
    func values(_ types: [(String, TensorType)]) -> [String: Value] {
      Dictionary(uniqueKeysWithValues: types.map { ($0.0, random.value($0.1).roundedToFloat) })
    }
    let inputs = values(graph.inputs.map { ($0.name, $0.type) })
    let states = values(graph.states.map { ($0.name, $0.type) })
    let run = try CompiledRun(graph, inputs: inputs, states: states, threads: 2)
    var interpreter = Interpreter(graph, states: states)
    _ = try interpreter.run(inputs)
    for state in graph.states {
      let found = try #require(run.states[state.name]).elements
      let expected = try #require(interpreter.states[state.name]).elements
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-5 }, "\(state.name)")
    }
  }

  /// A small one is copied at the end, by no launch of its own.
  @Test func notWhereItIsSmall() throws {
    let compiled = try Self.compile(try Self.program(32))
    #expect(compiled.plan.copies.count == 1 && compiled.plan.launches.count == 2)
  }

  /// A map writes over what it reads and needs no copy, nor does a sum that reads other states alone.
  @Test func notWhereItCanBeWrittenInPlace() throws {
    let context = ProgramContext()
    let a = context.state("a", [128, 128], initializer: .constant(1))
    let b = context.state("b", [128, 128], initializer: .constant(1))
    let graph = try Graph(
      name: "test", inputs: [], states: context.states, outputs: [],
      updates: [("a", a * 2), ("b", a.matmul(a))], taps: [], declared: [a, b])
    let compiled = try Self.compile(graph)
    #expect(compiled.plan.copies.isEmpty)
    #expect(!compiled.report.decisions.contains { $0.rule == "copy-new-states" })
  }
}
