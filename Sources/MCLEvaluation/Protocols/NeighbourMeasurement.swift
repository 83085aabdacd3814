import MCLData
import MCLExecution
import MCLGraph
import MCLRuntime
import MCLSupport

/// Measures a network while it is trained, by votes of neighbours: each test video asks for its nearest training videos,
/// and the class with the most votes is its answer (`NeighbourVotes`).
///
/// It is the number that `evaluate` gives for the same states, videos and views. Features are computed by an executor of
/// its own, so that nothing of the training changes. Not for use from several threads at once.
package final class NeighbourMeasurement {
  /// The videos of both sides, each with a label of the table.
  package struct Videos: Sendable {
    package var classes: ClassTable
    package var training: [PreparedVideo]
    package var test: [PreparedVideo]

    package init(classes: ClassTable, training: [PreparedVideo], test: [PreparedVideo]) {
      (self.classes, self.training, self.test) = (classes, training, test)
    }
  }

  package struct Result: Sendable, Equatable {
    /// The share of the test videos whose class has the most votes; those that could not be read are wrong.
    package var top1: Double
    /// Videos with features, of either side.
    package var training: Int
    package var test: Int
    package var unreadable: [UnreadableVideo]
  }

  /// Neighbours that vote, where there are so many training videos.
  package static let neighbours = 20
  /// What logs call the result; `EvaluationResult.metrics` has it under the same name.
  package static let name = "knn\(neighbours).top1"

  private let extraction: FeatureExtraction
  private let executor: Executor
  private let videos: Videos
  private let threads: Int?

  /// - Parameters:
  ///   - executor: that of the extraction.
  ///   - threads: as for `Executor`.
  package init(_ extraction: FeatureExtraction, executor: Executor, videos: Videos, threads: Int? = nil) {
    (self.extraction, self.executor, self.videos, self.threads) = (extraction, executor, videos, threads)
  }

  /// The share of right answers that guessing gives.
  package var chance: Double { 1 / Double(videos.classes.count) }

  /// - Throws: `UsageError` where features depend on states of which the trained program has none, or one of another type.
  package static func expectStates(of program: FeatureProgram, in trained: Graph) throws {
    let types = Dictionary(
      trained.states.map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
    guard let missing = program.liveStates.first(where: { types[$0.name] != $0.type }) else { return }
    throw UsageError(
      "program '\(program.graph.name)' makes features with state '\(missing.name)' \(missing.type), which program "
        + "'\(trained.name)' does not train; make features of the states that are trained")
  }

  /// Measures the states of a training as they are.
  /// - Parameter progress: told how many videos are done, of how many; what it throws ends the work.
  /// - Throws: `UsageError` where no video of a side could be read, and what `FeatureExtraction.features` throws.
  package func run(_ trained: Executor, progress: (Int, Int) throws -> Void = { _, _ in }) throws -> Result {
    try executor.copyStates(from: trained)
    let count = videos.training.count + videos.test.count
    let training = try extraction.features(of: videos.training) { try progress($0.done, count) }
    let test = try extraction.features(of: videos.test) {
      try progress(videos.training.count + $0.done, count)
    }
    let unreadable = training.unreadable + test.unreadable
    let (base, labels) = try rows(videos.training, training.features)
    let (queries, wanted) = try rows(videos.test, test.features)
    guard base.count > 0, queries.count > 0 else {
      throw UsageError(
        "none of the videos to measure neighbours \(base.count > 0 ? "of" : "among") could be read"
          + (unreadable.last.map { "; the last said: \($0.reason)" } ?? "; list some"))
    }
    let nearest = try NearestNeighbours(in: base, threads: threads).nearest(Self.neighbours, to: queries)
    var scores = ClassificationScores(classes: videos.classes.count)
    for (neighbours, label) in zip(nearest, wanted) {
      let shares = NeighbourVotes.shares(
        neighbours, count: Self.neighbours, labels: labels, classes: videos.classes.count)
      scores.count(shares[...], label: label)
    }
    // As in every protocol, what cannot be read is wrong.
    for (video, features) in zip(videos.test, test.features) where features == nil {
      scores.countWithoutScores(label: try video.video.label.map(videos.classes.index))
    }
    return Result(top1: scores.top1, training: base.count, test: queries.count, unreadable: unreadable)
  }

  /// The videos' features, each the mean over its views, and their classes; without those that could not be read.
  private func rows(
    _ videos: [PreparedVideo], _ features: [[Float]?]
  ) throws -> (features: FeatureRows, labels: [Int]) {
    let read = zip(videos, features).compactMap { video, features in features.map { (video.video, $0) } }
    let labels = try read.map { video, _ in
      guard let label = video.label else {
        throw UsageError("\(video.name) has no label; give a list with labels")
      }
      return try self.videos.classes.index(of: label)
    }
    let width = extraction.program.width
    let means = FeatureTable.means(
      read.flatMap(\.1), videos: read.count, views: extraction.views, width: width)
    return (FeatureRows(means, width: width), labels)
  }
}
