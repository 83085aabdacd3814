import Foundation

/// The numbers of several splits of one data set, and their means: `splits.json`.
package struct SplitSummary: Sendable, Codable, Equatable {
  /// A number of the evaluation.
  package struct Number: Sendable, Codable, Equatable {
    /// Such as `linear.top1`.
    package var name: String
    /// Of each split, the mean over the seeds.
    package var splits: [Double]
    package var mean: Double
    /// s / sqrt(n) of n splits with the sample deviation s; nil for one split.
    package var standardError: Double?
    /// The mean over the splits of what comes of guessing.
    package var chance: Double
  }

  package var version = 1
  package var splits: [Int]
  package var numbers: [Number]

  /// - Parameter results: of each split; a number is of all where the first has it.
  package init(_ results: [(split: Int, result: EvaluationResult)]) {
    splits = results.map(\.split)
    let all = results.map(\.result.metrics)
    numbers = (all.first ?? []).compactMap { metric in
      let own = all.compactMap { $0.first { $0.name == metric.name } }
      guard own.count == all.count else { return nil }
      let joined = EvaluationResult.Metric(
        name: metric.name, values: own.map(\.mean),
        chance: own.map(\.chance).reduce(0, +) / Double(own.count))
      return Number(
        name: joined.name, splits: joined.values, mean: joined.mean, standardError: joined.standardError,
        chance: joined.chance)
    }
  }

  /// The JSON text of the file.
  package var text: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
  }
}
