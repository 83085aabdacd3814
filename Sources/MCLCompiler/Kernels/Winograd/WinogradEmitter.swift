import MCLGraph

/// Emits the two phases of a convolution by Winograd's F(2x2, 3x3).
struct WinogradEmitter {
  let builder: ModuleBuilder
  let plan: WinogradPlan
  let hasFusedMultiplyAdd: Bool
  let image: IRValue
  let weights: IRValue
  let output: IRValue
  /// The transformed weights: [panel][product][channel][vector of the panel].
  let transformed: IRValue
  /// The chunk's transformed image [product][tile][channel], then its products [product][tile][vector], then masks.
  let scratch: IRValue

  private var problem: WinogradProblem { plan.problem }
  private var whole: ContractionProblem { plan.problem.problem }
  private var vector: IRType { builder.vector(builder.f32, plan.lanes) }
  private var scalar: ScalarEmitter {
    ScalarEmitter(builder: builder, hasFusedMultiplyAdd: hasFusedMultiplyAdd)
  }
  private var zero: IRValue { builder.constant(0) }
  private let side = WinogradPlan.side

  private func offset(_ base: IRValue, _ bytes: Int) -> IRValue {
    bytes == 0 ? base : builder.address(base, builder.constant(bytes))
  }

  private func load(_ base: IRValue, _ bytes: Int = 0) -> IRValue {
    builder.load(vector, offset(base, bytes), alignment: 4)
  }

  private func add(_ a: IRValue, _ b: IRValue) -> IRValue { builder.build(.floatAdd, a, b) }
  private func subtract(_ a: IRValue, _ b: IRValue) -> IRValue { builder.build(.floatSubtract, a, b) }

  /// Elements from an operand's start, from the coordinates along some axes.
  private func place(_ axes: [Int], _ coordinates: [IRValue], _ strides: [Int]) -> IRValue {
    zip(axes, coordinates).reduce(zero) {
      builder.add($0, builder.multiply($1.1, strides[$1.0]))
    }
  }

  /// The place of a vector of columns by its number.
  private func columnPlace(_ number: IRValue, _ strides: [Int]) -> IRValue {
    var sizes = problem.columns.map { whole.sizes[$0] }
    sizes[sizes.count - 1] /= plan.lanes
    var coordinates = builder.delinearize(number, sizes)
    coordinates[sizes.count - 1] = builder.multiply(coordinates[sizes.count - 1], plan.lanes)
    return place(problem.columns, coordinates, strides)
  }

  // MARK: Weights

  /// `U = G g G'` for the channels of one run and the columns of one panel.
  func emitWeights(task: IRValue) {
    let (panel, run) = builder.divide(task, by: plan.channelRuns)
    let outer = Array(problem.channels.dropLast())
    let own = place(outer, builder.delinearize(run, outer.map { whole.sizes[$0] }), whole.b.strides)
    let first = builder.add(own, whole.b.offset)
    let target = builder.address(
      builder.element(transformed, panel, bytes: plan.panelBytes),
      builder.multiply(run, plan.channelRun * plan.vectors * plan.lanes * 4))
    let step = whole.b.strides[problem.channels.last ?? 0]
    for number in 0..<plan.vectors {
      let column = builder.add(builder.multiply(panel, plan.vectors), number)
      let place = builder.add(first, columnPlace(column, whole.b.strides))
      let source = builder.element(weights, place, bytes: 4)
      builder.loop(from: zero, to: builder.constant(plan.channelRun)) { channel in
        let taps = builder.element(source, channel, bytes: step * 4)
        let result = builder.element(target, channel, bytes: plan.vectors * plan.lanes * 4)
        let columns = (0..<3).map { j in
          filtered(
            (0..<3).map { i in
              let vertical = problem.vertical.place(ofTap: i) * whole.b.strides[problem.vertical.tap]
              let horizontal = problem.horizontal.place(ofTap: j) * whole.b.strides[problem.horizontal.tap]
              return load(taps, (vertical + horizontal) * 4)
            })
        }
        for i in 0..<side {
          for (j, value) in filtered(columns.map { $0[i] }).enumerated() {
            let bytes = (i * side + j) * plan.weightStride + number * plan.lanes * 4
            builder.store(value, offset(result, bytes), alignment: 4)
          }
        }
      }
    }
  }

  /// `G g`: (g0, (g0 + g1 + g2) / 2, (g0 - g1 + g2) / 2, g2).
  private func filtered(_ taps: [IRValue]) -> [IRValue] {
    let half = builder.constant(0.5, vector)
    let outer = builder.build(.floatMultiply, add(taps[0], taps[2]), half)
    let middle = builder.build(.floatMultiply, taps[1], half)
    return [taps[0], add(outer, middle), subtract(outer, middle), taps[2]]
  }

  // MARK: Products

