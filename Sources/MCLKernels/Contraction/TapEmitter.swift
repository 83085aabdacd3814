import LLVMBindings
import MCLGraph

/// Emits the two phases of one contraction by taps: the table of rows, and the products.
struct TapEmitter {
  let builder: ModuleBuilder
  let plan: TapPlan
  let target: TargetDescription
  let a: IRValue
  let b: IRValue
  /// Where results go: the output, or the partial sums.
  let output: IRValue
  let table: IRValue
  let scratch: IRValue
  let classTable: IRValue
  /// Computes and stores what becomes of a tile's sums at their places; nil where they are stored as they are.
  let epilogue: TapEpilogue?
  /// Sums the results along the rows; nil where that is not asked for.
  var moments: TapMoments?
  /// Makes the rows' operand; nil where it is given.
  var operandMap: TapOperandMap?

  var problem: ContractionProblem { plan.problem }
  var vector: IRType { builder.vector(builder.f32, plan.lanes) }
  var scalar: ScalarEmitter {
    ScalarEmitter(builder: builder, hasFusedMultiplyAdd: target.hasFusedMultiplyAdd)
  }

  func integer(_ base: IRValue, _ position: Int) -> IRValue {
    let value = builder.load(
      builder.i32, builder.address(base, builder.constant(position * 4)), alignment: 4)
    return builder.cast(.signExtend, value, to: builder.i64)
  }

  func record(_ tile: IRValue) -> IRValue {
    builder.element(table, tile, bytes: plan.recordInts * 4)
  }

  // MARK: Products

  private func coordinates(_ axes: [Int], _ linear: IRValue) -> [IRValue] {
    builder.delinearize(linear, axes.map { problem.sizes[$0] })
  }

  private func range(_ task: IRValue, _ perTask: Int, _ count: Int) -> (IRValue, IRValue) {
    if perTask >= count { return (builder.constant(0), builder.constant(count)) }
    let first = builder.minimum(builder.multiply(task, perTask), builder.constant(count))
    return (first, builder.minimum(builder.add(first, perTask), builder.constant(count)))
  }

