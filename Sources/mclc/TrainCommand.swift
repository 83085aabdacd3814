import ArgumentParser
import Dispatch
import Foundation
import MCLCommandSupport
import MCLGraph
import MCLSupport

struct TrainCommand: ParsableCommand {
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
        mclc train models/tiny.mcl --data videos --out runs/c --epochs 99 --schedule sgd_lr='cosine warmup=5'
        mclc train models/r2plus1d.mcl --data videos --out runs/u --recipe ucf101 --init moco.safetensors
        mclc train models/tiny.mcl --data videos --out runs/n --epochs 50 --knn-every 1epoch

      RUN then holds config.yaml (all that the run is made of) and model.mclc, checkpoint-*.safetensors, log.jsonl (a line
      a step) and loss.svg; 'mclc report RUN -o report.html' shows them and more. A loss that is not finite ends the run
      before it changes anything; the batch and the states are then in failed-step-*.safetensors.
      \(MCLC.exitCodes)
      """))

  @OptionGroup var options: ModelOptions
  @OptionGroup(title: "The videos") var videos: VideoOptions
  @OptionGroup(title: "Validation and program") var validation: ValidationOptions
  @OptionGroup(title: "Neighbours while training") var neighbours: NeighbourOptions
  @OptionGroup(title: "The run") var place: RunOptions
  @OptionGroup(title: "Length and draws") var length: LengthOptions
  @OptionGroup(title: "Motion and augmentation") var motion: MotionOptions
  @OptionGroup(title: "Schedules") var schedules: ScheduleOptions
  @OptionGroup(title: "Checkpoints, pictures, memory and threads") var resources: ResourceOptions

  func validate() throws {
    do {
      guard length.steps == nil || length.epochs == nil else {
        throw UsageError("give --steps or --epochs, one of them")
      }
      guard place.resume || place.changes.isEmpty else {
        throw UsageError("--change goes with --resume; without it use --set")
      }
      guard place.out != nil || place.resume else {
        throw UsageError("name the folder of the run with --out")
      }
      guard !place.ignoreUnknown || place.`init` != nil else {
        throw UsageError("--ignore-unknown goes with --init")
      }
      let changed = try changedValues().map(\.key)
      guard !(changed.contains("steps") && changed.contains("epochs")) else {
        throw UsageError("--change steps and --change epochs: give one of them")
      }
      _ = try settings(over: [])
    } catch let error as UsageError { throw ValidationError(error.description) }
  }

  /// What the options say, by the names that recipes use, with the options.
  /// - Throws: `UsageError` for a schedule without '=' or given twice.
  private func given() throws -> [(key: String, origin: String, text: String)] {
    let options = (length.texts + motion.texts + resources.texts + neighbours.texts).compactMap { key, text in
      text.map { (key, "--" + key.replacing("_", with: "-"), $0) }
    }
    return try options
      + schedules.dictionary().sorted { $0.key < $1.key }.map {
        (TrainingSettings.scheduleKey($0.key), "--schedule \($0.key)", $0.value)
      }
  }

  /// The settings of training: what is given below, then `--set`, the options and `--change`.
  /// - Throws: `UsageError` for a value that its setting cannot have.
  private func settings(
    over entries: [(key: String, value: String, origin: String)]
  ) throws -> TrainingSettings {
    var settings = TrainingSettings()
    for entry in entries { try settings.set(entry.key, entry.value, origin: entry.origin) }
    for (key, value) in try options.dictionary().sorted(by: { $0.key < $1.key })
    where TrainingSettings.isKey(key) {
      try settings.set(key, value, origin: "--set \(key)")
    }
    for (key, origin, text) in try given() { try settings.set(key, text, origin: origin) }
    for (key, value) in try changedValues() where TrainingSettings.isChangeable(key) {
      try settings.set(key, value, origin: "--change \(key)")
    }
    return settings
  }

  /// What `--change` says.
  private func changedValues() throws -> [(key: String, value: String)] {
    try parsedSettings(place.changes, option: "--change").sorted { $0.key < $1.key }.map {
      ($0.key, $0.value)
    }
  }

  /// Every value of the recipe with its source, or what is given instead.
  private func show(_ recipe: Recipe) throws {
    let set = try options.dictionary()
    var instead = set.mapValues { ("--set", $0) }
    for (key, origin, text) in try given() { instead[key] = (origin, text) }
    if let accumulate = length.accumulate { instead["accumulate"] = ("--accumulate", accumulate) }
    if let length = instead["steps"] ?? instead["epochs"], instead["steps"] == nil || instead["epochs"] == nil
    {
      // Either is the length of the run, so that one replaces the other.
      for key in ["steps", "epochs"] where instead[key] == nil { instead[key] = (length.0, "not used") }
    }
    say("recipe \(recipe.path): \(recipe.about)")
    for entry in recipe.training + recipe.schedules + recipe.model {
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
    let previous = place.resume && isFolder(options.model) ? try RunConfiguration(in: options.model) : nil
    if place.resume, isFolder(options.model), previous == nil {
      throw UsageError(
        "\(options.model): it holds no \(RunConfiguration.fileName) to go on by; name model, --data and --out as the run "
          + "was started")
    }
    guard let folder = previous == nil ? place.out : options.model else {
      throw UsageError("name the folder of the run with --out")
    }
    if previous != nil, let out = place.out, absolutePath(out) != absolutePath(folder) {
      throw UsageError("--out \(out): a run goes on in its own folder, \(folder); leave --out out")
    }
    if let previous, previous.training.keys.contains(where: { TrainingSettings.hint($0) != nil }) {
      throw UsageError(
        "\(folder): it is a run of an mclc whose schedules named no inputs; start another run in another folder"
      )
    }
    let recipe = try length.recipe.map { try Recipe($0) }
    var below: [(key: String, value: String, origin: String)] = []
    for (key, value) in (previous?.allTraining ?? [:]).sorted(by: { $0.key < $1.key }) {
      below.append((key, value, "\(folder)/\(RunConfiguration.fileName): \(key)"))
    }
    for entry in (recipe?.training ?? []) + (recipe?.schedules ?? []) {
      below.append((entry.key, entry.value, "\(recipe?.path ?? ""): \(entry.key)"))
    }
    let training = try settings(over: below)
    try training.check()
    if let recipe, !place.json { try show(recipe) }
    var model = Dictionary(
      (recipe?.model ?? []).map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last })
    model.merge(try options.dictionary().filter { !TrainingSettings.isKey($0.key) }) { $1 }
    if let accumulate = length.accumulate { model["accumulate"] = accumulate }
    guard let data = videos.data ?? previous?.data.folder else {
      throw UsageError("name the folder of videos with --data")
    }
    guard neighbours.knnData == nil || training.knnPeriod != nil else {
      throw UsageError("--knn-data goes with --knn-every")
    }
    let list = videos.data == nil ? previous?.data.list ?? videos.list : videos.list
    let validated = try validation.validate.map { try RunConfiguration.Data.Validation($0) }
    let videosOfRun = RunConfiguration.Data(
      folder: data, list: list, part: videos.part ?? previous?.data.part ?? "train",
      split: videos.split ?? previous?.data.split ?? 1,
      validation: validated ?? previous?.data.validation,
      neighbours: try neighbours.data() ?? previous?.data.neighbours)
    return TrainingJob.Request(
      model: options.model, previous: previous,
      earlier: try place.resume ? RunConfiguration(in: folder) : nil,
      folder: folder, training: training, modelSettings: model,
      data: videosOfRun,
      program: validation.program ?? previous?.model.program,
      cache: motion.cache ?? previous?.cache(in: folder), flow: motion.flow ?? previous?.motion.flow,
      initial: place.`init` ?? previous?.initialWeights?.path, ignoresUnknown: place.ignoreUnknown,
      recipe: recipe?.path ?? previous?.recipe, resumes: place.resume, changes: try changedValues(),
      ignoresMemory: resources.ignoreMemory, allowsDifferentPlan: place.allowDifferentPlan,
      isSilent: place.json)
  }
}
