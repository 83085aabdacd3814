import MCLCompiler
import MCLData
import MCLDataTestKit
import MCLExecution
import MCLGraph
import MCLRuntime
import MCLSupport
import MCLTestKit
import MCLWeights
import Testing

@Suite(.timeLimit(.minutes(5 * patience))) struct ExecutorTests {
  /// The bits of all outputs of two steps and of the states after them.
  private func twoSteps(threads: Int, poisoned: Bool) throws -> [String: [UInt32]] {
    let executor = try TinyStep.executor(threads: threads)
    try executor.initializeStates(seed: 7)
    let batches = try ColourVideos.shared.get().batches(2)
    var bits: [String: [UInt32]] = [:]
    for step in 0..<2 {
      try executor.give(try batches.batch(step))
      if poisoned { executor.poison() }
      try executor.run()
      for output in executor.plan.outputs {
        bits["\(step) \(output.name)"] = try executor.value(output.name).map(\.bitPattern)
      }
    }
    for (name, tensor) in try executor.stateTensors() { bits[name] = tensor.floats.map(\.bitPattern) }
    return bits
  }

  @Test func theBitsDependOnNeitherThreadsNorWhatMemoryHeld() throws {
    let expected = try twoSteps(threads: 1, poisoned: false)
    let loss = try #require(expected["1 loss.total"]?.first)
    #expect(Float(bitPattern: loss).isFinite && Float(bitPattern: loss) > 0)
    for (threads, poisoned) in [(1, true), (2, false), (3, true)] {
      let found = try twoSteps(threads: threads, poisoned: poisoned)
      let different = expected.keys.filter { found[$0] != expected[$0] }.sorted()
      #expect(
        different.isEmpty && found.count == expected.count,
        "\(threads) threads, poisoned: \(poisoned): \(different)")
    }
  }

  @Test func wrongNamesAndSizesGetASentence() throws {
    let executor = try TinyStep.executor(threads: 1)
    func complaint(_ body: () throws -> Void) -> String? {
      #expect(throws: ExecutionError.self) { try body() }?.description
    }
    let first = try #require(executor.plan.inputs.first { $0.defaultValue == nil })
    #expect(complaint { try executor.run() } == "input '\(first.name)' of program 'step' was not given")
    #expect(
      complaint { try executor.setInput("ordre", integers: [0, 1]) }
        == "program 'step' has no input 'ordre'; did you mean 'order'?")
    #expect(
      complaint { try executor.setInput("a name far from all", floats: []) }
        == "program 'step' has no input 'a name far from all'")
    #expect(
      complaint { try executor.setInput("order", integers: [0]) }
        == "input 'order' is i64[2], but 1 i64 values were given")
    #expect(
      complaint { try executor.setInput("order", floats: [0, 1]) }
        == "input 'order' is i64[2], but 2 f32 values were given")
    #expect(
      complaint { try executor.setState("queues", floats: []) }
        == "program 'step' has no state 'queues'; did you mean 'queue'?")
    #expect(
      complaint { try executor.setState("queue", floats: [1, 2]) }
        == "state 'queue' is f32[12,32], but 2 f32 values were given")
    #expect(complaint { _ = try executor.stateIntegers("queue") } == "state 'queue' is f32[12,32], not i64")
    #expect(
      complaint { _ = try executor.stateFloats("queue_index") } == "state 'queue_index' is i64[], not f32")
    #expect(
      complaint { _ = try executor.value("loss.nothing") }
        == "program 'step' was compiled without an output or tap 'loss.nothing'")
  }

  @Test func aDefaultThatIsNoIntegerIsRefused() throws {
    var plan = try TinyStep.plan.get()
    let index = try #require(plan.inputs.firstIndex { $0.name == "order" })
    plan.inputs[index].defaultValue = 0.5
    let error = #expect(throws: ExecutionError.self) { _ = try Executor(plan, threads: 1) }
    #expect(
      error?.description == "input 'order' is i64[2], but its default 0.5 is no integer of 64 bits")
  }

  @Test func theFirstValueThatIsNotFiniteIsNamedByItsPath() throws {
    let executor = try TinyStep.executor(threads: 2)
    try executor.initializeStates(seed: 7)
    try executor.give(try ColourVideos.shared.get().batches(2).batch(0))
    executor.trapsNotFinite = true
    try executor.run()
    let weight = try #require(executor.plan.states.first { $0.name == "q.backbone.layer3.0.conv1.weight" })
    var values = try executor.stateFloats(weight.name)
    values[5] = .nan
    try executor.setState(weight.name, floats: values)
    let error = #expect(throws: ExecutionError.self) { try executor.run() }
    let message = "\(error.map(String.init(describing:)) ?? "")"
    #expect(message.contains("'query.backbone.layer3.0.conv1' of program 'step' gives nan"), "\(message)")
  }
}
