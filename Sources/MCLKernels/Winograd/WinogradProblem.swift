import LLVMBindings
import MCLGraph

/// A contraction that slides a window of 3 or 3 x 3 taps over an image in steps of one: along one or two row axes the image's
/// coordinate is `row + tap + origin`, whatever else is summed (channels) or not (clips, frames).
///
/// Forward convolutions are of this kind, and so are their input gradients, whose taps run backwards.
struct WinogradProblem {
  let space: IterationSpace
  let problem: ContractionProblem
  /// The window's one or two sides, the one along which the image's elements lie farther apart first.
  let windows: [SlidingWindow]
  /// Where the image's element at coordinate 0 of all windows is, in elements.
  let imageOffset: Int
  /// Row axes that no window slides along.
  let frames: [Int]
  /// Axes summed over besides the taps, that along which the image is contiguous last.
  let channels: [Int]
  /// Column axes, that along which weights and results are contiguous last.
  let columns: [Int]

  init?(_ comprehension: Comprehension, operandElements: [ElementType], target: TargetDescription) throws {
    guard comprehension.epilogue == .accumulator,
      let (left, right) = comprehension.summedProduct(operandElements)
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
    let windows = problem.inner.compactMap { SlidingWindow(problem, tap: $0, among: problem.rows) }
      .sorted { $0.stride > $1.stride }
    guard (1...2).contains(windows.count), Set(windows.map(\.row)).count == windows.count,
      problem.a.guards.allSatisfy({ check in windows.contains { check.coefficients[$0.row] != 0 } })
    else { return nil }
    let summed = problem.inner.filter { axis in !windows.contains { $0.tap == axis } }
    guard let channels = problem.contiguousLast(summed, lanes: lanes, { problem.a.strides[$0] == 1 }),
      let columns = problem.contiguousLast(
        problem.columns, lanes: lanes, { problem.b.strides[$0] == 1 && problem.outputStrides[$0] == 1 })
    else { return nil }
    self.space = space
    self.problem = problem
    self.windows = windows
    imageOffset = windows.reduce(problem.a.offset) { offset, side in
      let first = side.isReversed ? side.origin + 2 : side.origin
      return offset - side.stride * first
    }
    frames = problem.rows.filter { axis in !windows.contains { $0.row == axis } }
    self.channels = channels
    self.columns = columns
  }

  /// Multiply-adds of the definition, without those of padding.
  var directMultiplyAdds: Int {
    let taps = windows.reduce(1) { $0 * $1.validPairs(rows: problem.sizes[$1.row]) }
    return taps * problem.count(frames) * problem.count(channels) * problem.columnCount
  }
}
