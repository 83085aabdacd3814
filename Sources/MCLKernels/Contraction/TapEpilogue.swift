import LLVMBindings
import MCLGraph

/// What becomes of the sums of a tile where they are made: the comprehension's epilogue, in registers.
struct TapEpilogue {
  let point: PointEmitter
  let root: Int

  /// The place of a vector of columns, and of a row in it.
  ///
  /// - Parameters:
  ///   - place: the row's place in the output, which gives the coordinates of the rows; nil for what holds for all rows.
  ///   - known: coordinates of the part along batch and column axes.
  private func state(
    _ vector: IRValue, place: IRValue?, known: [(axis: Int, coordinate: IRValue)], _ plan: TapPlan
  ) -> LoopState {
    let (builder, space) = (point.builder, point.space)
    var state = LoopState(space.accesses, rank: space.axes.count, builder: builder)
    let rows = plan.problem.rows
    if let place {
      if usesCoordinates(of: rows) || reads.contains(where: { !readsAtPlace(space.accesses[$0], rows) }) {
        let outputs = Array(0..<space.outputRank)
        for (axis, coordinate) in zip(
          outputs, builder.delinearize(place, outputs.map { space.axes[$0] }))
        where rows.contains(axis) {
          state = state.advanced(along: axis, by: coordinate, space.accesses, builder: builder)
        }
      }
      // What is read where the row's results go needs nothing but that place.
      for (position, access) in space.accesses.enumerated()
      where readsAtPlace(access, rows) && rows.contains(where: access.depends) {
        state.offsets[position] = builder.add(builder.constant(access.offset), place)
      }
    }
    for (axis, coordinate) in known {
      let whole = builder.add(
        builder.multiply(coordinate, plan.problem.steps[axis]), plan.problem.starts[axis])
      state = state.advanced(along: axis, by: whole, space.accesses, builder: builder)
    }
    if let axis = plan.run.axis {
      state = state.advanced(along: axis, by: vector, space.accesses, builder: builder)
      return state.advanced(
        along: plan.lane, by: builder.constant(0), space.accesses, builder: builder)
    }
    return state.advanced(
      along: plan.lane, by: builder.multiply(vector, plan.lanes), space.accesses, builder: builder)
  }

  /// The accesses that are read, in order.
  private var reads: [Int] {
    var loads = Set<Int>()
    for node in point.program.nodes {
      if case .load(let access) = node.operation { loads.insert(access) }
    }
    return loads.sorted()
  }

  /// Whether an access does not depend on the row, or reads where the row's results go: coordinates need then not be
  /// had by dividing.
  private func readsAtPlace(_ access: LinearAccess, _ rows: [Int]) -> Bool {
    let strides = rowMajorStrides(Array(point.space.axes.prefix(point.space.outputRank)))
    return !rows.contains(where: access.depends)
      || rows.allSatisfy { axis in
        access.strides[axis] == strides[axis] && access.guards.allSatisfy { $0.coefficients[axis] == 0 }
      }
  }

  private func usesCoordinates(of rows: [Int]) -> Bool {
    point.program.nodes.contains { node in
      guard case .index(let axis) = node.operation, let place = point.space.places[axis] else { return false }
      return rows.contains(place)
    }
  }

  /// The values that hold for all rows of a vector of columns: of the largest parts of the epilogue that read nothing
  /// along the rows, such as a channel's mean.
  func shared(
    _ vector: IRValue, known: [(axis: Int, coordinate: IRValue)], _ plan: TapPlan
  ) -> PointEmitter.Known {
    let state = state(vector, place: nil, known: known, plan)
    let rows = plan.problem.rows.reduce(PointEmitter.accumulatorBit) { $0 | 1 << UInt64($1) }
    var values: PointEmitter.Known = [:]
    func visit(_ node: Int) {
      guard point.dependences[node] & rows == 0 else {
        return point.program.arguments(node).forEach(visit)
      }
      _ = point.evaluate(
        node, state, lanes: plan.lanes, along: plan.lane, accumulator: nil, hoisted: [:], values: &values)
    }
    visit(root)
    return values
  }

  /// The results of a vector of sums of one row.
  func apply(
    _ sum: IRValue, vector: IRValue, place: IRValue, known: [(axis: Int, coordinate: IRValue)],
    shared: PointEmitter.Known, _ plan: TapPlan
  ) -> IRValue {
    var values = shared
    return point.evaluate(
      root, state(vector, place: place, known: known, plan), lanes: plan.lanes, along: plan.lane,
      accumulator: sum, hoisted: [:], values: &values)
  }

  /// Asks for the lines that `apply` will read and that differ from row to row.
  func prefetch(
    _ count: Int, place: IRValue, known: [(axis: Int, coordinate: IRValue)], firstVector: IRValue,
    _ plan: TapPlan
  ) {
    let large = reads.filter { access in
      let own = point.space.accesses[access]
      return own.isContiguous(along: plan.lane) && own.guards.isEmpty
        && plan.problem.rows.contains { own.depends(on: $0) }
    }
    guard !large.isEmpty else { return }
    for number in 0..<count {
      let state = state(
        point.builder.add(firstVector, number), place: place, known: known, plan)
      for access in large {
        let bytes = point.space.accesses[access].element.byteCount
        point.builder.prefetch(
          point.builder.element(point.bases[access], state.offsets[access], bytes: bytes),
          forWriting: false)
      }
    }
  }
}
