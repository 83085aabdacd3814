import MCLGraph

/// Emits the products of a weight gradient by Winograd's F(3x3, 2x2).
struct WinogradGradientEmitter {
  let builder: ModuleBuilder
  let plan: WinogradGradientPlan
  let hasFusedMultiplyAdd: Bool
  let image: IRValue
  let gradient: IRValue
  /// The splits' results one after the other, in the plan's order.
  let partials: IRValue
  /// The chunk's transformed image [product][tile][channel] and gradient [product][tile][column], the products
  /// [product][channel][column], then zeros.
  let scratch: IRValue

  private var problem: WinogradGradientProblem { plan.problem }
  private var whole: ContractionProblem { plan.problem.problem }
  private var windows: [SlidingWindow] { [problem.vertical, problem.horizontal] }
  private var vector: IRType { builder.vector(builder.f32, plan.lanes) }
  private var scalar: ScalarEmitter {
    ScalarEmitter(builder: builder, hasFusedMultiplyAdd: hasFusedMultiplyAdd)
  }
  private var zero: IRValue { builder.constant(0) }
  private var zeros: IRValue { offset(scratch, plan.zeroOffset) }
  private let side = WinogradGradientPlan.side

  private func offset(_ base: IRValue, _ bytes: Int) -> IRValue {
    bytes == 0 ? base : builder.address(base, builder.constant(bytes))
  }

  private func load(_ address: IRValue) -> IRValue { builder.load(vector, address, alignment: 4) }
  private func store(_ value: IRValue, _ address: IRValue) { builder.store(value, address, alignment: 4) }
  private func add(_ a: IRValue, _ b: IRValue) -> IRValue { builder.build(.floatAdd, a, b) }
  private func subtract(_ a: IRValue, _ b: IRValue) -> IRValue { builder.build(.floatSubtract, a, b) }

  /// Elements from an operand's start, from the coordinates along some axes.
  private func place(_ axes: [Int], _ coordinates: [IRValue], _ strides: [Int]) -> IRValue {
    zip(axes, coordinates).reduce(zero) { builder.add($0, builder.multiply($1.1, strides[$1.0])) }
  }

  /// The place of a vector along axes whose last is contiguous in the operand, by its number.
  private func vectorPlace(_ number: IRValue, _ axes: [Int], _ strides: [Int]) -> IRValue {
    var sizes = axes.map { whole.sizes[$0] }
    sizes[sizes.count - 1] /= plan.lanes
    var coordinates = builder.delinearize(number, sizes)
    coordinates[sizes.count - 1] = builder.multiply(coordinates[sizes.count - 1], plan.lanes)
    return place(axes, coordinates, strides)
  }

  /// Computes one block's results over one split of the tiles.
  func emit(task: IRValue) {
    let (rest, columnBlock) = builder.divide(task, by: plan.columnBlocks)
    let (split, channelBlock) = builder.divide(rest, by: plan.channelBlocks)
    let firstChannels = builder.multiply(channelBlock, plan.channelVectors)
    let firstColumns = builder.multiply(columnBlock, plan.columnVectors)
    store(builder.zero(vector), zeros)
    let order = plan.order.isEmpty ? nil : builder.constantTable(plan.order.map { Int32($0) })
    let ranges =
      plan.ranges.isEmpty
      ? nil : builder.constantTable(plan.ranges.flatMap { [Int32($0.lowerBound), Int32($0.upperBound)] })
    let first = builder.multiply(split, plan.splitTiles)
    let end = builder.minimum(builder.add(first, plan.splitTiles), builder.constant(plan.tiles))
    builder.loop(from: first, to: end, step: plan.chunk) { start in
      let count = builder.minimum(builder.constant(plan.chunk), builder.subtract(end, start))
      builder.loop(from: zero, to: count) { row in
        let tile = builder.add(start, order.map { entry($0, row) } ?? row)
        transformImage(
          tile, firstChannels, to: builder.element(scratch, row, bytes: plan.blockChannels * 4))
        transformGradient(
          tile, firstColumns,
          to: builder.element(offset(scratch, plan.gradientOffset), row, bytes: plan.blockColumns * 4))
      }
      let (groups, _) = builder.divide(
        builder.add(count, WinogradGradientPlan.unroll - 1), by: WinogradGradientPlan.unroll)
      let filled = builder.multiply(groups, WinogradGradientPlan.unroll)
      builder.loop(from: count, to: filled) { clear(row: $0) }
      addProducts(isFirst: builder.compare(.equal, start, first)) { number in
        guard let ranges else { return (zero, filled) }
        let place = builder.multiply(number, 2)
        return (entry(ranges, place), entry(ranges, builder.add(place, 1)))
      }
    }
    transformResults(
      to: builder.element(partials, split, bytes: plan.partialElements * 4), firstChannels, firstColumns)
  }

