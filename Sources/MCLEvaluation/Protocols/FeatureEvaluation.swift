import MCLData
import MCLGraph
import MCLRuntime
import MCLSupport

/// Features of videos to train with and to test with, and the protocols that measure them (`FeatureProtocol`). No statistic
/// of the test videos is used.
package struct FeatureEvaluation: Sendable {
  package let classes: ClassTable
  package let training: FeatureTable
  package let test: FeatureTable
  let trainingLabels: [Int]
  let testLabels: [Int]

  /// What the protocols gave.
  package struct Outcome: Sendable {
    package var chance: EvaluationResult.Chance
    package var knn: [EvaluationResult.Neighbours]?
    package var videoRetrieval: [EvaluationResult.Recall]?
    package var clipRetrieval: [EvaluationResult.Recall]?
    package var linear: EvaluationResult.Trained?
    package var svm: EvaluationResult.Trained?
    package var remarks: [String]
    /// Each test video's scores by class, of each protocol that gives some.
    package var scoresByKind: [Kind: [[Float]]] = [:]

    /// The protocol whose scores are shown video by video: linear, else svm, else knn.
    package var shown: Kind? { Kind.shown.first { scoresByKind[$0] != nil } }
    /// Each test video's scores of that protocol; empty without one.
    package var scores: [[Float]] { shown.flatMap { scoresByKind[$0] } ?? [] }
  }

  /// - Throws: `UsageError` where a side has no videos or numbers that are not finite, a label is no class, the training
  ///   videos are of one class, or the sides' features differ in width.
  package init(classes: ClassTable, training: FeatureTable, test: FeatureTable) throws {
    for (table, name) in [(training, "train"), (test, "test")] {
      guard table.count > 0 else {
        throw UsageError(
          "none of the \(table.unreadable.count) videos to \(name) with could be read; "
            + (table.unreadable.first.map { "the first said: \($0.reason)" } ?? "list some"))
      }
      if let place = table.clips.firstIndex(where: { !$0.isFinite }) {
        let video = table.names[place / max(table.views * table.width, 1)]
        throw UsageError(
          "\(video), which is to \(name) with, has a number that is not finite in its features; make them again"
        )
      }
    }
    try test.expectSameWidth(as: training, ("the test set", "the training set"))
    (self.classes, self.training, self.test) = (classes, training, test)
    trainingLabels = try Self.numbers(training, classes)
    testLabels = try Self.numbers(test, classes)
    if let first = trainingLabels.first, trainingLabels.allSatisfy({ $0 == first }) {
      throw UsageError(
        "all \(training.count) videos to train with that could be read are of the class '\(classes.names[first])'; "
          + "classes take at least two")
    }
  }

  private static func numbers(_ table: FeatureTable, _ classes: ClassTable) throws -> [Int] {
    try zip(table.names, table.labels).map { name, label in
      guard let label else { throw UsageError("\(name) has no label; give a list with labels") }
      do { return try classes.index(of: label) } catch { throw UsageError("\(name): \(error)") }
    }
  }

  /// - Parameters:
  ///   - threads: as for `Executor`; they change no bit.
  ///   - progress: told how far the work is; what it throws ends it.
  /// - Throws: errors of the protocols.
  package func run(
    _ kinds: [Kind], options: ProtocolOptions = ProtocolOptions(), threads: Int? = nil,
    progress: @escaping (ProtocolProgress) throws -> Void = { _ in }
  ) throws -> Outcome {
    var outcome = Outcome(chance: chance, remarks: [])
    let present = Set(trainingLabels)
    let gone = classes.names.indices.filter { !present.contains($0) }
    if let first = gone.first {
      outcome.remarks.append(
        "no training video could be read of \(gone.count) of the \(classes.count) classes, such as '\(classes.names[first])'"
      )
    }
    let comparison = FeatureComparison(self, options, threads: threads, progress: progress)
    for kind in kinds { try kind.implementation.run(comparison, into: &outcome) }
    return outcome
  }

  /// How often scores of the test videos are right. Those that could not be read count as wrong: in the mean over classes
  /// where their class is known.
  /// - Parameter scores: of each test video with features, by class.
  package func counted(_ scores: [[Float]]) -> ClassificationScores {
    var counted = ClassificationScores(classes: classes.count)
    for (score, label) in zip(scores, testLabels) { counted.count(score[...], label: label) }
    for video in test.unreadable {
      counted.countWithoutScores(label: video.label.flatMap { try? classes.index(of: $0) })
    }
    return counted
  }

  /// Scores in f32, with the class that was predicted by the Double ones first: rounding makes no ties.
  static func rounded(_ scores: [Double], predicted: Int) -> [Float] {
    var rounded = scores.map { Float($0) }
    if let first = NeighbourVotes.ranked(rounded).first, first != predicted {
      rounded[predicted] = rounded[first].nextUp
    }
    return rounded
  }

  private var chance: EvaluationResult.Chance {
    let counts = Dictionary(grouping: trainingLabels, by: \.self).mapValues(\.count)
    // Of equally frequent classes the lower number.
    let frequent = counts.max { ($0.value, -$0.key) < ($1.value, -$1.key) }?.key
    return EvaluationResult.Chance(
      top1: 1 / Double(classes.count), top5: min(5 / Double(classes.count), 1),
      mostFrequentClass: Double(testLabels.count { $0 == frequent }) / Double(max(testLabels.count, 1)))
  }

  // MARK: Tables

  /// `predictions.csv`: each test video, its label, and the five classes with the largest scores.
  package func predictions(_ scores: [[Float]]) -> String {
    let shown = min(5, classes.count)
    let header = (1...max(shown, 1)).flatMap { ["class_\($0)", "score_\($0)"] }
    var text = CSVText.line(["video", "label"] + header)
    for (video, score) in scores.enumerated() {
      let best = NeighbourVotes.ranked(score).prefix(shown).flatMap { [classes.names[$0], "\(score[$0])"] }
      text += CSVText.line([test.names[video], classes.names[testLabels[video]]] + best)
    }
    return text
  }

  /// `confusion.csv`: a row a class, how many of its test videos got each class.
  package func confusion(_ scores: [[Float]]) -> String {
    var counts = [[Int]](repeating: [Int](repeating: 0, count: classes.count), count: classes.count)
    for (score, label) in zip(scores, testLabels) {
      if let best = NeighbourVotes.ranked(score).first { counts[label][best] += 1 }
    }
    return CSVText.line(["class"] + classes.names)
      + zip(classes.names, counts).map { CSVText.line([$0] + $1.map(String.init)) }.joined()
  }
}
