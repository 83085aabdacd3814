import ArgumentParser
import Foundation
import MCLCommandSupport
import MCLData
import MCLEvaluation
import MCLFrontend
import MCLGraph
import MCLRuntime
import MCLSupport

/// `evaluate --protocol finetune`: all weights are trained on labels from the run's, then each test video has the mean of
/// its views' raw scores.
///
/// The training is a run of its own in a folder, which a second call goes on with.
struct FinetuneJob {
  /// The protocol's name, and of the programs that train on labels the one that is taken before others.
  static let name = "finetune"
  /// What the recipe's section `test` says that is no setting of the model.
  private static let viewKeys = ["views", "resize"]

  private let options: FinetuneOptions
  private let recipe: Recipe
  private let job: FeatureJob
  private let sides: EvaluationSides
  /// The folder of the run.
  private let folder: String
  /// The model's file, with the settings that it is trained with.
  private let model: (path: String, settings: [String: String])
  private let program: Graph
  /// What measures the program that is trained.
  private let validating: Graph
  private let training: TrainingSettings
  /// What the recipe says that the model has no setting for.
  private let leftOut: [String]

  /// What a list of protocols asks for, with and without fine-tuning.
  static func split(_ text: String) -> (others: String, isAsked: Bool) {
    let names = text.split(separator: ",").map(String.init)
    return (names.filter { $0 != name }.joined(separator: ","), names.contains(name))
  }

  /// Checks all that can be checked before anything is trained.
  /// - Parameter folder: of the training's run.
  /// - Throws: `UsageError` for a model without a program that trains on labels, or settings that do not fit.
  init(_ options: FinetuneOptions, _ job: FeatureJob, _ sides: EvaluationSides, folder: String) throws {
    (self.options, self.job, self.sides, self.folder) = (options, job, sides, folder)
    recipe = try Recipe(options.finetuneRecipe)
    let given = try parsedSettings(options.finetuneSettings, option: "--finetune-set")
    let base = try job.modelFile()
    let known = Set(job.module.settings.map(\.key))
    leftOut = recipe.model.map(\.key).filter { !known.contains($0) }
    var settings = base.settings
    for entry in recipe.model where known.contains(entry.key) { settings[entry.key] = entry.value }
    let own = given.filter { !TrainingSettings.isKey($0.key) }
    settings.merge(own) { $1 }
    (program, validating) = try Self.programs(of: job.module)
    if let setting = try DataDeclaration(program).needs.classes?.setting, own[setting] == nil {
      // As many as the videos have.
      settings[setting] = String(sides.classes.count)
    }
    model = (base.path, settings)
    var training = TrainingSettings()
    for entry in recipe.training + recipe.schedules {
      try training.set(entry.key, entry.value, origin: "\(recipe.path): \(entry.key)")
    }
    // The colours that the weights were trained with.
    for (key, value) in job.run?.configuration.training ?? [:]
    where ["mean", "standard_deviation"].contains(key) {
      try training.set(key, value, origin: "\(job.run?.folder ?? ""): \(key)")
    }
    try training.set("seed", String(sides.seed), origin: "--seed")
    for (key, value) in given.sorted(by: { $0.key < $1.key }) where TrainingSettings.isKey(key) {
      try training.set(key, value, origin: "--finetune-set \(key)")
    }
    if let epochs = options.finetuneEpochs {
      try training.set("epochs", String(epochs), origin: "--finetune-epochs")
    }
    try training.check()
    self.training = training
  }

  /// The program that trains on labels, the one of the protocol's name, else the first; and the one that measures it.
  private static func programs(of module: Module) throws -> (trained: Graph, validating: Graph) {
    let programs = module.programs.filter { !$0.updates.isEmpty && $0.classification != nil }
    guard let program = programs.first(where: { $0.name == name }) ?? programs.first else {
      throw UsageError(
        "--protocol \(name): model '\(module.name)' has no program that updates states and watches classes; give it one"
      )
    }
    guard let validating = module.validationProgram(of: program) else {
      throw UsageError(
        "--protocol \(name): model '\(module.name)' has no program without updates that watches classes with the states "
          + "of '\(program.name)'; give it one")
    }
    return (program, validating)
  }

