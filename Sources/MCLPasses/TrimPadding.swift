import MCLGraph

/// Leaves out what is padding at every point: terms of sums (a window of three frames over a single one has one term), and
/// loads that never fall inside, which are the constant that stands there.
///
/// A product with padding is left out of contractions alone, which a convolution defines so. Any other product is
/// computed, since 0 times NaN or infinity is NaN.
package struct TrimPadding: DecidingPass {
  package let name = "trim-padding"
  package let purpose =
    "Terms that are padding at every point are left out of sums, and loads that never fall inside are the constant there."

  package init() {}

  package func run(_ graph: Graph, decisions: inout [Decision]) throws -> Graph {
    var rewriter = GraphRewriter(graph)
    for (index, entry) in graph.entries.enumerated() {
      guard let compute = entry.operation as? Compute else {
        try rewriter.copy(index)
        continue
      }
      var computation = FusedComputation(
        comprehension: compute.comprehension, operands: entry.operands, parts: compute.parts)
      let elements = entry.operands.map { graph.entries[$0].type.element }
      computation.comprehension.trimSum()
      computation.comprehension.replaceLoadsOutside(elements)
      guard computation.comprehension != compute.comprehension else {
        try rewriter.copy(index)
        continue
      }
      computation.deduplicate()
      let operands = computation.operands.map { rewriter.mapping[$0] }
      let trimmed = Compute(computation.comprehension, shape: compute.shape, parts: computation.parts)
      rewriter.map(index, to: try rewriter.append(trimmed, operands, like: entry))
      decisions.append(Decision(name, entry))
    }
    return rewriter.finish()
  }
}

extension Comprehension {
  /// Restricts each axis of a sum to where its terms are not 0 for being padding.
  fileprivate mutating func trimSum() {
    guard reduction == .sum else { return }
    let whole = self
    let isContraction = FusedComputation(comprehension: self, operands: []).isContraction
    let padded = accesses.indices.filter {
      accesses[$0].fill == 0 && body.vanishes(with: $0, inProducts: isContraction)
    }
    for axis in outputRank..<axes.count {
      var valid = 0...(whole.axes[axis] - 1)
      for index in padded.flatMap({ whole.accesses[$0].indices }) where index.coefficients[axis] != 0 {
        guard let part = index.inside(along: axis, axes: whole.axes), part.overlaps(valid) else {
          self = whole
          return
        }
        valid = part.clamped(to: valid)
      }
      guard valid.count < whole.axes[axis] else { continue }
      axes[axis] = valid.count
      for access in accesses.indices {
        for index in accesses[access].indices.indices {
          accesses[access].indices[index].offset +=
            accesses[access].indices[index].coefficients[axis] * valid.lowerBound
        }
      }
      let first = valid.lowerBound
      if first != 0 {
        body = body.mapLeaves { leaf in
          leaf == .index(axis) ? leaf + .integer(first) : leaf
        }
      }
    }
  }

  /// Puts the fill value in place of each load that is outside at every point.
  fileprivate mutating func replaceLoadsOutside(_ elements: [ElementType]) {
    var fills: [Int: ScalarExpression] = [:]
    for (number, access) in accesses.enumerated()
    where access.indices.contains(where: { $0.isOutside(axes: axes) }) {
      fills[number] =
        elements[access.operand] == .int64
        ? .integer(Int(Int64(saturating: access.fill))) : .constant(access.fill)
    }
    guard !fills.isEmpty else { return }
    func filled(_ leaf: ScalarExpression) -> ScalarExpression {
      guard case .load(let access) = leaf else { return leaf }
      return fills[access] ?? leaf
    }
    body = body.mapLeaves(filled).withoutZeroTerms(isSummed: reduction == .sum)
    epilogue = epilogue.mapLeaves(filled).withoutZeroTerms(isSummed: false)
  }
}

extension AffineIndex {
  /// The coordinates along an axis at which the index is inside for some point of the other axes; nil where for none.
  fileprivate func inside(along axis: Int, axes: [Int]) -> ClosedRange<Int>? {
    let others = range(axes: axes.indices.map { $0 == axis ? 1 : axes[$0] })
    let step = coefficients[axis]
    let last = (extent - 1) * divisor
    let inside = (0..<axes[axis]).filter {
      others.lowerBound + step * $0 <= last && others.upperBound + step * $0 >= 0
    }
    guard let first = inside.first, let end = inside.last else { return nil }
    return first...end
  }

  fileprivate func isOutside(axes: [Int]) -> Bool {
    let range = range(axes: axes)
    return range.upperBound < 0 || range.lowerBound > (extent - 1) * divisor
  }

  /// The values of the numerator.
  private func range(axes: [Int]) -> ClosedRange<Int> {
    var (low, high) = (offset, offset)
    for (coefficient, size) in zip(coefficients, axes) {
      low += min(0, coefficient * (size - 1))
      high += max(0, coefficient * (size - 1))
    }
    return low...high
  }
}

extension ScalarExpression {
  /// Whether the value is 0 wherever that load is.
  ///
  /// - Parameter inProducts: whether a product is 0 where one of its factors is, whatever the other.
  fileprivate func vanishes(with access: Int, inProducts: Bool) -> Bool {
    switch self {
    case .load(let own): own == access
    case .unary(.negate, let a): a.vanishes(with: access, inProducts: inProducts)
    case .binary(.multiply, let a, let b):
      inProducts
        && (a.vanishes(with: access, inProducts: true) || b.vanishes(with: access, inProducts: true))
    default: false
    }
  }

  /// The same value without terms that are the constant 0.
  ///
  /// - Parameter isSummed: whether the value is a term of a sum, which the sign of zero does not change.
  fileprivate func withoutZeroTerms(isSummed: Bool) -> ScalarExpression {
    switch self {
    case .load, .constant, .integer, .index, .accumulator: return self
    case .convert(let type, let a): return .convert(type, a.withoutZeroTerms(isSummed: false))
    case .unary(let function, let a):
      let part = a.withoutZeroTerms(isSummed: isSummed && function == .negate)
      if function == .negate, case .constant(let value) = part { return .constant(-value) }
      if function == .negate, case .integer(let value) = part { return .integer(0 &- value) }
      return .unary(function, part)
    case .binary(let function, let a, let b):
      let isTerm = isSummed && (function == .add || function == .subtract)
      let (left, right) = (a.withoutZeroTerms(isSummed: isTerm), b.withoutZeroTerms(isSummed: isTerm))
      if function == .add, left.isZero(isSummed ? nil : .minus) { return right }
      if function == .add, right.isZero(isSummed ? nil : .minus) { return left }
      if function == .subtract, right.isZero(isSummed ? nil : .plus) { return left }
      return .binary(function, left, right)
    case .select(let comparison, let a, let b, let c, let d):
      return .select(
        comparison, a.withoutZeroTerms(isSummed: false), b.withoutZeroTerms(isSummed: false),
        then: c.withoutZeroTerms(isSummed: isSummed), else: d.withoutZeroTerms(isSummed: isSummed))
    }
  }

  /// Whether it is the constant zero of a sign, or of any.
  private func isZero(_ sign: FloatingPointSign?) -> Bool {
    switch self {
    case .constant(let value): value == 0 && (sign == nil || value.sign == sign)
    case .integer(let value): value == 0
    default: false
    }
  }
}
