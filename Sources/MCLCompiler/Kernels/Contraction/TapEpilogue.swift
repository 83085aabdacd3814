import MCLGraph

/// What becomes of the sums of a tile where they are made: the comprehension's epilogue, in registers.
struct TapEpilogue {
  let point: PointEmitter
  let root: Int

  /// The places of neighbouring vectors of columns of one row.
  ///
  /// - Parameters:
  ///   - place: the row's place in the output, which gives the coordinates of the rows.
  ///   - known: coordinates of the part along batch and column axes.
  private func states(
    _ count: Int, place: IRValue, known: [(axis: Int, coordinate: IRValue)], firstVector: IRValue,
    _ plan: TapPlan
  ) -> [LoopState] {
    let (builder, space) = (point.builder, point.space)
    var state = LoopState(space.accesses, rank: space.axes.count, builder: builder)
    let rows = plan.problem.rows
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
    for (axis, coordinate) in known {
      let whole = builder.add(
        builder.multiply(coordinate, plan.problem.steps[axis]), plan.problem.starts[axis])
      state = state.advanced(along: axis, by: whole, space.accesses, builder: builder)
    }
    return (0..<count).map { number in
      let vector = builder.add(firstVector, number)
      var own = state
      if let axis = plan.run.axis {
        own = own.advanced(along: axis, by: vector, space.accesses, builder: builder)
        own = own.advanced(
          along: plan.lane, by: builder.constant(0), space.accesses, builder: builder)
      } else {
        own = own.advanced(
          along: plan.lane, by: builder.multiply(vector, plan.lanes), space.accesses,
          builder: builder)
      }
      return own
    }
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

  /// The results of neighbouring vectors of sums of one row.
  func apply(
    _ values: [IRValue], place: IRValue, known: [(axis: Int, coordinate: IRValue)],
    firstVector: IRValue,
    _ plan: TapPlan
  ) -> [IRValue] {
    let states = states(values.count, place: place, known: known, firstVector: firstVector, plan)
    return zip(values, states).map { value, state in
      var values: PointEmitter.Known = [:]
      return point.scalar.narrowed(
        point.evaluate(
          root, state, lanes: plan.lanes, along: plan.lane, accumulator: point.scalar.widened(value),
          hoisted: [:], values: &values))
    }
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
    for state in states(count, place: place, known: known, firstVector: firstVector, plan) {
      for access in large {
        let bytes = point.space.accesses[access].element.byteCount
        point.builder.prefetch(
          point.builder.element(point.bases[access], state.offsets[access], bytes: bytes),
          forWriting: false)
      }
    }
  }
}
