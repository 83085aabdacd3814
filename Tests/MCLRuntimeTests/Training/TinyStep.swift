import MCLCompiler
import MCLGraph
import MCLRuntime
import MCLTestKit

/// The training step of the tiny model at its smallest, compiled once for all tests.
enum TinyStep {
  static let plan = Result<ExecutionPlan, any Error> {
    let module = try projectModel(
      "tiny", settings: ["batch": "2", "size": "32", "queue_size": "12", "widths": "8,8,8,8"])
    return try ProgramCompiler().compile(try module.program("step")).plan
  }

  static func executor(threads: Int = 2) throws -> Executor { try Executor(try plan.get(), threads: threads) }
}