  /// Computes the tiles that are the task's.
  func emitProducts(task: IRValue) {
    let (rest, rowTask) = builder.divide(task, by: plan.rowTasks)
    let (outer, columnTask) = builder.divide(rest, by: plan.columnTasks)
    let (batch, split) = builder.divide(outer, by: plan.splits)
    let tiles = range(rowTask, plan.tilesPerTask, plan.tiles)
    let columns = range(columnTask, plan.columnsPerTask, plan.columnTiles)
    let blocks = self.range(split, (plan.blocks + plan.splits - 1) / plan.splits, plan.blocks)

    var factor = builder.constant(0)
    var vectors = builder.constant(problem.b.offset)
    var origin = builder.constant(0)
    let batches = coordinates(problem.batch, batch)
    for (axis, coordinate) in zip(problem.batch, batches) {
      factor = builder.add(factor, builder.multiply(coordinate, problem.a.strides[axis]))
      vectors = builder.add(vectors, builder.multiply(coordinate, problem.b.strides[axis]))
      origin = builder.add(origin, builder.multiply(coordinate, problem.outputStrides[axis]))
    }
    if plan.isPartial {
      let number = builder.add(builder.multiply(split, problem.batchCount), batch)
      origin = builder.multiply(number, problem.rowCount * problem.columnCount)
    }
    let factors = builder.element(a, factor, bytes: 4)
    // Elements from one column to the next, where the result goes.
    let strides = plan.isPartial ? partialStrides : problem.outputStrides
    let runStride =
      plan.isPartial
      ? plan.run.axis.map { strides[$0] } ?? plan.lanes * strides[plan.lane] : plan.run.outputStride

    func multiply(_ chunk: (IRValue, IRValue)) {
      builder.loop(from: columns.0, to: columns.1) { column in
        let (outerColumn, runTile) = builder.divide(column, by: plan.runTiles)
        let firstVector = builder.multiply(runTile, plan.vectors)
        var vectorPlace = builder.add(vectors, builder.multiply(firstVector, plan.run.vectorStride))
        var resultPlace = builder.add(origin, builder.multiply(firstVector, runStride))
        var momentPlace = builder.multiply(firstVector, momentStride)
        var known: [(axis: Int, coordinate: IRValue)] = Array(zip(problem.batch, batches))
        for (axis, coordinate) in zip(plan.outerColumns, coordinates(plan.outerColumns, outerColumn)) {
          vectorPlace = builder.add(
            vectorPlace, builder.multiply(coordinate, problem.b.strides[axis]))
          resultPlace = builder.add(resultPlace, builder.multiply(coordinate, strides[axis]))
          momentPlace = builder.add(momentPlace, builder.multiply(coordinate, laneLastStrides[axis]))
          known.append((axis, coordinate))
        }
        let vectorBase = builder.element(b, vectorPlace, bytes: 4)
        let resultBase = builder.element(output, resultPlace, bytes: 4)
        builder.loop(from: blocks.0, to: blocks.1) { block in
          let parts = blockRanges(block)
          builder.loop(from: chunk.0, to: chunk.1) { tile in
            let record = self.record(tile)
            let part = builder.element(
              classTable, integer(record, 0), bytes: Self.classInts(plan) * 4)
            let bounds = plan.loops.indices.map { self.bounds($0, part, parts[$0]) }
            let next = self.record(
              builder.minimum(builder.add(tile, plan.tilesAhead), builder.constant(plan.tiles - 1)))
            let requests = Requests(
              results: resultRequests(block, blocks) { row in
                prefetch(
                  row: row, record, resultBase, runStride: runStride, known: known, firstVector: firstVector)
              },
              factors: { prefetchFactors(of: next, builder.element(factors, $0, bytes: 4)) },
              vectors: nextVectors(block, vectorBase))
            let sums = problem.isEmpty ? noSums : self.sums(bounds, factors, record, vectorBase, requests)
            let local = builder.subtract(tile, tiles.0)
            finish(sums, block, blocks, kept: builder.element(scratch, local, bytes: plan.tileBytes)) {
              store(
                $0, record, resultBase, runStride: runStride, known: known, firstVector: firstVector)
              guard let moments else { return }
              let sums = $0
              let used = integer(record, 1 + 2 * plan.rows)
              let isFirst = builder.compare(.equal, tile, tiles.0)
              _ = builder.choose(
                builder.compare(.equal, used, builder.constant(plan.rows)),
                then: {
                  moments.add(
                    sums, rowTask: rowTask, column: momentPlace, stride: momentStride, isFirst: isFirst)
                  return []
                },
                else: {
                  for (position, sum) in sums.enumerated() {
                    builder.store(sum, running(position), alignment: 4)
                  }
                  moments.add(
                    running(0), rows: used, rowTask: rowTask, column: momentPlace, stride: momentStride,
                    isFirst: isFirst)
                  return []
                })
            }
          }
        }
      }
    }
    guard let operandMap else { return multiply(tiles) }
    let chunkTiles = TapOperandMap.chunkTiles(plan)
    builder.loop(from: tiles.0, to: tiles.1, step: chunkTiles) { first in
      let last = builder.minimum(builder.add(first, chunkTiles), tiles.1)
      operandMap.emit(
        rows: (
          builder.multiply(first, plan.rows),
          builder.minimum(builder.multiply(last, plan.rows), builder.constant(problem.rowCount))
        ))
      multiply((first, last))
    }
  }

  /// Columns from one vector of a tile to the next.
  private var momentStride: Int { plan.run.axis.map { laneLastStrides[$0] } ?? plan.lanes }

  /// Row-major over the columns, the lane last.
  private var laneLastStrides: [Int] {
    var strides = problem.sizes.map { _ in 0 }
    for (axis, stride) in zip(plan.laneLast, rowMajorStrides(plan.laneLast.map { problem.sizes[$0] })) {
      strides[axis] = stride
    }
    return strides
  }

  /// Of partial results, along the columns: all rows of a vector of columns before the next.
  private var partialStrides: [Int] {
    var strides = laneLastStrides
    for axis in plan.laneLast.dropLast() { strides[axis] *= problem.rowCount }
    return strides
  }

  /// For each loop that is taken in blocks, the coordinates of a block.
  func blockRanges(_ block: IRValue) -> [(IRValue, IRValue)?] {
    var numbers = builder.delinearize(block, plan.loops.filter { $0.block != nil }.map(\.blocks))[
      ...]
    return plan.loops.map { loop in
      guard let size = loop.block, let number = numbers.popFirst() else { return nil }
      let first = builder.multiply(number, size)
      return (first, builder.minimum(builder.add(first, size), builder.constant(loop.size)))
    }
  }

