/// One coordinate of an operand as a function of the iteration space:
/// `(sum over axes of coefficient x axis + offset) / divisor`.
///
/// The coordinate is *outside* when the numerator is not a multiple of `divisor`, or the quotient is not in
/// `0 ..< extent`; a load outside gives the access's fill value. Strided and padded windows use the coefficients
/// and the offset, their adjoints (input gradients) the divisor.
package struct AffineIndex: Sendable, Hashable {
  /// One coefficient an axis of the iteration space.
  package var coefficients: [Int]
  package var offset: Int
  package var divisor: Int
  /// The operand's size along this dimension.
  package var extent: Int

  package init(_ coefficients: [Int], offset: Int = 0, divisor: Int = 1, extent: Int) {
    self.coefficients = coefficients
    self.offset = offset
    self.divisor = divisor
    self.extent = extent
  }

  /// The plain coordinate `axis` of a space with `rank` axes.
  package static func axis(_ axis: Int, of rank: Int, extent: Int) -> AffineIndex {
    var coefficients = [Int](repeating: 0, count: rank)
    coefficients[axis] = 1
    return AffineIndex(coefficients, extent: extent)
  }

  /// Whether some point of a space with these axis sizes falls outside, so that loads must be guarded.
  package func mayFallOutside(axes: [Int]) -> Bool {
    if divisor != 1 { return true }
    var low = offset
    var high = offset
    for (coefficient, size) in zip(coefficients, axes) {
      low += min(0, coefficient * (size - 1))
      high += max(0, coefficient * (size - 1))
    }
    return low < 0 || high >= extent
  }
}

/// How one operand is read: which tensor, at which coordinates, and what stands outside it.
///
/// The operand is seen as a row-major tensor whose sizes are the indices' extents; their product is the
/// operand's element count, but the split may differ from its own shape (a reshape costs nothing).
package struct Access: Sendable {
  /// Position in the list of operands.
  package var operand: Int
  package var indices: [AffineIndex]
  package var fill: Double

  package init(operand: Int, _ indices: [AffineIndex], fill: Double = 0) {
    self.operand = operand
    self.indices = indices
    self.fill = fill
  }

  /// The operand read at the point itself: coordinate i is axis i, for the first `shape.count` axes of `rank`.
  package static func identity(operand: Int, shape: [Int], rank: Int) -> Access {
    Access(operand: operand, shape.indices.map { .axis($0, of: rank, extent: shape[$0]) })
  }

  package func mayFallOutside(axes: [Int]) -> Bool { indices.contains { $0.mayFallOutside(axes: axes) } }
}

/// Accesses are equal when their fill values have the same bits: NaN equals itself.
extension Access: Hashable {
  package static func == (a: Access, b: Access) -> Bool {
    a.operand == b.operand && a.fill.bitPattern == b.fill.bitPattern && a.indices == b.indices
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(operand)
    hasher.combine(indices)
    hasher.combine(fill.bitPattern)
  }
}

/// How the values along the reduction axes become one.
package enum Reduction: String, Sendable, Hashable, CaseIterable {
  case none
  case sum
  case maximum
  /// The row-major position, over the reduction axes, of the first largest value (NaN counts as largest): int64.
  case firstMaximumPosition
}

/// The narrow waist between operations and kernels: a tensor defined point by point.
///
/// `result[o] = epilogue(reduction over r of body(o, r))`, for o over the first `outputRank` axes and r over the
/// rest. Pointwise operations, broadcasts, transposes, slices, padding, concatenation, reductions, matrix
/// products, convolutions and their gradients, and pooling are all comprehensions; the compiler fuses them by
/// substitution and picks a kernel by looking at their form.
package struct Comprehension: Sendable, Hashable {
  /// Sizes of the iteration space: output axes first (they may split the result's shape finer), then reduction axes.
  package var axes: [Int]
  package var outputRank: Int
  package var accesses: [Access]
  package var body: ScalarExpression
  package var reduction: Reduction
  /// Applied to the reduced value (`.accumulator`); its loads may use output axes only.
  package var epilogue: ScalarExpression
  package var element: ElementType

  package init(
    axes: [Int], outputRank: Int? = nil, accesses: [Access], body: ScalarExpression,
    reduction: Reduction = .none, epilogue: ScalarExpression = .accumulator, element: ElementType = .float32
  ) {
    self.axes = axes
    self.outputRank = outputRank ?? axes.count
    self.accesses = accesses
    self.body = body
    self.reduction = reduction
    self.epilogue = epilogue
    self.element = element
  }

  /// The type of the values that are reduced, given those of the accesses.
  package func reducedElement(loads: [ElementType]) -> ElementType {
    body.element(loads: loads, accumulator: .float32) ?? (reduction == .none ? element : .float32)
  }

  package var outputShape: [Int] { Array(axes.prefix(outputRank)) }
  package var reductionShape: [Int] { Array(axes.dropFirst(outputRank)) }
  package var outputCount: Int { outputShape.reduce(1, *) }
  package var reductionCount: Int { reductionShape.reduce(1, *) }
}

/// What an operation becomes for the compiler: data, no code. A closed set; adding a case is an event.
package enum Lowering: Sendable {
  /// Storage: an input, a state, a constant. Nothing to compute.
  case leaf
  /// The same elements in the same order under another shape: no work, one buffer.
  case reinterpret
  case comprehension(Comprehension)
  /// Operand 0 with rows `(start + i) mod rows` replaced by the rows of operand 1, where start is the int64 scalar
  /// operand 2: written in place where operand 0 is no longer needed.
  case updateRows
  /// A formula over other operations, used in its stead once differentiation is over.
  case composite(Tensor)
}
