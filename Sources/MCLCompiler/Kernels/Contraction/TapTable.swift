import MCLGraph

/// The table of rows: for each tile the class of its rows, their places in `a`, and those of their results.
extension TapEmitter {
  /// int32 a class: first tile, rows, entries, then start and end of each row axis, then of each inner axis.
  static func classInts(_ plan: TapPlan) -> Int {
    3 + 2 * plan.problem.rows.count + 2 * plan.problem.inner.count
  }

  static func classTable(_ plan: TapPlan) -> [Int32] {
    var values: [Int] = []
    for (number, part) in plan.classes.enumerated() {
      values += [plan.firstTiles[number], part.count, plan.classTiles[number] * plan.rows]
      for (start, size) in zip(part.start, part.size) { values += [start, start + size] }
      for range in part.inner { values += [range.lowerBound, range.upperBound] }
    }
    return values.map { Int32($0) }
  }

  /// Writes the table for the rows of one class.
  func emitTable(class number: IRValue) {
    let part = builder.element(classTable, number, bytes: Self.classInts(plan) * 4)
    let (first, count, entries) = (integer(part, 0), integer(part, 1), integer(part, 2))
    let starts = problem.rows.indices.map { integer(part, 3 + 2 * $0) }
    let ends = problem.rows.indices.map { integer(part, 4 + 2 * $0) }
    let narrow = { (value: IRValue) in builder.cast(.truncate, value, to: builder.i32) }
    let one = builder.constant(1)
    _ = builder.loop(from: builder.constant(0), to: entries, carrying: starts) {
      entry, coordinates in
      var place = builder.constant(problem.a.offset)
      var result = builder.constant(plan.isPartial ? 0 : problem.outputOffset)
      for (axis, coordinate) in zip(problem.rows, coordinates) {
        place = builder.add(place, builder.multiply(coordinate, problem.a.strides[axis]))
        result =
          plan.isPartial
          ? builder.add(builder.multiply(result, problem.sizes[axis]), coordinate)
          : builder.add(result, builder.multiply(coordinate, problem.outputStrides[axis]))
      }
      if plan.isPartial { result = builder.multiply(result, problem.sizes[plan.lane]) }
      let (tile, slot) = builder.divide(entry, by: plan.rows)
      let record = self.record(builder.add(first, tile))
      builder.store(narrow(number), record, alignment: 4)
      let row = builder.element(record, slot, bytes: 4)
      builder.store(narrow(place), builder.address(row, builder.constant(4)), alignment: 4)
      builder.store(
        narrow(result), builder.address(row, builder.constant(4 + plan.rows * 4)), alignment: 4)
      let used = builder.minimum(
        builder.subtract(count, builder.multiply(tile, plan.rows)), builder.constant(plan.rows))
      builder.store(
        narrow(used), builder.address(record, builder.constant(4 + 2 * plan.rows * 4)), alignment: 4)
      // The next row; the last one again where the tile is not full.
      var carry = builder.compare(.signedLess, builder.add(entry, one), count)
      var next = coordinates
      for position in coordinates.indices.reversed() {
        let advanced = builder.add(coordinates[position], one)
        let isPast = builder.compare(.equal, advanced, ends[position])
        let value = builder.select(isPast, starts[position], advanced)
        next[position] = builder.select(carry, value, coordinates[position])
        carry = builder.and(carry, isPast)
      }
      return next
    }
  }
}
