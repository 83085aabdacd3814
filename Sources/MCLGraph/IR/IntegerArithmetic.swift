extension Int64 {
  /// The integer toward zero; the smallest or largest one where the number is beyond those, 0 for NaN.
  package init(saturating value: Double) {
    if value >= 0x1p63 {
      self = .max
    } else if value < -0x1p63 {
      self = .min
    } else {
      self = value.isNaN ? 0 : Int64(value)
    }
  }

  /// The integer as an f32 element holds it: rounded once, to nearest, ties to even.
  package var roundedToFloat: Double { Double(Float(self)) }
}

extension UnaryFunction {
  /// Whether it is defined of integers.
  package var takesIntegers: Bool { self == .negate || self == .absolute }

  /// The function of an integer, modulo 2^64; of those that take floats alone, the value's own conversion.
  package func apply(_ a: Int64) -> Int64 {
    switch self {
    case .negate: 0 &- a
    case .absolute: a < 0 ? 0 &- a : a
    case .exponential, .logarithm, .squareRoot, .reciprocal: Int64(saturating: apply(Double(a)))
    }
  }
}

extension BinaryFunction {
  /// The function of two integers, modulo 2^64. Division rounds down, and the remainder has the divisor's sign, so that
  /// `a == (a / b) * b + a % b`; by zero both are 0.
  package func apply(_ a: Int64, _ b: Int64) -> Int64 {
    switch self {
    case .add: return a &+ b
    case .subtract: return a &- b
    case .multiply: return a &* b
    case .maximum: return Swift.max(a, b)
    case .minimum: return Swift.min(a, b)
    case .divide:
      // Of -1 apart: the smallest integer has no opposite, and wraps.
      if b == 0 || b == -1 { return b &* a }
      let (quotient, rest) = a.quotientAndRemainder(dividingBy: b)
      return rest != 0 && (rest < 0) != (b < 0) ? quotient - 1 : quotient
    case .remainder:
      if b == 0 || b == -1 { return 0 }
      let rest = a % b
      return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest
    }
  }
}

extension Comparison {
  /// Whether the comparison holds; of floats, `notEqual` alone does where one is NaN.
  @inlinable package func holds<Number: Comparable>(_ a: Number, _ b: Number) -> Bool {
    switch self {
    case .equal: a == b
    case .notEqual: a != b
    case .less: a < b
    case .lessOrEqual: a <= b
    case .greater: a > b
    case .greaterOrEqual: a >= b
    }
  }
}
