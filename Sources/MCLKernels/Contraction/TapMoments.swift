import LLVMBindings
import MCLGraph

/// Sums the results of tiles along their rows.
struct TapMoments {
  let sums: ColumnMoments
  let plan: TapPlan

  private var builder: ModuleBuilder { sums.builder }

  static func extent(_ plan: TapPlan) -> ColumnMoments.Extent {
    ColumnMoments.Extent(
      tasks: plan.rowTasks, rows: plan.problem.rowCount, columns: plan.problem.columnCount, lanes: plan.lanes)
  }

  /// Adds a whole tile to its task's sums.
  ///
  /// - Parameters:
  ///   - results: the tile, row by row.
  ///   - column: the number of the tile's first column.
  ///   - stride: columns from one vector of the tile to the next.
  ///   - isFirst: whether the tile is the task's first.
  func add(_ results: [IRValue], rowTask: IRValue, column: IRValue, stride: Int, isFirst: IRValue) {
    for vector in 0..<plan.vectors {
      let parts = sums.sums((0..<plan.rows).map { results[$0 * plan.vectors + vector] })
      for (square, part) in parts.enumerated() {
        let place = sums.address(rowTask, square, builder.add(column, vector * stride))
        let before = builder.select(
          isFirst, builder.zero(sums.wide), builder.load(sums.wide, place, alignment: 8))
        builder.store(builder.build(.floatAdd, before, part), place, alignment: 8)
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
      let places = [0, 1].map { sums.address(rowTask, $0, own) }
      let start = places.map {
        builder.select(isFirst, builder.zero(sums.wide), builder.load(sums.wide, $0, alignment: 8))
      }
      let ends = builder.loop(from: builder.constant(0), to: rows, carrying: start) { row, before in
        let result = builder.element(results, row, bytes: plan.vectors * plan.lanes * 4)
        let value = sums.scalar.widened(
          builder.load(
            builder.vector(builder.f32, plan.lanes),
            builder.address(result, builder.constant(vector * plan.lanes * 4)), alignment: 4))
        return [builder.build(.floatAdd, before[0], value), sums.scalar.multiplyAdd(value, value, before[1])]
      }
      for (sum, place) in zip(ends, places) { builder.store(sum, place, alignment: 8) }
    }
  }
}
