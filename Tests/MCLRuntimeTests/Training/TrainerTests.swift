import Foundation
import MCLRuntime
import Testing

@Suite(.serialized, .timeLimit(.minutes(5))) struct TrainerTests {
  private struct Ended {
    var outcome: Trainer.Outcome
    var reports: [String]
    var progress: [Trainer.Progress]
  }

  /// One life of a training process.
  private func train(
    _ path: String, steps: Int = 4, stopAfter: Int = .max, resume: Bool = false, rate: Double = 0.05,
    seed: UInt64 = 3, every: Int = 2, workers: Int = 2, threads: Int = 2, settings: String = "size=32"
  ) throws -> Ended {
    let trainer = try Trainer(
      executor: try TinyStep.executor(threads: threads),
      batches: try TubeletBatchesTests.videos.get().batches(2),
      run: try RunFolder(path),
      configuration: .init(
        steps: steps, seed: seed, schedule: .constant(rate), checkpointEvery: every, checkpointsKept: 2,
        loaderWorkers: workers, identity: ["model": "tiny", "settings": settings]))
    var reports: [String] = []
    try trainer.start(resume: resume) { reports.append($0) }
    var progress: [Trainer.Progress] = []
    let outcome = try trainer.train(shouldStop: { progress.count >= stopAfter }) { progress.append($0) }
    return Ended(outcome: outcome, reports: reports, progress: progress)
  }

  private func usageComplaint(_ body: () throws -> Ended) -> String? {
    #expect(throws: UsageError.self) { _ = try body() }?.description
  }

  @Test func aResumedRunIsTheRunThatWasNeverStopped() throws {
    let (straight, parted) = (try VideoTestFolder(), try VideoTestFolder())
    let whole = try train(straight.path)
    #expect(whole.outcome == .finished(steps: 4))
    #expect(whole.progress.map(\.record.step) == [1, 2, 3, 4])
    #expect(whole.progress.map(\.record.epoch) == [1, 1, 2, 3])
    #expect(whole.progress.allSatisfy { ($0.record.outputs["loss.total"] ?? .nan).isFinite })
    #expect(whole.progress.allSatisfy { $0.samplesPerSecond > 0 && $0.secondsLeft >= 0 && $0.steps == 4 })
    let files = [Checkpoint.fileName(4), "log.jsonl", "loss.svg"]
    #expect(Set(straight.files()).isSuperset(of: files + [Checkpoint.fileName(2)]))

    #expect(try train(parted.path, stopAfter: 1, every: 100).outcome == .interrupted(steps: 1))
    #expect(parted.files().contains(Checkpoint.fileName(1)))
    // Neither the threads nor the loader's workers show in the numbers.
    let rest = try train(parted.path, resume: true, workers: 1, threads: 1)
    #expect(rest.outcome == .finished(steps: 4))
    #expect(rest.progress.map(\.record.step) == [2, 3, 4])
    for file in files { #expect(try parted.bytes(file) == straight.bytes(file), "\(file)") }

    #expect(try train(parted.path, resume: true).outcome == .alreadyFinished(steps: 4))
    for file in files { #expect(try parted.bytes(file) == straight.bytes(file), "\(file)") }

    // With the newest checkpoint damaged, the one before is gone on from, to the same end.
    _ = try parted.file(
      Checkpoint.fileName(4), Array(try straight.bytes(Checkpoint.fileName(4)).dropLast(10)))
    let mended = try train(parted.path, resume: true)
    #expect(mended.outcome == .finished(steps: 4))
    #expect(mended.progress.map(\.record.step) == [3, 4])
    #expect(mended.reports.count == 1)
    #expect(mended.reports.first?.hasSuffix("it is damaged; trying the one before") == true)
    for file in files { #expect(try parted.bytes(file) == straight.bytes(file), "\(file)") }

    // A run can be made longer, but not changed or overwritten.
    let path = parted.path
    #expect(
      usageComplaint { try train(path) }
        == "\(path) holds a run already; add --resume to go on with it, or choose another folder with --out")
    #expect(
      usageComplaint { try train(path, resume: true, settings: "size=64") }
        == "\(path) was trained with settings 'size=32', not 'size=64'; resume with the same, or choose another folder"
    )
    #expect(
      usageComplaint { try train(path, resume: true, seed: 4) }
        == "\(path) was trained with seed '3', not '4'; resume with the same, or choose another folder")
    #expect(try train(path, steps: 5, resume: true).outcome == .finished(steps: 5))
  }

  @Test func lossesThatAreNotFiniteEndTheRun() throws {
    let folder = try VideoTestFolder()
    #expect(try train(folder.path, steps: 2).outcome == .finished(steps: 2))
    let before = try folder.bytes(Checkpoint.fileName(2))
    let error = #expect(throws: ExecutionError.self) {
      _ = try train(folder.path, steps: 9, resume: true, rate: 1e39, every: 100)
    }
    let description = try #require(error?.description)
    #expect(
      description.wholeMatch(
        of:
          /step 4: (loss|prob)\.\w+ is -?(nan|inf); lower the learning rate, and go on from the last checkpoint with --resume/
      ) != nil, "\(description)")
    #expect(try folder.bytes(Checkpoint.fileName(2)) == before)
    #expect(folder.files().filter { $0.hasPrefix("checkpoint") } == [Checkpoint.fileName(2)])
    #expect(try train(folder.path, steps: 3, resume: true).outcome == .finished(steps: 3))
  }

  @Test func aStateOfAnotherModelIsRefused() throws {
    let executor = try TinyStep.executor()
    try executor.initializeStates(seed: 1)
    let tensors = try executor.stateTensors()
    func complaint(_ change: (inout [String: HostTensor]) -> Void) -> String? {
      var changed = tensors
      change(&changed)
      return #expect(throws: ExecutionError.self) { try executor.restore(changed) }?.description
    }
    #expect(
      complaint { $0["queue"] = nil }
        == "the checkpoint has no 'queue'; it is of another model or other settings")
    #expect(
      complaint { $0["queue"]?.shape = [32, 12] }
        == "the checkpoint's 'queue' has the shape [32, 12], not [12, 32]; resume with the settings the run was started with"
    )
    #expect(
      complaint { $0["queue"]?.storage = .float64([Double](repeating: 0, count: 384)) }
        == "the checkpoint's 'queue' has another element type than f32[12,32]")
    #expect(
      complaint { $0["queue"]?.storage = .float32([1]) }
        == "state 'queue' is f32[12,32], but 1 f32 values were given")
    try executor.restore(tensors)
    #expect(try executor.stateTensors() == tensors)
  }
}
