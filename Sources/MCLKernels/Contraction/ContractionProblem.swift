import MCLGraph

extension Comprehension {
  /// The two accesses the products of whose values are summed, in f32; nil where it is no such sum, or a tensor has more
  /// elements than offsets in int32 lanes reach.
  func summedProduct(_ operandElements: [ElementType]) -> (left: Int, right: Int)? {
    guard reduction == .sum, element == .float32,
      case .binary(.multiply, .load(let left), .load(let right)) = body, left != right,
      [left, right].allSatisfy({ operandElements[accesses[$0].operand] == .float32 })
    else { return nil }
    let counts = [left, right].map { accesses[$0].indices.reduce(1) { $0 * $1.extent } } + [outputCount]
    return counts.allSatisfy { $0 < 1 << 30 } ? (left, right) : nil
  }
}

/// A comprehension seen as matrix products: `output[batch, row, column] = sum over k of a[batch, row, k] b[batch, k, column]`,
/// where rows, columns, batch and k are groups of axes and both operands are read through affine accesses.
///
/// Columns hold the output's innermost axis, so results are stored along them.
struct ContractionProblem {
  /// Sizes of all axes that are not 1.
  var sizes: [Int]
  /// The axes of each group, outermost first.
  var batch: [Int]
  var rows: [Int]
  var columns: [Int]
  var inner: [Int]
  /// The operand that rows use, and the one columns use.
  var a: LinearAccess
  var b: LinearAccess
  /// Output elements between neighbours along each axis; 0 along k.
  var outputStrides: [Int]
  var outputOffset = 0
  /// Whether nothing at all is summed.
  var isEmpty = false
  /// A coordinate x of this problem is `steps x + starts` of the problem it is a part of.
  var steps: [Int] = []
  var starts: [Int] = []

  func count(_ axes: [Int]) -> Int { axes.reduce(1) { $0 * sizes[$1] } }
  var batchCount: Int { count(batch) }
  var rowCount: Int { count(rows) }
  var columnCount: Int { count(columns) }
  var innerCount: Int { isEmpty ? 0 : count(inner) }

  /// The problem a comprehension states; nil where it is none.
  init?(_ comprehension: Comprehension, operandElements: [ElementType]) throws {
    guard let (left, right) = comprehension.summedProduct(operandElements) else { return nil }
    let accesses = [left, right].map { comprehension.accesses[$0] }
    var linear = try accesses.map { try LinearAccess($0, element: .float32, axes: comprehension.axes) }
    var axes = comprehension.axes
    var strides =
      rowMajorStrides(comprehension.outputShape) + comprehension.reductionShape.map { _ in 0 }
    var outputRank = comprehension.outputRank
    for axis in axes.indices.reversed() where axes[axis] == 1 {
      axes.remove(at: axis)
      strides.remove(at: axis)
      for position in linear.indices { linear[position].removeAxis(axis) }
      if axis < outputRank { outputRank -= 1 }
    }
    guard outputRank > 0 else { return nil }
    sizes = axes
    steps = axes.map { _ in 1 }
    starts = axes.map { _ in 0 }
    outputStrides = strides
    batch = []
    rows = []
    columns = []
    inner = []
    let last = outputRank - 1
    let isSwapped = linear[0].depends(on: last)
    guard linear[isSwapped ? 1 : 0].depends(on: last) == false else { return nil }
    a = linear[isSwapped ? 1 : 0]
    b = linear[isSwapped ? 0 : 1]
    for axis in axes.indices {
      switch (axis < outputRank, a.depends(on: axis), b.depends(on: axis)) {
      case (true, true, true): batch.append(axis)
      case (true, true, false): rows.append(axis)
      case (true, false, true): columns.append(axis)
      case (false, true, true): inner.append(axis)
      default: return nil
      }
    }
  }

  /// Joins neighbours of one group that move together in both operands and the output.
  mutating func merge() {
    func merged(_ group: [Int]) -> [Int] {
      var result: [Int] = []
      for axis in group.reversed() {
        if let inner = result.last, a.merges(axis, inner, size: sizes[inner]),
          b.merges(axis, inner, size: sizes[inner]),
          outputStrides[axis] == outputStrides[inner] * sizes[inner]
        {
          sizes[inner] *= sizes[axis]
          sizes[axis] = 1
        } else {
          result.append(axis)
        }
      }
      return result.reversed()
    }
    batch = merged(batch)
    rows = merged(rows)
    columns = merged(columns)
    inner = merged(inner)
  }
}

extension LinearAccess {
  /// Whether two axes move through memory and checks as one, `inner` having `size`.
  func merges(_ outer: Int, _ inner: Int, size: Int) -> Bool {
    mergesInMemory(outer, inner, size: size)
      && guards.allSatisfy { $0.coefficients[outer] == $0.coefficients[inner] * size }
  }

  /// Whether two axes move through memory, checks aside, as one.
  func mergesInMemory(_ outer: Int, _ inner: Int, size: Int) -> Bool {
    strides[outer] == strides[inner] * size
      && guards.allSatisfy { $0.divisor == 1 || ($0.coefficients[outer] == 0 && $0.coefficients[inner] == 0) }
  }

  /// Whether a check depends on the axis.
  func checks(_ axis: Int) -> Bool { guards.contains { $0.coefficients[axis] != 0 } }
}
