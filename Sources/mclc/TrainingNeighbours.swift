import Foundation
import MCLCommandSupport
import MCLCompiler
import MCLData
import MCLDrawing
import MCLEvaluation
import MCLExecution
import MCLGraph
import MCLRuntime
import MCLSupport

/// What `train --knn-every` measures, and with which videos: checked before any is opened.
struct TrainingNeighbours {
  /// Videos of one side.
  private struct Side {
    var videos: VideoDataset
    var source: Source

    /// Training prepares for itself what it trains on and validates with.
    enum Source { case training, validation, other }
  }

  private let period: StateMeasurement.Period
  private let program: FeatureProgram
  private let classes: ClassTable
  private let training: Side
  private let test: Side
  private let settings: TrainingSettings
  /// Where indices of frames lie, below the run's cache; nil for the cache itself.
  private let cache: String?

  /// A share of each class asks where no other videos are held back.
  private static let share = 0.2

  /// - Returns: nil where nothing is to be measured.
  /// - Throws: `UsageError` for a model that gives no features, or videos without labels or of one class.
  init?(
    _ settings: TrainingSettings, _ data: RunConfiguration.Data, _ selection: TrainingSelection,
    module: Module, training program: Graph
  ) throws {
    guard let period = settings.knnPeriod else { return nil }
    (self.period, self.settings) = (period, settings)
    guard let features = try? FeatureProgram.chosen(in: module, program: nil, layer: nil) else {
      throw UsageError(
        "--knn-every: model '\(module.name)' has no program that gives features, or several; give it one called 'embed' "
          + "without updates, with one clip and one output f32 [N, D]")
    }
    self.program = features
    do {
      try NeighbourMeasurement.expectStates(of: features, in: program)
      let limit = settings.knnVideos
      cache = data.neighbours.flatMap { Self.isApart($0, from: data) ? "neighbours" : nil }
      switch (data.neighbours, selection) {
      case (nil, .rows):
        throw UsageError("--data is a file of tensors; name a folder of videos with --knn-data")
      case (nil, .videos(let others, let held?)):
        let asking = held.videos.chosen(max(Int(Double(limit) * Self.share), 1), seed: settings.seed)
        let searched = others.chosen(limit - asking.videos.count, seed: settings.seed)
        classes = try TrainingSelection.videos(searched, validation: (asking, held.isOtherFolder)).classes()
        (training, test) = (
          Side(videos: searched, source: .training), Side(videos: asking, source: .validation)
        )
      case (let named, _):
        let all = try Self.videos(named, data, selection).chosen(limit, seed: settings.seed)
        classes = try ClassTable(all.videos)
        let parts = try all.parts(ValidationSplit(share: Self.share, seed: settings.seed))
        let source = named == nil ? Side.Source.training : .other
        (training, test) = (
          Side(videos: parts.training, source: source), Side(videos: parts.validation, source: source)
        )
      }
    } catch let error as UsageError { throw UsageError("--knn-every: \(error)") }
  }

  private static func videos(
    _ named: RunConfiguration.Data.Validation?, _ data: RunConfiguration.Data, _ selection: TrainingSelection
  ) throws -> VideoDataset {
    switch (named, selection) {
    case (.folder(let folder), _): return try VideoDataset(directory: folder)
    case (.list(let list), _):
      var listed = data
      listed.list = list
      return try listed.dataset()
    case (_, .videos(let videos, _)): return videos
    case (_, .rows(let path)): throw UsageError("\(path): it is a file of tensors; name a folder of videos")
    }
  }

  /// Whether videos are of another folder, where names may be the same.
  private static func isApart(
    _ named: RunConfiguration.Data.Validation, from data: RunConfiguration.Data
  ) -> Bool {
    guard case .folder(let folder) = named else { return false }
    return absolutePath(folder) != absolutePath(data.folder)
  }

  // MARK: The measurement

