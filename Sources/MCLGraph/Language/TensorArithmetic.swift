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
  /// The sum, element by element; integers wrap modulo 2^64.
  ///
  /// Shapes align from the last axis, and axes of size 1 repeat, as in PyTorch.
  /// Both sides must have one element type.
  public static func + (a: Tensor, b: Tensor) -> Tensor { binary(.add, a, b) }
  /// The difference, element by element, with shapes as for `+`; integers wrap modulo 2^64.
  public static func - (a: Tensor, b: Tensor) -> Tensor { binary(.subtract, a, b) }
  /// The product, element by element, with shapes as for `+`; integers wrap modulo 2^64.
  public static func * (a: Tensor, b: Tensor) -> Tensor { binary(.multiply, a, b) }
  /// The quotient, element by element, with shapes as for `+`.
  /// Of integers, it is rounded down, and 0 where b is 0.
  public static func / (a: Tensor, b: Tensor) -> Tensor { binary(.divide, a, b) }
  /// The remainder of integers, with the sign of b, so that `a == (a / b) * b + a % b`; 0 where b is 0.
  /// Shapes are as for `+`. Floats are a mistake.
  public static func % (a: Tensor, b: Tensor) -> Tensor { binary(.remainder, a, b) }
  /// Adds one number to every element. Where these are integers, b must be whole and below 2^53.
  public static func + (a: Tensor, b: Double) -> Tensor { a + a.filled(with: b) }
  /// Subtracts one number from every element, with b as for `+`.
  public static func - (a: Tensor, b: Double) -> Tensor { a - a.filled(with: b) }
  /// Multiplies every element by one number, with b as for `+`.
  public static func * (a: Tensor, b: Double) -> Tensor { a * a.filled(with: b) }
  /// Divides every element by one number, with b as for `+`; integers are rounded down.
  public static func / (a: Tensor, b: Double) -> Tensor { a / a.filled(with: b) }
  /// The remainder of every element, an integer, by one whole number below 2^53; it has the sign of b.
  public static func % (a: Tensor, b: Double) -> Tensor { a % a.filled(with: b) }
  /// Adds every element to one number. Where these are integers, a must be whole and below 2^53.
  public static func + (a: Double, b: Tensor) -> Tensor { b.filled(with: a) + b }
  /// Subtracts every element from one number, with a as for `+`.
  public static func - (a: Double, b: Tensor) -> Tensor { b.filled(with: a) - b }
  /// Multiplies one number by every element, with a as for `+`.
  public static func * (a: Double, b: Tensor) -> Tensor { b.filled(with: a) * b }
  /// Divides one number by every element, with a as for `+`; integers are rounded down.
  public static func / (a: Double, b: Tensor) -> Tensor { b.filled(with: a) / b }
  // Of integers in variables; a literal is a Double as long as there is a choice, so that `x * (1 / 3)` is a third.
  /// Adds one integer of any size to every element; f32 elements take it rounded.
  @_disfavoredOverload public static func + (a: Tensor, b: Int) -> Tensor { a + a.filled(with: b) }
  /// Subtracts one integer of any size from every element.
  @_disfavoredOverload public static func - (a: Tensor, b: Int) -> Tensor { a - a.filled(with: b) }
  /// Multiplies every element by one integer of any size.
  @_disfavoredOverload public static func * (a: Tensor, b: Int) -> Tensor { a * a.filled(with: b) }
  /// Divides every element by one integer of any size; integers are rounded down.
  @_disfavoredOverload public static func / (a: Tensor, b: Int) -> Tensor { a / a.filled(with: b) }
  /// The remainder of every element, an integer, by one integer; it has the sign of b.
  @_disfavoredOverload public static func % (a: Tensor, b: Int) -> Tensor { a % a.filled(with: b) }
  /// Adds every element to one integer of any size.
  @_disfavoredOverload public static func + (a: Int, b: Tensor) -> Tensor { b.filled(with: a) + b }
  /// Subtracts every element from one integer of any size.
  @_disfavoredOverload public static func - (a: Int, b: Tensor) -> Tensor { b.filled(with: a) - b }
  /// Multiplies one integer of any size by every element.
  @_disfavoredOverload public static func * (a: Int, b: Tensor) -> Tensor { b.filled(with: a) * b }
  /// Divides one integer of any size by every element; integers are rounded down.
  @_disfavoredOverload public static func / (a: Int, b: Tensor) -> Tensor { b.filled(with: a) / b }
  /// The opposite of every element: of floats the sign changes, integers wrap modulo 2^64.
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

  /// e^x, element by element; f32 only.
  public func exponential() -> Tensor { Tensor(Unary(.exponential), [self]) }
  /// The natural logarithm, element by element: NaN for negative numbers, -infinity for 0; f32 only.
  public func logarithm() -> Tensor { Tensor(Unary(.logarithm), [self]) }
  /// The square root, element by element: NaN for negative numbers; f32 only.
  public func squareRoot() -> Tensor { Tensor(Unary(.squareRoot), [self]) }
  /// 1 / x, element by element; f32 only.
  public func reciprocal() -> Tensor { Tensor(Unary(.reciprocal), [self]) }
  /// |x|, element by element. The derivative at 0 is 0. The smallest integer stays itself.
  public func magnitude() -> Tensor { Tensor(Unary(.absolute), [self]) }
  /// The same numbers without a derivative: to `gradient(of:at:)` they are a constant.
  /// It serves for targets, and for the keys of a momentum encoder.
  public func detached() -> Tensor { Tensor(Detach(), [self]) }
  /// The same numbers as elements of another type.
  ///
  /// From f32 to i64 they are rounded toward zero and kept between the smallest and the largest integer.
  /// NaN becomes 0. From i64 to f32 they become the nearest number, ties to even.
  /// Integers have no derivative.
  public func converted(to element: ElementType) -> Tensor { Tensor(Convert(to: element), [self]) }
}

