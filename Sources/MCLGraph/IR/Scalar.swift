/// One number: a float, in Double, or an integer of 64 bits, exactly.
///
/// Constants, starts of states and default values of inputs hold one. `held(by:)` is how a tensor's elements hold it.
public enum Scalar: Sendable, Hashable {
  case float(Double)
  case integer(Int64)

  /// The number in Double: the nearest one where an integer has none of its own.
  public var double: Double {
    switch self {
    case .float(let value): value
    case .integer(let value): Double(value)
    }
  }

  /// The magnitude below which a Double that stands for an integer cannot have been rounded to it.
  public static let exactDoubles = 0x1p53

  /// The number as elements of a type hold it; itself where they do not hold it, which `check` then says.
  ///
  /// A Double stands for an integer where it is whole and below 2^53. A larger one may have been rounded when it was
  /// written; such integers are given as integers.
  public func held(by element: ElementType) -> Scalar {
    switch (self, element) {
    case (.integer(let value), .float32): .float(Double(value))
    case (.float(let value), .int64) where value.magnitude < Self.exactDoubles && value == value.rounded():
      .integer(Int64(value))
    default: self
    }
  }

  /// - Throws: `ShapeError` unless elements of the type hold the number.
  public func check(_ element: ElementType) throws {
    guard element == .int64, case .float(let value) = held(by: element) else { return }
    throw ShapeError(
      value.isFinite && value == value.rounded()
        ? "i64 elements take \(value) as an integer, since a Double of this size may have been rounded; write it as Int"
        : "i64 elements hold integers, not \(value); round the number, or convert the tensor to f32")
  }
}

extension Scalar: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  /// A literal such as `0.5` is a float, in Double.
  public init(floatLiteral value: Double) { self = .float(value) }
  /// A literal such as `7` is an integer, exactly.
  public init(integerLiteral value: Int64) { self = .integer(value) }
}

extension Scalar: CustomStringConvertible {
  /// As in the text form: floats show a point or an exponent, integers do not.
  public var description: String {
    switch self {
    case .float(let value): "\(value)"
    case .integer(let value): "\(value)"
    }
  }
}
