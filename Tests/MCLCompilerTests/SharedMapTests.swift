import MCLCompiler
import MCLEngineTestKit
import MCLGraph
import MCLKernels
import MCLPasses
import MCLTestKit
import Testing

/// New values of states that read the same are made by one launch, with the bits of single ones; others are not.
@Suite struct SharedMapTests {
  private static let size = 200

  private static func compile(_ graph: Graph) throws -> ProgramCompiler.Compiled {
    try ProgramCompiler(KernelCompiler(cache: ObjectCache(directory: nil))).compile(graph)
  }

  private static func decisions(_ compiled: ProgramCompiler.Compiled) -> [Decision] {
    compiled.report.decisions.filter { $0.rule == "share-maps" }
  }

  /// A program over square states, given by what they become.
  private static func program(
    _ names: [String], rows: Int = size, _ build: (ProgramContext, [Tensor]) -> Step
  ) throws -> Graph {
    let context = ProgramContext()
    let states = names.map { context.state($0, [rows, size], initializer: .constant(0)) }
    let step = build(context, states)
    return try Graph(
      name: "test", inputs: context.inputs, states: context.states, outputs: step.outputs,
      updates: step.updates.map { ($0.state.path, $0.value) }, taps: [], declared: states)
  }

  private static func values(_ types: [(name: String, type: TensorType)]) -> [String: Value] {
    var random = RandomValues(seed: 29)
    return Dictionary(
      uniqueKeysWithValues: types.map { ($0.name, random.value($0.type).roundedToFloat) })
  }

  /// Outputs and states are those of the definitions, and their bits the same for any number of threads.
  @discardableResult private static func agree(_ graph: Graph) throws -> CompiledRun {
    let inputs = values(graph.inputs.map { ($0.name, $0.type) })
    let states = values(graph.states.map { ($0.name, $0.type) })
    let runs = try [1, 2, 3, 7].map {
      try CompiledRun(graph, inputs: inputs, states: states, threads: $0)
    }
    for run in runs.dropFirst() {
      let isSame = run.states == runs[0].states && run.outputs == runs[0].outputs
      #expect(isSame, "the bits depend on the number of threads")
    }
    var interpreter = Interpreter(graph, states: states)
    let outputs = try interpreter.run(inputs).outputs
    for (found, expected) in [(runs[0].outputs, outputs), (runs[0].states, interpreter.states)] {
      for (name, value) in expected {
        #expect(LawCompiledTests.complaint(found[name], value, tolerance: 4e-6) == nil, "\(name)")
      }
    }
    return runs[0]
  }

  /// Momentum, parameter, and the average of parameters, from a gradient.
  private static func descent(_ momentum: Tensor, _ weight: Tensor, _ average: Tensor, _ gradient: Tensor)
    -> [Tensor]
  {
    let moved = 0.9 * momentum + (gradient + 1e-4 * weight)
    let updated = weight - 0.1 * moved
    return [moved, updated, 0.99 * average + 0.01 * updated]
  }

  /// Rows that fill vectors and rows that do not; a tensor of several axes, some of them of one point.
  @Test(arguments: [size, 7, 1])
  func anOptimizersUpdateIsOneLaunchWithTheSameBits(rows: Int) throws {
    let shape = [rows, Self.size]
    let merged = try Self.program(["m", "w", "k"], rows: rows) { context, states in
      let new = Self.descent(states[0], states[1], states[2], context.input("g", shape))
      return Step(outputs: [], updates: zip(states, new).map { (state: $0, value: $1) })
    }
    let compiled = try Self.compile(merged)
    #expect(Self.decisions(compiled).map(\.isDone) == [true, true])
    let launch = try #require(compiled.plan.launches.first)
    #expect(compiled.plan.launches.count == 1 && launch.byProducts.count == 2 && compiled.plan.copies.isEmpty)
    #expect(Set(PlanReport(compiled).launches.flatMap(\.statesWritten)) == ["m", "w", "k"])
    // Each operand and each result once.
    #expect(PlanReport(compiled).launches[0].bytes == 4 * 7 * rows * Self.size)
    let together = try Self.agree(merged)

    // As outputs they are made one by one.
    let context = ProgramContext()
    let given = ["m", "w", "k", "g"].map { context.input($0, shape) }
    let single = try Graph(
      name: "test", inputs: context.inputs, states: [],
      outputs: zip(["m", "w", "k"], Self.descent(given[0], given[1], given[2], given[3])).map { ($0, $1) },
      updates: [], taps: [])
    #expect(try Self.compile(single).plan.launches.count == 3)
    var inputs = Self.values(merged.states.map { ($0.name, $0.type) })
    inputs.merge(Self.values(merged.inputs.map { ($0.name, $0.type) })) { $1 }
    let apart = try CompiledRun(single, inputs: inputs)
    #expect(["m", "w", "k"].allSatisfy { together.states[$0] == apart.outputs[$0] })
  }

