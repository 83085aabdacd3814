import MCLCompiler
import MCLExecution
import MCLGraph
import MCLKernelForms
import MCLKernels
import MCLPasses
import MCLTestKit
import Testing

/// Launches of one kernel on the same weights that run as one, and those that must not.
@Suite struct SiblingLaunchTests {
  /// Encodings of several clips by the same network in training, whose running statistics are updated in turn, and that of a
  /// larger batch by another, which takes more memory than they do together.
  private static func encodings(
    clips: Int, size: Int = 8, weightsOf: @escaping @Sendable (Int) -> String = { _ in "net" }
  ) throws -> Graph {
    try Model("encodings") { _ in
      Program("p") { context in
        func encoding(_ name: String, _ parameters: String, batch: Int) -> Tensor {
          let input = context.input("x\(name)", [batch, 16, 2, size, size])
          let scope = Scope(
            context, path: name, parameters: parameters, isTraining: true, isTrainable: false)
          let network = Chain {
            Conv("conv", [1, 3, 3], 32)
            BatchNorm("bn")
            ReLU()
            Conv("point", [1, 1, 1], 48)
            BatchNorm("bn2")
            GlobalAveragePool()
          }
          return network(input, in: scope)
        }
        let outputs = (0..<clips).map { ("y\($0)", encoding("\($0)", weightsOf($0), batch: 2)) }
        return Step(outputs: outputs + [("z", encoding("z", "other", batch: 12))], updates: [])
      }
    }.module().program("p")
  }

  private static func compile(_ graph: Graph) throws -> ProgramCompiler.Compiled {
    try ProgramCompiler(KernelCompiler(cache: ObjectCache(directory: nil))).compile(graph)
  }

  /// The bits of every state and output after two runs.
  private static func bits(_ plan: ExecutionPlan, threads: Int) throws -> [String: [UInt32]] {
    let executor = try Executor(plan, threads: threads)
    try executor.initializeStates(seed: 3)
    var random = RandomValues(seed: 8)
    for input in plan.inputs {
      try executor.setInput(input.name, random.value(input.type).roundedToFloat)
    }
    executor.poison()
    for _ in 0..<2 { try executor.run() }
    var bits: [String: [UInt32]] = [:]
    for state in plan.states where state.type.element == .float32 {
      bits[state.name] = try executor.stateFloats(state.name).map(\.bitPattern)
    }
    for output in plan.outputs { bits[output.name] = try executor.value(output.name).map(\.bitPattern) }
    return bits
  }

  private static func convolutions(_ plan: ExecutionPlan) -> [Int] {
    plan.launches.indices.filter { plan.kernels[plan.launches[$0].kernel].multiplyAdds > 0 }
  }

  /// Sizes of the calls that convolutions are in.
  private static func callSizes(_ plan: ExecutionPlan) -> [Int] {
    let convolutions = convolutions(plan)
    return plan.calls.filter { call in convolutions.contains { call.contains($0) } }.map(\.count).sorted()
  }

  @Test func encodingsOfSeveralClipsRunTogetherAndGiveTheBitsOfSingleLaunches() throws {
    let graph = try Self.encodings(clips: 3)
    let compiled = try Self.compile(graph)
    let plan = compiled.plan
    #expect(Self.callSizes(plan) == [1, 1, 3, 3], "\(plan.text)")
    #expect(plan.calls.flatMap { $0 } == Array(plan.launches.indices))
    for call in plan.calls where call.count > 1 {
      #expect(Set(plan.launches[call].map { plan.kernels[$0.kernel] }).count == 1)
    }
    #expect(compiled.report.decisions.contains { $0.rule == "run-together" && $0.isDone })
    let report = PlanReport(compiled)
    #expect(plan.calls.allSatisfy { call in call.allSatisfy { report.launches[$0].call == call } })
    let first = try Self.bits(plan, threads: 1)
    #expect(first.keys.contains { $0.hasSuffix("running_mean") })
    var single = plan
    single.calls = plan.launches.indices.map { $0..<$0 + 1 }
    for threads in [1, 2, 3, 7] {
      let (joint, alone) = (try Self.bits(plan, threads: threads), try Self.bits(single, threads: threads))
      #expect(joint == first, "\(threads) threads give other bits than one")
      #expect(alone == first, "launches one by one give other bits than together")
    }
  }

  /// Each running statistic is moved once for each clip, in their order: as by as many programs of one clip.
  @Test func runningStatisticsAreUpdatedInTurn() throws {
    let graph = try Self.encodings(clips: 3)
    let together = try Executor(Self.compile(graph).plan, threads: 2)
    let alone = try Executor(Self.compile(Self.encodings(clips: 1)).plan, threads: 2)
    for executor in [together, alone] { try executor.initializeStates(seed: 3) }
    var random = RandomValues(seed: 8)
    try alone.setInput("xz", random.value(graph.inputs[3].type).roundedToFloat)
    for input in graph.inputs {
      let value = random.value(input.type).roundedToFloat
      try together.setInput(input.name, value)
      guard input.name != "xz" else { continue }
      try alone.setInput("x0", value)
      try alone.run()
    }
    try together.run()
    let states = graph.states.map(\.name).filter { $0.hasPrefix("net") && $0.contains("running_") }
    #expect(states.count == 4)
    for state in states {
      let (found, expected) = (try together.stateFloats(state), try alone.stateFloats(state))
      let deviation = Deviation(found.map { Double($0) }, from: expected.map { Double($0) })
      #expect(deviation.relativeToLargest < 1e-6, "\(state) is off by \(deviation)")
    }
  }

  @Test func notWithOtherWeightsNorWhereResultsAreLarge() throws {
    let others = try Self.compile(Self.encodings(clips: 2) { "net\($0)" }).plan
    #expect(Self.callSizes(others) == [1, 1, 1, 1, 1, 1])
    let large = try Self.compile(Self.encodings(clips: 3, size: 240))
    #expect(Self.callSizes(large.plan).allSatisfy { $0 == 1 })
    #expect(large.report.decisions.contains { $0.rule == "run-together" && !$0.isDone })
  }

  /// A layer applied to its own result.
  @Test func notOnWhatAnotherMakes() throws {
    let graph = try Model("repeated") { _ in
      Program("p") { context in
        let weight = context.state("w", [32, 32, 1, 3, 3], initializer: .constant(0.01))
        var x = context.input("x", [2, 32, 2, 8, 8])
        for _ in 0..<3 {
          x = relu(Tensor(Convolution(ConvolutionGeometry(padding: [0, 1, 1])), [x, weight]))
        }
        return Step(outputs: [("y", x.sum())], updates: [])
      }
    }.module().program("p")
    #expect(Self.callSizes(try Self.compile(graph).plan) == [1, 1, 1])
  }
}