  /// Computes the results of one chunk of tiles.
  func emitProducts(task: IRValue) {
    let first = builder.multiply(task, plan.chunk)
    let count = builder.minimum(
      builder.constant(plan.chunk), builder.subtract(builder.constant(plan.tiles), first))
    let (groups, _) = builder.divide(builder.add(count, plan.rows - 1), by: plan.rows)
    builder.loop(from: zero, to: builder.multiply(groups, plan.rows)) { row in
      let tile = builder.minimum(builder.add(first, row), builder.constant(plan.tiles - 1))
      transformImage(tile, to: builder.element(scratch, row, bytes: plan.channels * 4))
    }
    let products = offset(scratch, plan.imageBytes)
    builder.loop(from: zero, to: builder.constant(plan.panels)) { panel in
      let own = builder.element(transformed, panel, bytes: plan.panelBytes)
      builder.loop(from: zero, to: builder.constant(WinogradPlan.products)) { number in
        let factors = builder.element(scratch, number, bytes: plan.imageStride)
        let vectors = builder.element(own, number, bytes: plan.weightStride)
        let results = builder.element(products, number, bytes: plan.productStride)
        for start in stride(from: 0, to: plan.channels, by: plan.block) {
          let end = min(plan.channels, start + plan.block)
          builder.loop(from: zero, to: groups) { group in
            multiply(
              builder.element(factors, group, bytes: plan.rows * plan.channels * 4), vectors,
              builder.element(results, group, bytes: plan.rows * plan.vectors * plan.lanes * 4), start..<end)
          }
        }
      }
      let columns = (0..<plan.vectors).map {
        columnPlace(builder.add(builder.multiply(panel, plan.vectors), $0), whole.outputStrides)
      }
      builder.loop(from: zero, to: count) { row in
        transformResults(
          builder.add(first, row),
          from: builder.element(products, row, bytes: plan.vectors * plan.lanes * 4), columns)
      }
    }
  }

  /// Adds the products of some channels, of `rows` tiles by `vectors` vectors of columns.
  private func multiply(_ factors: IRValue, _ vectors: IRValue, _ results: IRValue, _ channels: Range<Int>) {
    let unroll = channels.count % 8 == 0 ? 8 : channels.count % 4 == 0 ? 4 : 1
    let zeros = [IRValue](repeating: builder.zero(vector), count: plan.rows * plan.vectors)
    let sums = builder.loop(
      from: builder.constant(channels.lowerBound), to: builder.constant(channels.upperBound), step: unroll,
      carrying: zeros
    ) { channel, sums in
      var sums = sums
      let factors = builder.element(factors, channel, bytes: 4)
      let vectors = builder.element(vectors, channel, bytes: plan.vectors * plan.lanes * 4)
      for turn in 0..<unroll {
        let values = (0..<plan.vectors).map {
          load(vectors, (turn * plan.vectors + $0) * plan.lanes * 4)
        }
        for row in 0..<plan.rows {
          let address = offset(factors, (row * plan.channels + turn) * 4)
          let factor = builder.splat(builder.load(builder.f32, address, alignment: 4), plan.lanes)
          for (number, value) in values.enumerated() {
            let place = row * plan.vectors + number
            sums[place] = scalar.multiplyAdd(factor, value, sums[place])
          }
        }
      }
      return sums
    }
    for (position, sum) in sums.enumerated() {
      let address = offset(results, position * plan.lanes * 4)
      builder.store(channels.lowerBound == 0 ? sum : add(load(address), sum), address, alignment: 4)
    }
  }

  // MARK: Tiles

  /// The coordinates of a tile: along the frames' axes, then the first row of results of each window.
  private func coordinates(_ tile: IRValue) -> (frames: [IRValue], top: IRValue, left: IRValue) {
    let sizes = problem.frames.map { whole.sizes[$0] } + [plan.down, plan.across]
    let parts = builder.delinearize(tile, sizes)
    return (
      Array(parts.dropLast(2)), builder.multiply(parts[parts.count - 2], 2),
      builder.multiply(parts[parts.count - 1], 2)
    )
  }

