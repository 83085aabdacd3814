import MCLGraph

/// Leaves out what is padding at every point: terms of sums (a window of three frames over a single one has one term), and
/// loads that never fall inside, which are the constant that stands there.
public struct TrimPadding: DecidingPass {
  public let name = "trim-padding"
  public let purpose =
    "Terms that are padding at every point are left out of sums, and loads that never fall inside are the constant there."

  public init() {}

  public func run(_ graph: Graph, decisions: inout [Decision]) throws -> Graph {
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
    let padded = accesses.indices.filter { accesses[$0].fill == 0 && body.vanishes(with: $0) }
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
          leaf == .index(axis) ? leaf + .convert(.int64, .constant(Double(first))) : leaf
        }
      }
    }
  }

  /// Puts the fill value in place of each load that is outside at every point.
  fileprivate mutating func replaceLoadsOutside(_ elements: [ElementType]) {
    var fills: [Int: ScalarExpression] = [:]
    for (number, access) in accesses.enumerated()
    where access.indices.contains(where: { $0.isOutside(axes: axes) }) {
      let fill = ScalarExpression.constant(access.fill)
      fills[number] = elements[access.operand] == .int64 ? .convert(.int64, fill) : fill
    }
    guard !fills.isEmpty else { return }
    func filled(_ leaf: ScalarExpression) -> ScalarExpression {
      guard case .load(let access) = leaf else { return leaf }
      return fills[access] ?? leaf
    }
    body = body.mapLeaves(filled).withoutZeroTerms
    epilogue = epilogue.mapLeaves(filled).withoutZeroTerms
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
  /// Whether the value is 0 wherever that load is, infinities and NaN elsewhere aside.
  fileprivate func vanishes(with access: Int) -> Bool {
    switch self {
    case .load(let own): own == access
    case .unary(.negate, let a): a.vanishes(with: access)
    case .binary(.multiply, let a, let b): a.vanishes(with: access) || b.vanishes(with: access)
    case .binary(.divide, let a, _): a.vanishes(with: access)
    default: false
    }
  }

  /// The same value, the sign of zero aside, without terms that are the constant 0.
  fileprivate var withoutZeroTerms: ScalarExpression {
    switch self {
    case .load, .constant, .index, .accumulator: return self
    case .convert(let type, let a): return .convert(type, a.withoutZeroTerms)
    case .unary(let function, let a):
      let part = a.withoutZeroTerms
      return function == .negate && part == .constant(0) ? part : .unary(function, part)
    case .binary(let function, let a, let b):
      let (left, right) = (a.withoutZeroTerms, b.withoutZeroTerms)
      if function == .add, left == .constant(0) { return right }
      if function == .add || function == .subtract, right == .constant(0) { return left }
      return .binary(function, left, right)
    case .select(let comparison, let a, let b, let c, let d):
      return .select(
        comparison, a.withoutZeroTerms, b.withoutZeroTerms, then: c.withoutZeroTerms, else: d.withoutZeroTerms
      )
    }
  }
}
