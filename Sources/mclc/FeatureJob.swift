import ArgumentParser
import Foundation
import MCLCommandSupport
import MCLCompiler
import MCLData
import MCLDrawing
import MCLEvaluation
import MCLExecution
import MCLFrontend
import MCLGraph
import MCLParity
import MCLRuntime
import MCLSupport
import MCLWeights

/// Makes features of videos as the options of `embed` and `evaluate` ask for: from a run or weights to tables.
final class FeatureJob {
  /// The run that was named, or that the named checkpoint is of.
  let run: (folder: String, configuration: RunConfiguration)?
  let module: Module
  let program: FeatureProgram
  let weights: WeightFile?
  /// What random draws depend on.
  let seed: UInt64
  let views: EvaluationViews
  let signals: SignalWatch
  /// What frames go through before the program sees them.
  let preprocessing: Preprocessing
  private let options: (features: FeatureOptions, views: ViewOptions)
  let isSilent: Bool
  private let cache: String
  /// The videos of each table made so far that could be opened.
  private(set) var prepared: [[PreparedVideo]] = []

  /// Whether tensors that are not of the model are passed over.
  var isIgnoringUnknown: Bool { options.features.ignoreUnknown }
  /// Threads that decode.
  var workers: Int { options.views.workers }

  /// Reads what was named; nothing is compiled or decoded yet.
  /// - Parameters:
  ///   - cache: where features are kept if neither an option nor a run says so.
  ///   - choose: the program of a model, by the options' program and layer.
  /// - Throws: `UsageError` for options that do not go together, or what cannot be read.
  init(
    _ options: FeatureOptions, _ viewOptions: ViewOptions, cache: String, signals: SignalWatch,
    isSilent: Bool,
    choose: (Module, String?, String?) throws -> FeatureProgram = {
      try FeatureProgram.chosen(in: $0, program: $1, layer: $2)
    }
  ) throws {
    (self.options, self.signals, self.isSilent) = ((options, viewOptions), signals, isSilent)
    views = try EvaluationViews(viewOptions.views)
    guard let scale = ViewScale(rawValue: viewOptions.resize) else {
      throw UsageError(
        "--resize \(viewOptions.resize): give fit, none, or the pixels of the short side, such as 256")
    }
    guard (1...256).contains(viewOptions.workers) else { throw UsageError("--workers takes 1 to 256") }
    run = try Self.run(options)
    let given = try parsedSettings(options.settings, option: "--set")
    weights = try Self.weights(options)
    let noted =
      run == nil
      ? try weights.flatMap { try Preprocessing(metadata: $0.tensors.metadata, path: $0.path) } : nil
    let settings = try Self.training(run, noted, given)
    seed = options.seed ?? settings.seed
    let modelSettings = given.filter { !TrainingSettings.isKey($0.key) }
    if let model = options.model {
      module = try loadModel(model, settings: modelSettings)
    } else if let run {
      module = try RunConfiguration.model(in: run.folder, given: modelSettings)
    } else {
      throw UsageError("name the folder of a run, or a model with --model")
    }
    program = try choose(module, viewOptions.program, viewOptions.layer)
    let policy = settings.augmentation.policy
    preprocessing = Preprocessing(
      of: program.clip,
      ClipPreparation(
        mean: policy.mean, standardDeviation: policy.standardDeviation, scale: scale,
        centreShare: policy.centreShare, isSingleFrame: viewOptions.singleFrame))
    self.cache =
      viewOptions.cache ?? run.map { ($0.folder as NSString).appendingPathComponent("evaluation") } ?? cache
  }

  private static func run(
    _ options: FeatureOptions
  ) throws -> (folder: String, configuration: RunConfiguration)? {
    if let initial = options.initial, initial != "none" {
      throw UsageError("--init \(initial): it takes none alone; name weights in the place of the run")
    }
    guard let source = options.source else {
      guard options.initial != nil, options.model != nil else {
        throw UsageError(
          "name the folder of a run or a file of weights; or --model with --init none, for random ones")
      }
      return nil
    }
    guard FileManager.default.fileExists(atPath: source) else {
      throw UsageError("\(source): there is no such run or file of weights; check the path")
    }
    let folder = isFolder(source) ? source : (source as NSString).deletingLastPathComponent
    let place = folder.isEmpty ? "." : folder
    if let configuration = try RunConfiguration(in: place), isFolder(source) || options.model == nil {
      return (place, configuration)
    }
    guard options.model != nil else {
      throw UsageError(
        isFolder(source)
          ? "\(source): it is a folder, but no run of 'mclc train'; name one, or weights with --model"
          : "\(source): it does not stand in the folder of a run; name the model that it is of with --model")
    }
    return nil
  }

