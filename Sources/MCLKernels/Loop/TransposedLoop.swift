import LLVMBindings
import MCLGraph

/// The generic kernel where an operand is transposed: squares of as many rows as columns are read along the rows,
/// turned in registers, and stored along the columns, so that every line of either side is touched once.
extension LoopPlan {
  /// The axis along which operands are contiguous that are not along the innermost one; nil where there is none.
  static func transposedAxis(
    _ space: IterationSpace, comprehension: Comprehension, lanes: Int
  ) -> (axis: Int, accesses: Set<Int>)? {
    let inner = space.outputRank - 1
    guard space.reductionRank == 0, comprehension.reduction == .none, inner > 0, lanes >= 4,
      space.axes[inner] >= lanes
    else { return nil }
    var loaded = Set<Int>()
    for tree in [comprehension.body, comprehension.epilogue] {
      tree.forEach { if case .load(let access) = $0 { loaded.insert(access) } }
    }
    var best: (axis: Int, accesses: Set<Int>)?
    for axis in 0..<inner where space.axes[axis] >= lanes {
      let found = loaded.filter { position in
        let access = space.accesses[position]
        return access.element == .float32 && access.guards.isEmpty && access.strides[axis] == 1
          && abs(access.strides[inner]) > 1
      }
      if !found.isEmpty, found.count > best?.accesses.count ?? 0 { best = (axis, found) }
    }
    return best
  }
}

extension LoopEmitter {
  /// Computes the squares in some rows of squares and some columns.
  func emitTransposed(
    _ axis: Int, _ accesses: Set<Int>, rows: (IRValue, IRValue), columns: (IRValue, IRValue), output: IRValue
  ) {
    let lanes = plan.lanes
    let inner = space.outputRank - 1
    let outer = (0..<inner).filter { $0 != axis }
    let strides = rowMajorStrides(Array(space.axes.prefix(space.outputRank)))
    let perRow = (space.axes[axis] + lanes - 1) / lanes
    let start = LoopState(space.accesses, rank: space.axes.count, builder: builder)
    builder.loop(from: rows.0, to: rows.1) { row in
      let (rest, square) = builder.divide(row, by: perRow)
      var state = start
      var place = builder.constant(0)
      for (position, coordinate) in zip(outer, builder.delinearize(rest, outer.map { space.axes[$0] })) {
        state = state.advanced(along: position, by: coordinate, space.accesses, builder: builder)
        place = builder.add(place, builder.multiply(coordinate, strides[position]))
      }
      let first = builder.multiply(square, lanes)

      /// One vector of one row.
      func emitRow(_ row: IRValue, _ column: IRValue, _ lanes: Int, _ loaded: [Int: IRValue]) {
        var own = state.advanced(along: axis, by: row, space.accesses, builder: builder)
        own = own.advanced(along: inner, by: column, space.accesses, builder: builder)
        var values: PointEmitter.Known = [:]
        for (node, operation) in point.program.nodes.enumerated() {
          if case .load(let access) = operation.operation, let value = loaded[access] {
            values[node] = value
          }
        }
        let value = point.evaluate(
          body, own, lanes: lanes, along: inner, accumulator: nil, hoisted: [:], values: &values)
        var last: PointEmitter.Known = values
        let result = point.evaluate(
          epilogue, own, lanes: lanes, along: inner, accumulator: value, hoisted: [:], values: &last)
        let position = builder.add(
          builder.add(place, builder.multiply(row, strides[axis])), column)
        let bytes = comprehension.element.byteCount
        builder.store(result, builder.element(output, position, bytes: bytes), alignment: bytes)
      }

      func emitSquare(_ column: IRValue) {
        var turned: [Int: [IRValue]] = [:]
        for access in accesses.sorted() {
          let vectors = (0..<lanes).map { lane -> IRValue in
            var own = state.advanced(along: axis, by: first, space.accesses, builder: builder)
            own = own.advanced(
              along: inner, by: builder.add(column, lane), space.accesses, builder: builder)
            return builder.load(
              builder.vector(builder.f32, lanes),
              builder.element(point.bases[access], own.offsets[access], bytes: 4), alignment: 4)
          }
          turned[access] = transposed(vectors)
        }
        for lane in 0..<lanes {
          emitRow(builder.add(first, lane), column, lanes, turned.mapValues { $0[lane] })
        }
      }

      func emitRows(_ column: IRValue, _ width: Int) {
        let end = builder.minimum(builder.add(first, lanes), builder.constant(space.axes[axis]))
        builder.loop(from: first, to: end) { emitRow($0, column, width, [:]) }
      }

      _ = emitRange(from: columns.0, to: columns.1, carrying: []) { column, _, width, _ in
        if width < lanes {
          emitRows(column, width)
        } else if space.axes[axis] % lanes == 0 {
          emitSquare(column)
        } else {
          let isWhole = builder.compare(
            .signedLess, builder.add(first, lanes - 1), builder.constant(space.axes[axis]))
          _ = builder.choose(
            isWhole,
            then: {
              emitSquare(column)
              return []
            },
            else: {
              emitRows(column, width)
              return []
            })
        }
        return []
      }
    }
  }

  /// As many vectors as they have lanes, rows for columns.
  private func transposed(_ vectors: [IRValue]) -> [IRValue] {
    var vectors = vectors
    let count = vectors.count
    var step = 1
    while step < count {
      for number in 0..<count where number & step == 0 {
        let (a, b) = (vectors[number], vectors[number + step])
        let low = (0..<count).map { $0 & step == 0 ? $0 : count + $0 - step }
        let high = (0..<count).map { $0 & step == 0 ? $0 + step : count + $0 }
        vectors[number] = builder.shuffle(a, b, low)
        vectors[number + step] = builder.shuffle(a, b, high)
      }
      step *= 2
    }
    return vectors
  }
}
