import LLVMBindings
import MCLGraph
import MCLKernelForms

/// The moments of the columns of a result, made of its rows while these are near: each task sums its own rows; a last
/// phase joins the tasks in order. Sums are in float64, but for those of the few rows that a task makes at once.
struct ColumnMoments {
  /// How much there is to sum.
  struct Extent {
    var tasks: Int
    var rows: Int
    var columns: Int
    var lanes: Int

    var byteCount: Int { tasks * 2 * columns * 8 }
    /// Tasks of the last phase.
    var joinTasks: Int { max(1, (columns + ColumnMoments.columnsPerTask - 1) / ColumnMoments.columnsPerTask) }
  }

  let builder: ModuleBuilder
  let hasFusedMultiplyAdd: Bool
  let extent: Extent
  /// Float64: for each task the sum of every column, then the sum of its squares.
  let partials: IRValue

  /// Columns of a task of the last phase.
  private static let columnsPerTask = 256

  var scalar: ScalarEmitter {
    ScalarEmitter(builder: builder, hasFusedMultiplyAdd: hasFusedMultiplyAdd)
  }
  var wide: IRType { builder.vector(builder.f64, extent.lanes) }

  /// Where a task's sums, or those of squares, of the columns from one on stand.
  func address(_ task: IRValue, _ square: Int, _ column: IRValue) -> IRValue {
    let first = builder.multiply(task, 2 * extent.columns)
    let place = builder.add(builder.add(first, square * extent.columns), column)
    return builder.element(partials, place, bytes: 8)
  }

  /// A vector's sum over a few rows, and that of its squares: in float32 where they are, what they come to in float64. The
  /// roundings within the few are of many signs and vanish among the rows.
  func sums(_ values: [IRValue]) -> [IRValue] {
    guard let first = values.first else { return [builder.zero(wide), builder.zero(wide)] }
    var sum = first
    var squares = builder.build(.floatMultiply, first, first)
    for value in values.dropFirst() {
      sum = builder.build(.floatAdd, sum, value)
      squares = scalar.multiplyAdd(value, value, squares)
    }
    return [sum, squares].map { scalar.widened($0) }
  }

  /// Joins the sums of all tasks for some columns and stores what becomes of them.
  func join(
    task: IRValue, sum: (tree: ScalarExpression, output: IRValue),
    squares: (tree: ScalarExpression, output: IRValue)
  ) {
    let first = builder.multiply(task, Self.columnsPerTask)
    let end = builder.minimum(builder.add(first, Self.columnsPerTask), builder.constant(extent.columns))
    builder.loop(from: first, to: end, step: extent.lanes) { column in
      let zero = builder.zero(wide)
      let sums = builder.loop(
        from: builder.constant(0), to: builder.constant(extent.tasks), carrying: [zero, zero]
      ) { task, sums in
        sums.enumerated().map { square, sum in
          let part = builder.load(wide, address(task, square, column), alignment: 8)
          return builder.build(.floatAdd, sum, part)
        }
      }
      let deviations = scalar.squaredDeviations(sum: sums[0], ofSquares: sums[1], count: extent.rows)
      for (value, target) in [(sums[0], sum), (deviations, squares)] {
        let result = scalar.evaluate(target.tree, accumulator: scalar.narrowed(value))
        builder.store(result, builder.element(target.output, column, bytes: 4), alignment: 4)
      }
    }
  }
}

extension ByProduct {
  /// Emits the phase that joins the moments that a kernel's tasks have summed, whose results go to the arguments after the
  /// temporary.
  func emitJoin(
    symbol: String, builder: ModuleBuilder, temporary: Int, moments: (KernelFunction) -> ColumnMoments
  ) {
    guard case .moments(_, let sum, let squares) = self else { return }
    let function = KernelFunction(symbol, builder: builder)
    moments(function).join(
      task: function.task, sum: (sum, function.argument(ArgumentSlot(position: temporary + 1))),
      squares: (squares, function.argument(ArgumentSlot(position: temporary + 2))))
    builder.endFunction()
  }
}
