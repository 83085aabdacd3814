import ArgumentParser
import Dispatch
import Foundation
import MCLCompiler
import MCLGraph
import MCLRuntime

struct TrainCommand: ParsableCommand {
  enum Augmentation: String, CaseIterable {
    case full
    case cropAndFlip = "crop-and-flip"
  }

  enum Schedule: String, CaseIterable {
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
        mclc train models/r2plus1d.mcl --data videos --out runs/u --recipe ucf101 --init moco.safetensors

      RUN then holds checkpoint-*.safetensors, log.jsonl (a line a step) and loss.svg; 'mclc report RUN -o report.html'
      shows them and more. A loss that is not finite ends the run before it changes anything; the batch and the states
      are then in failed-step-*.safetensors.
      Exit codes: 0 done, 1 the work failed, 2 usage or bad input, 130 and 143 stopped by Ctrl-C and SIGTERM.
      """)

  @OptionGroup var options: ModelOptions
  @OptionGroup var videos: VideoOptions
  @Option(help: "The folder of the run.") var out: String
  @Option(
    help: """
      A file of hyper-parameters (.yaml) or the name of one in recipes/: ucf101, kinetics, demo. --set and the options \
      below win over it.
      """)
  var recipe: String?
  @Option(help: "Steps in all.") var steps: String?
  @Option(help: "Epochs in all, each one draw a video.") var epochs: String?
  @Option(help: "What every random draw depends on; 1 by default.") var seed: String?
  @Flag(help: "Go on with the run in --out; an empty folder starts at 0.") var resume = false
  @Option(
    help: """
      Weights a new run starts from (.safetensors, by PyTorch's names or the states'): what 'mclc import' or 'export' \
      wrote.
      """)
  var `init`: String?
  @Option(help: "Where motion is kept, as 'mclc prepare' leaves it; RUN/motion by default.") var cache:
    String?
  @Option(
    help: "Which motion: tvl1 or codec, as for 'mclc prepare'; by default what the cache holds, else tvl1.")
  var flow: String?
  @Option(help: "Which augmentation clips get after the crop: full (the default) or crop-and-flip.")
  var augmentation: String?
  @Option(
    help: """
      The learning rate over time. constant: the model's sgd_lr. cosine: a linear warm-up from sgd_lr/multiplier, then \
      half a cosine to 1e-6 at the end (the reference's). step: the same warm-up, then times --decay-rate at each of \
      --milestones. constant by default.
      """)
  var schedule: String?
  @Option(help: "Epochs of warm-up of cosine and step; 5 by default.") var warmupEpochs: String?
  @Option(help: "The warm-up begins at sgd_lr divided by this; 100 by default.") var warmupMultiplier: String?
  @Option(help: "Epochs after which step lowers the rate, such as 120,160.") var milestones: String?
  @Option(help: "What step multiplies the rate by at each milestone; 0.1 by default.") var decayRate: String?
  @Option(
    help: """
      How much the order and the motion alignment losses count. constant: the model's order_weight and mal_weight. \
      ucf101: order epoch/epochs, alignment 2 in epochs 1 to 5, then 1. kinetics: order 0, alignment as ucf101. \
      constant by default.
      """)
  var lossWeights: String?
  @Option(
    help: """
      Batches a step: their gradients are averaged for one update of the parameters and the momentum encoder; batch \
      norm's statistics and the queue move with each. The model's setting accumulate; 1 by default.
      """)
  var accumulate: String?
  @Option(help: "Steps between measurements of the embeddings, for 'mclc report'; 50 by default.")
  var watchEvery: String?
  @Option(help: "MiB of decoded frames and flows kept in memory; 1024 by default.") var decodedMemory: String?
  @Option(
    help: """
      Share of the videos that may fail while training, 0 to 1; each is named and replaced by the next of its epoch's \
      order, and with more of them the run ends. 0.5 by default.
      """)
  var maxFailed: String?
  @Flag(help: "Start though the memory that is available seems too little.") var ignoreMemory = false
  @Flag(
    help: "Resume though this machine or mclc computes with other kernels; the last digits then differ.")
  var allowDifferentPlan = false
  @Option(help: "Steps between checkpoints; 100 by default.") var checkpointEvery: String?
  @Option(help: "How many checkpoints are kept; 3 by default.") var checkpointsKept: String?
  @Option(help: "Threads that decode and augment; 2 by default.") var workers: String?
  @Flag(help: "Print a summary as JSON at the end; no progress.") var json = false

  func validate() throws {
    do {
      guard steps == nil || epochs == nil else {
        throw UsageError("give --steps or --epochs, one of them")
      }
      let settings = try trainingSettings(nil)
      if recipe == nil { try settings.check() }
    } catch let error as UsageError { throw ValidationError(error.description) }
  }

  /// What the options say, by the names that recipes use.
  private var given: [(key: String, text: String?)] {
    [
      ("steps", steps), ("epochs", epochs), ("seed", seed), ("augmentation", augmentation),
      ("schedule", schedule), ("warmup_epochs", warmupEpochs), ("warmup_multiplier", warmupMultiplier),
      ("milestones", milestones), ("decay_rate", decayRate), ("loss_weights", lossWeights),
      ("checkpoint_every", checkpointEvery), ("checkpoints_kept", checkpointsKept), ("workers", workers),
      ("watch_every", watchEvery),
      ("decoded_memory", decodedMemory), ("max_failed", maxFailed),
    ]
  }

  /// - Throws: `UsageError` for a value that its setting cannot have.
  private func trainingSettings(_ recipe: Recipe?) throws -> TrainingSettings {
    var settings = TrainingSettings()
    for entry in recipe?.training ?? [] {
      try settings.set(entry.key, entry.value, origin: "\(recipe?.path ?? ""): \(entry.key)")
    }
    for (key, value) in try options.dictionary().sorted(by: { $0.key < $1.key })
    where TrainingSettings.keys.contains(key) {
      try settings.set(key, value, origin: "--set \(key)")
    }
    for (key, text) in given {
      guard let text else { continue }
      try settings.set(key, text, origin: "--" + key.replacing("_", with: "-"))
    }
    return settings
  }

  /// The recipe's settings of the model, and over them those of `--set`.
  private func modelSettings(_ recipe: Recipe?) throws -> [String: String] {
    let set = try options.dictionary().filter { !TrainingSettings.keys.contains($0.key) }
    let own = (recipe?.model ?? []).map { ($0.key, $0.value) }
    var settings = Dictionary(own, uniquingKeysWith: { _, last in last }).merging(set) { $1 }
    if let accumulate { settings["accumulate"] = accumulate }
    return settings
  }

  /// Every value of the recipe with its source, or what is given instead.
  private func show(_ recipe: Recipe) throws {
    let set = try options.dictionary()
    var instead = set.mapValues { ("--set", $0) }
    for (key, text) in given + [("accumulate", accumulate)] {
      if let text { instead[key] = ("--" + key.replacing("_", with: "-"), text) }
    }
    if let length = instead["steps"] ?? instead["epochs"], instead["steps"] == nil || instead["epochs"] == nil
    {
      // Either is the length of the run, so that one replaces the other.
      for key in ["steps", "epochs"] where instead[key] == nil { instead[key] = (length.0, "not used") }
    }
    say("recipe \(recipe.path): \(recipe.about)")
    for entry in recipe.training + recipe.model {
      if let (origin, value) = instead[entry.key] {
        say("  \(entry.key) = \(value) (\(origin); the recipe says \(entry.value))")
      } else {
        say("  \(entry.key) = \(entry.value) (\(entry.source))")
      }
    }
  }

  func run() throws {
    try reporting {
      let signals = SignalWatch()
      let recipe = try recipe.map { try Recipe($0) }
      let settings = try trainingSettings(recipe)
      try settings.check()
      if let recipe, !json { try show(recipe) }
      let dataset = try videos.dataset()
      let modelSettings = try modelSettings(recipe)
      let module = try loadModel(options.model, settings: modelSettings)
      let graph = try module.program("step")
      let weights = try `init`.map(tensors)
      let folder = try RunFolder(out)
      let shape = try clipShape(graph)
      let prepared = try prepare(dataset, folder, signals, clipSpan: shape.frames * Self.frameStep)
      let batches = try makeBatches(shape, prepared.videos, settings)
      let batchesPerStep = module.settings.first { $0.key == "accumulate" }.flatMap { Int($0.value) } ?? 1
      let perStep = shape.batch * batchesPerStep
      let total = try totalSteps(settings, prepared.videos.count, perStep)
      if !json { say("compiling \(module.name)") }
      let threads = try threadCount()
      let taps = EmbeddingMeasurement.taps.intersection(graph.taps.map(\.name))
      let plan = try signals.leavingAtOnce { try ProgramCompiler().compileChecked(graph, taps: taps).plan }
      try expectRoom(plan, threads, prepared.videos, settings)
      let executor = try Executor(plan, threads: threads)
      let trainer = try Trainer(
        executor: executor, batches: batches, run: folder,
        configuration: try configuration(
          module, graph, total, prepared.videos, perStep, batchesPerStep, weights, settings, modelSettings))
      try trainer.start(resume: resume, weights: weights) { say("mclc: \($0)") }
      try finish(try train(trainer, signals, shape), signals, folder)
    }
  }

  private func totalSteps(_ settings: TrainingSettings, _ videos: Int, _ batch: Int) throws -> Int {
    if let steps = settings.steps { return steps }
    let (samples, overflow) = (settings.epochs ?? 1).multipliedReportingOverflow(by: videos)
    guard !overflow, samples < Int.max - batch else { throw UsageError("--epochs: give fewer") }
    return (samples + batch - 1) / batch
  }

  private func tensors(_ path: String) throws -> SafeTensors {
    do { return try SafeTensors(path: path) } catch let error as TensorFileError {
      throw UsageError("\(error)")
    }
  }

  private func prepare(
    _ dataset: VideoDataset, _ folder: RunFolder, _ signals: SignalWatch, clipSpan: Int
  ) throws -> MotionStore.Prepared {
    var store = MotionStore(
      directory: cache ?? folder.file("motion"),
      parameters: try motionParameters(MotionCache(directory: cache ?? folder.file("motion")), clipSpan))
    store.verification = .quickWhereLarge
    store.keepsWindows = true
    let prepared = try store.preparing(dataset, signals: signals, isSilent: json)
    if !json {
      say(
        "\(prepared.videos.count) videos, motion of \(prepared.computed) computed, \(prepared.skipped.count) skipped"
      )
    }
    return prepared
  }

  /// - Throws: `UsageError` for a kind of flow that does not exist.
  private func motionParameters(_ cache: MotionCache, _ clipSpan: Int) throws -> MotionParameters {
    let kinds = cache.kinds
    var kind = kinds == [.codec] ? FlowSource.Kind.codec : .tvl1
    if let flow {
      guard let given = FlowSource.Kind(rawValue: flow) else {
        throw UsageError("--flow takes tvl1 or codec, not '\(flow)'")
      }
      kind = given
    }
    if kind == .codec, !json { say("motion from the codec's vectors") }
    return MotionParameters(
      shortSide: 256, clipSpans: [clipSpan], source: kind == .tvl1 ? .tvl1(TVL1Flow()) : .codec)
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

  /// - Throws: `UsageError` where the training would not fit into memory.
  private func expectRoom(
    _ plan: ExecutionPlan, _ threads: Int?, _ videos: [PreparedVideo], _ settings: TrainingSettings
  ) throws {
    let all = videos.reduce(0) { (sum: Int, video: PreparedVideo) -> Int in
      sum + video.motion.frameCount * video.motion.width * video.motion.height * 5
    }
    let forecast = MemoryForecast(
      plan, threads: threads ?? ProcessInfo.processInfo.activeProcessorCount, workers: settings.workers,
      decoded: min(all, settings.decodedMemory << 20))
    guard let available = ProcessMemory.available else { return }
    if !json { say("memory: \(forecast.summary), \(MemoryForecast.size(available)) available") }
    guard !ignoreMemory, let complaint = forecast.complaint(available: available) else { return }
    throw UsageError(complaint)
  }

  private func makeBatches(
    _ shape: TubeletBatches.ClipShape, _ videos: [PreparedVideo], _ settings: TrainingSettings
  ) throws -> TubeletBatches {
    try TubeletBatches(
      videos: videos, shape: shape, step: Self.frameStep,
      policy: settings.augmentation == .full ? .full : .cropAndFlip, seed: settings.seed,
      decodedBudget: settings.decodedMemory << 20, failureShare: settings.maxFailed
    ) { name, reason in say("mclc: \(name) failed and is replaced by another video: \(reason)") }
  }

  private func configuration(
    _ module: Module, _ graph: Graph, _ total: Int, _ videos: [PreparedVideo], _ samplesPerStep: Int,
    _ batchesPerStep: Int, _ weights: SafeTensors?, _ run: TrainingSettings, _ model: [String: String]
  ) throws -> Trainer.Configuration {
    let base = graph.inputs.first { $0.name == "sgd_lr" }?.defaultValue?.double ?? 0.01
    // An epoch is one draw a video, so it need not be a whole number of steps.
    let perEpoch = Double(videos.count) / Double(samplesPerStep)
    let inAll = Double(total) / perEpoch
    let rates = run.rates(base: base, stepsPerEpoch: perEpoch, inAll: inAll)
    if run.schedule != .constant, Double(run.warmupEpochs) >= inAll {
      say("mclc: the whole run lies within its warm-up of \(run.warmupEpochs) epochs; lower --warmup-epochs")
    }
    if !json {
      say("learning rate: \(rates)")
      if run.lossWeights != .constant { say("loss weights: \(run.lossWeights), by epoch, in log.jsonl") }
    }
    let settings = module.settings.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    var identity = [
      "model": module.name, "settings": settings, "augmentation": run.augmentation.rawValue,
      "program": RunIdentity.program(graph), "videos": RunIdentity.videos(videos),
      "motion": RunIdentity.motion(videos),
    ]
    if let weights { identity["init"] = try RunIdentity.weights(weights) }
    return Trainer.Configuration(
      steps: total, seed: run.seed, schedule: rates, lossWeights: run.lossWeights,
      epochs: run.epochs ?? Int(inAll.rounded(.up)), batchesPerStep: batchesPerStep,
      checkpointEvery: run.checkpointEvery,
      checkpointsKept: run.checkpointsKept, watchEvery: run.watchEvery, loaderWorkers: run.workers,
      identity: identity, allowsDifferentPlan: allowDifferentPlan,
      replay: "mclc run \(options.model)"
        + model.sorted { $0.key < $1.key }.map { " --set \($0.key)=\($0.value)" }.joined())
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
            format: "%.1f samples/s, %.0f%% waiting for data, %.1f GiB", progress.samplesPerSecond,
            progress.dataWait * 100, Double(progress.residentBytes) / 0x1p30)
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
