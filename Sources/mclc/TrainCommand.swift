import ArgumentParser
import Dispatch
import Foundation
import MCLCompiler
import MCLGraph
import MCLRuntime
import Synchronization

struct TrainCommand: ParsableCommand {
  enum Augmentation: String, ExpressibleByArgument, CaseIterable {
    case full
    case cropAndFlip = "crop-and-flip"
  }

  enum Schedule: String, ExpressibleByArgument, CaseIterable {
    case constant, cosine, step
  }

  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Trains a model on a folder of videos.",
    discussion: """
      Motion that is not in the cache yet is computed first, a video at a time. Ctrl-C writes a checkpoint; --resume
      goes on from the latest one and gives the same numbers as if the run had never stopped.

        mclc train models/tiny.mcl --data videos --out runs/first --epochs 10
        mclc train models/r2plus1d.mcl --data videos --out runs/r50 --set size=112 --set batch=8 --steps 10000
        mclc train models/tiny.mcl --data videos --out runs/first --epochs 20 --resume

      RUN then holds checkpoint-*.safetensors, log.jsonl (a line a step) and loss.svg.
      Exit codes: 0 done, 1 the work failed, 2 usage or bad input, 130 and 143 stopped by Ctrl-C and SIGTERM.
      """)

  @OptionGroup var options: ModelOptions
  @Option(help: "The folder of videos; class folders become labels.") var data: String
  @Option(help: "The folder of the run.") var out: String
  @Option(help: "Steps in all.") var steps: Int?
  @Option(help: "Epochs in all, each one draw a video.") var epochs: Int?
  @Option(help: "What every random draw depends on.") var seed: UInt64 = 1
  @Flag(help: "Go on with the run in --out; an empty folder starts at 0.") var resume = false
  @Option(
    help: """
      Weights a new run starts from (.safetensors, by PyTorch's names or the states'): what 'mclc import' or 'export' \
      wrote.
      """)
  var `init`: String?
  @Option(help: "Where motion is kept; RUN/motion by default.") var cache: String?
  @Option(help: "Which augmentation clips get after the crop.") var augmentation: Augmentation = .full
  @Option(
    help: """
      The learning rate over time. constant: the model's sgd_lr. cosine: a linear warm-up from sgd_lr/multiplier, then \
      half a cosine to 1e-6 at the end (the reference's). step: the same warm-up, then times --decay-rate at each of \
      --milestones.
      """)
  var schedule: Schedule = .constant
  @Option(help: "Epochs of warm-up of cosine and step.") var warmupEpochs: Int = 5
  @Option(help: "The warm-up begins at sgd_lr divided by this.") var warmupMultiplier: Double = 100
  @Option(help: "Epochs after which step lowers the rate, such as 120,160.") var milestones: String?
  @Option(help: "What step multiplies the rate by at each milestone.") var decayRate: Double = 0.1
  @Option(
    help: """
      How much the order and the motion alignment losses count. constant: the model's order_weight and mal_weight. \
      ucf101: order epoch/epochs, alignment 2 in epochs 1 to 5, then 1. kinetics: order 0, alignment as ucf101.
      """)
  var lossWeights: LossWeights = .constant
  @Option(help: "Steps between checkpoints.") var checkpointEvery: Int = 100
  @Option(help: "Threads that decode and augment.") var workers: Int = 2
  @Flag(help: "Print a summary as JSON at the end; no progress.") var json = false

  func validate() throws {
    guard (steps == nil) != (epochs == nil) else {
      throw ValidationError("give --steps or --epochs, one of them")
    }
    for (name, value) in [
      ("--steps", steps ?? 1), ("--epochs", epochs ?? 1), ("--checkpoint-every", checkpointEvery),
    ]
    where !(1...1 << 40).contains(value) { throw ValidationError("\(name) takes a number of at least 1") }
    guard (1...256).contains(workers) else { throw ValidationError("--workers takes 1 to 256") }
    guard (0...1 << 20).contains(warmupEpochs) else {
      throw ValidationError("--warmup-epochs takes a number of at least 0")
    }
    guard warmupMultiplier.isFinite, warmupMultiplier >= 1 else {
      throw ValidationError("--warmup-multiplier takes a number of at least 1")
    }
    guard decayRate.isFinite, decayRate > 0 else {
      throw ValidationError("--decay-rate takes a number above 0")
    }
    guard (milestones != nil) == (schedule == .step) else {
      throw ValidationError("--milestones and --schedule step go together; give both or neither")
    }
    _ = try milestoneEpochs()
  }

  /// - Throws: `ValidationError` where they are no epochs in order, or lie within the warm-up.
  private func milestoneEpochs() throws -> [Double] {
    guard let milestones else { return [] }
    let epochs = milestones.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    let known = epochs.compactMap { $0 }
    guard known.count == epochs.count, known.allSatisfy({ $0 > warmupEpochs && $0 <= 1 << 40 }),
      zip(known, known.dropFirst()).allSatisfy({ $0 < $1 })
    else {
      throw ValidationError(
        "--milestones \(milestones): give epochs in order, after the warm-up of \(warmupEpochs), such as 120,160"
      )
    }
    return known.map(Double.init)
  }

  func run() throws {
    try reporting {
      let signals = SignalWatch()
      let dataset = try VideoDataset(directory: data)
      let module = try options.load()
      let graph = try module.program("step")
      let weights = try `init`.map(tensors)
      let folder = try RunFolder(out)
      let shape = try clipShape(graph)
      let prepared = try prepare(dataset, folder, signals, clipSpan: shape.frames * Self.frameStep)
      let batches = try makeBatches(shape, prepared.videos)
      let total = steps ?? ((epochs ?? 1) * prepared.videos.count + shape.batch - 1) / shape.batch
      if !json { say("compiling \(module.name)") }
      let threads = try threadCount()
      let executor = try signals.leavingAtOnce {
        try Executor(try ProgramCompiler().compile(graph).plan, threads: threads)
      }
      let trainer = try Trainer(
        executor: executor, batches: batches, run: folder,
        configuration: try configuration(module, graph, total, prepared.videos, shape.batch, weights))
      try trainer.start(resume: resume, weights: weights) { say("mclc: \($0)") }
      try finish(try train(trainer, signals, shape), signals, folder)
    }
  }

  private func tensors(_ path: String) throws -> SafeTensors {
    do { return try SafeTensors(path: path) } catch let error as TensorFileError {
      throw UsageError("\(error)")
    }
  }

  private func prepare(
    _ dataset: VideoDataset, _ folder: RunFolder, _ signals: SignalWatch, clipSpan: Int
  ) throws -> MotionStore.Prepared {
    let bar = ProgressBar(isSilent: json)
    let store = MotionStore(directory: cache ?? folder.file("motion"), clipSpan: clipSpan)
    let start = DispatchTime.now().uptimeNanoseconds
    let prepared = try store.prepare(dataset) { progress in
      if let code = signals.exitCode {
        bar.clear()
        say("mclc: stopped while preparing motion; what is done is kept")
        throw ExitCode(code)
      }
      let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
      let fraction = Double(progress.video) / Double(progress.videoCount)
      let left = fraction > 0 ? seconds * (1 - fraction) / fraction : .infinity
      bar.show(
        fraction,
        "motion \(progress.video)/\(progress.videoCount) videos, "
          + String(format: "%.0f flows/s", Double(progress.allFlows) / max(seconds, 1e-3))
          + ", \(ProgressBar.duration(left)) left")
    }
    bar.clear()
    for skipped in prepared.skipped { say("mclc: skipped \(skipped.name): \(skipped.reason)") }
    if !json {
      say(
        "\(prepared.videos.count) videos, motion of \(prepared.computed) computed, \(prepared.skipped.count) skipped"
      )
    }
    return prepared
  }

  /// Frames of the video from one frame of a clip to the next.
  private static let frameStep = 2

  private func clipShape(_ graph: Graph) throws -> TubeletBatches.ClipShape {
    guard let clip = graph.inputs.first(where: { $0.name == "xq" })?.type.shape, clip.count == 5,
      let motion = graph.inputs.first(where: { $0.name == "mag" })?.type.shape, motion.count == 4
    else {
      throw UsageError("the model's step takes no clips 'xq' [N, 3, T, H, W] and motion 'mag' [N, t, h, w]")
    }
    let shape = TubeletBatches.ClipShape(
      batch: clip[0], frames: clip[2], height: clip[3], width: clip[4], motion: Array(motion.dropFirst()))
    guard clip[1] == 3, shape.frames % 4 == 0,
      shape.motion == [shape.frames / 4, (shape.height + 31) / 32, (shape.width + 31) / 32]
    else {
      throw UsageError(
        "clips of \(shape.frames) frames give motion maps \([shape.frames / 4, (shape.height + 31) / 32, (shape.width + 31) / 32]), "
          + "but the model wants \(shape.motion); give a multiple of 4 frames and a backbone that divides the size by 32"
      )
    }
    return shape
  }

  private func makeBatches(
    _ shape: TubeletBatches.ClipShape, _ videos: [PreparedVideo]
  ) throws -> TubeletBatches {
    try TubeletBatches(
      videos: videos, shape: shape, step: Self.frameStep,
      policy: augmentation == .full ? .full : .cropAndFlip, seed: seed
    ) { name, reason in say("mclc: \(name) failed and is replaced by another video: \(reason)") }
  }

  private func configuration(
    _ module: Module, _ graph: Graph, _ total: Int, _ videos: [PreparedVideo], _ batch: Int,
    _ weights: SafeTensors?
  ) throws -> Trainer.Configuration {
    let base = graph.inputs.first { $0.name == "sgd_lr" }?.defaultValue ?? 0.01
    // An epoch is one draw a video, so it need not be a whole number of steps.
    let perEpoch = Double(videos.count) / Double(batch)
    let inAll = Double(total) / perEpoch
    let warmup = Double(warmupEpochs)
    let rates: LearningRateSchedule =
      switch schedule {
      case .constant: .constant(base)
      case .cosine:
        .cosine(
          base: base, stepsPerEpoch: perEpoch, epochs: epochs.map(Double.init) ?? inAll, warmup: warmup,
          multiplier: warmupMultiplier)
      case .step:
        .step(
          base: base, stepsPerEpoch: perEpoch, warmup: warmup, milestones: try milestoneEpochs(),
          rate: decayRate, multiplier: warmupMultiplier)
      }
    if schedule != .constant, warmup >= inAll {
      say("mclc: the whole run lies within its warm-up of \(warmupEpochs) epochs; lower --warmup-epochs")
    }
    if !json {
      say("learning rate: \(rates)")
      if lossWeights != .constant { say("loss weights: \(lossWeights), by epoch, in log.jsonl") }
    }
    let settings = module.settings.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    var identity = [
      "model": module.name, "settings": settings, "augmentation": augmentation.rawValue,
      "program": RunIdentity.program(graph), "videos": RunIdentity.videos(videos),
    ]
    if let weights { identity["init"] = try RunIdentity.weights(weights) }
    return Trainer.Configuration(
      steps: total, seed: seed, schedule: rates, lossWeights: lossWeights,
      epochs: epochs ?? Int(inAll.rounded(.up)), checkpointEvery: checkpointEvery, loaderWorkers: workers,
      identity: identity)
  }

  private func train(
    _ trainer: Trainer, _ signals: SignalWatch, _ shape: TubeletBatches.ClipShape
  ) throws -> Trainer.Outcome {
    let bar = ProgressBar(isSilent: json)
    return try trainer.train(shouldStop: { signals.exitCode != nil }) { progress in
      let losses = ["loss.total", "loss.inter", "loss.intra", "loss.mal", "loss.order"].compactMap { key in
        progress.record.outputs[key].map { "\(key.dropFirst(5)) \(String(format: "%.3f", $0))" }
      }
      bar.show(
        Double(progress.record.step) / Double(progress.steps),
        "step \(progress.record.step)/\(progress.steps) \(losses.joined(separator: " ")) | "
          + String(
            format: "%.1f samples/s, %.0f%% waiting for data", progress.samplesPerSecond,
            progress.dataWait * 100)
          + ", \(ProgressBar.duration(progress.secondsLeft)) left",
        isLast: progress.record.step == progress.steps)
    }
  }

  private func finish(_ outcome: Trainer.Outcome, _ signals: SignalWatch, _ folder: RunFolder) throws {
    let (state, steps) =
      switch outcome {
      case .finished(let steps): ("finished", steps)
      case .alreadyFinished(let steps): ("already finished", steps)
      case .interrupted(let steps): ("interrupted", steps)
      }
    if json { try printJSON(["outcome": state, "steps": steps, "run": folder.path]) }
    if !json {
      say(
        steps == 0
          ? "\(state) before the first step; nothing was trained"
          : "\(state) at step \(steps): checkpoint, log.jsonl and loss.svg are in \(folder.path)")
    }
    if case .interrupted = outcome { throw ExitCode(signals.exitCode ?? 130) }
  }
}

