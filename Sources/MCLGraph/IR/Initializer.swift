/// How a state starts. Random draws come from a counter-based generator keyed by the seed and the state's name.
public enum Initializer: Sendable, Hashable {
  case constant(Double)
  /// An integer everywhere, exactly. A state of integers that starts as a whole `constant` below 2^53 starts as this.
  case integer(Int64)
  /// Normal with mean 0 and this standard deviation.
  case normal(deviation: Double)
  /// Uniform in -bound ... bound.
  case uniform(bound: Double)
  /// The start of another state: the momentum encoder is a copy of the query encoder.
  case copy(of: String)
}

extension Initializer {
  /// The number that every element starts as, if it is one.
  public var scalar: Scalar? {
    switch self {
    case .constant(let value): .float(value)
    case .integer(let value): .integer(value)
    case .normal, .uniform, .copy: nil
    }
  }

  /// The same start as a state of these elements holds it.
  func held(by element: ElementType) -> Initializer {
    switch scalar?.held(by: element) {
    case .float(let value): .constant(value)
    case .integer(let value): .integer(value)
    case nil: self
    }
  }

  /// - Throws: `ShapeError` unless a state of these elements can start so.
  func check(_ element: ElementType) throws {
    try scalar?.check(element)
    switch self {
    case .normal, .uniform:
      guard element != .int64 else {
        throw ShapeError("i64 elements hold integers and start as one or as a copy, not as random numbers")
      }
    case .constant, .integer, .copy: break
    }
  }
}
