import Foundation
import MCLCompiler
import MCLData
import MCLDataTestKit
import MCLExecution
import MCLGraph
import MCLRuntime

struct Ended {
  var outcome: Trainer.Outcome
  var reports: [String]
  var progress: [Trainer.Progress]
}

/// One life of a training process.
func trainTiny(
  _ path: String, steps: Int = 4, stopAfter: Int = .max, resume: Bool = false, rate: Double = 0.05,
  seed: UInt64 = 3, every: Int = 2, workers: Int = 2, threads: Int = 2, settings: String = "size=32",
  more: [String: String] = [:], schedules: [String: Schedule] = [:], plan: ExecutionPlan? = nil,
  program: Graph? = nil, perStep: Int = 1, stopAfterQuestions: Int = .max,
  allowsDifferentPlan: Bool = false, watchEvery: Int = 2, measuring: StateMeasurement? = nil,
  stopsToo: () -> Bool = { false }
) throws -> Ended {
  let program = try program ?? (perStep == 2 ? TinyStep.accumulatingProgram : TinyStep.program).get()
  let trainer = try Trainer(
    executor: try Executor(try plan ?? TinyStep.plan.get(), threads: threads), program: program,
    source: try DeclaredBatches(
      DataDeclaration(program), from: .videos(ColourVideos.shared.get().prepared.videos),
      policy: .cropAndFlip, seed: 5),
    run: try RunFolder(path),
    configuration: .init(
      steps: steps, seed: seed, schedules: ["sgd_lr": Schedule(from: rate)].merging(schedules) { $1 },
      checkpointEvery: every, checkpointsKept: 2, watchEvery: watchEvery, loaderWorkers: workers,
      policy: .cropAndFlip,
      identity: ["model": "tiny", "settings": settings].merging(more) { $1 },
      allowsDifferentPlan: allowsDifferentPlan))
  trainer.stateMeasurement = measuring
  var reports: [String] = []
  try trainer.start(resume: resume) { reports.append($0) }
  var progress: [Trainer.Progress] = []
  var questions = 0
  let outcome = try trainer.train(shouldStop: {
    questions += 1
    return progress.count >= stopAfter || questions > stopAfterQuestions || stopsToo()
  }) { progress.append($0) }
  return Ended(outcome: outcome, reports: reports, progress: progress)
}
