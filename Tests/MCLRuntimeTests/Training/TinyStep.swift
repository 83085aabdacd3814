import MCLCompiler
import MCLExecution
import MCLGraph
import MCLTestKit

/// The training step of the tiny model at its smallest, compiled once for all tests.
enum TinyStep {
  static let plan = Result<ExecutionPlan, any Error> { try ProgramCompiler().compile(try program.get()).plan }

  /// Two batches a step, their gradients bounded, batch norm in two groups; measured and shown.
  static let accumulating = Result<ExecutionPlan, any Error> {
    let program = try accumulatingProgram.get()
    return try ProgramCompiler().compile(program, taps: Set(program.watches.flatMap(\.values))).plan
  }

  static let accumulatingProgram = Result<Graph, any Error> {
    try program(["accumulate": "2", "clip_norm": "1", "bn_groups": "2"])
  }

  static let program = Result<Graph, any Error> { try program([:]) }

  private static func program(_ more: [String: String]) throws -> Graph {
    let module = try projectModel(
      "tiny",
      settings: ["batch": "2", "size": "32", "queue_size": "12", "widths": "8,8,8,8"].merging(more) { $1 })
    return try module.program("step")
  }

  static func executor(threads: Int = 2) throws -> Executor { try Executor(try plan.get(), threads: threads) }
}
