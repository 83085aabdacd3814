import MCLGraph

/// What counts as equal for an expected tensor: how the error is measured, and how large it may be.
package struct ParityGate: Sendable, Hashable {
  package enum Measure: Sendable, Hashable {
    /// The largest difference.
    case absolute
    /// The largest difference over the largest magnitude expected.
    case largest
    /// The L2 norm of the difference over that of what is expected.
    case norm
    /// The largest difference over a number known otherwise, such as a gradient's norm.
    case scaled(by: Double)
    /// The largest difference element by element over each element's own expectation, or over this share of the
    /// largest where more.
    case elementwise(floor: Double)
    /// The largest ratio of a difference to its own bound, one an element.
    case bounds([Double])
  }

  package var measure: Measure
  package var limit: Double

  package init(_ measure: Measure, _ limit: Double) {
    self.measure = measure
    self.limit = limit
  }

  /// What is expected to be zero must be below this.
  package static let zeroLimit = 1e-7

  /// The largest difference of integers: 0 where all are equal and nowhere else; infinite when the counts differ.
  static func difference(_ actual: [Int64], from expected: [Int64]) -> Double {
    guard actual.count == expected.count else { return .infinity }
    return zip(actual, expected).reduce(0) { worst, pair in
      pair.0 == pair.1 ? worst : max(worst, 1, abs(Double(pair.0) - Double(pair.1)))
    }
  }

  /// The error of `actual`, as this gate measures it; infinite when the counts differ or a number of either is not finite.
  package func error(_ actual: [Double], from expected: [Double]) -> Double {
    guard actual.count == expected.count, (actual + expected).allSatisfy(\.isFinite) else { return .infinity }
    let largest = zip(actual, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
    switch measure {
    case .absolute: return largest
    case .scaled(let scale): return scale > 0 ? largest / scale : largest
    case .largest:
      let scale = expected.reduce(0) { max($0, abs($1)) }
      return scale > 0 ? largest / scale : largest
    case .norm:
      let scale = expected.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let difference = zip(actual, expected).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
      return scale > 0 ? difference / scale : difference
    case .elementwise(let share):
      let floor = share * expected.reduce(0) { max($0, abs($1)) }
      return zip(actual, expected).reduce(0) { worst, pair in
        let difference = abs(pair.0 - pair.1)
        // An element that is zero has its own limit: the ratio is brought to this gate's.
        return max(
          worst, pair.1 == 0 ? difference / Self.zeroLimit * limit : difference / max(abs(pair.1), floor))
      }
    case .bounds(let bounds):
      guard bounds.count == expected.count else { return .infinity }
      return zip(zip(actual, expected), bounds).reduce(0) { max($0, abs($1.0.0 - $1.0.1) / $1.1) }
    }
  }
}
