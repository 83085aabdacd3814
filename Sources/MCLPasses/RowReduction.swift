import MCLGraph

extension Reduction {
  /// Joins a row of values to what was reduced so far: `values` from `base` on, one for each result.
  func join<Number: Reducible>(
    _ values: [Number], from base: Int, turn: Int, into results: inout [Number], best: inout [Int64]
  ) {
    switch self {
    case .none: for j in results.indices { results[j] = values[base + j] }
    case .sum: for j in results.indices { results[j] = results[j].adding(values[base + j]) }
    case .maximum, .firstMaximumPosition:
      for j in results.indices where turn == 0 || values[base + j].isBetter(than: results[j]) {
        results[j] = values[base + j]
        best[j] = Int64(turn)
      }
    }
  }

  /// What was reduced along a row of the reduction as one number.
  func folded<Number: Reducible>(_ values: [Number]) -> [Number] {
    guard var result = values.first else { return [] }
    for value in values.dropFirst() {
      if self == .sum {
        result = result.adding(value)
      } else if value.isBetter(than: result) {
        result = value
      }
    }
    return [result]
  }
}

/// Numbers as reductions join them.
protocol Reducible: Comparable {
  func adding(_ other: Self) -> Self
  /// Whether a maximum moves on to this one: the first NaN and the first of equals stay.
  func isBetter(than other: Self) -> Bool
}

extension Double: Reducible {
  func adding(_ other: Double) -> Double { self + other }
  func isBetter(than other: Double) -> Bool { !other.isNaN && (isNaN || self > other) }
}

extension Int64: Reducible {
  func adding(_ other: Int64) -> Int64 { self &+ other }
  func isBetter(than other: Int64) -> Bool { self > other }
}