/// The larger of two tensors, element by element. Where they are equal, each gets half of the derivative.
public func maximum(_ a: Tensor, _ b: Tensor) -> Tensor { binary(.maximum, a, b) }
/// The larger of each element and one number. At a tie the element gets half of the derivative.
public func maximum(_ a: Tensor, _ b: Double) -> Tensor { maximum(a, a.filled(with: b)) }
/// The larger of each element and one integer of any size.
@_disfavoredOverload
public func maximum(_ a: Tensor, _ b: Int) -> Tensor { maximum(a, a.filled(with: b)) }
/// The smaller of two tensors, element by element.
public func minimum(_ a: Tensor, _ b: Tensor) -> Tensor { binary(.minimum, a, b) }
/// The smaller of each element and one number. At a tie the element gets half of the derivative.
public func minimum(_ a: Tensor, _ b: Double) -> Tensor { minimum(a, a.filled(with: b)) }
/// The smaller of each element and one integer of any size.
@_disfavoredOverload
public func minimum(_ a: Tensor, _ b: Int) -> Tensor { minimum(a, a.filled(with: b)) }

/// `lhs comparison rhs ? then : else`, element by element.
public func select(
  _ lhs: Tensor, _ comparison: Comparison, _ rhs: Tensor, then: Tensor, else other: Tensor
) -> Tensor { Tensor(Select(comparison), [lhs, rhs, then, other]) }

/// As `select` of two tensors, compared with one number.
public func select(
  _ lhs: Tensor, _ comparison: Comparison, _ rhs: Double, then: Tensor, else other: Tensor
) -> Tensor { select(lhs, comparison, lhs.filled(with: rhs), then: then, else: other) }

/// As `select` of two tensors, compared with one integer of any size.
@_disfavoredOverload
public func select(
  _ lhs: Tensor, _ comparison: Comparison, _ rhs: Int, then: Tensor, else other: Tensor
) -> Tensor { select(lhs, comparison, lhs.filled(with: rhs), then: then, else: other) }

/// `max(x, 0)`, which passes NaN on; the derivative at 0 is 0.
public func relu(_ x: Tensor) -> Tensor { Tensor(RectifiedLinear(), [x]) }
