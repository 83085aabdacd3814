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
    case constant, cosine
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
  @Option(help: "Where motion is kept; RUN/motion by default.") var cache: String?
  @Option(help: "Which augmentation clips get after the crop.") var augmentation: Augmentation = .full
  @Option(help: "The learning rate over time; cosine is the reference's, with 5 epochs of warm-up.")
  var schedule: Schedule = .constant
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
  }

  func run() throws {
    try reporting {
      let signals = SignalWatch()
      let dataset = try VideoDataset(directory: data)
      let module = try options.load()
      let graph = try module.program("step")
      let folder = try RunFolder(out)
      let prepared = try prepare(dataset, folder, signals)
      let (batches, shape) = try makeBatches(graph, prepared.videos)
      let total = steps ?? ((epochs ?? 1) * prepared.videos.count + shape.batch - 1) / shape.batch
      if !json { say("compiling \(module.name)") }
      let compiled = try ProgramCompiler().compile(graph)
      let executor = try Executor(compiled.plan, threads: try threadCount())
      let trainer = try Trainer(
        executor: executor, batches: batches, run: folder,
        configuration: configuration(module, graph, total, prepared.videos.count, shape.batch))
      try trainer.start(resume: resume) { say("mclc: \($0)") }
      try finish(try train(trainer, signals, shape), signals, folder)
    }
  }

  private func prepare(
    _ dataset: VideoDataset, _ folder: RunFolder, _ signals: SignalWatch
  ) throws -> MotionStore.Prepared {
    let bar = ProgressBar(isSilent: json)
    let store = MotionStore(directory: cache ?? folder.file("motion"))
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

  private func makeBatches(
    _ graph: Graph, _ videos: [PreparedVideo]
  ) throws -> (TubeletBatches, TubeletBatches.ClipShape) {
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
    let batches = try TubeletBatches(
      videos: videos, shape: shape, policy: augmentation == .full ? .full : .cropAndFlip, seed: seed
    ) { name, reason in say("mclc: \(name) failed and is replaced by another video: \(reason)") }
    return (batches, shape)
  }

  private func configuration(
    _ module: Module, _ graph: Graph, _ total: Int, _ videos: Int, _ batch: Int
  ) -> Trainer.Configuration {
    let base = graph.inputs.first { $0.name == "sgd_lr" }?.defaultValue ?? 0.01
    let perEpoch = max(1, (videos + batch - 1) / batch)
    let rate: LearningRateSchedule =
      schedule == .constant
      ? .constant(base)
      : .cosine(
        base: base, stepsPerEpoch: perEpoch, epochs: max(1, (total + perEpoch - 1) / perEpoch), warmup: 5)
    let settings = module.settings.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    return Trainer.Configuration(
      steps: total, seed: seed, schedule: rate, checkpointEvery: checkpointEvery, loaderWorkers: workers,
      identity: [
        "model": module.name, "settings": settings, "augmentation": augmentation.rawValue,
        "schedule": schedule.rawValue,
      ])
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
    if !json { say("\(state) at step \(steps): checkpoint, log.jsonl and loss.svg are in \(folder.path)") }
    if case .interrupted = outcome { throw ExitCode(signals.exitCode ?? 130) }
  }
}

/// Ctrl-C and SIGTERM as a question to ask between steps.
final class SignalWatch {
  private final class Received: Sendable {
    let number = Atomic<Int32>(0)
  }

  private let received = Received()
  private var sources: [any DispatchSourceSignal] = []

  init() {
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [received] in received.number.store(number, ordering: .releasing) }
      source.resume()
      sources.append(source)
    }
  }

  /// 130 or 143 once a signal came.
  var exitCode: Int32? {
    let number = received.number.load(ordering: .acquiring)
    return number == 0 ? nil : 128 + number
  }
}