  func bounds(_ number: Int, _ part: IRValue, _ block: (IRValue, IRValue)?) -> (
    IRValue, IRValue
  ) {
    let loop = plan.loops[number]
    guard loop.isRestricted else {
      return block ?? (builder.constant(0), builder.constant(loop.size))
    }
    let position = 3 + 2 * problem.rows.count + 2 * loop.position
    let valid = (integer(part, position), integer(part, position + 1))
    guard let block else { return valid }
    return (builder.maximum(valid.0, block.0), builder.minimum(valid.1, block.1))
  }

  private var noSums: [IRValue] {
    [IRValue](repeating: builder.zero(vector), count: plan.rows * plan.vectors)
  }

  /// The place of one of the tile's running sums.
  func running(_ position: Int) -> IRValue {
    builder.address(scratch, builder.constant(plan.blockBytes + position * plan.lanes * 4))
  }

  /// Adds a block's sums to those of the blocks before; the last block's are stored.
  private func finish(
    _ sums: [IRValue], _ block: IRValue, _ blocks: (IRValue, IRValue), kept: IRValue,
    _ store: ([IRValue]) -> Void
  ) {
    guard plan.blocks > 1 else { return store(sums) }
    func address(_ position: Int) -> IRValue {
      builder.address(kept, builder.constant(position * plan.lanes * 4))
    }
    let isFirst = builder.compare(.equal, block, blocks.0)
    let totals = builder.choose(
      isFirst, then: { sums },
      else: {
        sums.enumerated().map {
          builder.build(.floatAdd, builder.load(vector, address($0), alignment: 4), $1)
        }
      })
    let isLast = builder.compare(.equal, builder.add(block, 1), blocks.1)
    _ = builder.choose(
      isLast,
      then: {
        store(totals)
        return []
      },
      else: {
        for (position, value) in totals.enumerated() {
          builder.store(value, address(position), alignment: 4)
        }
        return []
      })
  }

  private func store(
    _ sums: [IRValue], _ record: IRValue, _ base: IRValue, runStride: Int,
    known: [(axis: Int, coordinate: IRValue)], firstVector: IRValue
  ) {
    guard let epilogue else {
      let folding = Accumulation(.sum, element: .float32, scalar: scalar)
      let sums = plan.sumsLanes ? folding.fold(sums) : sums
      for row in 0..<plan.rows {
        let address = builder.element(base, integer(record, 1 + plan.rows + row), bytes: 4)
        for number in 0..<plan.vectors {
          let place = builder.address(address, builder.constant(number * runStride * 4))
          let sum = sums[row * plan.vectors + number]
          if isStreaming {
            builder.storeStreaming(sum, place, alignment: plan.lanes * 4)
          } else {
            builder.store(sum, place, alignment: 4)
          }
        }
      }
      return
    }
    // A vector of columns at a time, from memory: an epilogue of any length leaves the registers of the products alone,
    // and what holds for all rows is had once.
    for (position, sum) in sums.enumerated() { builder.store(sum, running(position), alignment: 4) }
    let places = builder.address(record, builder.constant((1 + plan.rows) * 4))
    for number in 0..<plan.vectors {
      let column = builder.add(firstVector, number)
      let shared = epilogue.shared(column, known: known, plan)
      let target = builder.address(base, builder.constant(number * runStride * 4))
      builder.loop(from: builder.constant(0), to: builder.constant(plan.rows)) { row in
        let own = builder.element(running(number), row, bytes: plan.vectors * plan.lanes * 4)
        let place = integer(builder.element(places, row, bytes: 4), 0)
        let result = epilogue.apply(
          builder.load(vector, own, alignment: 4), vector: column, place: place, known: known,
          shared: shared, plan)
        let address = builder.element(target, place, bytes: 4)
        if isStreaming {
          builder.storeStreaming(result, address, alignment: plan.lanes * 4)
        } else {
          builder.store(result, address, alignment: 4)
        }
      }
    }
  }

  /// Bytes of a result from which on it is stored past the caches: together with what its epilogue reads it would not
  /// stay there, and where sums are short, storing it is most of the work. Vectors must be lines, and as a result that
  /// large is, at multiples of their size.
  static let streamingBytes = 10 << 20

  var isStreaming: Bool {
    (epilogue != nil || plan.hasFewTerms) && !plan.isPartial && plan.lanes * 4 == 64
      && problem.outputStrides[plan.lane] == 1
      && problem.outputStrides.allSatisfy { abs($0) == 1 || $0 % plan.lanes == 0 }
      && problem.batchCount * problem.rowCount * problem.columnCount * 4 >= Self.streamingBytes
  }
}
