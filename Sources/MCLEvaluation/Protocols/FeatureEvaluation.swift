import MCLData
import MCLGraph
import MCLRuntime
import MCLSupport

/// Protocols that take features as they are: votes of neighbours, and retrieval. Test videos are the queries, training
/// videos are searched; no statistic of the test videos is used.
package struct FeatureEvaluation: Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    case knn
    case retrieval

    /// - Parameter text: names with commas between them.
    /// - Throws: `UsageError` for another name.
    package static func all(_ text: String) throws -> [Kind] {
      let names = text.split(separator: ",").map(String.init)
      let kinds = try names.map { name in
        guard let kind = Kind(rawValue: name) else {
          let known = allCases.map(\.rawValue)
          let nearest = nearestName(to: name, in: known).map { "; did you mean '\($0)'?" } ?? ""
          throw UsageError(
            "--protocol \(text): there is no protocol '\(name)' among \(known.joined(separator: ", "))\(nearest)"
          )
        }
        return kind
      }
      guard !kinds.isEmpty else { throw UsageError("--protocol takes knn, retrieval or knn,retrieval") }
      return allCases.filter(kinds.contains)
    }
  }

  package let classes: ClassTable
  package let training: FeatureTable
  package let test: FeatureTable
  private let trainingLabels: [Int]
  private let testLabels: [Int]

  /// What the protocols gave.
  package struct Outcome: Sendable {
    package var chance: EvaluationResult.Chance
    package var knn: [EvaluationResult.Neighbours]?
    package var videoRetrieval: [EvaluationResult.Recall]?
    package var clipRetrieval: [EvaluationResult.Recall]?
    package var remarks: [String]
    /// Each test video's shares of the votes by class, of the first number of neighbours; empty without votes.
    package var scores: [[Float]] = []
  }

  /// - Throws: `UsageError` where a side has no videos, a label is no class, or the sides' features differ in width.
  package init(classes: ClassTable, training: FeatureTable, test: FeatureTable) throws {
    for (table, name) in [(training, "train"), (test, "test")] where table.count == 0 {
      throw UsageError(
        "none of the \(table.unreadable.count) videos to \(name) with could be read; "
          + (table.unreadable.first.map { "the first said: \($0.reason)" } ?? "list some"))
    }
    try test.expectSameWidth(as: training, ("the test set", "the training set"))
    (self.classes, self.training, self.test) = (classes, training, test)
    trainingLabels = try Self.numbers(training, classes)
    testLabels = try Self.numbers(test, classes)
  }

  private static func numbers(_ table: FeatureTable, _ classes: ClassTable) throws -> [Int] {
    try zip(table.names, table.labels).map { name, label in
      guard let label else { throw UsageError("\(name) has no label; give a list with labels") }
      do { return try classes.index(of: label) } catch { throw UsageError("\(name): \(error)") }
    }
  }

  /// - Parameters:
  ///   - threads: as for `Executor`.
  ///   - progress: told the protocol's part and the share of it that is done; what it throws ends the work.
  package func run(
    _ kinds: [Kind], threads: Int? = nil, progress: (String, Double) throws -> Void = { _, _ in }
  ) throws -> Outcome {
    var outcome = Outcome(chance: chance, remarks: [])
    let present = Set(trainingLabels)
    let gone = classes.names.indices.filter { !present.contains($0) }
    if let first = gone.first {
      outcome.remarks.append(
        "no training video could be read of \(gone.count) of the \(classes.count) classes, such as '\(classes.names[first])'"
      )
    }
    let largest = max(
      kinds.contains(.knn) ? NeighbourVotes.counts.max() ?? 0 : 0, Retrieval.counts.max() ?? 0)
    let search = try NearestNeighbours(
      in: FeatureRows(training.means, width: training.width), threads: threads)
    let videos = try search.nearest(largest, to: FeatureRows(test.means, width: test.width)) {
      try progress("videos", $0)
    }
    if kinds.contains(.knn) { vote(videos, &outcome) }
    guard kinds.contains(.retrieval) else { return outcome }
    outcome.videoRetrieval = recall(videos, trainingLabels, testLabels)
    let clips = try NearestNeighbours(
      in: FeatureRows(training.clips, width: training.width), threads: threads
    )
    .nearest(Retrieval.counts.max() ?? 0, to: FeatureRows(test.clips, width: test.width)) {
      try progress("clips", $0)
    }
    outcome.clipRetrieval = recall(clips, repeated(trainingLabels, training), repeated(testLabels, test))
    return outcome
  }

  private func vote(_ neighbours: [[NearestNeighbours.Neighbour]], _ outcome: inout Outcome) {
    outcome.knn = NeighbourVotes.counts.map { k in
      let used = min(k, training.count)
      if used < k {
        outcome.remarks.append("k = \(k) is cut to \(used), as there are no more training videos")
      }
      var counted = ClassificationScores(classes: classes.count)
      let scores = neighbours.map {
        NeighbourVotes.shares($0, count: used, labels: trainingLabels, classes: classes.count)
      }
      for (score, label) in zip(scores, testLabels) { counted.count(score[...], label: label) }
      if outcome.scores.isEmpty { outcome.scores = scores }
      return EvaluationResult.Neighbours(
        k: k, used: used, top1: counted.top1, top5: counted.top5, meanClassAccuracy: counted.meanClassAccuracy
      )
    }
  }

  private func recall(
    _ neighbours: [[NearestNeighbours.Neighbour]], _ labels: [Int], _ wanted: [Int]
  ) -> [EvaluationResult.Recall] {
    let recall = Retrieval.recall(neighbours, labels: labels, wanted: wanted)
    let chance = Retrieval.chance(labels: labels, wanted: wanted)
    return Retrieval.counts.map {
      EvaluationResult.Recall(k: $0, recall: recall[$0] ?? 0, chance: chance[$0] ?? 0)
    }
  }

  /// Each video's label once for each of its views.
  private func repeated(_ labels: [Int], _ table: FeatureTable) -> [Int] {
    labels.flatMap { [Int](repeating: $0, count: table.views) }
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

  /// `predictions.csv`: each test video, its label, and the five classes with the largest shares of the votes.
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
