import Foundation
import MCLData
import MCLSupport

/// How probable each class is to a classifier: the softmax of its scores.
package struct ClassPrediction: Sendable, Equatable {
  /// [C], which add up to 1.
  package let probabilities: [Double]

  /// `exp(s_i - max s) / sum over j of exp(s_j - max s)`, in Double, summed in the order of the classes.
  /// - Parameter scores: [C], at least one, finite.
  package init(scores: some Collection<Float>) {
    let peak = Double(scores.max() ?? 0)
    let powers = scores.map { exp(Double($0) - peak) }
    let total = powers.reduce(0, +)
    probabilities = powers.map { $0 / total }
  }

  /// The classes of the largest probabilities, the largest first; of equal ones the lower number.
  package func top(_ count: Int) -> [Int] {
    Array(
      probabilities.indices.sorted {
        (probabilities[$1], $0) < (probabilities[$0], $1)
      }.prefix(count))
  }
}

/// What the classes of scores are called.
package struct ClassNames: Sendable, Equatable {
  private let names: [String]
  /// How many scores there are.
  package let count: Int
  /// Whether the weights say how classes are called.
  package var areKnown: Bool { !names.isEmpty }

  /// - Parameters:
  ///   - table: what the weights say; nil where they say nothing. One of more classes than there are scores is of another
  ///     head, and means nothing.
  ///   - count: of scores.
  package init(_ table: ClassTable?, count: Int) {
    self.count = count
    names = table.flatMap { $0.count <= count ? $0.names : nil } ?? []
  }

  /// The name of a class, or its number as text.
  package subscript(number: Int) -> String {
    names.indices.contains(number) ? names[number] : "class \(number)"
  }
}
