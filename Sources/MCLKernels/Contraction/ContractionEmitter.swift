import LLVMBindings

/// Emits the two phases of one contraction: packing the rows, and the products.
struct ContractionEmitter {
  let builder: ModuleBuilder
  let plan: ContractionPlan
  let target: TargetDescription
  let a: IRValue
  let b: IRValue
  /// Where results go: the output, or the partial sums of the splits of k.
  let output: IRValue
  /// Elements between the results of neighbouring splits.
  let splitStride: Int
  /// The packed rows.
  let packed: IRValue
  let scratch: IRValue

  private var problem: ContractionProblem { plan.problem }
  private var kernel: Microkernel {
    Microkernel(
      builder: builder, rows: plan.tileRows, vectors: plan.tileVectors, lanes: plan.lanes,
      hasFusedMultiplyAdd: target.hasFusedMultiplyAdd)
  }

  /// One access advanced along some axes, and the output offset they give.
  private struct Place {
    var state: LoopState
    var output: IRValue
  }

  private func start(_ access: LinearAccess) -> Place {
    Place(
      state: LoopState([access], rank: problem.sizes.count, builder: builder),
      output: builder.constant(problem.outputOffset))
  }

  private func advance(_ place: Place, _ access: LinearAccess, _ axes: [Int], _ linear: IRValue) -> Place {
    var place = place
    for (axis, coordinate) in zip(axes, builder.delinearize(linear, axes.map { problem.sizes[$0] })) {
      place.state = place.state.advanced(along: axis, by: coordinate, [access], builder: builder)
      place.output = builder.add(
        place.output, builder.multiply(coordinate, problem.outputStrides[axis]))
    }
    return place
  }

  private func panelAddress(_ batch: IRValue, _ panel: IRValue) -> IRValue {
    let number = builder.add(builder.multiply(batch, plan.rowPanels), panel)
    return builder.element(packed, number, bytes: plan.panelElements * 4)
  }

  /// Packs the panel of rows that is the task's: every k of it.
  func emitPacking(task: IRValue) {
    let (batch, panel) = builder.divide(task, by: plan.rowPanels)
    let packer = PanelPacker(
      builder: builder, layout: plan.rowPanel, base: a, vectorLanes: target.lanes)
    let place = advance(start(problem.a), problem.a, problem.batch, batch)
    packer.emit(
      place.state, laneStart: builder.multiply(panel, plan.tileRows), from: builder.constant(0),
      to: builder.constant(plan.depth), panel: panelAddress(batch, panel))
  }

  /// Computes the tiles that are the task's.
  func emitProducts(task: IRValue) {
    let (rest, tileTask) = builder.divide(task, by: plan.tileTasks)
    let (outer, panelTask) = builder.divide(rest, by: plan.panelTasks)
    let (batch, split) = builder.divide(outer, by: plan.splits)
    func range(_ task: IRValue, _ perTask: Int, _ count: Int) -> (IRValue, IRValue) {
      if perTask >= count { return (builder.constant(0), builder.constant(count)) }
      let first = builder.multiply(task, perTask)
      return (first, builder.minimum(builder.add(first, perTask), builder.constant(count)))
    }
    let tiles = range(tileTask, plan.tilesPerTask, plan.tiles)
    let panels = range(panelTask, plan.panelsPerTask, plan.rowPanels)
    let depths = range(split, plan.splitDepth, plan.depth)
    let place = advance(start(problem.b), problem.b, problem.batch, batch)
    let packer = PanelPacker(
      builder: builder, layout: plan.columnPanel, base: b, vectorLanes: target.lanes)
    let partial = builder.address(scratch, builder.constant(plan.columnPanelBytes))
    let stage = builder.address(scratch, builder.constant(plan.columnPanelBytes + plan.partialBytes))

    builder.loop(from: builder.constant(0), to: builder.constant(plan.blocks)) { block in
      let first = builder.add(depths.0, builder.multiply(block, plan.blockDepth))
      let last = builder.minimum(builder.add(first, plan.blockDepth), depths.1)
      builder.loop(from: tiles.0, to: tiles.1) { tile in
        let (outerColumn, laneTile) = builder.divide(tile, by: plan.laneTiles)
        let column = advance(place, problem.b, plan.outerColumns, outerColumn)
        let lane = builder.multiply(laneTile, plan.tileColumns)
        packer.emit(column.state, laneStart: lane, from: first, to: last, panel: scratch)
        builder.loop(from: panels.0, to: panels.1) { panel in
          let localTile = builder.subtract(tile, tiles.0)
          let localPanel = builder.subtract(panel, panels.0)
          let slot =
            plan.blocks > 1
            ? builder.add(builder.multiply(localTile, plan.panelsPerTask), localPanel) : builder.constant(0)
          let totals = builder.element(partial, slot, bytes: plan.tileBytes * 2)
          let rows = builder.element(
            panelAddress(batch, panel), builder.multiply(first, plan.tileRows), bytes: 4)
          let origin = builder.add(column.output, builder.multiply(split, splitStride))
          func finish(_ values: [IRValue]) {
            emitStore(
              values, origin: origin, row: builder.multiply(panel, plan.tileRows), lane: lane, stage: stage)
          }
          // Blocks past the end of a short last split are empty.
          let depth = builder.maximum(builder.subtract(last, first), builder.constant(0))
          guard plan.joinsChunks else {
            finish(kernel.sum(a: rows, b: scratch, depth: depth))
            return
          }
          builder.when(builder.compare(.equal, block, builder.constant(0))) { kernel.clear(totals) }
          kernel.accumulate(totals, a: rows, b: scratch, depth: depth, chunk: ContractionPlan.chunkDepth)
          builder.when(builder.compare(.equal, block, builder.constant(plan.blocks - 1))) {
            finish(kernel.rounded(totals))
          }
        }
      }
    }
  }

