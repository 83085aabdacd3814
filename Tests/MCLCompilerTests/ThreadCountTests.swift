import MCLCompiler
import MCLExecution
import MCLGraph
import MCLTestKit
import Testing

/// Results must not depend on who computes them.
@Suite struct ThreadCountTests {
  /// Every state and output after three training steps, bit for bit.
  private func bits(_ program: Graph, _ plan: ExecutionPlan, threads: Int) throws -> [String: [UInt32]] {
    let start = try GoldenFile.named("mcl_tiny_init")
    let executor = try Executor(plan, threads: threads)
    for state in program.states where !state.name.hasPrefix("velocity.") {
      try executor.setState(state.name, Value(state.type, try start.value(state.name).elements))
    }
    for input in program.inputs where input.defaultValue == nil {
      try executor.setInput(input.name, Value(input.type, try start.value(input.name).elements))
    }
    for _ in 0..<3 { try executor.run() }
    var bits: [String: [UInt32]] = [:]
    for state in program.states where state.type.element == .float32 {
      bits[state.name] = try executor.stateFloats(state.name).map(\.bitPattern)
    }
    for output in program.outputs { bits[output.name] = try executor.value(output.name).map(\.bitPattern) }
    return bits
  }

  @Test func anyNumberOfThreadsGivesTheSameBits() throws {
    let settings = try GoldenFile.named("mcl_tiny_main").settings
    let program = try projectModel("r2plus1d", settings: settings).program("step")
    let plan = try ProgramCompiler().compile(program).plan
    let first = try bits(program, plan, threads: 1)
    for threads in [2, 3, 7] {
      let same = try bits(program, plan, threads: threads) == first
      #expect(same, "\(threads) threads differ from one")
    }
  }
}