  /// What a trainer measures by: its program is compiled, and videos that training does not prepare are.
  /// - Parameters:
  ///   - data: the run's own videos.
  ///   - directory: the cache of the run.
  ///   - compile: gives a program's plan.
  /// - Throws: `UsageError` where no video of a side can be used.
  func measurement(
    _ data: TrainingData, cache directory: String, threads: Int?, signals: SignalWatch, isSilent: Bool,
    compile: (Graph) throws -> ExecutionPlan
  ) throws -> StateMeasurement {
    let videos = NeighbourMeasurement.Videos(
      classes: classes,
      training: try prepared(training, data, directory, signals, isSilent),
      test: try prepared(test, data, directory, signals, isSilent))
    let policy = settings.augmentation.policy
    let views = try EvaluationViews(settings.knnViews)
    let reader = ViewReader(
      views, of: program.clip,
      ClipPreparation(
        mean: policy.mean, standardDeviation: policy.standardDeviation, centreShare: policy.centreShare),
      shortSide: Self.shortSide)
    let executor = try Executor(try compile(program.graph), threads: threads)
    let measurement = NeighbourMeasurement(
      try FeatureExtraction(
        program, executor: executor, reader: reader, cache: nil, workers: settings.workers),
      executor: executor, videos: videos, threads: threads)
    if !isSilent {
      say(
        "neighbours: \(videos.test.count) videos ask \(videos.training.count) of \(classes.count) classes, \(views) views, "
          + "features of \(program.width) numbers by program '\(program.graph.name)'")
    }
    var named: Set<String> = []
    return StateMeasurement(
      every: period,
      numbers: [RunDescription.Output(name: NeighbourMeasurement.name, chance: measurement.chance)]
    ) { trained, step, shouldStop in
      let start = ContinuousClock.now
      guard let result = try Self.run(measurement, trained, step, isSilent, shouldStop) else { return nil }
      for video in result.unreadable where named.insert(video.name).inserted {
        say(
          "mclc: \(video.name), which is to measure neighbours with, failed and is left out: \(video.reason)")
      }
      if !isSilent {
        say(
          String(
            format:
              "step %d: the %d nearest of %d videos tell %.1f %% of %d videos right (chance %.1f %%), in %.1f s",
            step, min(NeighbourMeasurement.neighbours, result.training), result.training, 100 * result.top1,
            result.test, 100 * measurement.chance, start.duration(to: .now) / .seconds(1)))
      }
      return [NeighbourMeasurement.name: result.top1]
    }
  }

  private struct Stopped: Error {}

  /// One measurement with a bar of its own; nil where it was stopped.
  private static func run(
    _ measurement: NeighbourMeasurement, _ trained: Executor, _ step: Int, _ isSilent: Bool,
    _ shouldStop: () -> Bool
  ) throws -> NeighbourMeasurement.Result? {
    let bar = ProgressBar(isSilent: isSilent)
    bar.clear()
    defer { bar.clear() }
    let start = ContinuousClock.now
    do {
      return try measurement.run(trained) { done, count in
        if shouldStop() { throw Stopped() }
        guard done > 0 else { return }
        let seconds = start.duration(to: .now) / .seconds(1)
        let left = seconds / Double(done) * Double(count - done)
        bar.show(
          Double(done) / Double(max(count, 1)),
          "step \(step), neighbours: features of \(done)/\(count) videos, "
            + String(format: "%.1f videos/s", Double(done) / max(seconds, 1e-3))
            + ", \(ProgressBar.duration(left)) left")
      }
    } catch is Stopped { return nil }
  }

  /// The short side in pixels that frames are scaled down to, as for training.
  private static let shortSide = 256

  private func prepared(
    _ side: Side, _ data: TrainingData, _ directory: String, _ signals: SignalWatch, _ isSilent: Bool
  ) throws -> [PreparedVideo] {
    let own: [PreparedVideo]
    switch side.source {
    case .training: own = data.videos
    case .validation: own = data.validationVideos
    case .other:
      var catalog = FrameCatalog(
        directory: cache.map { "\(directory)/\($0)" } ?? directory, shortSide: Self.shortSide)
      catalog.verification = .quickWhereLarge
      defer { signals.enter(.starting) }
      return try catalog.preparing(side.videos, signals: signals, isSilent: isSilent).videos
    }
    let paths = Set(side.videos.videos.map(\.path))
    let videos = own.filter { paths.contains($0.video.path) }
    guard !videos.isEmpty else {
      throw UsageError(
        "--knn-every: training can use none of the \(paths.count) videos of one side of the measurement; give more videos, "
          + "or others with --knn-data")
    }
    return videos
  }
}
