import MCLGraph

/// The moments of a contraction's columns, made of its tiles while these are near: each task sums its own rows, tile by
/// tile; a last phase joins the tasks in order. Sums are in float64 but for those of the rows of one tile.
struct TapMoments {
  let builder: ModuleBuilder
  let plan: TapPlan
  /// Float64: for each task of rows the sum of every column, then the sum of its squares.
  let partials: IRValue

  static func byteCount(_ plan: TapPlan) -> Int { plan.rowTasks * 2 * plan.problem.columnCount * 8 }

  /// Columns of a task of the last phase.
  private static let columnsPerTask = 256

  static func taskCount(_ plan: TapPlan) -> Int {
    max(1, (plan.problem.columnCount + columnsPerTask - 1) / columnsPerTask)
  }

  private var scalar: ScalarEmitter {
    ScalarEmitter(builder: builder, hasFusedMultiplyAdd: true, isWide: true)
  }
  private var wide: IRType { builder.vector(builder.f64, plan.lanes) }

  private func address(_ rowTask: IRValue, _ square: Int, _ column: IRValue) -> IRValue {
    let first = builder.multiply(rowTask, 2 * plan.problem.columnCount)
    let place = builder.add(builder.add(first, square * plan.problem.columnCount), column)
    return builder.element(partials, place, bytes: 8)
  }

  /// Adds a whole tile to its task's sums: its few rows in float32 where they are, what they come to in float64. The
  /// roundings within tiles are of many signs and vanish among the tiles.
  ///
  /// - Parameters:
  ///   - results: the tile, row by row.
  ///   - column: the number of the tile's first column.
  ///   - stride: columns from one vector of the tile to the next.
  ///   - isFirst: whether the tile is the task's first.
  func add(_ results: [IRValue], rowTask: IRValue, column: IRValue, stride: Int, isFirst: IRValue) {
    for vector in 0..<plan.vectors {
      let values = (0..<plan.rows).map { results[$0 * plan.vectors + vector] }
      var sum = values[0]
      var squares = builder.build(.floatMultiply, values[0], values[0])
      for value in values.dropFirst() {
        sum = builder.build(.floatAdd, sum, value)
        squares = scalar.multiplyAdd(value, value, squares)
      }
      for (square, part) in [sum, squares].enumerated() {
        let place = address(rowTask, square, builder.add(column, vector * stride))
        let before = builder.select(isFirst, builder.zero(wide), builder.load(wide, place, alignment: 8))
        builder.store(
          builder.build(.floatAdd, before, scalar.widened(part)), place, alignment: 8)
      }
    }
  }

  /// Adds the rows of a tile, whose results stand in memory row by row, to its task's sums.
  ///
  /// - Parameters:
  ///   - column: the number of the tile's first column.
  ///   - stride: columns from one vector of the tile to the next.
  ///   - isFirst: whether the tile is the task's first.
  func add(
    _ results: IRValue, rows: IRValue, rowTask: IRValue, column: IRValue, stride: Int, isFirst: IRValue
  ) {
    for vector in 0..<plan.vectors {
      let own = builder.add(column, vector * stride)
      let places = [0, 1].map { address(rowTask, $0, own) }
      let start = places.map {
        builder.select(isFirst, builder.zero(wide), builder.load(wide, $0, alignment: 8))
      }
      let sums = builder.loop(from: builder.constant(0), to: rows, carrying: start) { row, sums in
        let result = builder.element(results, row, bytes: plan.vectors * plan.lanes * 4)
        let value = scalar.widened(
          builder.load(
            builder.vector(builder.f32, plan.lanes),
            builder.address(result, builder.constant(vector * plan.lanes * 4)), alignment: 4))
        return [builder.build(.floatAdd, sums[0], value), scalar.multiplyAdd(value, value, sums[1])]
      }
      for (sum, place) in zip(sums, places) { builder.store(sum, place, alignment: 8) }
    }
  }

  /// Joins the sums of all tasks for some columns and stores what becomes of them.
  func finish(
    task: IRValue, sum: (tree: ScalarExpression, output: IRValue),
    squares: (tree: ScalarExpression, output: IRValue)
  ) {
    let count = plan.problem.columnCount
    let first = builder.multiply(task, Self.columnsPerTask)
    let end = builder.minimum(builder.add(first, Self.columnsPerTask), builder.constant(count))
    builder.loop(from: first, to: end, step: plan.lanes) { column in
      let zero = builder.zero(wide)
      let sums = builder.loop(
        from: builder.constant(0), to: builder.constant(plan.rowTasks), carrying: [zero, zero]
      ) { rowTask, sums in
        sums.enumerated().map { square, sum in
          let part = builder.load(wide, address(rowTask, square, column), alignment: 8)
          return builder.build(.floatAdd, sum, part)
        }
      }
      let deviations = scalar.squaredDeviations(
        sum: sums[0], ofSquares: sums[1], count: plan.problem.rowCount)
      for (value, target) in [(sums[0], sum), (deviations, squares)] {
        let result = scalar.narrowed(scalar.evaluate(target.tree, accumulator: value))
        builder.store(result, builder.element(target.output, column, bytes: 4), alignment: 4)
      }
    }
  }
}
