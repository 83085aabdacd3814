import LLVMBindings
import MCLGraph

/// A contraction that sums, over the rows and columns of an image and whatever else (clips, frames), the products of one
/// operand and another as it stands 3 or 3 x 3 taps away: one or two output axes of three, along each of which the image's
/// coordinate is `row + tap + origin`.
///
/// The weight gradients of convolutions in steps of one are of this kind: the image's channels and the taps are rows of
/// the result, those of the output's gradient columns.
struct WinogradGradientProblem {
  let space: IterationSpace
  let problem: ContractionProblem
  /// The window's one or two sides, the one along which the image's elements lie farther apart first.
  let windows: [SlidingWindow]
  /// Axes summed over besides the windows' rows.
  let frames: [Int]
  /// The image's channels, and those of the gradient: that along which the operand is contiguous last.
  let channels: [Int]
  let columns: [Int]

  init?(_ comprehension: Comprehension, operandElements: [ElementType], target: TargetDescription) throws {
    guard let (left, right) = comprehension.summedProduct(operandElements) else { return nil }
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
    let windows = problem.rows.compactMap { SlidingWindow(problem, tap: $0, among: problem.inner) }
      .sorted { $0.stride > $1.stride }
    guard (1...2).contains(windows.count), Set(windows.map(\.row)).count == windows.count,
      !windows.contains(where: \.isReversed),
      problem.a.guards.allSatisfy({ check in windows.contains { check.coefficients[$0.row] != 0 } })
    else { return nil }
    let rows = problem.rows.filter { axis in !windows.contains { $0.tap == axis } }
    guard let channels = problem.contiguousLast(rows, lanes: lanes, { problem.a.strides[$0] == 1 }),
      let columns = problem.contiguousLast(problem.columns, lanes: lanes, { problem.b.strides[$0] == 1 })
    else { return nil }
    self.space = space
    self.problem = problem
    self.windows = windows
    frames = problem.inner.filter { axis in !windows.contains { $0.row == axis } }
    self.channels = channels
    self.columns = columns
  }

  /// Multiply-adds of the definition, without those of padding.
  var directMultiplyAdds: Int {
    let taps = windows.reduce(1) { $0 * $1.validPairs(rows: problem.sizes[$1.row]) }
    return taps * problem.count(frames) * problem.count(channels) * problem.columnCount
  }
}
