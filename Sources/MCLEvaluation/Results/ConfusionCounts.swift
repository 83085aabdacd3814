/// How many test videos of each class got each class.
package struct ConfusionCounts: Sendable {
  /// Test videos of a class that got a class.
  package struct Cell: Sendable, Equatable {
    package var label: Int
    package var predicted: Int
    package var count: Int
  }

  /// What became of the test videos of a class.
  package struct Row: Sendable, Equatable {
    package var label: Int
    package var count: Int
    package var right: Int
    /// The class that most of the wrong ones got, of equal ones the lower number; nil where none is wrong.
    package var mistaken: Cell?
  }

  /// All that are not 0, row by row.
  package let cells: [Cell]
  /// A row for each class.
  package let rows: [Row]

  package init(_ predictions: Predictions, classes: Int) {
    var counts: [[Int]: Int] = [:]
    for video in predictions.videos { counts[[video.label, video.predicted], default: 0] += 1 }
    cells = counts.map { Cell(label: $0.key[0], predicted: $0.key[1], count: $0.value) }
      .sorted { ($0.label, $0.predicted) < ($1.label, $1.predicted) }
    let byLabel = Dictionary(grouping: cells, by: \.label)
    rows = (0..<classes).map { label in
      let own = byLabel[label] ?? []
      let wrong = own.filter { $0.predicted != label }
      return Row(
        label: label, count: own.reduce(0) { $0 + $1.count },
        right: own.first { $0.predicted == label }?.count ?? 0,
        mistaken: wrong.max { ($0.count, -$0.predicted) < ($1.count, -$1.predicted) })
    }
  }

  /// The largest cells off the diagonal, the largest first; of equal ones the lower classes.
  package func confusions(_ limit: Int) -> [Cell] {
    let wrong = cells.filter { $0.label != $0.predicted }
    // The sort is not stable, so that places decide too.
    return Array(
      wrong.sorted {
        ($1.count, $0.label, $0.predicted) < ($0.count, $1.label, $1.predicted)
      }.prefix(limit))
  }
}
