/// Makes two operands one shape by repeating axes of size 1, counting axes from the last as PyTorch does.
private func aligned(_ a: Tensor, _ b: Tensor) -> (Tensor, Tensor) {
  guard a.shape != b.shape, !a.isPoisoned, !b.isPoisoned else { return (a, b) }
  let rank = max(a.rank, b.rank)
  func extended(_ t: Tensor) -> Tensor {
    t.rank == rank ? t : t.reshaped([Int](repeating: 1, count: rank - t.rank) + t.shape)
  }
  let (left, right) = (extended(a), extended(b))
  let shape = zip(left.shape, right.shape).map { $0 == 1 ? $1 : $0 }
  guard zip(left.shape, shape).allSatisfy({ $0 == $1 || $0 == 1 }),
    zip(right.shape, shape).allSatisfy({ $0 == $1 || $0 == 1 })
  else { return (a, b) }  // the operation's own rule then says what is wrong
  return (left.broadcast(to: shape), right.broadcast(to: shape))
}

private func binary(_ function: BinaryFunction, _ a: Tensor, _ b: Tensor) -> Tensor {
  let (left, right) = aligned(a, b)
  return Tensor(Binary(function), [left, right])
}

extension Tensor {
  public static func + (a: Tensor, b: Tensor) -> Tensor { binary(.add, a, b) }
  public static func - (a: Tensor, b: Tensor) -> Tensor { binary(.subtract, a, b) }
  public static func * (a: Tensor, b: Tensor) -> Tensor { binary(.multiply, a, b) }
  public static func / (a: Tensor, b: Tensor) -> Tensor { binary(.divide, a, b) }
  public static func % (a: Tensor, b: Tensor) -> Tensor { binary(.remainder, a, b) }
  public static func + (a: Tensor, b: Double) -> Tensor { a + a.filled(with: b) }
  public static func - (a: Tensor, b: Double) -> Tensor { a - a.filled(with: b) }
  public static func * (a: Tensor, b: Double) -> Tensor { a * a.filled(with: b) }
  public static func / (a: Tensor, b: Double) -> Tensor { a / a.filled(with: b) }
  public static func % (a: Tensor, b: Double) -> Tensor { a % a.filled(with: b) }
  public static func + (a: Double, b: Tensor) -> Tensor { b.filled(with: a) + b }
  public static func - (a: Double, b: Tensor) -> Tensor { b.filled(with: a) - b }
  public static func * (a: Double, b: Tensor) -> Tensor { b.filled(with: a) * b }
  public static func / (a: Double, b: Tensor) -> Tensor { b.filled(with: a) / b }
  // Of integers in variables; a literal is a Double as long as there is a choice, so that `x * (1 / 3)` is a third.
  @_disfavoredOverload public static func + (a: Tensor, b: Int) -> Tensor { a + a.filled(with: b) }
  @_disfavoredOverload public static func - (a: Tensor, b: Int) -> Tensor { a - a.filled(with: b) }
  @_disfavoredOverload public static func * (a: Tensor, b: Int) -> Tensor { a * a.filled(with: b) }
  @_disfavoredOverload public static func / (a: Tensor, b: Int) -> Tensor { a / a.filled(with: b) }
  @_disfavoredOverload public static func % (a: Tensor, b: Int) -> Tensor { a % a.filled(with: b) }
  @_disfavoredOverload public static func + (a: Int, b: Tensor) -> Tensor { b.filled(with: a) + b }
  @_disfavoredOverload public static func - (a: Int, b: Tensor) -> Tensor { b.filled(with: a) - b }
  @_disfavoredOverload public static func * (a: Int, b: Tensor) -> Tensor { b.filled(with: a) * b }
  @_disfavoredOverload public static func / (a: Int, b: Tensor) -> Tensor { b.filled(with: a) / b }
  public static prefix func - (a: Tensor) -> Tensor { Tensor(Unary(.negate), [a]) }

  /// A tensor of this one's type with one number everywhere; of integers, a whole one below 2^53.
  public func filled(with value: Double) -> Tensor { filled(.float(value)) }
  /// A tensor of this one's type with one integer everywhere, exactly.
  @_disfavoredOverload public func filled(with value: Int) -> Tensor { filled(.integer(Int64(value))) }

  private func filled(_ number: Scalar) -> Tensor {
    if isPoisoned { return self }
    do { try number.check(type.element) } catch { return poisoned("\(error)") }
    return Tensor(Constant(number, type), [], path: path)
  }

  public func exponential() -> Tensor { Tensor(Unary(.exponential), [self]) }
  public func logarithm() -> Tensor { Tensor(Unary(.logarithm), [self]) }
  public func squareRoot() -> Tensor { Tensor(Unary(.squareRoot), [self]) }
  public func reciprocal() -> Tensor { Tensor(Unary(.reciprocal), [self]) }
  public func magnitude() -> Tensor { Tensor(Unary(.absolute), [self]) }
  public func detached() -> Tensor { Tensor(Detach(), [self]) }
  public func converted(to element: ElementType) -> Tensor { Tensor(Convert(to: element), [self]) }
}

/// The larger of two tensors, element by element. Where they are equal, each gets half of the derivative.
public func maximum(_ a: Tensor, _ b: Tensor) -> Tensor { binary(.maximum, a, b) }
public func maximum(_ a: Tensor, _ b: Double) -> Tensor { maximum(a, a.filled(with: b)) }
@_disfavoredOverload
public func maximum(_ a: Tensor, _ b: Int) -> Tensor { maximum(a, a.filled(with: b)) }
/// The smaller of two tensors, element by element.
public func minimum(_ a: Tensor, _ b: Tensor) -> Tensor { binary(.minimum, a, b) }
public func minimum(_ a: Tensor, _ b: Double) -> Tensor { minimum(a, a.filled(with: b)) }
@_disfavoredOverload
public func minimum(_ a: Tensor, _ b: Int) -> Tensor { minimum(a, a.filled(with: b)) }

/// `lhs comparison rhs ? then : else`, element by element.
public func select(
  _ lhs: Tensor, _ comparison: Comparison, _ rhs: Tensor, then: Tensor, else other: Tensor
) -> Tensor { Tensor(Select(comparison), [lhs, rhs, then, other]) }

public func select(
  _ lhs: Tensor, _ comparison: Comparison, _ rhs: Double, then: Tensor, else other: Tensor
) -> Tensor { select(lhs, comparison, lhs.filled(with: rhs), then: then, else: other) }

@_disfavoredOverload
public func select(
  _ lhs: Tensor, _ comparison: Comparison, _ rhs: Int, then: Tensor, else other: Tensor
) -> Tensor { select(lhs, comparison, lhs.filled(with: rhs), then: then, else: other) }

/// `max(x, 0)`, which passes NaN on; the derivative at 0 is 0.
public func relu(_ x: Tensor) -> Tensor { Tensor(RectifiedLinear(), [x]) }
