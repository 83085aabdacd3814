import MCLGraph

/// A contraction that sums, over the rows and columns of an image and whatever else (clips, frames), the products of one
/// operand and another as it stands 3 x 3 taps away: two output axes of three, along each of which the image's coordinate
/// is `row + tap + origin`.
///
/// The weight gradients of convolutions in steps of one are of this kind: the image's channels and the taps are rows of
/// the result, those of the output's gradient columns.
struct WinogradGradientProblem {
  /// One side of the window.
  struct Window {
    /// The axis that is summed and that of the taps.
    var row: Int
    var tap: Int
    /// The image's coordinate of the first row's first tap.
    var origin: Int
    /// The image's size along this side: coordinates outside `0 ..< extent` read as 0.
    var extent: Int
  }

  let space: IterationSpace
  let problem: ContractionProblem
  let vertical: Window
  let horizontal: Window
  /// Axes summed over besides the windows' rows.
  let frames: [Int]
  /// The image's channels, and those of the gradient: that along which the operand is contiguous last.
  let channels: [Int]
  let columns: [Int]

  init?(_ comprehension: Comprehension, operandElements: [ElementType], target: TargetDescription) throws {
    guard comprehension.reduction == .sum, comprehension.element == .float32,
      case .binary(.multiply, .load(let left), .load(let right)) = comprehension.body, left != right,
      [left, right].allSatisfy({ operandElements[comprehension.accesses[$0].operand] == .float32 })
    else { return nil }
    let counts =
      [left, right].map { comprehension.accesses[$0].indices.reduce(1) { $0 * $1.extent } }
      + [comprehension.outputCount]
    guard counts.allSatisfy({ $0 < 1 << 30 }) else { return nil }
    let space = try IterationSpace(comprehension, operandElements: operandElements)
    for (image, gradient) in [(left, right), (right, left)] {
      if let found = WinogradGradientProblem(space, image: image, gradient: gradient, lanes: target.lanes) {
        self = found
        return
      }
    }
    return nil
  }

  private init?(_ space: IterationSpace, image: Int, gradient: Int, lanes: Int) {
    guard let problem = ContractionProblem(space, factor: image, vector: gradient), problem.batch.isEmpty,
      problem.b.guards.isEmpty, problem.a.fill == 0
    else { return nil }
    let windows = problem.rows.compactMap { Self.window(problem, tap: $0) }
    guard windows.count == 2, windows[0].row != windows[1].row,
      problem.a.guards.allSatisfy({ check in windows.contains { check.coefficients[$0.row] != 0 } })
    else { return nil }
    func contiguousLast(_ axes: [Int], _ strides: [Int]) -> [Int]? {
      guard let last = axes.first(where: { strides[$0] == 1 && problem.sizes[$0] % lanes == 0 }) else {
        return nil
      }
      return axes.filter { $0 != last } + [last]
    }
    let rows = problem.rows.filter { axis in !windows.contains { $0.tap == axis } }
    guard let channels = contiguousLast(rows, problem.a.strides),
      let columns = contiguousLast(problem.columns, problem.b.strides)
    else { return nil }
    self.space = space
    self.problem = problem
    let sides = windows.sorted { problem.a.strides[$0.tap] > problem.a.strides[$1.tap] }
    vertical = sides[0]
    horizontal = sides[1]
    frames = problem.inner.filter { axis in !sides.contains { $0.row == axis } }
    self.channels = channels
    self.columns = columns
  }

  /// The window whose taps lie along an output axis of three; nil where there is none.
  private static func window(_ problem: ContractionProblem, tap: Int) -> Window? {
    let stride = problem.a.strides[tap]
    guard problem.sizes[tap] == 3, stride > 0 else { return nil }
    let rows = problem.inner.filter { problem.a.strides[$0] == stride }
    guard rows.count == 1, let row = rows.first else { return nil }
    let checks = problem.a.guards.filter { $0.coefficients[tap] != 0 || $0.coefficients[row] != 0 }
    guard let check = checks.first else {
      return Window(row: row, tap: tap, origin: 0, extent: problem.sizes[row] + 2)
    }
    var expected = problem.sizes.map { _ in 0 }
    expected[row] = 1
    expected[tap] = 1
    guard checks.count == 1, check.divisor == 1, check.coefficients == expected else { return nil }
    return Window(row: row, tap: tap, origin: check.offset, extent: check.extent)
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
