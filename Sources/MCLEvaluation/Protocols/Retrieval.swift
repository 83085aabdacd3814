/// Recall of retrieval: a query is a hit at k where one of its k nearest has its class.
package enum Retrieval {
  package static let counts = [1, 5, 10, 20, 50]

  /// The share of queries that hit, by k.
  /// - Parameters:
  ///   - neighbours: of each query, nearest first.
  ///   - labels: of the rows that were searched.
  ///   - wanted: the class of each query.
  package static func recall(
    _ neighbours: [[NearestNeighbours.Neighbour]], labels: [Int], wanted: [Int],
    at counts: [Int] = Retrieval.counts
  ) -> [Int: Double] {
    let ranks = zip(neighbours, wanted).map { neighbours, wanted in
      neighbours.firstIndex { labels[$0.index] == wanted }
    }
    return Dictionary(
      uniqueKeysWithValues: counts.map { count in
        let hits = ranks.count { $0.map { $0 < count } ?? false }
        return (count, ranks.isEmpty ? 0 : Double(hits) / Double(ranks.count))
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
