import MCLGraph
import MCLKernelForms

/// One coordinate that must be checked before a load: `(sum of coefficient x axis + offset) / divisor` within
/// `0 ..< extent`, and a whole number.
struct Guard: Hashable {
  var coefficients: [Int]
  var offset: Int
  var divisor: Int
  var extent: Int
  /// Elements between neighbours along this coordinate; used where a divisor keeps it out of `LinearAccess.strides`.
  var stride: Int
}

/// An access as an address that is linear in the axes, with the coordinates that need a check.
struct LinearAccess {
  var operand: Int
  var element: ElementType
  /// Elements a step along each axis moves; coordinates with a divisor are not in it.
  var strides: [Int]
  var offset: Int
  var guards: [Guard]
  var fill: Double
  /// Elements of the operand.
  let elementCount: Int

  init(_ access: Access, element: ElementType, axes: [Int]) throws {
    operand = access.operand
    self.element = element
    fill = access.fill
    strides = [Int](repeating: 0, count: axes.count)
    offset = 0
    guards = []
    let extents = access.indices.map(\.extent)
    elementCount = extents.reduce(1, *)
    guard extents.allSatisfy({ $0 > 0 }) else {
      throw KernelError(
        "operand \(access.operand) of a kernel has no elements (sizes \(extents)); drop the access")
    }
    for (index, stride) in zip(access.indices, rowMajorStrides(extents)) {
      var index = index
      guard index.coefficients.count == axes.count, index.divisor > 0 else {
        throw KernelError(
          "an access of operand \(access.operand) has \(index.coefficients.count) coefficients over divisor "
            + "\(index.divisor) in a space of \(axes.count) axes; give one an axis and a positive divisor")
      }
      for axis in axes.indices where axes[axis] == 1 { index.coefficients[axis] = 0 }
      let divisor = index.divisor
      if divisor > 1, index.offset % divisor == 0, index.coefficients.allSatisfy({ $0 % divisor == 0 }) {
        index.coefficients = index.coefficients.map { $0 / divisor }
        index.offset /= divisor
        index.divisor = 1
      }
      if index.divisor == 1 {
        for axis in axes.indices { strides[axis] += index.coefficients[axis] * stride }
        offset += index.offset * stride
      }
      if index.mayFallOutside(axes: axes) {
        guards.append(
          Guard(
            coefficients: index.coefficients, offset: index.offset, divisor: index.divisor,
            extent: index.extent, stride: stride))
      }
    }
  }

  /// Whether the load depends on the axis.
  func depends(on axis: Int) -> Bool {
    strides[axis] != 0 || guards.contains { $0.coefficients[axis] != 0 }
  }

  /// How far a step along the axis moves, for ordering loops: elements, rounded up where a divisor is involved.
  func reach(along axis: Int) -> Int {
    guards.reduce(abs(strides[axis])) { sum, check in
      check.divisor == 1
        ? sum : sum + (abs(check.coefficients[axis]) * check.stride + check.divisor - 1) / check.divisor
    }
  }

  /// Whether consecutive points along the axis are neighbours in memory, checks aside.
  func isContiguous(along axis: Int) -> Bool {
    strides[axis] == 1 && guards.allSatisfy { $0.divisor == 1 || $0.coefficients[axis] == 0 }
  }

  /// Whether `axis` and `axis + 1` move through memory and checks as one axis.
  func merges(_ axis: Int, size: Int) -> Bool {
    strides[axis] == strides[axis + 1] * size
      && guards.allSatisfy { $0.coefficients[axis] == $0.coefficients[axis + 1] * size }
  }

  mutating func removeAxis(_ axis: Int) {
    strides.remove(at: axis)
    for position in guards.indices { guards[position].coefficients.remove(at: axis) }
  }

  mutating func permuteAxes(_ order: [Int]) {
    strides = order.map { strides[$0] }
    for position in guards.indices {
      guards[position].coefficients = order.map { [old = guards[position].coefficients] in old[$0] }
    }
  }
}

/// The iteration space of a comprehension, made simple: no axes of size 1, neighbours that move together merged,
/// reduction axes in the order of memory.
struct IterationSpace {
  var axes: [Int]
  var outputRank: Int
  var accesses: [LinearAccess]
  /// Where each original axis is now; nil where its coordinate is always 0.
  var places: [Int?]
  /// What a step along each axis adds to the row-major position over the original reduction axes.
  var positionStrides: [Int]

  var reductionRank: Int { axes.count - outputRank }

  init(_ comprehension: Comprehension, operandElements: [ElementType]) throws {
    axes = comprehension.axes
    outputRank = comprehension.outputRank
    accesses = try comprehension.accesses.map { access in
      guard operandElements.indices.contains(access.operand) else {
        throw KernelError("a kernel reads operand \(access.operand) of \(operandElements.count)")
      }
      return try LinearAccess(access, element: operandElements[access.operand], axes: comprehension.axes)
    }
    places = axes.indices.map { $0 }
    positionStrides =
      [Int](repeating: 0, count: outputRank) + rowMajorStrides(Array(axes.dropFirst(outputRank)))

    for axis in axes.indices.reversed() where axes[axis] == 1 { remove(axis) }
    if comprehension.reduction != .firstMaximumPosition { orderReduction() }
    merge(
      keeping: Self.indexedAxes(comprehension),
      positions: comprehension.reduction == .firstMaximumPosition)
  }

  private static func indexedAxes(_ comprehension: Comprehension) -> Set<Int> {
    var used: Set<Int> = []
    for tree in [comprehension.body, comprehension.epilogue] {
      tree.forEach { if case .index(let axis) = $0 { used.insert(axis) } }
    }
    return used
  }

  private mutating func remove(_ axis: Int) {
    axes.remove(at: axis)
    positionStrides.remove(at: axis)
    for position in accesses.indices { accesses[position].removeAxis(axis) }
    if axis < outputRank { outputRank -= 1 }
    for original in places.indices {
      if places[original] == axis { places[original] = nil }
      if let place = places[original], place > axis { places[original] = place - 1 }
    }
  }

  /// Sums and maxima do not care for the order of their axes: the nearest neighbours go innermost.
  private mutating func orderReduction() {
    func reach(_ axis: Int) -> Int { accesses.reduce(0) { $0 + $1.reach(along: axis) } }
    let order =
      Array(0..<outputRank)
      + (outputRank..<axes.count).sorted { (-reach($0), $0) < (-reach($1), $1) }
    axes = order.map { axes[$0] }
    positionStrides = order.map { positionStrides[$0] }
    for position in accesses.indices { accesses[position].permuteAxes(order) }
    places = places.map { place in place.flatMap { old in order.firstIndex(of: old) } }
  }

  private mutating func merge(keeping indexed: Set<Int>, positions: Bool) {
    var axis = axes.count - 2
    while axis >= 0 {
      let inner = axis + 1
      let isBoundary = inner == outputRank
      let isIndexed = indexed.contains { places[$0] == axis || places[$0] == inner }
      if !isBoundary, !isIndexed, accesses.allSatisfy({ $0.merges(axis, size: axes[inner]) }),
        !positions || positionStrides[axis] == positionStrides[inner] * axes[inner]
      {
        axes[inner] *= axes[axis]
        remove(axis)
      }
      axis -= 1
    }
  }
}
