/// Recall of retrieval: a query is a hit at k where one of its k nearest has its class.
package enum Retrieval {
  package static let counts = [1, 5, 10, 20, 50]

  /// The share of queries that hit, by k.
  /// - Parameters:
  ///   - neighbours: of each query, nearest first.
  ///   - labels: of the rows that were searched.
  ///   - wanted: the class of each query.
  ///   - unread: queries that could not be asked, which are no hits.
  package static func recall(
    _ neighbours: [[NearestNeighbours.Neighbour]], labels: [Int], wanted: [Int], unread: Int = 0,
    at counts: [Int] = Retrieval.counts
  ) -> [Int: Double] {
    let ranks = zip(neighbours, wanted).map { neighbours, wanted in
      neighbours.firstIndex { labels[$0.index] == wanted }
    }
    return Dictionary(
      uniqueKeysWithValues: counts.map { count in
        let hits = ranks.count { $0.map { $0 < count } ?? false }
        return (count, ranks.isEmpty ? 0 : Double(hits) / Double(ranks.count + unread))
      })
  }

  /// The share of queries that would hit if the order of what is searched were drawn by chance.
  ///
  /// Of B rows, n of the query's class: 1 - (B - n)/B x (B - n - 1)/(B - 1) x …, k factors; the mean over the queries.
  package static func chance(labels: [Int], wanted: [Int], at counts: [Int] = Retrieval.counts) -> [Int:
    Double]
  {
    let own = Dictionary(grouping: labels, by: \.self).mapValues(\.count)
    let queries = Dictionary(grouping: wanted, by: \.self).mapValues(\.count).sorted { $0.key < $1.key }
    return Dictionary(
      uniqueKeysWithValues: counts.map { count in
        let hits = queries.reduce(0.0) { sum, query in
          sum + Double(query.value) * chance(of: own[query.key] ?? 0, among: labels.count, at: count)
        }
        return (count, wanted.isEmpty ? 0 : hits / Double(wanted.count))
      })
  }

  private static func chance(of own: Int, among all: Int, at count: Int) -> Double {
    let missed = (0..<min(count, all)).reduce(1.0) { $0 * Double(max(all - own - $1, 0)) / Double(all - $1) }
    return 1 - missed
  }
}

extension Retrieval: FeatureProtocol {
  package static func run(
    _ comparison: FeatureComparison, into outcome: inout FeatureEvaluation.Outcome
  ) throws {
    let evaluation = comparison.evaluation
    let (training, test) = (evaluation.training, evaluation.test)
    outcome.videoRetrieval = recalls(
      try comparison.nearestVideos(), evaluation.trainingLabels, evaluation.testLabels,
      unread: test.unreadable.count)
    let clips = try NearestNeighbours(
      in: FeatureRows(training.clips, width: training.width), threads: comparison.threads
    )
    .nearest(counts.max() ?? 0, to: FeatureRows(test.clips, width: test.width)) {
      try comparison.report("comparing clips", $0)
    }
    outcome.clipRetrieval = recalls(
      clips, repeated(evaluation.trainingLabels, training), repeated(evaluation.testLabels, test),
      unread: test.unreadable.count * test.views)
  }

  private static func recalls(
    _ neighbours: [[NearestNeighbours.Neighbour]], _ labels: [Int], _ wanted: [Int], unread: Int
  ) -> [EvaluationResult.Recall] {
    let recall = Self.recall(neighbours, labels: labels, wanted: wanted, unread: unread)
    let chance = Self.chance(labels: labels, wanted: wanted)
    return counts.map {
      EvaluationResult.Recall(k: $0, recall: recall[$0] ?? 0, chance: chance[$0] ?? 0)
    }
  }

  /// Each video's label once for each of its views.
  private static func repeated(_ labels: [Int], _ table: FeatureTable) -> [Int] {
    labels.flatMap { [Int](repeating: $0, count: table.views) }
  }
}
