import MCLGraph

/// What numbers an operand takes in a test.
package enum OperandDomain: Sendable, Hashable {
  /// Normal, mean 0 and deviation 1.
  case real
  /// In 0.5 ..< 2.5: for logarithms and roots.
  case positive
  /// Magnitude in 0.5 ..< 2.5, either sign: for divisors.
  case awayFromZero
  /// All different and at least 0.2 apart, moved by the offset: no ties for a maximum, and two operands with
  /// different offsets never meet.
  case distinct(offset: Double)
  /// Integers from 0 up to, not including, the bound. Not moved by gradient checks.
  case integers(below: Int)
  /// Any integers of 64 bits, with small ones and those of `RandomValues.edges` often. Not moved by gradient checks.
  case anyIntegers
  /// Integers, as floats, from -2 to 2, so that ties are common. Not moved by gradient checks.
  case grid

  /// Whether a gradient check may move the numbers a little.
  package var isSmooth: Bool {
    switch self {
    case .integers, .anyIntegers, .grid: false
    default: true
    }
  }
}

/// Random values for tests, from a seed that a failure prints.
package struct RandomValues: RandomNumberGenerator {
  private var source: SplitMix64

  package init(seed: UInt64) { source = SplitMix64(seed: seed) }

  package mutating func next() -> UInt64 { source.next() }

  /// Integers around the bounds of 64 bits and of what f32 and Double hold, and those whose squares overflow.
  package static let edges: [Int64] = [
    .min, .min + 1, -9_007_199_254_740_993, -2_147_483_649, -16_777_217, -7, -1, 0, 1, 7, 16_777_217,
    4_294_967_296,
    3_037_000_499, 3_037_000_500, 9_007_199_254_740_992, 9_007_199_254_740_993, .max - 1, .max,
  ]

  /// Uniform in 0 ..< 1.
  package mutating func uniform() -> Double { source.uniform() }

  /// Nearly normal, mean 0 and deviation 1.
  package mutating func normal() -> Double { source.normal() }

  package mutating func integer(below bound: Int) -> Int { Int(next() % UInt64(max(bound, 1))) }

  package mutating func value(_ type: TensorType, _ domain: OperandDomain = .real) -> Value {
    let elements: [Double]
    switch domain {
    case .real: elements = (0..<type.count).map { _ in normal() }
    case .positive: elements = (0..<type.count).map { _ in 0.5 + 2 * uniform() }
    case .awayFromZero:
      elements = (0..<type.count).map { _ in (0.5 + 2 * uniform()) * (uniform() < 0.5 ? -1 : 1) }
    case .distinct(let offset):
      let half = Double(type.count) / 2
      elements = (0..<type.count).map { (Double($0) - half) * 0.2 + offset }.shuffled(using: &self)
    case .integers(let bound): elements = (0..<type.count).map { _ in Double(integer(below: bound)) }
    case .anyIntegers:
      return Value(
        type,
        integers: (0..<type.count).map { _ in
          switch integer(below: 3) {
          case 0: Int64(integer(below: 15) - 7)
          case 1: Self.edges[integer(below: Self.edges.count)]
          default: Int64(bitPattern: next())
          }
        })
    case .grid: elements = (0..<type.count).map { _ in Double(integer(below: 5) - 2) }
    }
    return Value(type, elements)
  }
}
