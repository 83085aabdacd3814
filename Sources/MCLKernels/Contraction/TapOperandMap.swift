import LLVMBindings
import MCLGraph
import MCLKernelForms

/// Makes the rows' operand of a contraction by taps, some rows at a time: see `OperandMap`.
///
/// The operand is [blocks, rows, lanes], of which a task makes its rows in all blocks.
struct TapOperandMap {
  let point: PointEmitter
  let root: Int
  let lanes: Int
  /// Where the operand goes.
  let output: IRValue

  private var builder: ModuleBuilder { point.builder }
  private var rowAxis: Int { point.space.axes.count - 2 }
  private var laneAxis: Int { point.space.axes.count - 1 }

  /// Bytes of rows that a task makes at once: they stay in the second cache beside the vectors they are multiplied with.
  private static let chunkBytes = 256 * 1024
  private static let mostVectorBytes = 640 * 1024

  static func chunkTiles(_ plan: TapPlan) -> Int {
    max(1, chunkBytes / (plan.problem.innerCount * plan.rows * 4))
  }

  /// Whether a contraction's tasks can make the operand that its rows read: each row is one of the operand's, and belongs
  /// to one task.
  static func isServed(
    _ own: OperandMap, _ comprehension: Comprehension, factor: Int, _ plan: TapPlan, _ elements: [ElementType]
  ) throws -> Bool {
    let (problem, map) = (plan.problem, own.map)
    guard comprehension.accesses[factor].operand == own.operand,
      comprehension.accesses.count(where: { $0.operand == own.operand }) == 1,
      map.reduction == .none, map.epilogue == .accumulator, map.element == .float32,
      problem.rows.count == 1, problem.batch.isEmpty, plan.classes.count == 1, plan.stretch == nil,
      !plan.sumsLanes, plan.splits == 1, plan.columnTasks == 1, problem.a.guards.isEmpty,
      problem.a.offset == 0,
      problem.a.elementCount == map.outputCount,
      problem.columnCount * problem.innerCount * 4 <= mostVectorBytes
    else { return false }
    let space = try IterationSpace(map, operandElements: elements)
    let rank = space.axes.count
    guard rank >= 2, space.outputRank == rank, space.axes[rank - 1] % plan.lanes == 0,
      space.axes[rank - 2] == problem.rowCount, problem.a.strides[problem.rows[0]] == space.axes[rank - 1]
    else { return false }
    // A row's terms lie in that row alone, in whatever blocks.
    var reach = 0
    for axis in problem.inner
    where problem.a.strides[axis] % (problem.rowCount * space.axes[rank - 1]) != 0 {
      guard problem.a.strides[axis] > 0 else { return false }
      reach += problem.a.strides[axis] * (problem.sizes[axis] - 1)
    }
    guard reach < space.axes[rank - 1] else { return false }
    return space.accesses.allSatisfy { access in
      access.guards.isEmpty && (!access.depends(on: rank - 1) || access.isContiguous(along: rank - 1))
    }
  }

  /// Makes the rows from the first to before the last.
  func emit(rows: (IRValue, IRValue)) {
    let (axes, accesses) = (point.space.axes, point.space.accesses)
    let outer = Array(0..<rowAxis)
    let blocks = outer.reduce(1) { $0 * axes[$1] }
    builder.loop(from: builder.constant(0), to: builder.constant(blocks)) { block in
      var start = LoopState(accesses, rank: axes.count, builder: builder)
      for (axis, coordinate) in zip(outer, builder.delinearize(block, outer.map { axes[$0] })) {
        start = start.advanced(along: axis, by: coordinate, accesses, builder: builder)
      }
      let base = builder.element(
        output, builder.multiply(block, axes[rowAxis] * axes[laneAxis]), bytes: 4)
      for first in stride(from: 0, to: axes[laneAxis], by: lanes) {
        let own = start.advanced(
          along: laneAxis, by: builder.constant(first), accesses, builder: builder)
        let shared = shared(own)
        builder.loop(from: rows.0, to: rows.1) { row in
          var values = shared
          let state = own.advanced(along: rowAxis, by: row, accesses, builder: builder)
          let value = point.evaluate(
            root, state, lanes: lanes, along: laneAxis, accumulator: nil, hoisted: [:], values: &values)
          let place = builder.element(base, row, bytes: axes[laneAxis] * 4)
          builder.store(value, builder.address(place, builder.constant(first * 4)), alignment: 4)
        }
      }
    }
  }

  /// The values that hold for all rows, such as a channel's scale.
  private func shared(_ state: LoopState) -> PointEmitter.Known {
    var values: PointEmitter.Known = [:]
    func visit(_ node: Int) {
      guard point.dependences[node] & 1 << UInt64(rowAxis) == 0 else {
        return point.program.arguments(node).forEach(visit)
      }
      _ = point.evaluate(
        node, state, lanes: lanes, along: laneAxis, accumulator: nil, hoisted: [:], values: &values)
    }
    visit(root)
    return values
  }
}