  private func outputOffset(_ axes: [Int], _ linear: IRValue) -> IRValue {
    var offset = builder.constant(0)
    for (axis, coordinate) in zip(axes, builder.delinearize(linear, axes.map { problem.sizes[$0] })) {
      offset = builder.add(offset, builder.multiply(coordinate, problem.outputStrides[axis]))
    }
    return offset
  }

  /// Writes a finished tile: whole vectors where its columns are neighbours and all there, else one by one.
  private func emitStore(_ tile: [IRValue], origin: IRValue, row: IRValue, lane: IRValue, stage: IRValue) {
    let laneCount = plan.columnPanel.laneCount
    func whole() {
      for i in 0..<plan.tileRows {
        let number = builder.add(row, i)
        let write = {
          let rowOffset = builder.add(origin, outputOffset(problem.rows, number))
          let address = builder.element(output, builder.add(rowOffset, lane), bytes: 4)
          for j in 0..<plan.tileVectors {
            builder.store(
              tile[i * plan.tileVectors + j], builder.address(address, builder.constant(j * plan.lanes * 4)),
              alignment: 4)
          }
        }
        if problem.rowCount % plan.tileRows == 0 || i == 0 {
          write()
        } else {
          builder.when(builder.compare(.signedLess, number, builder.constant(problem.rowCount)), write)
        }
      }
    }
    func pointwise() {
      kernel.store(tile, stage)
      let rows = builder.minimum(
        builder.constant(plan.tileRows), builder.subtract(builder.constant(problem.rowCount), row))
      let lanes = builder.minimum(
        builder.constant(plan.tileColumns), builder.subtract(builder.constant(laneCount), lane))
      builder.loop(from: builder.constant(0), to: lanes) { j in
        let column = builder.add(origin, outputOffset(plan.columnPanel.laneAxes, builder.add(lane, j)))
        builder.loop(from: builder.constant(0), to: rows) { i in
          let source = builder.add(builder.multiply(i, plan.tileColumns), j)
          let value = builder.load(builder.f32, builder.element(stage, source, bytes: 4), alignment: 4)
          let place = builder.add(column, outputOffset(problem.rows, builder.add(row, i)))
          builder.store(value, builder.element(output, place, bytes: 4), alignment: 4)
        }
      }
    }
    guard plan.storesVectors else {
      pointwise()
      return
    }
    if laneCount % plan.tileColumns == 0 {
      whole()
      return
    }
    let isWhole = builder.compare(
      .signedLess, builder.add(lane, plan.tileColumns - 1), builder.constant(laneCount))
    _ = builder.choose(
      isWhole,
      then: {
        whole()
        return []
      },
      else: {
        pointwise()
        return []
      })
  }
}
