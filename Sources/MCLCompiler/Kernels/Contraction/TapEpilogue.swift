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
    if readsAtPlace(rows) {
      // Nothing is to be known of the row but its place.
      for (position, access) in space.accesses.enumerated() where rows.contains(where: access.depends) {
        state.offsets[position] = builder.add(state.offsets[position], place)
      }
    } else {
      let outputs = Array(0..<space.outputRank)
      for (axis, coordinate) in zip(
        outputs, builder.delinearize(place, outputs.map { space.axes[$0] }))
      where rows.contains(axis) {
        state = state.advanced(along: axis, by: coordinate, space.accesses, builder: builder)
      }
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

  /// Whether all that depends on the row is read where the row's results go, so that coordinates need not be had by
  /// dividing.
  private func readsAtPlace(_ rows: [Int]) -> Bool {
    let strides = rowMajorStrides(Array(point.space.axes.prefix(point.space.outputRank)))
    return point.program.nodes.allSatisfy { node in
      switch node.operation {
      case .load(let number):
        let access = point.space.accesses[number]
        let isSame = rows.allSatisfy { access.strides[$0] == strides[$0] }
        let isIndependent = !rows.contains(where: access.depends)
        return isIndependent
          || isSame && access.guards.allSatisfy { check in rows.allSatisfy { check.coefficients[$0] == 0 } }
      case .index(let axis): return point.space.places[axis].map { !rows.contains($0) } ?? true
      default: return true
      }
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
    var loads = Set<Int>()
    for node in point.program.nodes {
      if case .load(let access) = node.operation { loads.insert(access) }
    }
    let large = loads.sorted().filter { access in
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
