import MCLCompiler
import MCLExecution
import MCLGraph
import MCLTestKit
import Testing

/// Every output of one number is known before the first state changes, so that a step can be stopped there.
@Suite struct UpdateOrderTests {
  @Test(arguments: [[:], ["accumulate": "2", "clip_norm": "1"]] as [[String: String]])
  func numbersComeBeforeUpdates(settings: [String: String]) throws {
    let small = ["batch": "2", "size": "32", "queue_size": "12", "widths": "8,8,8,8"]
    let module = try projectModel("tiny", settings: small.merging(settings) { $1 })
    let plan = try ProgramCompiler().compile(try module.program("step")).plan
    var writers: [Int: Int] = [:]
    for (index, launch) in plan.launches.enumerated() {
      writers[launch.buffers[launch.buffers.count - 1]] = index
    }
    let numbers = plan.outputs.filter { $0.type.count == 1 }
    #expect(numbers.count >= 10)
    for output in numbers {
      #expect((writers[output.buffer] ?? -1) < plan.launchesBeforeUpdates, "\(output.name)")
    }
    let updates = plan.launches.indices.filter { index in
      guard let output = plan.launches[index].buffers.last else { return false }
      if case .state = plan.buffers[output].storage { return true }
      return false
    }
    #expect(updates.count > 50 && updates.first == plan.launchesBeforeUpdates)
  }

  /// An output that is made of a state's new value: the state is then copied at the end.
  @Test func aStoppedRunChangesNothing() throws {
    let model = Model("m") { _ in
      Program("p") { context in
        let state = context.state("s", [4], initializer: .constant(1))
        let other = context.state("t", [4], initializer: .constant(2))
        let new = state * 2 + context.input("x", [4])
        return Step(outputs: [("sum", new.sum())], updates: [(state, new), (other, other + new)])
      }
    }
    let plan = try ProgramCompiler().compile(try model.module().program("p")).plan
    let executor = try Executor(plan, threads: 1)
    try executor.initializeStates(seed: 1)
    try executor.setInput("x", floats: [1, 2, 3, 4])
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try executor.run {
        #expect(try executor.value("sum") == [18])
        throw Stop()
      }
    }
    #expect(try executor.stateFloats("s") == [1, 1, 1, 1] && executor.stateFloats("t") == [2, 2, 2, 2])
    var calls = 0
    try executor.run { calls += 1 }
    #expect(calls == 1)
    #expect(try executor.stateFloats("s") == [3, 4, 5, 6] && executor.stateFloats("t") == [5, 6, 7, 8])
  }
}
