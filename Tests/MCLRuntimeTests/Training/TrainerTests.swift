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
    seed: UInt64 = 3, every: Int = 2, workers: Int = 2, threads: Int = 2, settings: String = "size=32",
    more: [String: String] = [:], schedule: LearningRateSchedule? = nil, lossWeights: LossWeights = .constant,
    epochs: Int = 1
  ) throws -> Ended {
    let trainer = try Trainer(
      executor: try TinyStep.executor(threads: threads),
      batches: try TubeletBatchesTests.videos.get().batches(2),
      run: try RunFolder(path),
      configuration: .init(
        steps: steps, seed: seed, schedule: schedule ?? .constant(rate), lossWeights: lossWeights,
        epochs: epochs, checkpointEvery: every, checkpointsKept: 2,
        loaderWorkers: workers, identity: ["model": "tiny", "settings": settings].merging(more) { $1 }))
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
        == "\(path) was trained with settings 'size=32' (now 'size=64'); resume with the same, or start another run "
        + "in another folder"
    )
    #expect(
      usageComplaint { try train(path, resume: true, seed: 4) }
        == "\(path) was trained with seed '3' (now '4'); resume with the same, or start another run in another folder"
    )
    #expect(
      usageComplaint { try train(path, resume: true, rate: 0.06, seed: 4) }
        == "\(path) was trained with schedule 'constant 0.05' (now 'constant 0.06') and seed '3' (now '4'); "
        + "resume with the same, or start another run in another folder")
    #expect(
      usageComplaint { try train(path, resume: true, more: ["program": "1f"]) }
        == "\(path) was trained with program (not recorded, now '1f'); resume with the same, or start another run in "
        + "another folder")
    #expect(try train(path, steps: 5, resume: true).outcome == .finished(steps: 5))
  }

  @Test func lossesThatAreNotFiniteEndTheRun() throws {
    let folder = try VideoTestFolder()
    // The third update is of infinite size.
    let schedule = LearningRateSchedule.step(
      base: 0.05, stepsPerEpoch: 1, warmup: 0, milestones: [2], rate: 1e41)
    #expect(try train(folder.path, steps: 2, schedule: schedule).outcome == .finished(steps: 2))
    let before = try folder.bytes(Checkpoint.fileName(2))
    let error = #expect(throws: ExecutionError.self) {
      _ = try train(folder.path, steps: 9, resume: true, every: 100, schedule: schedule)
    }
    let description = try #require(error?.description)
    #expect(
      description.wholeMatch(
        of:
          /step 4: (loss|prob)\.\w+ is -?(nan|inf); the checkpoints are of the steps before; start another run with a lower learning rate/
      ) != nil, "\(description)")
    #expect(try folder.bytes(Checkpoint.fileName(2)) == before)
    #expect(folder.files().filter { $0.hasPrefix("checkpoint") } == [Checkpoint.fileName(2)])
    #expect(try train(folder.path, steps: 3, resume: true, schedule: schedule).outcome == .finished(steps: 3))
  }

  /// Two samples a step of three videos: the epochs of the steps are 1, 1, 2, 3.
  @Test func lossWeightsFollowTheEpochs() throws {
    let (constant, weighted) = (try VideoTestFolder(), try VideoTestFolder())
    let plain = try train(constant.path)
    let ended = try train(weighted.path, lossWeights: .ucf101, epochs: 3)
    #expect(plain.progress.allSatisfy { $0.record.lossWeights == nil })
    let weights = ended.progress.compactMap(\.record.lossWeights)
    let third = 1.0 / 3
    #expect(weights.compactMap { $0["order_weight"] } == [third, third, 2 * third, 1])
    #expect(weights.compactMap { $0["mal_weight"] } == [2, 2, 2, 2])
    for progress in ended.progress {
      let (record, outputs) = (progress.record, progress.record.outputs)
      let order = Float(record.lossWeights?["order_weight"] ?? .nan)
      let parts: [Float] = ["inter", "intra", "order", "mal"].map { outputs["loss.\($0)"] ?? .nan }
      let contrast: Float = parts[0] + parts[1]
      let total: Float = contrast + order * parts[2] + 2 * parts[3]
      let error = abs((outputs["loss.total"] ?? .nan) - total)
      #expect(error < 1e-5 * total)
    }
    // The first step's losses are of the same weights and batch; only what they add up to differs.
    #expect(ended.progress[0].record.outputs["loss.mal"] == plain.progress[0].record.outputs["loss.mal"])
    let path = weighted.path
    #expect(
      usageComplaint { try train(path, steps: 6, resume: true, lossWeights: .ucf101, epochs: 4) }
        == "\(path) was trained with loss weights 'ucf101 over 3 epochs' (now 'ucf101 over 4 epochs'); resume with "
        + "the same, or start another run in another folder")
    let log = String(decoding: try weighted.bytes("log.jsonl"), as: UTF8.self)
    #expect(log.split(separator: "\n").allSatisfy { $0.contains("\"mal_weight\":2") })
  }

  @Test func aRunStoppedBeforeItsFirstStepLeavesNoCheckpoint() throws {
    let folder = try VideoTestFolder()
    #expect(try train(folder.path, stopAfter: 0).outcome == .interrupted(steps: 0))
    #expect(folder.files().filter { $0.hasPrefix("checkpoint") }.isEmpty)
    #expect(try train(folder.path, steps: 2).outcome == .finished(steps: 2))
    let before = try folder.bytes(Checkpoint.fileName(2))
    #expect(try train(folder.path, steps: 9, stopAfter: 0, resume: true).outcome == .interrupted(steps: 2))
    #expect(try folder.bytes(Checkpoint.fileName(2)) == before)
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
