import ArgumentParser
import Foundation
import MCLCommandSupport
import MCLDrawing
import MCLRuntime
import MCLSupport

/// The steps of a training, and what it says of them.
extension TrainingJob {
  func train(_ trainer: Trainer) throws -> Trainer.Outcome {
    let bar = ProgressBar(isSilent: request.isSilent)
    signals.enter(.training)
    defer { signals.enter(.finishing) }
    trainer.onSaving = { signals.enter($0 ? .writing : .training) }
    var measured = ""
    return try trainer.train(shouldStop: { signals.exitCode != nil }) { progress in
      if let result = progress.validation {
        bar.clear()
        tell(
          String(
            format:
              "epoch %d: top-1 %.1f %%, top-5 %.1f %%, mean over classes %.1f %%, cross-entropy %.3f of %d videos held back",
            result.epoch, 100 * result.top1, 100 * result.top5, 100 * result.meanClassAccuracy, result.loss,
            result.samples))
      }
      if let values = progress.record.measured { measured = Self.listed(values) }
      bar.show(
        Double(progress.record.step) / Double(progress.steps),
        "step \(progress.record.step)/\(progress.steps), \(ProgressBar.duration(progress.secondsLeft)) left | "
          + trainer.description.progress(progress.record.outputs) + scheduled(progress.record)
          + measured
          + String(
            format: " | %.1f samples/s, %.0f%% waiting for data, %.1f GiB", progress.samplesPerSecond,
            progress.dataWait * 100, Double(progress.residentBytes) / 0x1p30),
        isLast: progress.record.step == progress.steps)
    }
  }

  /// What schedules set, such as ` | sgd_lr 0.0234`.
  private func scheduled(_ record: StepRecord) -> String { record.scheduled.map(Self.listed) ?? "" }

  private static func listed(_ values: [String: Double]) -> String {
    " | "
      + values.sorted { $0.key < $1.key }.map { "\($0.key) \(RunDescription.short($0.value))" }.joined(
        separator: ", ")
  }

  func finish(_ outcome: Trainer.Outcome, _ folder: RunFolder) throws {
    let (state, steps) =
      switch outcome {
      case .finished(let steps): ("finished", steps)
      case .alreadyFinished(let steps): ("already finished", steps)
      case .interrupted(let steps): ("interrupted", steps)
      }
    if request.isSilent { try printJSON(["outcome": state, "steps": steps, "run": folder.path]) }
    tell(
      steps == 0
        ? "\(state) before the first step; nothing was trained"
        : "\(state) at step \(steps): checkpoint, log.jsonl and loss.svg are in \(folder.path)")
    if case .interrupted = outcome { throw ExitCode(signals.exitCode ?? 130) }
  }
}