  /// An entry of a table of int32.
  private func entry(_ table: IRValue, _ position: IRValue) -> IRValue {
    let value = builder.load(builder.i32, builder.element(table, position, bytes: 4), alignment: 4)
    return builder.cast(.signExtend, value, to: builder.i64)
  }

  // MARK: Tiles

  /// The coordinates of a tile: along the frames' axes, then the first row of each window.
  private func coordinates(_ tile: IRValue) -> (frames: [IRValue], corner: [IRValue]) {
    let parts = builder.delinearize(
      tile, problem.frames.map { whole.sizes[$0] } + [plan.down, plan.across])
    return (Array(parts.dropLast(2)), parts.suffix(2).map { builder.multiply($0, 2) })
  }

  /// The address of a tile's first value at channel or column 0.
  private func corner(_ tile: (frames: [IRValue], corner: [IRValue]), _ access: LinearAccess, _ base: IRValue)
    -> IRValue
  {
    let axes = problem.frames + windows.map(\.row)
    let elements = builder.add(place(axes, tile.frames + tile.corner, access.strides), access.offset)
    return builder.element(base, elements, bytes: 4)
  }

  /// Conditions along each side joined: nil where both hold always.
  private func both(_ conditions: [[IRValue?]], _ i: Int, _ j: Int) -> IRValue? {
    builder.and(conditions[0][i], conditions[1][j])
  }

  /// `V = B' d B` of a tile, the block's channels.
  private func transformImage(_ tile: IRValue, _ firstVector: IRValue, to target: IRValue) {
    let parts = coordinates(tile)
    let source = corner(parts, whole.a, image)
    let firsts = zip(parts.corner, windows).map { builder.add($0, $1.origin) }
    let isInside = zip(firsts, windows).map { first, window in
      builder.compare(.unsignedLess, first, builder.constant(max(0, window.extent - (side - 1))))
    }
    let emit = { (conditions: [[IRValue?]]) in
      builder.loop(from: zero, to: builder.constant(plan.channelVectors)) { number in
        let own = vectorPlace(builder.add(firstVector, number), problem.channels, whole.a.strides)
        let from = builder.element(source, own, bytes: 4)
        let to = builder.element(target, number, bytes: plan.lanes * 4)
        let columns = (0..<side).map { j in
          let d = (0..<side).map { i in
            value(
              from, i * whole.a.strides[windows[0].row] + j * whole.a.strides[windows[1].row],
              if: both(conditions, i, j))
          }
          return differences(d)
        }
        for i in 0..<side {
          for (j, result) in differences(columns.map { $0[i] }).enumerated() {
            store(result, offset(to, (i * side + j) * plan.imageStride))
          }
        }
      }
    }
    _ = builder.choose(
      builder.and(isInside[0], isInside[1]),
      then: {
        emit([[IRValue?]](repeating: [IRValue?](repeating: nil, count: side), count: 2))
        return []
      },
      else: {
        emit(
          zip(firsts, windows).map { first, window in
            (0..<side).map {
              builder.compare(.unsignedLess, builder.add(first, $0), builder.constant(window.extent))
            }
          })
        return []
      })
  }

  /// The vector some elements from an address, or zeros where the condition does not hold.
  private func value(_ base: IRValue, _ elements: Int, if condition: IRValue?) -> IRValue {
    let address = offset(base, elements * 4)
    return load(condition.map { builder.select($0, address, zeros) } ?? address)
  }

