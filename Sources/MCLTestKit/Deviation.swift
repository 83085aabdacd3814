import MCLGraph

/// How far one tensor is from another of the same number of elements.
package struct Deviation {
  /// The largest difference over the largest magnitude expected; the difference itself where zeros are expected.
  package var relativeToLargest: Double
  /// The L2 norm of the difference over that of what is expected.
  package var relativeNorm: Double
  package var largestExpected: Double

  /// Infinite when the counts differ or a number is not finite.
  package init(_ actual: [Double], from expected: [Double]) {
    largestExpected = expected.reduce(0) { max($0, abs($1)) }
    guard actual.count == expected.count, actual.allSatisfy(\.isFinite) else {
      relativeToLargest = .infinity
      relativeNorm = .infinity
      return
    }
    var largest = 0.0
    var squares = 0.0
    var expectedSquares = 0.0
    for (a, b) in zip(actual, expected) {
      largest = max(largest, abs(a - b))
      squares += (a - b) * (a - b)
      expectedSquares += b * b
    }
    relativeToLargest = largestExpected > 0 ? largest / largestExpected : largest
    relativeNorm = expectedSquares > 0 ? (squares / expectedSquares).squareRoot() : squares.squareRoot()
  }
}
