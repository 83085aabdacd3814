import Foundation
import LLVMBindings
import MCLCompiler
import MCLData
import MCLDataTestKit
import MCLExecution
import MCLFrontend
import MCLGraph
import MCLKernelForms
import MCLParity
import MCLRuntime
import MCLSupport
import MCLTestKit
import MCLWeights
import Testing

@Suite(.serialized, .timeLimit(.minutes(5 * patience))) struct TrainerTests {
  private func usageComplaint(_ body: () throws -> Ended) -> String? {
    #expect(throws: UsageError.self) { _ = try body() }?.description
  }

  @Test func aResumedRunIsTheRunThatWasNeverStopped() throws {
    let (straight, parted) = (try VideoTestFolder(), try VideoTestFolder())
    let whole = try trainTiny(straight.path)
    #expect(whole.outcome == .finished(steps: 4))
    #expect(whole.progress.map(\.record.step) == [1, 2, 3, 4])
    #expect(whole.progress.map(\.record.epoch) == [1, 1, 2, 3])
    #expect(whole.progress.allSatisfy { ($0.record.outputs["loss.total"] ?? .nan).isFinite })
    #expect(whole.progress.allSatisfy { $0.samplesPerSecond > 0 && $0.secondsLeft >= 0 && $0.steps == 4 })
    let files = [Checkpoint.fileName(4), "log.jsonl", "loss.svg"]
    #expect(Set(straight.files()).isSuperset(of: files + [Checkpoint.fileName(2)]))

    #expect(try trainTiny(parted.path, stopAfter: 1, every: 100).outcome == .interrupted(steps: 1))
    #expect(parted.files().contains(Checkpoint.fileName(1)))
    // Neither the threads nor the loader's workers show in the numbers.
    let rest = try trainTiny(parted.path, resume: true, workers: 1, threads: 1)
    #expect(rest.outcome == .finished(steps: 4))
    #expect(rest.progress.map(\.record.step) == [2, 3, 4])
    for file in files { #expect(try parted.bytes(file) == straight.bytes(file), "\(file)") }

    #expect(try trainTiny(parted.path, resume: true).outcome == .alreadyFinished(steps: 4))
    for file in files { #expect(try parted.bytes(file) == straight.bytes(file), "\(file)") }

    // With the newest checkpoint damaged, the one before is gone on from, to the same end.
    _ = try parted.file(
      Checkpoint.fileName(4), Array(try straight.bytes(Checkpoint.fileName(4)).dropLast(10)))
    let mended = try trainTiny(parted.path, resume: true)
    #expect(mended.outcome == .finished(steps: 4))
    #expect(mended.progress.map(\.record.step) == [3, 4])
    #expect(mended.reports.count == 1)
    #expect(mended.reports.first?.hasSuffix("it is damaged; trying the one before") == true)
    for file in files { #expect(try parted.bytes(file) == straight.bytes(file), "\(file)") }

    // A run can be made longer, but not changed or overwritten.
    let path = parted.path
    #expect(
      usageComplaint { try trainTiny(path) }
        == "\(path) holds a run already; add --resume to go on with it, or choose another folder with --out")
    #expect(
      usageComplaint { try trainTiny(path, resume: true, settings: "size=64") }
        == "\(path) was trained with settings 'size=32' (now 'size=64'); resume with the same, or start another run "
        + "in another folder"
    )
    #expect(
      usageComplaint { try trainTiny(path, resume: true, seed: 4) }
        == "\(path) was trained with seed '3' (now '4'); resume with the same, or start another run in another folder"
    )
    #expect(
      usageComplaint { try trainTiny(path, resume: true, rate: 0.06, seed: 4) }
        == "\(path) was trained with schedules 'sgd_lr: constant 0.05' (now 'sgd_lr: constant 0.06') and seed '3' (now '4'); "
        + "resume with the same, or start another run in another folder; --change goes on with other schedules, numbers "
        + "of the model or another length")
    #expect(
      usageComplaint { try trainTiny(path, resume: true, more: ["program": "1f"]) }
        == "\(path) was trained with program (not recorded, now '1f'); resume with the same, or start another run in "
        + "another folder")
    #expect(try trainTiny(path, steps: 5, resume: true).outcome == .finished(steps: 5))
  }

  /// Where the batch cannot be kept, the run still says what stopped it.
  @Test func aBatchThatCannotBeKeptDoesNotHideTheLoss() throws {
    let folder = try VideoTestFolder()
    let schedule = Schedule(from: 0.05, course: .factor(1e41, milestones: [2]))
    #expect(
      try trainTiny(folder.path, steps: 2, schedules: ["sgd_lr": schedule]).outcome == .finished(steps: 2))
    let file = folder.path + "/failed-step-00000004.safetensors"
    try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: true)
    let error = #expect(throws: ExecutionError.self) {
      _ = try trainTiny(folder.path, steps: 9, resume: true, every: 100, schedules: ["sgd_lr": schedule])
    }
    let description = try #require(error?.description)
    #expect(description.hasPrefix("step 4: "), "\(description)")
    #expect(
      description.hasSuffix(
        ", and nothing of the step was applied; its batch is not kept: \(file) is no regular file and is not replaced; "
          + "name another file"), "\(description)")
  }

  @Test func aNegativeBoundOfTheGradientIsRefused() throws {
    let error = #expect(throws: ModelLoadError.self) {
      _ = try projectModel("tiny", settings: ["clip_norm": "-1"])
    }
    #expect(
      error?.description.contains("a finite number of at least 0") == true, "\(String(describing: error))")
  }

  @Test func lossesThatAreNotFiniteEndTheRun() throws {
    let folder = try VideoTestFolder()
    // The third update is of infinite size.
    let schedule = Schedule(from: 0.05, course: .factor(1e41, milestones: [2]))
    #expect(
      try trainTiny(folder.path, steps: 2, schedules: ["sgd_lr": schedule]).outcome == .finished(steps: 2))
    let before = try folder.bytes(Checkpoint.fileName(2))
    let error = #expect(throws: ExecutionError.self) {
      _ = try trainTiny(folder.path, steps: 9, resume: true, every: 100, schedules: ["sgd_lr": schedule])
    }
    let description = try #require(error?.description)
    let file = folder.path + "/failed-step-00000004.safetensors"
    #expect(
      description.replacing(file, with: "FILE").wholeMatch(
        of:
          /step 4: (loss|prob)\.\w+ is -?(nan|inf), and nothing of the step was applied; its batch and states are kept, and this command names the first value that is not finite: mclc run MODEL --program step --unfused --tensors FILE/
      ) != nil, "\(description)")
    // What it keeps is the state after step 3, and the batch of step 4.
    #expect(
      try trainTiny(folder.path, steps: 3, resume: true, every: 1, schedules: ["sgd_lr": schedule]).outcome
        == .finished(steps: 3))
    let (failed, third) = (
      try SafeTensors(path: file), try SafeTensors(path: folder.path + "/" + Checkpoint.fileName(3))
    )
    for name in third.names { #expect(try failed.tensor(name) == third.tensor(name), "\(name)") }
    let batch = try ColourVideos.shared.get().batches(2).batch(3)
    #expect(try failed.tensor("xq").floats == batch.xq && failed.tensor("mag").floats == batch.mag)
    #expect(try failed.tensor("sgd_lr").floats == [Float(schedule.value(step: 3, epoch: 3))])
    try FileManager.default.removeItem(atPath: folder.path + "/" + Checkpoint.fileName(3))

    // Unfused, the first value that is not finite is named: a weight of the update before, as the query reads it.
    let module = try projectModel(
      "tiny", settings: ["batch": "2", "size": "32", "queue_size": "12", "widths": "8,8,8,8"])
    let run = try TensorRun(try module.program("step"), taps: [], files: [WeightFile(failed)])
    let first = #expect(throws: ExecutionError.self) {
      _ = try run.outputs(engine: .compiled, threads: 2, includingStates: false, unfused: true)
    }
    let sentence = try #require(first?.description)
    #expect(
      sentence.firstMatch(
        of: /^'(query|key|k|q)\.[\w.]*(conv|bn|fc|head)[\w.]*' of program 'step' gives -?(nan|inf) at element/
      ) != nil,
      "\(sentence)")
    let rate = folder.path + "/rate.safetensors"
    try SafeTensors.write(["sgd_lr": HostTensor([], .float32([0.05]))], metadata: [:], to: rate)
    let healthy = try TensorRun(
      try module.program("step"), taps: [],
      files: [
        WeightFile(failed), WeightFile(try SafeTensors(path: folder.path + "/" + Checkpoint.fileName(2))),
        WeightFile(try SafeTensors(path: rate)),
      ])
    _ = try healthy.outputs(engine: .compiled, threads: 2, includingStates: false, unfused: true)
    #expect(try folder.bytes(Checkpoint.fileName(2)) == before)
    #expect(folder.files().filter { $0.hasPrefix("checkpoint") } == [Checkpoint.fileName(2)])
    #expect(
      try trainTiny(folder.path, steps: 3, resume: true, schedules: ["sgd_lr": schedule]).outcome
        == .finished(steps: 3))
  }

  /// Stopped between the two batches of a step, and gone on from there.
  @Test func aStepOfTwoBatchesCanBeStoppedInItsMiddle() throws {
    let plan = try TinyStep.accumulating.get()
    let (straight, parted) = (try VideoTestFolder(), try VideoTestFolder())
    let whole = try trainTiny(straight.path, plan: plan, perStep: 2)
    #expect(whole.outcome == .finished(steps: 4))
    // Four samples a step of three videos.
    #expect(whole.progress.map(\.record.epoch) == [1, 2, 3, 5])
    for (stopAfter, steps) in [(1, 0), (2, 1), (2, 2)] {
      let stopped = try trainTiny(
        parted.path, resume: true, every: 100, plan: plan, perStep: 2, stopAfterQuestions: stopAfter)
      #expect(stopped.outcome == .interrupted(steps: steps))
    }
    let rest = try trainTiny(parted.path, resume: true, workers: 1, threads: 1, plan: plan, perStep: 2)
    #expect(rest.progress.map(\.record.step) == [3, 4])
    for file in [Checkpoint.fileName(4), "log.jsonl", "loss.svg", "embeddings.jsonl"] {
      #expect(try parted.bytes(file) == straight.bytes(file), "\(file)")
    }
    let measured = RunFolder.lines(straight.path + "/embeddings.jsonl", as: EmbeddingMeasurement.self)
    #expect(measured.map(\.step) == [1, 2, 4])
    #expect(measured.allSatisfy { $0.positives.reduce(0, +) == 6 && $0.negatives.reduce(0, +) == 24 })
    #expect(measured.allSatisfy { $0.variance > 0 && $0.variance < 1 && $0.effectiveRank >= 1 })
    // Batches of two: at step 4, the seventh batch's keys fill the queue of twelve, and six are the batch's own.
    #expect(measured.map(\.keys) == [12, 18, 18])
  }

  @Test func anotherPlanIsRefusedUnlessAllowed() throws {
    let folder = try VideoTestFolder()
    let path = folder.path
    #expect(try trainTiny(path, steps: 2).outcome == .finished(steps: 2))
    var other = try TinyStep.plan.get()
    let processor = other.target.cpu
    other.target.cpu = "elder"
    other.target.vectorBytes = 16
    let width = try TinyStep.plan.get().target.vectorBytes
    let difference =
      "processor '\(other.target.triple) \(processor)' (now '\(other.target.triple) elder') and vector "
      + "'\(width) bytes' (now '16 bytes')"
    #expect(
      usageComplaint { try trainTiny(path, steps: 3, resume: true, plan: other) }
        == "\(path) was computed with other kernels: \(difference); resume where it ran before, or add "
        + "--allow-different-plan to go on with last digits that differ")
    let allowed = try trainTiny(path, steps: 3, resume: true, plan: other, allowsDifferentPlan: true)
    #expect(allowed.outcome == .finished(steps: 3))
    #expect(allowed.reports == ["going on with another plan: \(difference)"])

    var fewer = try TinyStep.plan.get()
    fewer.target = other.target
    let last = fewer.launches.indices.last { fewer.launches[$0].path != "" } ?? 0
    fewer.kernels[fewer.launches[last].kernel].family = "abacus"
    let kept = PlanChoices(other).texts
    let said = try #require(PlanChoices(fewer).difference(from: kept))
    #expect(
      said.hasPrefix("1 of \(fewer.launches.count) kernels, the first at '\(fewer.launches[last].path)', '"),
      "\(said)")
    #expect(said.contains("' (now 'abacus:"))
    #expect(PlanChoices(other).difference(from: kept) == nil)
  }

  /// Two samples a step of three videos: the epochs of the steps are 1, 1, 2, 3.
  @Test func scheduledInputsFollowTheEpochs() throws {
    let (constant, weighted) = (try VideoTestFolder(), try VideoTestFolder())
    let plain = try trainTiny(constant.path)
    func schedules(epochs: Double) throws -> [String: Schedule] {
      try ["order_weight": "linear from=0 to=1 by=epoch", "mal_weight": "steps at=5 values=2,1 by=epoch"]
        .mapValues { try ScheduleText($0).schedule(default: 1, stepsPerEpoch: 1.5, epochs: epochs) }
    }
    let ended = try trainTiny(weighted.path, schedules: try schedules(epochs: 3))
    #expect(plain.progress.allSatisfy { $0.record.scheduled == ["sgd_lr": 0.05] })
    let weights = ended.progress.compactMap(\.record.scheduled)
    let third = 1.0 / 3
    #expect(weights.compactMap { $0["order_weight"] } == [third, third, 2 * third, 1])
    #expect(weights.compactMap { $0["mal_weight"] } == [2, 2, 2, 2])
    #expect(weights.compactMap { $0["sgd_lr"] } == [0.05, 0.05, 0.05, 0.05])
    for progress in ended.progress {
      let (record, outputs) = (progress.record, progress.record.outputs)
      let order = Float(record.scheduled?["order_weight"] ?? .nan)
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
      usageComplaint { try trainTiny(path, steps: 6, resume: true, schedules: try schedules(epochs: 4)) }
        == "\(path) was trained with schedules 'order_weight: linear from 0.0 to 1.0 over 3.0 epochs by epoch' (now "
        + "'order_weight: linear from 0.0 to 1.0 over 4.0 epochs by epoch'); resume with the same, or start another run in "
        + "another folder; --change goes on with other schedules, numbers of the model or another length")
    #expect(
      usageComplaint { try trainTiny(path, resume: true, schedules: ["mal_weigt": Schedule(from: 1)]) }
        == "program 'step' has no scalar input 'mal_weigt' for a schedule to set; did you mean 'mal_weight'? there are "
        + "sgd_lr, order_weight, mal_weight")
    let log = String(decoding: try weighted.bytes("log.jsonl"), as: UTF8.self)
    #expect(log.split(separator: "\n").allSatisfy { $0.contains("\"mal_weight\":2") })
  }

  @Test func aRunStoppedBeforeItsFirstStepLeavesNoCheckpoint() throws {
    let folder = try VideoTestFolder()
    #expect(try trainTiny(folder.path, stopAfter: 0).outcome == .interrupted(steps: 0))
    #expect(folder.files().filter { $0.hasPrefix("checkpoint") }.isEmpty)
    #expect(try trainTiny(folder.path, steps: 2).outcome == .finished(steps: 2))
    let before = try folder.bytes(Checkpoint.fileName(2))
    #expect(
      try trainTiny(folder.path, steps: 9, stopAfter: 0, resume: true).outcome == .interrupted(steps: 2))
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
