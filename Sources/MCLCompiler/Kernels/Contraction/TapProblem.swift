import MCLGraph

extension ContractionProblem {
  /// The problem a comprehension states over the axes of `space`, read as: `b` gives vectors along an output axis,
  /// `a` factors that are the same for all lanes. Nil where it is no contraction, or the axes do not allow it.
  init?(_ space: IterationSpace, factor: Int, vector: Int) {
    sizes = space.axes
    steps = space.axes.map { _ in 1 }
    starts = space.axes.map { _ in 0 }
    outputStrides =
      rowMajorStrides(Array(space.axes.prefix(space.outputRank)))
      + space.axes.dropFirst(space.outputRank).map { _ in 0 }
    a = space.accesses[factor]
    b = space.accesses[vector]
    batch = []
    rows = []
    columns = []
    inner = []
    for axis in space.axes.indices {
      switch (axis < space.outputRank, a.depends(on: axis), b.depends(on: axis)) {
      case (true, true, true): batch.append(axis)
      case (true, true, false): rows.append(axis)
      case (true, false, true): columns.append(axis)
      case (false, true, true): inner.append(axis)
      default: return nil
      }
    }
  }
}

extension ContractionProblem {
  /// An axis of k that can be the lanes where there are too few columns for that.
  fileprivate func summedLane(_ target: TargetDescription) -> Int? {
    guard columns.count == 1, columnCount < BlockedLayout.fewest else { return nil }
    return inner.first {
      a.strides[$0] == 1 && b.strides[$0] == 1 && sizes[$0] % target.lanes == 0 && !a.checks($0)
    }
  }
}

/// A contraction whose lanes lie along an output axis along which one operand, `b`, is contiguous; the other, `a`, is
/// read one element at a time. All addresses are the operands' own: nothing is packed.
///
/// Where there are fewer columns than lanes, as in the gradient by an image of three channels, lanes lie along an axis of
/// k, along which both operands are contiguous, and are added up in the end.
struct TapProblem {
  let space: IterationSpace
  /// The access whose values are the factors.
  let factor: Int
  /// The problems it falls apart into where the coordinates have divisors.
  let parts: [ContractionProblem]
  /// The rows of each part.
  let classes: [[RowClass]]
  /// The axis along the lanes.
  let lane: Int
  /// Whether that axis is summed over.
  let sumsLanes: Bool
  /// Whether the result is contiguous along the lanes.
  let isDirect: Bool

  /// Distance between neighbouring k, in elements, beyond which vectors would better be packed, unless there are so
  /// few k that each vector is used up at once.
  private static let farthest = 1024
  private static let fewTerms = 16
  private static let manyTerms = 1024

  init?(_ comprehension: Comprehension, operandElements: [ElementType], target: TargetDescription) throws {
    guard let (left, right) = comprehension.summedProduct(operandElements) else { return nil }
    let space = try IterationSpace(comprehension, operandElements: operandElements)
    var found: TapProblem?
    for (factor, vector) in [(left, right), (right, left)] {
      guard let candidate = TapProblem(space, factor: factor, vector: vector, target: target) else {
        continue
      }
      if found.map({ $0.rank(target) < candidate.rank(target) }) ?? true { found = candidate }
    }
    guard let found else { return nil }
    self = found
  }

  /// Of two ways to read a contraction the one of higher rank is taken: where sums are long, several vectors of columns,
  /// so that a factor serves more than one; then results that need not be brought to their places.
  private func rank(_ target: TargetDescription) -> Int {
    if sumsLanes { return -1 }
    let hasVectors = parts.contains { $0.columnCount >= 2 * target.lanes && $0.innerCount >= Self.manyTerms }
    return (hasVectors ? 2 : 0) + (isDirect ? 1 : 0)
  }

  private init?(_ space: IterationSpace, factor: Int, vector: Int, target: TargetDescription) {
    guard let whole = ContractionProblem(space, factor: factor, vector: vector), whole.b.guards.isEmpty,
      let parts = whole.splitByResidue()
    else { return nil }
    let lanes = whole.columns.filter {
      whole.b.strides[$0] == 1 && whole.sizes[$0] % target.lanes == 0
    }
    let ofColumns = lanes.max { whole.outputStrides[$0] != 1 && whole.outputStrides[$1] == 1 }
    guard let lane = ofColumns ?? whole.summedLane(target) else { return nil }
    sumsLanes = ofColumns == nil
    // The columns must not have been split, nor k be far apart.
    let nearest = whole.inner.map { abs(whole.b.strides[$0]) }.min() ?? 0
    guard nearest <= Self.farthest || whole.innerCount <= Self.fewTerms, !whole.rows.isEmpty,
      parts.allSatisfy({ part in (whole.columns + [lane]).allSatisfy { part.steps[$0] == 1 } })
    else { return nil }
    var classes: [[RowClass]] = []
    for part in parts {
      guard let own = part.rowClasses() else { return nil }
      classes.append(
        part.isEmpty
          ? own.map { RowClass(start: $0.start, size: $0.size, inner: $0.inner.map { _ in 0..<0 }) } : own)
    }
    isDirect = sumsLanes || whole.outputStrides[lane] == 1
    guard isDirect || parts.count == 1 else { return nil }
    self.space = space
    self.factor = factor
    self.parts = parts
    self.classes = classes
    self.lane = lane
  }
}
