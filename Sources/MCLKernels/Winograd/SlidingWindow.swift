import MCLGraph

/// One side of a window of three taps that slides over an image in steps of one: the image's coordinate is
/// `row + tap + origin`, or `row - tap + ...` where the taps run backwards, as an input gradient's do.
struct SlidingWindow {
  /// The axis the window slides along and that of the taps.
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

  /// The window whose taps lie along an axis of three and that slides along one of some others; nil where none does.
  init?(_ problem: ContractionProblem, tap: Int, among candidates: [Int]) {
    let stride = problem.a.strides[tap]
    guard problem.sizes[tap] == 3, stride != 0 else { return nil }
    let rows = candidates.filter { problem.a.strides[$0] == abs(stride) }
    guard rows.count == 1, let row = rows.first else { return nil }
    self.row = row
    self.tap = tap
    self.stride = abs(stride)
    isReversed = stride < 0
    let checks = problem.a.guards.filter { $0.coefficients[tap] != 0 || $0.coefficients[row] != 0 }
    guard let check = checks.first else {
      origin = 0
      extent = problem.sizes[row] + 2
      return
    }
    var expected = problem.sizes.map { _ in 0 }
    expected[row] = 1
    expected[tap] = isReversed ? -1 : 1
    guard checks.count == 1, check.divisor == 1, check.coefficients == expected else { return nil }
    origin = isReversed ? check.offset - 2 : check.offset
    extent = check.extent
  }

  /// The tap in the operand's own order.
  func place(ofTap tap: Int) -> Int { isReversed ? 2 - tap : tap }

  /// Pairs of a row and a tap that lie inside the image.
  func validPairs(rows: Int) -> Int {
    (0..<3).reduce(0) { sum, tap in
      sum + max(0, min(rows, extent - tap - origin) - max(0, -tap - origin))
    }
  }
}

extension ContractionProblem {
  /// Some axes, the first of them that is contiguous and divides into vectors last; nil where none is.
  func contiguousLast(_ axes: [Int], lanes: Int, _ isContiguous: (Int) -> Bool) -> [Int]? {
    guard let last = axes.first(where: { isContiguous($0) && sizes[$0] % lanes == 0 }) else { return nil }
    return axes.filter { $0 != last } + [last]
  }
}