  /// `B' d`: (d0 - d2, d1 + d2, d2 - d1, d1 - d3).
  private func differences(_ d: [IRValue]) -> [IRValue] {
    [subtract(d[0], d[2]), add(d[1], d[2]), subtract(d[2], d[1]), subtract(d[1], d[3])]
  }

  /// `Y = G y G'` of a tile, the block's columns.
  private func transformGradient(_ tile: IRValue, _ firstVector: IRValue, to target: IRValue) {
    let parts = coordinates(tile)
    let source = corner(parts, whole.b, gradient)
    /// Whether the tile's second row or column is one of the gradient; nil where it always is.
    let conditions = zip(windows, parts.corner).map { window, coordinate -> [IRValue?] in
      let size = whole.sizes[window.row]
      return [
        nil,
        size % 2 == 0
          ? nil : builder.compare(.signedLess, builder.add(coordinate, 1), builder.constant(size)),
      ]
    }
    builder.loop(from: zero, to: builder.constant(plan.columnVectors)) { number in
      let own = vectorPlace(builder.add(firstVector, number), problem.columns, whole.b.strides)
      let from = builder.element(source, own, bytes: 4)
      let to = builder.element(target, number, bytes: plan.lanes * 4)
      let columns = (0..<2).map { j in
        spread(
          (0..<2).map { i in
            value(
              from, i * whole.b.strides[windows[0].row] + j * whole.b.strides[windows[1].row],
              if: both(conditions, i, j))
          })
      }
      for i in 0..<side {
        for (j, result) in spread(columns.map { $0[i] }).enumerated() {
          store(result, offset(to, (i * side + j) * plan.gradientStride))
        }
      }
    }
  }

  /// `G y` without the halves, which the results get: (y0, y0 + y1, y0 - y1, y1).
  private func spread(_ y: [IRValue]) -> [IRValue] { [y[0], add(y[0], y[1]), subtract(y[0], y[1]), y[1]] }

  /// Makes a row of the chunk add nothing.
  private func clear(row: IRValue) {
    let parts = [
      (scratch, plan.imageStride, plan.channelVectors),
      (offset(scratch, plan.gradientOffset), plan.gradientStride, plan.columnVectors),
    ]
    for (base, stride, vectors) in parts {
      let target = builder.element(base, row, bytes: vectors * plan.lanes * 4)
      builder.loop(from: zero, to: builder.constant(WinogradGradientPlan.products)) { number in
        let own = builder.element(target, number, bytes: stride)
        for position in 0..<vectors { store(builder.zero(vector), offset(own, position * plan.lanes * 4)) }
      }
    }
  }

  // MARK: Products

  /// - Parameter tiles: first and end of those of the chunk that a product is to be summed over.
  private func addProducts(isFirst: IRValue, tiles: (_ number: IRValue) -> (IRValue, IRValue)) {
    builder.loop(from: zero, to: builder.constant(WinogradGradientPlan.products)) { number in
      let tiles = tiles(number)
      let factors = builder.element(scratch, number, bytes: plan.imageStride)
      let vectors = builder.element(offset(scratch, plan.gradientOffset), number, bytes: plan.gradientStride)
      let results = builder.element(offset(scratch, plan.productOffset), number, bytes: plan.productStride)
      builder.loop(from: zero, to: builder.constant(plan.blockChannels / plan.rows)) { group in
        builder.loop(from: zero, to: builder.constant(plan.columnVectors / plan.vectors)) { panel in
          let panelBytes = plan.vectors * plan.lanes * 4
          multiply(
            builder.element(factors, group, bytes: plan.rows * 4),
            builder.element(vectors, panel, bytes: panelBytes),
            builder.element(
              builder.element(results, group, bytes: plan.rows * plan.blockColumns * 4), panel,
              bytes: panelBytes),
            tiles: tiles, isFirst: isFirst)
        }
      }
    }
  }