  /// `V = B' d B` of a tile, all channels.
  private func transformImage(_ tile: IRValue, to target: IRValue) {
    let (frames, top, left) = coordinates(tile)
    let base = builder.add(place(problem.frames, frames, whole.a.strides), problem.imageOffset)
    let sides = [(problem.vertical, top), (problem.horizontal, left)]
    let firsts = sides.map { builder.add($0.1, $0.0.origin) }
    var isInside: IRValue?
    for (first, window) in zip(firsts, sides.map(\.0)) {
      let room = builder.constant(max(0, window.extent - (side - 1)))
      isInside = builder.and(isInside, builder.compare(.unsignedLess, first, room))
    }
    let corner = zip(firsts, sides).reduce(base) {
      builder.add($0, builder.multiply($1.0, $1.1.0.stride))
    }
    let masks = offset(scratch, plan.imageBytes + plan.productBytes)
    _ = builder.choose(
      isInside ?? builder.constant(1, builder.i1),
      then: {
        let source = builder.element(image, corner, bytes: 4)
        transformChannels(source, target) { base, i, j in
          load(base, (i * problem.vertical.stride + j * problem.horizontal.stride) * 4)
        }
        return []
      },
      else: {
        // Coordinates outside read some inside, of which nothing is kept.
        var places: [[IRValue]] = []
        var inside: [[IRValue]] = []
        for (first, window) in zip(firsts, sides.map(\.0)) {
          let own = (0..<side).map { builder.add(first, $0) }
          let last = builder.constant(window.extent - 1)
          places.append(
            own.map {
              builder.multiply(builder.minimum(builder.maximum($0, zero), last), window.stride * 4)
            })
          inside.append(own.map { builder.compare(.unsignedLess, $0, builder.constant(window.extent)) })
        }
        for i in 0..<side {
          for j in 0..<side {
            let kept = builder.cast(
              .signExtend, builder.build(.and, inside[0][i], inside[1][j]), to: builder.i32)
            builder.store(
              builder.splat(kept, plan.lanes), offset(masks, (i * side + j) * plan.lanes * 4), alignment: 4)
          }
        }
        let bits = builder.vector(builder.i32, plan.lanes)
        transformChannels(builder.element(image, base, bytes: 4), target) { base, i, j in
          let address = builder.address(builder.address(base, places[0][i]), places[1][j])
          let mask = builder.load(bits, offset(masks, (i * side + j) * plan.lanes * 4), alignment: 4)
          let value = builder.build(.and, builder.load(bits, address, alignment: 4), mask)
          return builder.cast(.bitcast, value, to: vector)
        }
        return []
      })
  }

  /// Transforms vectors of channels one after the other; `value` gives the image's at row i, column j of the tile. Rows
  /// are read twice, so that all stays in registers.
  private func transformChannels(
    _ source: IRValue, _ target: IRValue, value: (_ base: IRValue, _ i: Int, _ j: Int) -> IRValue
  ) {
    let outer = Array(problem.channels.dropLast())
    builder.loop(from: zero, to: builder.constant(plan.channelRuns)) { run in
      let own = place(outer, builder.delinearize(run, outer.map { whole.sizes[$0] }), whole.a.strides)
      let from = builder.element(source, own, bytes: 4)
      let to = builder.element(target, run, bytes: plan.channelRun * 4)
      builder.loop(from: zero, to: builder.constant(plan.channelRun), step: plan.lanes) { channel in
        let from = builder.element(from, channel, bytes: 4)
        let to = builder.element(to, channel, bytes: 4)
        for (i, (a, b, isSum)) in [(0, 2, false), (1, 2, true), (2, 1, false), (1, 3, false)].enumerated() {
          let t = (0..<side).map { j in
            isSum ? add(value(from, a, j), value(from, b, j)) : subtract(value(from, a, j), value(from, b, j))
          }
          let results = [subtract(t[0], t[2]), add(t[1], t[2]), subtract(t[2], t[1]), subtract(t[1], t[3])]
          for (j, result) in results.enumerated() {
            builder.store(result, offset(to, (i * side + j) * plan.imageStride), alignment: 4)
          }
        }
      }
    }
  }

  /// `A' M A` of a tile, for the columns of a panel.
  private func transformResults(_ tile: IRValue, from products: IRValue, _ columns: [IRValue]) {
    let (frames, top, left) = coordinates(tile)
    let strides = whole.outputStrides
    let windows = [problem.vertical, problem.horizontal]
    var origin = builder.add(place(problem.frames, frames, strides), whole.outputOffset)
    for (window, coordinate) in zip(windows, [top, left]) {
      origin = builder.add(origin, builder.multiply(coordinate, strides[window.row]))
    }
    /// Whether the tile's second row or column is one of the results; nil where it always is.
    let isWhole = zip(windows, [top, left]).map { window, coordinate in
      whole.sizes[window.row] % 2 == 0
        ? nil
        : builder.compare(
          .signedLess, builder.add(coordinate, 1), builder.constant(whole.sizes[window.row]))
    }
    for (number, column) in columns.enumerated() {
      let target = builder.element(output, builder.add(origin, column), bytes: 4)
      let rows = (0..<side).map { i in
        combined(
          (0..<side).map { j in
            load(products, (i * side + j) * plan.productStride + number * plan.lanes * 4)
          })
      }
      for j in 0..<2 {
        for (i, value) in combined(rows.map { $0[j] }).enumerated() {
          let bytes = (i * strides[windows[0].row] + j * strides[windows[1].row]) * 4
          let condition = builder.and(i == 1 ? isWhole[0] : nil, j == 1 ? isWhole[1] : nil)
          let store = { builder.store(value, offset(target, bytes), alignment: 4) }
          if let condition { builder.when(condition, store) } else { store() }
        }
      }
    }
  }

  /// `A' m`: (m0 + m1 + m2, m1 - m2 - m3).
  private func combined(_ values: [IRValue]) -> [IRValue] {
    [add(add(values[0], values[1]), values[2]), subtract(subtract(values[1], values[2]), values[3])]
  }
}
