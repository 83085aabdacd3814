#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension UnaryFunction {
  /// The function of a float, in Double.
  package func apply(_ a: Double) -> Double {
    switch self {
    case .negate: -a
    case .absolute: Swift.abs(a)
    case .exponential: exp(a)
    case .logarithm: log(a)
    case .squareRoot: a.squareRoot()
    case .reciprocal: 1 / a
    }
  }
}

extension BinaryFunction {
  /// The function of two floats, in Double. Of equal numbers, as 0 and -0, the second is the larger and the smaller one.
  /// `remainder`, which is of integers, is here what rounding down leaves.
  package func apply(_ a: Double, _ b: Double) -> Double {
    switch self {
    case .add: a + b
    case .subtract: a - b
    case .multiply: a * b
    case .divide: a / b
    case .maximum: a.isNaN || b.isNaN ? .nan : a > b ? a : b
    case .minimum: a.isNaN || b.isNaN ? .nan : a < b ? a : b
    case .remainder: b == 0 ? 0 : a - b * (a / b).rounded(.down)
    }
  }
}