  /// Adds the products of the chunk's tiles, of `rows` channels by `vectors` vectors of columns.
  private func multiply(
    _ factors: IRValue, _ vectors: IRValue, _ results: IRValue, tiles: (IRValue, IRValue), isFirst: IRValue
  ) {
    let none = [IRValue](repeating: builder.zero(vector), count: plan.rows * plan.vectors)
    let unroll = WinogradGradientPlan.unroll
    let sums = builder.loop(from: tiles.0, to: tiles.1, step: unroll, carrying: none) { tile, sums in
      var sums = sums
      let factors = builder.element(factors, tile, bytes: plan.blockChannels * 4)
      let vectors = builder.element(vectors, tile, bytes: plan.blockColumns * 4)
      for turn in 0..<unroll {
        let values = (0..<plan.vectors).map {
          load(offset(vectors, (turn * plan.columnVectors + $0) * plan.lanes * 4))
        }
        for row in 0..<plan.rows {
          let address = offset(factors, (turn * plan.blockChannels + row) * 4)
          let factor = builder.splat(builder.load(builder.f32, address, alignment: 4), plan.lanes)
          for (number, value) in values.enumerated() {
            let place = row * plan.vectors + number
            sums[place] = scalar.multiplyAdd(factor, value, sums[place])
          }
        }
      }
      return sums
    }
    let addresses = sums.indices.map { position in
      offset(
        results,
        (position / plan.vectors * plan.columnVectors + position % plan.vectors) * plan.lanes * 4)
    }
    _ = builder.choose(
      isFirst,
      then: {
        for (sum, address) in zip(sums, addresses) { store(sum, address) }
        return []
      },
      else: {
        for (sum, address) in zip(sums, addresses) { store(add(load(address), sum), address) }
        return []
      })
  }

  // MARK: Results

  /// `A' M A` of every channel and column of the block.
  private func transformResults(to target: IRValue, _ firstChannels: IRValue, _ firstColumns: IRValue) {
    let strides = plan.partialStrides
    let lane = problem.channels[problem.channels.count - 1]
    builder.loop(from: zero, to: builder.constant(plan.channelVectors)) { number in
      let own = vectorPlace(builder.add(firstChannels, number), problem.channels, strides)
      builder.loop(from: zero, to: builder.constant(plan.lanes)) { position in
        let place = builder.add(own, builder.multiply(position, strides[lane]))
        let channel = builder.add(builder.multiply(number, plan.lanes), position)
        let products = builder.element(
          offset(scratch, plan.productOffset), channel, bytes: plan.blockColumns * 4)
        builder.loop(from: zero, to: builder.constant(plan.columnVectors)) { column in
          let columns = vectorPlace(builder.add(firstColumns, column), problem.columns, strides)
          let source = builder.element(products, column, bytes: plan.lanes * 4)
          let target = builder.element(target, builder.add(place, columns), bytes: 4)
          let rows = (0..<side).map { i in
            combined((0..<side).map { j in load(offset(source, (i * side + j) * plan.productStride)) })
          }
          for j in 0..<3 {
            for (i, value) in combined(rows.map { $0[j] }).enumerated() {
              store(value, offset(target, (i * strides[windows[0].tap] + j * strides[windows[1].tap]) * 4))
            }
          }
        }
      }
    }
  }

  /// Adds the splits' results to the first one's, for the elements of one task.
  func emitJoin(task: IRValue) {
    let first = builder.multiply(task, WinogradGradientPlan.joinElements)
    let end = builder.minimum(
      builder.add(first, WinogradGradientPlan.joinElements), builder.constant(plan.partialElements))
    builder.loop(from: first, to: end, step: plan.lanes) { element in
      let target = builder.element(partials, element, bytes: 4)
      let sum = (1..<plan.splits).reduce(load(target)) { sum, split in
        add(sum, load(offset(target, split * plan.partialElements * 4)))
      }
      store(sum, target)
    }
  }

  /// `A' m`, and the halves of `G`: (m0 + (m1 + m2) / 2, (m1 - m2) / 2, (m1 + m2) / 2 - m3).
  private func combined(_ m: [IRValue]) -> [IRValue] {
    let half = builder.constant(0.5, vector)
    let sum = builder.build(.floatMultiply, add(m[1], m[2]), half)
    let difference = builder.build(.floatMultiply, subtract(m[1], m[2]), half)
    return [add(m[0], sum), difference, subtract(sum, m[3])]
  }
}