  /// What the run's clips go through, or those of a file that says so, and what `--set` says of it.
  private static func training(
    _ run: (folder: String, configuration: RunConfiguration)?, _ noted: Preprocessing?,
    _ given: [String: String]
  ) throws -> TrainingSettings {
    var settings = TrainingSettings()
    if let preparation = noted?.preparation {
      func text(_ numbers: [Float]) -> String { numbers.map { "\($0)" }.joined(separator: ",") }
      let origin = "the weights' \(Preprocessing.key)"
      try settings.set("mean", text(preparation.mean), origin: origin)
      try settings.set("standard_deviation", text(preparation.standardDeviation), origin: origin)
      try settings.set("centre_crop", "\(preparation.centreShare)", origin: origin)
    }
    for (key, value) in (run?.configuration.training ?? [:]).sorted(by: { $0.key < $1.key }) {
      try settings.set(key, value, origin: "\(run?.folder ?? "")/\(RunConfiguration.fileName): \(key)")
    }
    let known = ["mean", "standard_deviation", "centre_crop"]
    for (key, value) in given.sorted(by: { $0.key < $1.key }) where TrainingSettings.isKey(key) {
      guard known.contains(key) else {
        throw UsageError(
          "--set \(key): it changes no feature; of training only \(known.joined(separator: ", ")) do")
      }
      try settings.set(key, value, origin: "--set \(key)")
    }
    return settings
  }

  /// - Returns: nil for random weights.
  private static func weights(_ options: FeatureOptions) throws -> WeightFile? {
    guard !options.best || options.source.map(isFolder) == true else {
      throw UsageError("--best goes with the folder of a run")
    }
    guard !options.best || options.initial == nil else {
      throw UsageError("give --best or --init none, one of them")
    }
    guard options.initial == nil, let source = options.source else { return nil }
    let report = { (line: String) in say("mclc: \(line)") }
    guard options.best else { return try WeightFile(source, report: report) }
    let best = (source as NSString).appendingPathComponent("best.safetensors")
    guard FileManager.default.fileExists(atPath: best) else {
      throw UsageError(
        "\(source): the run has no best.safetensors, as it was not validated; leave --best out")
    }
    return try WeightFile(best, report: report)
  }