  /// Trains, or goes on with a training that was stopped, then tests.
  /// - Throws: `ExitCode` where a signal stopped it.
  func run() throws -> EvaluationResult.Trained {
    try train()
    return try test()
  }

  private func train() throws {
    for key in leftOut {
      say("mclc: the model has no setting '\(key)', so that the recipe's is left out")
    }
    let earlier = try RunConfiguration(in: folder)
    job.signals.enter(.loading)
    try TrainingJob(
      TrainingJob.Request(
        model: model.path, previous: nil, earlier: earlier, folder: folder, training: training,
        modelSettings: model.settings, data: sides.data, program: program.name,
        cache: job.framesFolder(sides.data.folder),
        flow: nil, initial: job.weights?.path, ignoresUnknown: job.isIgnoringUnknown, recipe: recipe.path,
        resumes: earlier != nil, changes: [], ignoresMemory: false, allowsDifferentPlan: false,
        isSilent: job.isSilent, isPart: true), signals: job.signals
    ).run()
  }

  // MARK: Test

  /// The mean of the raw scores of each test video's views, and how often it is right.
  private func test() throws -> EvaluationResult.Trained {
    let known = Set(job.module.settings.map(\.key) + Self.viewKeys)
    let given = try parsedSettings(options.finetuneTests, option: "--finetune-test")
    var constants = Dictionary(
      recipe.test.filter { known.contains($0.key) }.map { ($0.key, $0.value) },
      uniquingKeysWith: { _, last in last }
    ).merging(given) { $1 }
    let settings = constants.filter { !Self.viewKeys.contains($0.key) }.sorted { $0.key < $1.key }
    let features = try FeatureOptions.parse(
      [folder] + settings.flatMap { ["--set", "\($0.key)=\($0.value)"] })
    let views = try ViewOptions.parse(
      ["--program", validating.name] + ["--workers", String(job.workers)]
        + constants.filter { Self.viewKeys.contains($0.key) }.sorted { $0.key < $1.key }.flatMap {
          ["--\($0.key)", $0.value]
        })
    let tester = try FeatureJob(features, views, cache: folder, signals: job.signals, isSilent: job.isSilent)
    let table = try tester.table(
      of: sides.test.videos, in: sides.test.folder, "to test the fine-tuned network with")
    guard table.width >= sides.classes.count else {
      throw UsageError(
        "\(folder): its network has \(table.width) scores, but the videos \(sides.classes.count) classes; start anew in "
          + "another folder with --out")
    }
    var counted = ClassificationScores(classes: table.width)
    for (index, label) in table.labels.enumerated() {
      guard let label else { throw UsageError("\(table.names[index]) has no label; give a list with labels") }
      counted.count(
        table.means[index * table.width..<(index + 1) * table.width],
        label: try sides.classes.index(of: label))
    }
    // As in every protocol, what cannot be read is wrong.
    for video in table.unreadable {
      counted.countWithoutScores(label: video.label.flatMap { try? sides.classes.index(of: $0) })
    }
    for (key, value) in training.effective.merging(training.scheduleTexts) { $1 } {
      constants["training.\(key)"] = value
    }
    for (key, value) in tester.module.settings.map({ ($0.key, $0.value) }) {
      constants["model.\(key)"] = value
    }
    constants["program"] = program.name
    constants["classifier"] = "the mean over the views of raw scores, of the last checkpoint"
    return EvaluationResult.Trained(
      seeds: [sides.seed], top1: [counted.top1], top5: [counted.top5],
      meanClassAccuracy: [counted.meanClassAccuracy], constants: constants)
  }
}
