import MCLSupport

/// The C of a support vector machine: how much rows on the wrong side cost.
package enum SupportVectorCost: Sendable, Equatable {
  case fixed(Double)
  /// The best of `candidates` by cross-validation on the training side, in `folds` parts drawn by the seed.
  case crossValidated

  package static let folds = 5
  /// 4^-5, 4^-4, … 4^5.
  package static let candidates = (-5...5).map { exponent in
    (0..<abs(exponent)).reduce(1.0) { cost, _ in exponent < 0 ? cost / 4 : cost * 4 }
  }

  /// - Parameter text: a number, or `auto`.
  /// - Throws: `UsageError` for another text.
  package init(_ text: String) throws {
    if text == "auto" {
      self = .crossValidated
    } else if let cost = Double(text), cost.isFinite, cost > 0 {
      self = .fixed(cost)
    } else {
      throw UsageError("--svm-c \(text): give a number above 0, such as 1, or auto")
    }
  }

  /// Each row's fold, 0 ..< folds. The rows of a class are shuffled by the seed and dealt out in turn, each class going on
  /// where the one before ended, so that folds have as many rows of each class, and in all, as can be.
  package static func folds(labels: [Int], seed: UInt64) -> [Int] {
    var folds = [Int](repeating: 0, count: labels.count)
    var next = 0
    for (label, rows) in Dictionary(grouping: labels.indices, by: { labels[$0] }).sorted(by: {
      $0.key < $1.key
    }) {
      var random = CounterRandom(seed: seed, sample: label, purpose: "folds of a support vector machine")
      var shuffled = rows
      random.shuffle(&shuffled)
      for row in shuffled {
        folds[row] = next % Self.folds
        next += 1
      }
    }
    return folds
  }
}