extension LossWeights: ExpressibleByArgument {}

/// Ctrl-C and SIGTERM as a question to ask between steps.
final class SignalWatch {
  private final class Received: Sendable {
    let number = Atomic<Int32>(0)
    let isLeaving = Atomic<Bool>(false)
  }

  private let received = Received()
  private var sources: [any DispatchSourceSignal] = []

  init() {
    // A queue of its own: the global ones have no thread left while kernels compile.
    let queue = DispatchQueue(label: "signals")
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler { [received] in
        received.number.store(number, ordering: .sequentiallyConsistent)
        if received.isLeaving.load(ordering: .sequentiallyConsistent) { Self.leave(128 + number) }
      }
      source.resume()
      sources.append(source)
    }
  }

  /// Runs work that asks no questions and leaves nothing half done: a signal then ends the process at once.
  func leavingAtOnce<Result>(_ body: () throws -> Result) rethrows -> Result {
    received.isLeaving.store(true, ordering: .sequentiallyConsistent)
    defer { received.isLeaving.store(false, ordering: .sequentiallyConsistent) }
    if let exitCode { Self.leave(exitCode) }
    return try body()
  }

  private static func leave(_ code: Int32) -> Never {
    say("mclc: stopped before the first step; nothing was trained")
    // Not exit(), whose handlers would take LLVM apart under threads that still compile.
    _exit(code)
  }

  /// 130 or 143 once a signal came.
  var exitCode: Int32? {
    let number = received.number.load(ordering: .sequentiallyConsistent)
    return number == 0 ? nil : 128 + number
  }
}
