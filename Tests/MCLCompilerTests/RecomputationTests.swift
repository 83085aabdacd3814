import MCLCompiler
import MCLExecution
import MCLGraph
import MCLKernelForms
import MCLKernels
import MCLPasses
import MCLTestKit
import Testing

/// Maps that are computed a second time instead of being kept, and those that are not.
@Suite struct RecomputationTests {
  /// As a network does with an activation: it is read at once and again at the end, and most memory is in use between.
  private struct Example {
    let context = ProgramContext()
    let before: Tensor
    let weight: Tensor
    private let wide: Tensor
    private let tall: Tensor

    init() {
      let x = context.input("x", [256, 256])
      weight = context.input("weight", [256, 256])
      wide = context.input("wide", [256, 512])
      tall = context.input("tall", [512, 256])
      before = x.matmul(weight)
    }

    /// What the fullest launches make of a value.
    func middle(_ value: Tensor) -> Tensor { value.matmul(wide).matmul(tall) }

    func graph(_ outputs: [Tensor], updates: [(state: String, value: Tensor)] = []) throws -> Graph {
      try Graph(
        name: "test", inputs: context.inputs, states: context.states,
        outputs: outputs.enumerated().map { ("y\($0.offset)", $0.element) },
        updates: updates.map { ($0.state, $0.value) }, taps: [])
    }
  }

  private static func compile(_ graph: Graph) throws -> ProgramCompiler.Compiled {
    try ProgramCompiler(KernelCompiler(cache: ObjectCache(directory: nil))).compile(graph)
  }

  private static func decisions(_ compiled: ProgramCompiler.Compiled) -> [Decision] {
    compiled.report.decisions.filter { $0.rule == "recompute" }
  }

  /// Launches that do nothing but the activation.
  private static func activations(_ compiled: ProgramCompiler.Compiled) -> [Int] {
    compiled.plan.launches.indices.filter { index in
      compiled.plan.launches[index].parts.map(\.operation).contains("relu")
    }
  }

  private static func terms(_ launch: ExecutionPlan.Launch) -> Int? {
    guard case .comprehension(let comprehension) = launch.specification.form else { return nil }
    return comprehension.reductionCount
  }

  private static func late() throws -> Graph {
    let example = Example()
    let activation = relu(example.before)
    let middle = example.middle(activation.matmul(example.weight))
    return try example.graph([activation.matrixTransposed().matmul(middle) * example.before])
  }

