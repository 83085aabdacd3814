import MCLGraph

/// A contraction seen as the matrix product it amounts to, and how many of its multiply-adds are of values at all.
///
/// For `output[o] = sum over r of left(o, r) x right(o, r)` the output axes that only one side reads are the rows,
/// those that only the other reads the columns, those that both read the batch; the depth is the reduction.
package struct ContractionShape: Sendable, Hashable {
  package var batch: Int
  package var rows: Int
  package var columns: Int
  package var depth: Int
  /// Multiply-adds whose operands both lie inside: taps on padding are not counted.
  package var validMultiplyAdds: Int
  /// Whether an operand is read, or the output written, in steps of more than one.
  package var isStrided: Bool

  /// Multiply-adds counting taps on padding too.
  package var nominalMultiplyAdds: Int { batch * rows * columns * depth }

  /// The shape of a sum of products; nil where the comprehension is none.
  package init?(_ comprehension: Comprehension) {
    guard comprehension.reduction == .sum, case .binary(.multiply, let left, let right) = comprehension.body
    else { return nil }
    let sides = [left, right].map { side in
      var accesses: [Access] = []
      side.forEach { if case .load(let access) = $0 { accesses.append(comprehension.accesses[access]) } }
      return accesses
    }
    guard sides.allSatisfy({ !$0.isEmpty }) else { return nil }
    func reads(_ side: Int, _ axis: Int) -> Bool {
      sides[side].contains { $0.indices.contains { $0.coefficients[axis] != 0 } }
    }
    (batch, rows, columns) = (1, 1, 1)
    for axis in 0..<comprehension.outputRank {
      let size = comprehension.axes[axis]
      switch (reads(0, axis), reads(1, axis)) {
      case (true, false): rows *= size
      case (false, true): columns *= size
      default: batch *= size
      }
    }
    depth = comprehension.reductionCount
    let indices = sides.flatMap { $0 }.flatMap(\.indices)
    let axes = comprehension.axes
    isStrided = indices.contains { index in
      if index.divisor > 1 { return true }
      let used = axes.indices.filter { index.coefficients[$0] != 0 && axes[$0] > 1 }
      let isCompact = used.allSatisfy { axis in
        let step = abs(index.coefficients[axis])
        return step == 1
          || used.contains { $0 != axis && axes[$0] == step && abs(index.coefficients[$0]) == 1 }
      }
      return !isCompact
    }
    validMultiplyAdds = Self.validPoints(indices.filter { $0.mayFallOutside(axes: axes) }, axes: axes)
  }

  /// The points of a space at which every index lies inside: the product over groups of axes that share an index.
  static func validPoints(_ indices: [AffineIndex], axes: [Int]) -> Int {
    var groups: [(axes: Set<Int>, indices: Set<AffineIndex>)] = []
    for index in indices {
      var group = (axes: Set(axes.indices.filter { index.coefficients[$0] != 0 }), indices: Set([index]))
      groups.removeAll { other in
        guard !other.axes.isDisjoint(with: group.axes) else { return false }
        group.axes.formUnion(other.axes)
        group.indices.formUnion(other.indices)
        return true
      }
      groups.append(group)
    }
    let free = axes.indices.filter { axis in !groups.contains { $0.axes.contains(axis) } }
    return groups.reduce(free.reduce(1) { $0 * axes[$1] }) {
      $0 * validPoints(of: Array($1.indices), over: $1.axes.sorted(), axes: axes)
    }
  }

  private static func validPoints(of indices: [AffineIndex], over group: [Int], axes: [Int]) -> Int {
    var point = group.map { _ in 0 }
    var count = 0
    for _ in 0..<group.reduce(1, { $0 * axes[$1] }) {
      let isInside = indices.allSatisfy { index in
        var numerator = index.offset
        for (position, axis) in group.enumerated() { numerator += index.coefficients[axis] * point[position] }
        return numerator >= 0 && numerator % index.divisor == 0 && numerator / index.divisor < index.extent
      }
      if isInside { count += 1 }
      for position in group.indices.reversed() {
        point[position] += 1
        if point[position] < axes[group[position]] { break }
        point[position] = 0
      }
    }
    return count
  }
}
