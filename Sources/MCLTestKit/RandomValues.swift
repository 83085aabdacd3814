import MCLGraph

/// What numbers an operand takes in a test.
public enum OperandDomain: Sendable, Hashable {
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
  /// Integers, as floats, from -2 to 2, so that ties are common. Not moved by gradient checks.
  case grid

  /// Whether a gradient check may move the numbers a little.
  public var isSmooth: Bool {
    switch self {
    case .integers, .grid: false
    default: true
    }
  }
}

/// Random numbers that a seed determines on every machine: splitmix64.
public struct RandomValues: RandomNumberGenerator {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }

  /// Uniform in 0 ..< 1.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Nearly normal: the sum of twelve uniform numbers, minus 6.
  public mutating func normal() -> Double { (0..<12).reduce(-6) { sum, _ in sum + uniform() } }

  public mutating func integer(below bound: Int) -> Int { Int(next() % UInt64(max(bound, 1))) }

  public mutating func value(_ type: TensorType, _ domain: OperandDomain = .real) -> Value {
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
    case .grid: elements = (0..<type.count).map { _ in Double(integer(below: 5) - 2) }
    }
    return Value(type, elements)
  }
}