  @Test func anActivationReadLateIsComputedAgain() throws {
    let compiled = try Self.compile(try Self.late())
    let decision = try #require(Self.decisions(compiled).first)
    #expect(Self.decisions(compiled).count == 1 && decision.isDone)
    #expect(decision.subject.operation == "relu" && decision.targets.map(\.operation) == ["matmul"])
    let launches = Self.activations(compiled)
    try #require(launches.count == 2)
    let (first, second) = (compiled.plan.launches[launches[0]], compiled.plan.launches[launches[1]])
    #expect(first.kernel == second.kernel && first.specification == second.specification)
    #expect(
      first.buffers.dropLast() == second.buffers.dropLast() && first.buffers.last != second.buffers.last)
    // It is computed just before the launch that reads it, and is not there when most is.
    let report = PlanReport(compiled)
    let value = report.values[report.launches[launches[1]].result]
    #expect(value.readers == [launches[1] + 1])
    let peak = try #require(report.peakLaunch)
    #expect(launches[0] + 1 < peak && peak < launches[1])
    let alive = report.alive(at: peak).filter { report.values[$0].name.hasPrefix("relu") }
    #expect(alive.isEmpty)
  }

  /// A product of 16 terms takes less time than its memory is worth; one of 96 does not.
  @Test(arguments: [(16, 2), (96, 1)]) func aLargeProductOfFewTermsIsComputedAgain(terms: Int, launches: Int)
    throws
  {
    let example = Example()
    let few = example.context.input("few", [256, terms])
    let product = few.matmul(example.context.input("thin", [terms, 256]))
    let middle = example.middle(product.matmul(example.weight))
    let graph = try example.graph([product.matrixTransposed().matmul(middle)])
    let compiled = try Self.compile(graph)
    let made = compiled.plan.launches.filter { Self.terms($0) == terms }
    #expect(made.count == launches && Set(made.map(\.kernel)).count == 1)
    var random = RandomValues(seed: 12)
    let inputs = Dictionary(
      uniqueKeysWithValues: graph.inputs.map { ($0.name, random.value($0.type).roundedToFloat) })
    var interpreter = Interpreter(graph, states: [:])
    let expected = try #require(try interpreter.run(inputs).outputs["y0"]).elements
    let executor = try Executor(compiled.plan)
    for (name, value) in inputs { try executor.setInput(name, value) }
    executor.poison()
    try executor.run()
    let deviation = Deviation(try executor.value("y0").map { Double($0) }, from: expected)
    #expect(deviation.relativeToLargest < 1e-5)
  }

  @Test func theBitsAreThoseOfTheDefinitionAndOfAnyThreads() throws {
    let graph = try Self.late()
    let compiled = try Self.compile(graph)
    var random = RandomValues(seed: 11)
    let inputs = Dictionary(
      uniqueKeysWithValues: graph.inputs.map { ($0.name, random.value($0.type).roundedToFloat) })
    var results: [[Float]] = []
    for threads in [1, 2, 3, 7] {
      let executor = try Executor(compiled.plan, threads: threads)
      for (name, value) in inputs { try executor.setInput(name, value) }
      executor.poison()
      try executor.run()
      results.append(try executor.value("y0"))
    }
    #expect(results.dropFirst().allSatisfy { $0 == results[0] })
    var interpreter = Interpreter(graph, states: [:])
    let expected = try #require(try interpreter.run(inputs).outputs["y0"]).elements
    let largest = expected.map(abs).max() ?? 0
    let worst = zip(results[0], expected).map { abs(Double($0) - $1) }.max() ?? .infinity
    #expect(worst < 1e-5 * largest, "\(worst) of \(largest)")
  }

  @Test func notWhereWhatItReadsIsGone() throws {
    let example = Example()
    let activation = relu(example.before)
    let middle = example.middle(activation.matmul(example.weight) + example.before)
    let compiled = try Self.compile(
      try example.graph([activation.matrixTransposed().matmul(middle)]))
    #expect(Self.activations(compiled).count == 1)
    #expect(
      Self.decisions(compiled).map(\.reason) == ["what it is computed from is gone by then"])
  }

  @Test func notWhereNoReaderIsLate() throws {
    let example = Example()
    let middle = example.middle(relu(example.before).matmul(example.weight))
    let compiled = try Self.compile(try example.graph([middle * example.before]))
    #expect(Self.activations(compiled).count == 1 && Self.decisions(compiled).isEmpty)
  }

  @Test func notWhereItIsAnOutput() throws {
    let example = Example()
    let activation = relu(example.before)
    let middle = example.middle(activation.matmul(example.weight))
    let compiled = try Self.compile(
      try example.graph([activation.matrixTransposed().matmul(middle) * example.before, activation]))
    #expect(Self.activations(compiled).count == 1 && Self.decisions(compiled).isEmpty)
  }

  @Test func notWhereAStateThatItReadsHasChanged() throws {
    let example = Example()
    let scale = example.context.state("scale", [256], initializer: .constant(1))
    let changed = scale * 2
    func scaled(_ value: Tensor, _ factors: Tensor) -> Tensor {
      value * factors.reshaped([1, 256]).broadcast(to: [256, 256])
    }
    let activation = relu(scaled(example.before, scale))
    let middle = example.middle(
      scaled(activation.matmul(example.weight).matmul(example.weight), changed))
    let compiled = try Self.compile(
      try example.graph(
        [activation.matrixTransposed().matmul(middle) * example.before], updates: [("scale", changed)]))
    #expect(Self.activations(compiled).count == 1)
    #expect(
      Self.decisions(compiled).map(\.reason) == ["a state that it reads has its new value by then"])
  }

  @Test func notWhereItIsDear() throws {
    let example = Example()
    let activation = relu(example.before).exponential()
    let middle = example.middle(activation.matmul(example.weight))
    let compiled = try Self.compile(
      try example.graph([activation.matrixTransposed().matmul(middle) * example.before]))
    #expect(
      Self.decisions(compiled).map(\.reason) == ["to compute it again costs more than to keep it"])
  }

  @Test func notForLittleMemory() throws {
    let example = Example()
    let activation = relu(example.before)
    let huge = activation.matmul(example.weight).matmul(example.context.input("huge", [256, 8192]))
    let middle = huge.matmul(example.context.input("high", [8192, 256]))
    let compiled = try Self.compile(
      try example.graph([activation.matrixTransposed().matmul(middle) * example.before]))
    #expect(Self.decisions(compiled).map(\.reason) == ["too little memory would be spared"])
    #expect(Self.activations(compiled).count == 1)
  }
}