  /// The model's own file, with the settings that its module has: what a training starts from.
  /// - Throws: `UsageError` where there is no such file any more, or its text is not the run's.
  func modelFile() throws -> (path: String, settings: [String: String]) {
    let settings = Dictionary(
      module.settings.map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last })
    if let model = options.features.model { return (model, settings) }
    guard let run else { throw UsageError("name the folder of a run, or a model with --model") }
    let own = run.configuration.model
    guard try ModelLoader.textHash(path: own.path) == own.hash else {
      throw UsageError(
        "\(own.path) has changed since \(run.folder) was started, so that the run's model cannot be trained on; name the "
          + "model's file with --model and the weights in its place")
    }
    return (own.path, settings)
  }

  // MARK: The network

  /// A program that is ready to run, and the hash of its weights.
  struct Network {
    let executor: Executor
    let weightsHash: String
  }

  private(set) lazy var network = Result<Network, any Error> { try makeNetwork() }

  private func makeNetwork() throws -> Network {
    let sources = try weights.map {
      try StateSources(
        program.graph, of: module.programs, files: [$0], ignoringUnknown: options.features.ignoreUnknown)
    }
    let live = Set(program.liveStates.map(\.name))
    if let weights, let missing = sources?.missing.filter({ live.contains($0.name) }),
      let first = missing.first
    {
      throw UsageError(
        "\(weights.path): it has no state '\(first.name)' \(first.type), as \(missing.count) of the \(live.count) that "
          + "'\(program.output)' of program '\(program.graph.name)' depends on; name weights of this model")
    }
    tell(
      "compiling \(module.name), program \(program.graph.name), for '\(program.output)' of \(program.width) numbers"
    )
    let plan = try signals.leavingAtOnce { try ProgramCompiler().compileChecked(program.graph).plan }
    let executor = try Executor(plan, threads: try threadCount())
    if let sources {
      try executor.setStates(from: sources)
    } else {
      try executor.initializeStates(seed: seed)
    }
    return Network(executor: executor, weightsHash: try program.weightsHash(executor))
  }

  /// What the features of all tables are made by.
  /// - Parameter views: others than those of the options.
  func source(_ views: EvaluationViews? = nil) throws -> FeatureSource {
    FeatureSource(
      model: module.name, program: program, weights: try network.get().weightsHash,
      views: views ?? self.views,
      preparation: preprocessing.preparation)
  }

  // MARK: Tables

  /// The features of a data set's videos. What cannot be read is named and counted.
  /// - Parameters:
  ///   - folder: the folder that the data set was read from.
  ///   - what: what the videos are for, such as `to test with`.
  func table(of dataset: VideoDataset, in folder: String, _ what: String) throws -> FeatureTable {
    try table(of: try prepared(dataset, in: folder), views, what, listed: dataset.videos)
  }

  /// The videos of a data set that can be read; the others are named.
  func prepared(_ dataset: VideoDataset, in folder: String) throws -> PreparedVideos {
    // Before any video is decoded, as weights may not fit.
    _ = try network.get()
    var catalog = FrameCatalog(directory: framesFolder(folder), shortSide: preprocessing.shortSide)
    catalog.verification = .quickWhereLarge
    let prepared = try catalog.preparing(dataset, signals: signals, isSilent: isSilent)
    self.prepared.append(prepared.videos)
    signals.enter(.starting)
    return prepared
  }

  /// The features of videos in some views of each.
  /// - Parameter listed: all videos with their labels, those that could not be read among them.
  func table(
    of prepared: PreparedVideos, _ views: EvaluationViews, _ what: String,
    listed: [VideoDataset.Video] = []
  ) throws -> FeatureTable {
    let network = try network.get()
    let reader = ViewReader(views, of: program.clip, preprocessing)
    let key = FeatureExtraction.key(
      program, weights: network.weightsHash, network.executor.plan, reader)
    let kept = try FeatureCache(
      directory: (cache as NSString).appendingPathComponent("features"), key: key, views: views.count,
      width: program.width)
    let extraction = try FeatureExtraction(
      program, executor: network.executor, reader: reader, cache: kept, workers: options.views.workers)
    let result = try features(extraction, prepared, views, what)
    return FeatureTable(
      prepared.videos, result, views: views.count, width: program.width, source: try source(views),
      skipped: prepared.skipped, of: listed)
  }

  private func features(
    _ extraction: FeatureExtraction, _ prepared: PreparedVideos, _ views: EvaluationViews, _ what: String
  ) throws -> FeatureExtraction.Result {
    signals.enter(.extracting)
    defer { signals.enter(.starting) }
    let bar = ProgressBar(isSilent: isSilent)
    let start = ContinuousClock.now
    var isFirst = true
    let result = try extraction.features(of: prepared.videos) { progress in
      if let code = signals.exitCode {
        bar.clear()
        say("mclc: stopped at video \(progress.done) of \(progress.videos) \(what); features so far are kept")
        throw ExitCode(code)
      }
      if isFirst, progress.kept < progress.videos, let hint = hint(extraction, views) { tell(hint) }
      isFirst = false
      // Batches, as a single video may take thousands of them.
      let made = progress.batchShare * Double(progress.videos - progress.kept)
      let seconds = start.duration(to: .now) / .seconds(1)
      let left = made > 0 ? seconds * (1 - progress.batchShare) / progress.batchShare : .infinity
      bar.show(
        (Double(progress.kept) + made) / Double(max(progress.videos, 1)),
        "features of \(progress.done)/\(progress.videos) videos \(what), "
          + String(format: "%.1f views/s", made * Double(views.count) / max(seconds, 1e-3))
          + ", \(ProgressBar.duration(left)) left")
    }
    bar.clear()
    for video in result.unreadable { say("mclc: \(video.name) has no features: \(video.reason)") }
    let count = result.features.count { $0 != nil }
    tell(
      "\(count) videos \(what), \(count - result.kept) computed, \(result.kept) kept from before, "
        + "\(prepared.skipped.count + result.unreadable.count) unreadable")
    return result
  }

  /// How to leave no places of a batch empty; nil where few are.
  private func hint(_ extraction: FeatureExtraction, _ views: EvaluationViews) -> String? {
    let waste = extraction.waste
    guard waste.empty * 4 >= waste.of else { return nil }
    let keys = module.settings.filter { $0.value == String(program.batch) }.map(\.key)
    let better = (1...program.batch).last { views.count % $0 == 0 } ?? 1
    let remedy = keys.count == 1 ? "; --set \(keys[0])=\(better) leaves none" : ""
    return "\(views.count) views a video leave \(waste.empty) of \(waste.of) places of batches empty\(remedy)"
  }

  /// Where the indices of a folder's frames are kept: with the run's own where they are its videos.
  func framesFolder(_ folder: String) -> String {
    let path = absolutePath(folder)
    if options.views.cache == nil, let run, absolutePath(run.configuration.data.folder) == path {
      return run.configuration.cache(in: run.folder)
    }
    return (cache as NSString).appendingPathComponent("frames-" + SHA256.hexadecimal(path.utf8).prefix(16))
  }

  func tell(_ line: @autoclosure () -> String) {
    if !isSilent { say(line()) }
  }
}
