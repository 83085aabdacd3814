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
    discussion: paragraphs(
      """
      Motion that is not in the cache yet is computed first, a video at a time. Ctrl-C, SIGTERM and SIGHUP end the
      batch under way and write a checkpoint; a second one ends at once. --resume goes on from the latest checkpoint and
      gives the same numbers as if the run had never stopped.

        mclc train models/tiny.mcl --data videos --out runs/first --epochs 10
        mclc train models/r2plus1d.mcl --data videos --out runs/r50 --set size=112 --set batch=8 --steps 10000
        mclc train --resume runs/first
        mclc train --resume runs/first --change epochs=20 --change sgd_lr=0.01
        mclc train models/r2plus1d.mcl --data videos --out runs/u --recipe ucf101 --init moco.safetensors

      RUN then holds config.yaml (all that the run is made of) and model.mclc, checkpoint-*.safetensors, log.jsonl (a line
      a step) and loss.svg; 'mclc report RUN -o report.html' shows them and more. A loss that is not finite ends the run
      before it changes anything; the batch and the states are then in failed-step-*.safetensors.
      \(MCLC.exitCodes)
      """))

  @OptionGroup var options: ModelOptions
  @OptionGroup var videos: VideoOptions
  @Option(help: "The folder of the run; with --resume RUN it is RUN.") var out: String?
  @Option(
    help: """
      A file of hyper-parameters (.yaml) or the name of one in recipes/: ucf101, kinetics, demo. --set and the options \
      below win over it.
      """)
  var recipe: String?
  @Option(parsing: .unconditional, help: "Steps in all.") var steps: String?
  @Option(parsing: .unconditional, help: "Epochs in all, each one draw a video.") var epochs: String?
  @Option(help: "What every random draw depends on; 1 by default.") var seed: String?
  @Flag(
    help: """
      Go on with a run: with the one whose folder stands in the model's place, as it was started, or with the one in \
      --out; an empty folder starts at 0.
      """)
  var resume = false
  @Option(
    name: .customLong("change"), parsing: .singleValue,
    help: ArgumentHelp(
      """
      With --resume: go on with another learning rate, schedule or length (an input of the model such as sgd_lr, or \
      epochs, steps, schedule, warmup_epochs, warmup_multiplier, milestones, decay_rate, loss_weights); recorded in \
      config.yaml. May be given often.
      """, valueName: "key=value"))
  var changes: [String] = []
  @Option(
    help: """
      Weights a new run starts from: the folder of a run, a checkpoint, or what 'mclc import' or 'export' wrote \
      (.safetensors, by PyTorch's names or the states').
      """)
  var `init`: String?
  @Flag(help: "With --init: pass over tensors that are not of the model, which are an error otherwise.")
  var ignoreUnknown = false
  @Option(help: "Where motion is kept, as 'mclc prepare' leaves it; RUN/motion by default.") var cache:
    String?
  @Option(
    help: "Which motion: tvl1 or codec, as for 'mclc prepare'; by default what the cache holds, else tvl1.")
  var flow: String?
  @Option(
    help: """
      Which augmentation clips get after the crop: full (the default) or crop-and-flip. --set or a recipe gives its \
      numbers one by one: colour_probability, brightness, contrast, saturation, hue, grey_probability, \
      blur_probability, blur_sigma, flip_probability, mean, standard_deviation.
      """)
  var augmentation: String?
  @Option(
    help: """
      The learning rate over time. constant: the model's sgd_lr. cosine: a linear warm-up from sgd_lr/multiplier, then \
      half a cosine to 1e-6 at the end (the reference's). step: the same warm-up, then times --decay-rate at each of \
      --milestones. constant by default.
      """)
  var schedule: String?
  @Option(help: "The model's input that the learning rate is given to; sgd_lr by default.")
  var learningRateInput: String?
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
  @Option(
    help: "Steps between measurements of the embeddings and pictures of the first clips; 50 by default.")
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
      guard resume || changes.isEmpty else {
        throw UsageError("--change goes with --resume; without it use --set")
      }
      guard out != nil || resume else { throw UsageError("name the folder of the run with --out") }
      guard !ignoreUnknown || `init` != nil else { throw UsageError("--ignore-unknown goes with --init") }
      _ = try settings(over: [])
    } catch let error as UsageError { throw ValidationError(error.description) }
  }

  /// What the options say, by the names that recipes use.
  private var given: [(key: String, text: String?)] {
    [
      ("steps", steps), ("epochs", epochs), ("seed", seed), ("augmentation", augmentation),
      ("schedule", schedule), ("learning_rate_input", learningRateInput), ("warmup_epochs", warmupEpochs),
      ("warmup_multiplier", warmupMultiplier),
      ("milestones", milestones), ("decay_rate", decayRate), ("loss_weights", lossWeights),
      ("checkpoint_every", checkpointEvery), ("checkpoints_kept", checkpointsKept), ("workers", workers),
      ("watch_every", watchEvery),
      ("decoded_memory", decodedMemory), ("max_failed", maxFailed),
    ]
  }

  /// The settings of training: what is given below, then `--set`, the options and `--change`.
  /// - Throws: `UsageError` for a value that its setting cannot have.
  private func settings(
    over entries: [(key: String, value: String, origin: String)]
  ) throws -> TrainingSettings {
    var settings = TrainingSettings()
    for entry in entries { try settings.set(entry.key, entry.value, origin: entry.origin) }
    for (key, value) in try options.dictionary().sorted(by: { $0.key < $1.key })
    where TrainingSettings.keys.contains(key) {
      try settings.set(key, value, origin: "--set \(key)")
    }
    for (key, text) in given {
      guard let text else { continue }
      try settings.set(key, text, origin: "--" + key.replacing("_", with: "-"))
    }
    for (key, value) in try changedValues() where TrainingSettings.changeableKeys.contains(key) {
      try settings.set(key, value, origin: "--change \(key)")
    }
    return settings
  }

  /// What `--change` says.
  private func changedValues() throws -> [(key: String, value: String)] {
    try parsedSettings(changes, option: "--change").sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
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
        say("  \(entry.key) = \(entry.value)" + (entry.source.map { " (\($0))" } ?? ""))
      }
    }
  }

  func run() throws {
    try reporting { try TrainingJob(try request(), signals: SignalWatch()).run() }
  }

  /// The training that is asked for.
  /// - Throws: `UsageError` for options that do not go together, or a recipe or run that cannot be read.
  private func request() throws -> TrainingJob.Request {
    let previous = resume && isFolder(options.model) ? try RunConfiguration(in: options.model) : nil
    if resume, isFolder(options.model), previous == nil {
      throw UsageError(
        "\(options.model): it holds no \(RunConfiguration.fileName) to go on by; name model, --data and --out as the run "
          + "was started")
    }
    guard let folder = previous == nil ? out : options.model else {
      throw UsageError("name the folder of the run with --out")
    }
    if previous != nil, let out, absolutePath(out) != absolutePath(folder) {
      throw UsageError("--out \(out): a run goes on in its own folder, \(folder); leave --out out")
    }
    let recipe = try recipe.map { try Recipe($0) }
    var below: [(key: String, value: String, origin: String)] = []
    for (key, value) in (previous?.training ?? [:]).sorted(by: { $0.key < $1.key }) {
      below.append((key, value, "\(folder)/\(RunConfiguration.fileName): \(key)"))
    }
    for entry in recipe?.training ?? [] {
      below.append((entry.key, entry.value, "\(recipe?.path ?? ""): \(entry.key)"))
    }
    let training = try settings(over: below)
    try training.check()
    if let recipe, !json { try show(recipe) }
    var model = Dictionary(
      (recipe?.model ?? []).map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last })
    model.merge(try options.dictionary().filter { !TrainingSettings.keys.contains($0.key) }) { $1 }
    if let accumulate { model["accumulate"] = accumulate }
    guard let data = videos.data ?? previous?.data.folder else {
      throw UsageError("name the folder of videos with --data")
    }
    let list = videos.data == nil ? previous?.data.list ?? videos.list : videos.list
    return TrainingJob.Request(
      model: options.model, previous: previous, earlier: try resume ? RunConfiguration(in: folder) : nil,
      folder: folder, training: training, modelSettings: model,
      data: RunConfiguration.Data(
        folder: data, list: list, part: videos.part ?? previous?.data.part ?? "train",
        split: videos.split ?? previous?.data.split ?? 1),
      cache: cache ?? previous?.cache(in: folder), flow: flow ?? previous?.motion.flow,
      initial: `init` ?? previous?.initialWeights?.path, ignoresUnknown: ignoreUnknown,
      recipe: recipe?.path ?? previous?.recipe, resumes: resume, changes: try changedValues(),
      ignoresMemory: ignoreMemory, allowsDifferentPlan: allowDifferentPlan, isSilent: json)
  }
}
