import LLVMBindings
import MCLGraph
import MCLKernelForms

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
    guard columns.count == 1, columnCount < SharedLimits.fewestChannels else { return nil }
    return inner.first {
      a.strides[$0] == 1 && b.strides[$0] == 1 && sizes[$0] % target.lanes == 0 && !a.checks($0)
    }
  }

  /// Whether taps step from row to row along an axis.
  func hasTaps(_ row: Int) -> Bool { inner.contains { isTap($0, of: row) } }

  func isTap(_ axis: Int, of row: Int) -> Bool {
    abs(a.strides[axis]) == abs(a.strides[row])
      || a.guards.contains { $0.coefficients[axis] != 0 && $0.coefficients[row] != 0 }
  }

  /// The rows with those axes innermost along which taps step from row to row: a tile then reads a line for several of
  /// its rows, one after the other.
  fileprivate var rowsByTaps: [Int] { rows.filter { !hasTaps($0) } + rows.filter(hasTaps) }

  /// Bytes of factors that stay in a core's second cache, and rows of a tile and how many more of them strips may cost.
  private static let stripBytes = 512 * 1024
  private static let tileRows = 8
  private static let mostWaste = 1.1

  /// Classes cut in strips, across the axes without taps, and ordered by them: rows of all kinds that read the same
  /// factors are computed while these are in the cache.
  fileprivate func strips(_ classes: [RowClass]) -> [RowClass] {
    let depth = count(inner.filter { axis in !rows.contains { isTap(axis, of: $0) } })
    let bytes = rows.filter(hasTaps).reduce(4 * depth) { $0 * sizes[$1] }
    var room = max(1, Self.stripBytes / max(bytes, 1))
    func tiles(_ classes: [RowClass]) -> Double {
      Double(classes.reduce(0) { $0 + ($1.count + Self.tileRows - 1) / Self.tileRows })
    }
    while room < rowCount {
      let cut = cut(classes, room: room)
      if cut.count <= Self.mostRowClasses, tiles(cut) <= Self.mostWaste * tiles(classes) { return cut }
      room *= 2
    }
    return classes
  }

  /// Classes cut so that strips have at most so many points across.
  private func cut(_ classes: [RowClass], room: Int) -> [RowClass] {
    var (room, result) = (room, [classes])
    let across = rows.indices.filter { !hasTaps(rows[$0]) }
    for position in across.reversed() {
      let size = sizes[rows[position]]
      let length = min(room, size)
      room = max(1, room / size)
      result = stride(from: 0, to: size, by: length).flatMap { first in
        result.map { strip in
          strip.compactMap { $0.clipped(to: first..<min(first + length, size), along: position) }
        }
      }
    }
    return result.flatMap { $0 }
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
  private(set) var parts: [ContractionProblem]
  /// The rows of each part.
  private(set) var classes: [[RowClass]]
  /// How the rows of each part lie in tiles, where they lie there as neighbours.
  private(set) var stretches: [RowStretch?]
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
    guard var whole = ContractionProblem(space, factor: factor, vector: vector), whole.b.guards.isEmpty
    else { return nil }
    let lanes = whole.columns.filter {
      whole.b.strides[$0] == 1 && whole.sizes[$0] % target.lanes == 0
    }
    let ofColumns = lanes.max { whole.outputStrides[$0] != 1 && whole.outputStrides[$1] == 1 }
    guard let lane = ofColumns ?? whole.summedLane(target) else { return nil }
    sumsLanes = ofColumns == nil
    // Few columns use up what is read at once, so that reading again what the caches have lost would take the time.
    if sumsLanes { whole.rows = whole.rowsByTaps }
    guard let parts = whole.splitByResidue() else { return nil }
    // The columns must not have been split, nor k be far apart.
    let nearest = whole.inner.map { abs(whole.b.strides[$0]) }.min() ?? 0
    guard nearest <= Self.farthest || whole.innerCount <= Self.fewTerms, !whole.rows.isEmpty,
      parts.allSatisfy({ part in (whole.columns + [lane]).allSatisfy { part.steps[$0] == 1 } })
    else { return nil }
    var classes: [[RowClass]] = []
    for part in parts {
      guard var own = part.rowClasses() else { return nil }
      if sumsLanes { own = part.strips(own) }
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
    stretches = parts.map { _ in nil }
  }

  /// The same with rows in stretches of at most so many along an axis; nil where no part allows it.
  func stretched(along axis: Int, most: Int) -> TapProblem? {
    var result = self
    (result.parts, result.classes, result.stretches) = ([], [], [])
    for (part, classes) in zip(parts, classes) {
      var turned = part
      turned.rows = part.rows.filter { $0 != axis } + [axis]
      let own = turned.rowClasses().flatMap { turned.stretches($0, most: most) }
      for (classes, stretch) in own ?? [(classes, nil)] {
        result.parts.append(stretch == nil ? part : turned)
        result.classes.append(classes)
        result.stretches.append(stretch)
      }
    }
    guard isDirect || result.parts.count == 1 else { return nil }
    return result.stretches.contains { $0 != nil } ? result : nil
  }

  /// The axes of rows along which taps step, and their sizes.
  var stretchAxes: [(axis: Int, size: Int)] {
    let axes = Set(parts.flatMap { part in part.rows.filter(part.hasTaps) })
    return axes.sorted().map { axis in (axis, parts.map { $0.sizes[axis] }.max() ?? 1) }
  }
}