  /// A weight's gradient by a product: momentum is no epilogue of it, as it could not be written in place there.
  @Test func aGradientIsReadOnce() throws {
    let graph = try Self.program(["m", "w", "k"]) { context, states in
      let gradient = context.input("a", [Self.size, 64]).matmul(context.input("b", [64, Self.size]))
      let new = Self.descent(states[0], states[1], states[2], gradient)
      return Step(outputs: [], updates: zip(states, new).map { (state: $0, value: $1) })
    }
    let compiled = try Self.compile(graph)
    #expect(compiled.plan.launches.map(\.byProducts.count) == [0, 2] && compiled.plan.copies.isEmpty)
    let refusal = compiled.report.decisions.first { $0.rule == "fuse-epilogues" && !$0.isDone }
    #expect(refusal?.reason == "the new value of a state that it reads, which is written over the old one")
    try Self.agree(graph)
  }

  /// Two states that read each other's old values are made together, in place; so they are right whatever the order.
  @Test func eachReadsTheOthersOldValue() throws {
    let graph = try Self.program(["a", "b"]) { _, states in
      let (a, b) = (states[0], states[1])
      return Step(
        outputs: [("sum", (a * b).sum())], updates: [(a, 0.5 * a + 0.25 * b), (b, 0.75 * b - 0.5 * a)])
    }
    let compiled = try Self.compile(graph)
    #expect(compiled.plan.launches.count { !$0.byProducts.isEmpty } == 1 && compiled.plan.copies.isEmpty)
    try Self.agree(graph)
  }

  /// Whoever reads an old value elsewhere runs before the launch that writes over it.
  @Test func otherReadersOfOldValuesComeFirst() throws {
    let graph = try Self.program(["m", "w", "k"]) { context, states in
      let new = Self.descent(states[0], states[1], states[2], context.input("g", states[0].shape))
      let turned = states[1].matmul(states[2]) + states[0].transposed([1, 0])
      return Step(
        outputs: [("turned", turned)], updates: zip(states, new).map { (state: $0, value: $1) })
    }
    let compiled = try Self.compile(graph)
    #expect(compiled.plan.copies.isEmpty)
    #expect(compiled.plan.launches.last?.byProducts.count == 2)
    try Self.agree(graph)
  }

  @Test func notWhereAValueIsNeededBetween() throws {
    let graph = try Self.program(["w", "k"]) { context, states in
      let updated = states[0] - 0.1 * context.input("g", states[0].shape)
      let scale = (updated * updated).sum() * 1e-5
      return Step(
        outputs: [], updates: [(states[0], updated), (states[1], 0.9 * states[1] + scale * updated)])
    }
    let compiled = try Self.compile(graph)
    #expect(Self.decisions(compiled).map(\.reason) == ["it needs what is made of the other in between"])
    #expect(compiled.plan.launches.allSatisfy { $0.byProducts.isEmpty })
    try Self.agree(graph)
  }

  @Test func notWhereTheOtherIsReadElsewhere() throws {
    let graph = try Self.program(["w", "k"]) { context, states in
      let updated = states[0] - 0.1 * context.input("g", states[0].shape)
      return Step(
        outputs: [],
        updates: [(states[0], updated), (states[1], 0.9 * states[1] + 0.1 * updated.transposed([1, 0]))])
    }
    let compiled = try Self.compile(graph)
    #expect(
      Self.decisions(compiled).map(\.reason) == ["it reads the other's result at other places than its own"])
    #expect(compiled.plan.launches.count == 2)
    try Self.agree(graph)
  }

  /// Other shapes, and nothing in common.
  @Test func notWhereShapesOrOperandsDiffer() throws {
    let shapes = try Self.program(["w"]) { context, states in
      let other = context.state("k", [Self.size * Self.size], initializer: .constant(0))
      let updated = states[0] - 0.1 * context.input("g", states[0].shape)
      return Step(
        outputs: [],
        updates: [(states[0], updated), (other, 0.9 * other + 0.1 * updated.reshaped(other.shape))])
    }
    let operands = try Self.program(["a", "b"]) { _, states in
      Step(
        outputs: [], updates: [(states[0], 0.5 * states[0] + 1), (states[1], 0.5 * states[1] + 1)])
    }
    for graph in [shapes, operands] {
      let compiled = try Self.compile(graph)
      #expect(compiled.plan.launches.count == 2 && Self.decisions(compiled).isEmpty)
      try Self.agree(graph)
    }
  }

  /// An output of one number that is made of a new value is known before any state changes: all of them are copied then.
  @Test func numbersAreKnownBeforeStatesChange() throws {
    let graph = try Self.program(["m", "w", "k"]) { context, states in
      let new = Self.descent(states[0], states[1], states[2], context.input("g", states[0].shape))
      return Step(
        outputs: [("norm", (new[0] * new[0]).sum())],
        updates: zip(states, new).map { (state: $0, value: $1) })
    }
    let compiled = try Self.compile(graph)
    #expect(compiled.plan.copies.count == 3)
    #expect(compiled.plan.launchesBeforeUpdates == compiled.plan.launches.count)
    try Self.agree(graph)
  }
}
