import LLVMBindings
import MCLGraph

/// The table of rows: for each tile the class of its rows, their places in `a`, and those of their results.
extension TapEmitter {
  /// int32 a class: first tile, rows, entries, then start and end of each row axis, then of each inner
  /// axis, in turns of the loop over it.
  static func classInts(_ plan: TapPlan) -> Int {
    3 + 2 * plan.problem.rows.count + 2 * plan.problem.inner.count
  }

  static func classTable(_ plan: TapPlan) -> [Int32] {
    var values: [Int] = []
    for (number, part) in plan.classes.enumerated() {
      values += [plan.firstTiles[number], part.count, plan.classTiles[number] * plan.rows]
      for (start, size) in zip(part.start, part.size) { values += [start, start + size] }
      for (axis, range) in zip(plan.problem.inner, part.inner) {
        // Of lanes that are summed over, a turn takes a vector.
        let step = axis == plan.lane ? plan.lanes : 1
        values += [range.lowerBound / step, range.upperBound / step]
      }
    }
    return values.map { Int32($0) }
  }

  /// Writes a part of the table: some of the lines of a class, which are its rows along the last of their axes.
  func emitTable(task: IRValue) {
    let (number, chunk) = builder.divide(task, by: plan.tableChunks)
    let part = builder.element(classTable, number, bytes: Self.classInts(plan) * 4)
    let (first, count, entries) = (integer(part, 0), integer(part, 1), integer(part, 2))
    let starts = problem.rows.indices.map { integer(part, 3 + 2 * $0) }
    let sizes = starts.indices.map { builder.subtract(integer(part, 4 + 2 * $0), starts[$0]) }
    let resultStrides =
      plan.isPartial
      ? rowMajorStrides(problem.rows.map { problem.sizes[$0] }).map { $0 * problem.sizes[plan.lane] }
      : problem.rows.map { problem.outputStrides[$0] }
    /// The part of a number of things that is the task's.
    func share(_ whole: IRValue) -> (IRValue, IRValue) {
      let each = builder.divide(builder.add(whole, plan.tableChunks - 1), by: plan.tableChunks).quotient
      let start = builder.minimum(builder.multiply(chunk, each), whole)
      return (start, builder.minimum(builder.add(start, each), whole))
    }
    let narrow = { (value: IRValue) in builder.cast(.truncate, value, to: builder.i32) }
    let (places, results) = (4, 4 + plan.rows * 4)
    func store(_ value: IRValue, _ record: IRValue, _ offset: Int) {
      builder.store(narrow(value), builder.address(record, builder.constant(offset)), alignment: 4)
    }

    let tiles = share(builder.divide(entries, by: plan.rows).quotient)
    builder.loop(from: tiles.0, to: tiles.1) { tile in
      let record = self.record(builder.add(first, tile))
      builder.store(narrow(number), record, alignment: 4)
      let rest = builder.subtract(count, builder.multiply(tile, plan.rows))
      store(builder.minimum(rest, builder.constant(plan.rows)), record, 4 + 2 * plan.rows * 4)
    }

    let length = sizes[sizes.count - 1]
    let lineCount = sizes.dropLast().reduce(builder.constant(1)) { builder.multiply($0, $1) }
    let lines = share(lineCount)
    builder.loop(from: lines.0, to: lines.1) { line in
      var (place, result) = (
        builder.constant(problem.a.offset),
        builder.constant(plan.isPartial ? 0 : problem.outputOffset)
      )
      var rest = line
      for position in problem.rows.indices.reversed() {
        var coordinate = starts[position]
        if position < sizes.count - 1 {
          let quotient =
            position == 0 ? builder.constant(0) : builder.build(.unsignedDivide, rest, sizes[position])
          let own = builder.subtract(rest, builder.multiply(quotient, sizes[position]))
          coordinate = builder.add(coordinate, own)
          rest = quotient
        }
        place = builder.add(place, builder.multiply(coordinate, problem.a.strides[problem.rows[position]]))
        result = builder.add(result, builder.multiply(coordinate, resultStrides[position]))
      }
      let (tile, slot) = builder.divide(builder.multiply(line, length), by: plan.rows)
      let last = problem.rows.count - 1
      let record = self.record(builder.add(first, tile))
      let ended = builder.loop(
        from: builder.constant(0), to: length, carrying: [record, slot, place, result]
      ) { _, now in
        let address = builder.element(now[0], now[1], bytes: 4)
        store(now[2], address, places)
        store(now[3], address, results)
        let next = builder.add(now[1], 1)
        let isFull = builder.compare(.equal, next, builder.constant(plan.rows))
        return [
          builder.select(isFull, builder.address(now[0], builder.constant(plan.recordInts * 4)), now[0]),
          builder.select(isFull, builder.constant(0), next),
          builder.add(now[2], problem.a.strides[problem.rows[last]]),
          builder.add(now[3], resultStrides[last]),
        ]
      }
      // The last rows again, where the last tile is not full.
      let isLast = builder.compare(.equal, builder.add(line, 1), lineCount)
      let isOpen = builder.compare(.signedGreater, ended[1], builder.constant(0))
      builder.when(builder.and(isLast, isOpen)) {
        builder.loop(from: ended[1], to: builder.constant(plan.rows)) { slot in
          let address = builder.element(ended[0], slot, bytes: 4)
          let before = builder.address(address, builder.constant(-4 * plan.period))
          store(integer(builder.address(before, builder.constant(places)), 0), address, places)
          store(integer(builder.address(before, builder.constant(results)), 0), address, results)
        }
      }
    }
  }
}
