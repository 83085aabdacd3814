/// Elementary functions of one argument.
package enum UnaryFunction: String, Sendable, Hashable, CaseIterable {
  case negate, absolute, exponential, logarithm, squareRoot, reciprocal
}

/// Elementary functions of two arguments. `maximum` and `minimum` pass NaN on. Of integers, `divide` rounds
/// down and `remainder`, which is of integers alone, has the sign of the divisor (so an index wraps).
package enum BinaryFunction: String, Sendable, Hashable, CaseIterable {
  case add, subtract, multiply, divide, maximum, minimum, remainder
}

/// Ordered comparisons: all but `notEqual` are false when an argument is NaN.
public enum Comparison: String, Sendable, Hashable, CaseIterable {
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
}

/// What is computed at one point of an iteration space: a tree over loads, constants and coordinates.
///
/// A tree is typed by its leaves: a load has its tensor's element type, `index` and `integer` are int64, a constant takes
/// the type of its sibling (float32 when alone), `convert` changes it. Both sides of a binary function and both branches of
/// `select` have one type.
/// Two trees are equal when they are the same tree with the same bits in their constants: NaN equals itself, and 0 is not -0.
package indirect enum ScalarExpression: Sendable {
  /// The value at `Comprehension.accesses[i]`.
  case load(Int)
  case constant(Double)
  /// An integer, int64 wherever it stands.
  case integer(Int)
  /// The coordinate along axis `a` of the iteration space, int64.
  case index(Int)
  /// The result of the reduction; only in an epilogue.
  case accumulator
  case unary(UnaryFunction, ScalarExpression)
  case binary(BinaryFunction, ScalarExpression, ScalarExpression)
  /// `lhs comparison rhs ? then : else`; both branches may be evaluated.
  case select(Comparison, ScalarExpression, ScalarExpression, then: ScalarExpression, else: ScalarExpression)
  case convert(ElementType, ScalarExpression)
}

extension ScalarExpression: Hashable {
  package static func == (a: Self, b: Self) -> Bool {
    switch (a, b) {
    case (.load(let a), .load(let b)): a == b
    case (.constant(let a), .constant(let b)): a.bitPattern == b.bitPattern
    case (.integer(let a), .integer(let b)): a == b
    case (.index(let a), .index(let b)): a == b
    case (.accumulator, .accumulator): true
    case (.unary(let f, let a), .unary(let g, let b)): f == g && a == b
    case (.binary(let f, let a, let x), .binary(let g, let b, let y)): f == g && a == b && x == y
    case (.select(let f, let a, let b, let c, let d), .select(let g, let x, let y, let z, let w)):
      f == g && a == x && b == y && c == z && d == w
    case (.convert(let s, let a), .convert(let t, let b)): s == t && a == b
    default: false
    }
  }

  package func hash(into hasher: inout Hasher) {
    switch self {
    case .load(let access): hasher.combine(access)
    case .constant(let value): hasher.combine(value.bitPattern)
    case .integer(let value):
      hasher.combine(ElementType.int64)
      hasher.combine(value)
    case .index(let axis): hasher.combine(-1 - axis)
    case .accumulator: hasher.combine(Reduction.none)
    case .unary(let function, let a):
      hasher.combine(function)
      hasher.combine(a)
    case .binary(let function, let a, let b):
      hasher.combine(function)
      hasher.combine(a)
      hasher.combine(b)
    case .select(let comparison, let a, let b, let c, let d):
      hasher.combine(comparison)
      for part in [a, b, c, d] { hasher.combine(part) }
    case .convert(let type, let a):
      hasher.combine(type)
      hasher.combine(a)
    }
  }
}

extension ScalarExpression {
  /// The same tree with every leaf (`load`, `constant`, `integer`, `index`, `accumulator`) replaced by `transform(leaf)`.
  package func mapLeaves(_ transform: (ScalarExpression) -> ScalarExpression) -> ScalarExpression {
    switch self {
    case .load, .constant, .integer, .index, .accumulator: transform(self)
    case .unary(let function, let a): .unary(function, a.mapLeaves(transform))
    case .binary(let function, let a, let b):
      .binary(function, a.mapLeaves(transform), b.mapLeaves(transform))
    case .select(let comparison, let a, let b, let c, let d):
      .select(
        comparison, a.mapLeaves(transform), b.mapLeaves(transform), then: c.mapLeaves(transform),
        else: d.mapLeaves(transform))
    case .convert(let type, let a): .convert(type, a.mapLeaves(transform))
    }
  }

  /// Calls `visit` on every node, parents after their children.
  package func forEach(_ visit: (ScalarExpression) -> Void) {
    switch self {
    case .load, .constant, .integer, .index, .accumulator: break
    case .unary(_, let a), .convert(_, let a): a.forEach(visit)
    case .binary(_, let a, let b):
      a.forEach(visit)
      b.forEach(visit)
    case .select(_, let a, let b, let c, let d):
      for part in [a, b, c, d] { part.forEach(visit) }
    }
    visit(self)
  }

  /// The element type of the tree's value; nil of constants alone, which take their sibling's.
  package func element(loads: [ElementType], accumulator: ElementType) -> ElementType? {
    switch self {
    case .load(let access): loads[access]
    case .constant: nil
    case .integer, .index: .int64
    case .accumulator: accumulator
    case .unary(_, let a): a.element(loads: loads, accumulator: accumulator)
    case .binary(_, let a, let b), .select(_, _, _, let a, let b):
      a.element(loads: loads, accumulator: accumulator) ?? b.element(loads: loads, accumulator: accumulator)
    case .convert(let type, _): type
    }
  }

  /// The number of nodes that are not leaves: what an evaluation costs, roughly.
  package var operationCount: Int {
    var count = 0
    forEach { node in
      switch node {
      case .load, .constant, .integer, .index, .accumulator: break
      default: count += 1
      }
    }
    return count
  }

  package static func + (a: Self, b: Self) -> Self { .binary(.add, a, b) }
  package static func - (a: Self, b: Self) -> Self { .binary(.subtract, a, b) }
  package static func * (a: Self, b: Self) -> Self { .binary(.multiply, a, b) }
  package static func / (a: Self, b: Self) -> Self { .binary(.divide, a, b) }
}
