import MCLGraph

/// A contraction that slides a window of 3 x 3 taps over an image in steps of one: along each of two row axes the image's
/// coordinate is `row + tap + origin`, whatever else is summed (channels) or not (clips, frames).
///
/// Forward convolutions are of this kind, and so are their input gradients, whose taps run backwards.
struct WinogradProblem {
  /// One side of the window.
  struct Window {
    /// The output's axis and that of the taps.
    var row: Int
    var tap: Int
    /// Whether the image's coordinate falls where the tap's rises.
    var isReversed: Bool
    /// The image's coordinate of the first row's first tap; taps count upwards in the image.
    var origin: Int
    /// The image's size along this side: coordinates outside `0 ..< extent` read as 0.
    var extent: Int
    /// Elements from one coordinate of the image to the next.
    var stride: Int

    /// The tap in the operand's own order.
    func place(ofTap tap: Int) -> Int { isReversed ? 2 - tap : tap }
  }

  let problem: ContractionProblem
  let vertical: Window
  let horizontal: Window
  /// Where the image's element at coordinate 0 of both windows is, in elements.
  let imageOffset: Int
  /// Row axes that no window slides along.
  let frames: [Int]
  /// Axes summed over besides the taps, that along which the image is contiguous last.
  let channels: [Int]
  /// Column axes, that along which weights and results are contiguous last.
  let columns: [Int]

  init?(_ comprehension: Comprehension, operandElements: [ElementType], target: TargetDescription) throws {
    guard comprehension.reduction == .sum, comprehension.element == .float32,
      comprehension.epilogue == .accumulator,
      case .binary(.multiply, .load(let left), .load(let right)) = comprehension.body, left != right,
      [left, right].allSatisfy({ operandElements[comprehension.accesses[$0].operand] == .float32 })
    else { return nil }
    let space = try IterationSpace(comprehension, operandElements: operandElements)
    for (factor, vector) in [(left, right), (right, left)] {
      if let found = WinogradProblem(space, factor: factor, vector: vector, lanes: target.lanes) {
        self = found
        return
      }
    }
    return nil
  }

  private init?(_ space: IterationSpace, factor: Int, vector: Int, lanes: Int) {
    guard let problem = ContractionProblem(space, factor: factor, vector: vector), problem.batch.isEmpty,
      problem.b.guards.isEmpty, problem.a.fill == 0
    else { return nil }
    let windows = problem.inner.compactMap { Self.window(problem, tap: $0) }
    guard windows.count == 2, windows[0].row != windows[1].row else { return nil }
    let sides = windows.sorted { $0.stride > $1.stride }
    let own = problem.a.guards.count { check in
      sides.contains { check.coefficients[$0.row] != 0 }
    }
    guard own == problem.a.guards.count else { return nil }
    func contiguousLast(_ axes: [Int], _ isContiguous: (Int) -> Bool) -> [Int]? {
      guard let last = axes.first(where: { isContiguous($0) && problem.sizes[$0] % lanes == 0 }) else {
        return nil
      }
      return axes.filter { $0 != last } + [last]
    }
    let summed = problem.inner.filter { axis in !sides.contains { $0.tap == axis } }
    guard let channels = contiguousLast(summed, { problem.a.strides[$0] == 1 }),
      let columns = contiguousLast(
        problem.columns, { problem.b.strides[$0] == 1 && problem.outputStrides[$0] == 1 })
    else { return nil }
    self.problem = problem
    vertical = sides[0]
    horizontal = sides[1]
    imageOffset = sides.reduce(problem.a.offset) { offset, side in
      let first = side.isReversed ? side.origin + 2 : side.origin
      return offset - side.stride * first
    }
    frames = problem.rows.filter { axis in !sides.contains { $0.row == axis } }
    self.channels = channels
    self.columns = columns
  }

  /// The window that slides along an axis of three taps; nil where none does.
  private static func window(_ problem: ContractionProblem, tap: Int) -> Window? {
    let stride = problem.a.strides[tap]
    guard problem.sizes[tap] == 3, stride != 0 else { return nil }
    let rows = problem.rows.filter { problem.a.strides[$0] == abs(stride) }
    guard rows.count == 1, let row = rows.first else { return nil }
    let isReversed = stride < 0
    let checks = problem.a.guards.filter { $0.coefficients[tap] != 0 || $0.coefficients[row] != 0 }
    guard let check = checks.first else {
      return Window(
        row: row, tap: tap, isReversed: isReversed, origin: 0, extent: problem.sizes[row] + 2,
        stride: abs(stride))
    }
    var expected = problem.sizes.map { _ in 0 }
    expected[row] = 1
    expected[tap] = isReversed ? -1 : 1
    guard checks.count == 1, check.divisor == 1, check.coefficients == expected else { return nil }
    return Window(
      row: row, tap: tap, isReversed: isReversed, origin: isReversed ? check.offset - 2 : check.offset,
      extent: check.extent, stride: abs(stride))
  }

  /// Multiply-adds of the definition, without those of padding.
  var directMultiplyAdds: Int {
    let taps = [vertical, horizontal].reduce(1) { product, side in
      let rows = problem.sizes[side.row]
      return product
        * (0..<3).reduce(0) { sum, tap in
          sum + max(0, min(rows, side.extent - tap - side.origin) - max(0, -tap - side.origin))
        }
    }
    return taps * problem.count(frames) * problem.count(channels) * problem.columnCount
  }
}
