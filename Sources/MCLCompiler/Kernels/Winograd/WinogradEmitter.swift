import MCLGraph

/// Emits the two phases of a convolution by Winograd's minimal filtering.
struct WinogradEmitter: WinogradCode {
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
  /// Sums the results along the rows; nil where that is not asked for.
  let moments: ColumnMoments?

  private var problem: WinogradProblem { plan.problem }
  var whole: ContractionProblem { plan.problem.problem }
  var lanes: Int { plan.lanes }
  var sides: [WinogradSide] { plan.sides }
  var frames: [Int] { plan.problem.frames }

  // MARK: Weights

  /// `U = G g` or `G g G'` for the channels of one run and the columns of one panel.
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
      let place = builder.add(first, vectorPlace(column, problem.columns, whole.b.strides))
      let source = builder.element(weights, place, bytes: 4)
      builder.loop(from: zero, to: builder.constant(plan.channelRun)) { channel in
        let taps = builder.element(source, channel, bytes: step * 4)
        let result = builder.element(target, channel, bytes: plan.vectors * plan.lanes * 4)
        let values = transform(\.taps).results { place in
          load(
            taps,
            zip(sides, place).reduce(0) { bytes, part in
              let window = part.0.window
              return bytes + window.place(ofTap: part.1) * whole.b.strides[window.tap] * 4
            })
        }
        for (product, value) in values.enumerated() {
          store(value, result, product * plan.weightStride + number * plan.lanes * 4)
        }
      }
    }
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
      builder.loop(from: zero, to: builder.constant(plan.products)) { number in
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
      for number in 0..<plan.vectors {
        let column = builder.add(builder.multiply(panel, plan.vectors), number)
        let target = builder.element(
          output, vectorPlace(column, problem.columns, whole.outputStrides), bytes: 4)
        let none = moments.map { [IRValue](repeating: builder.zero($0.wide), count: 2) } ?? []
        let sums = builder.loop(from: zero, to: count, carrying: none) { row, sums in
          let source = builder.element(products, row, bytes: plan.vectors * plan.lanes * 4)
          let results = transformResults(
            builder.add(first, row), from: offset(source, number * plan.lanes * 4), to: target)
          guard let moments else { return [] }
          return zip(sums, moments.sums(results)).map { builder.build(.floatAdd, $0, $1) }
        }
        for (square, sum) in sums.enumerated() {
          guard let moments else { break }
          builder.store(
            sum, moments.address(task, square, builder.multiply(column, plan.lanes)), alignment: 8)
        }
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
      store(channels.lowerBound == 0 ? sum : add(load(address), sum), address)
    }
  }

  // MARK: Tiles

  /// Bytes to a tile's values along a side, from its first one where there are many tiles, else from the image's coordinate
  /// 0; nil where a value lies outside for certain.
  private func places(_ side: WinogradSide) -> [Int?] {
    let bytes = side.window.stride * 4
    return (0..<side.filter.side).map { position in
      if side.tiles > 1 { return position * bytes }
      let place = side.window.origin + position
      return 0..<side.window.extent ~= place ? place * bytes : nil
    }
  }

  /// `V = B' d` or `B' d B` of a tile, all channels.
  private func transformImage(_ tile: IRValue, to target: IRValue) {
    let (frames, corner) = coordinates(tile)
    let base = builder.add(place(problem.frames, frames, whole.a.strides), problem.imageOffset)
    let firsts = zip(sides, corner).map { builder.add($1, $0.window.origin) }
    let own = sides.map { places($0) }
    let emit = {
      let start = zip(sides, firsts).reduce(base) { start, part in
        part.0.tiles == 1
          ? start : builder.add(start, builder.multiply(part.1, part.0.window.stride))
      }
      transformChannels(builder.element(image, start, bytes: 4), target) { base, place in
        var bytes = 0
        for (side, position) in zip(own, place) {
          guard let part = side[position] else { return nil }
          bytes += part
        }
        return load(base, bytes)
      }
    }
    var isInside: IRValue?
    for (side, first) in zip(sides, firsts) where side.tiles > 1 && !side.isInside {
      let room = builder.constant(max(0, side.window.extent - (side.filter.side - 1)))
      isInside = builder.and(isInside, builder.compare(.unsignedLess, first, room))
    }
    guard let isInside else { return emit() }
    _ = builder.choose(
      isInside,
      then: {
        emit()
        return []
      },
      else: {
        transformEdge(builder.element(image, base, bytes: 4), firsts, own, to: target)
        return []
      })
  }

  /// Transforms a tile some of whose values lie outside the image: these read some inside, of which nothing is kept.
  private func transformEdge(_ base: IRValue, _ firsts: [IRValue], _ own: [[Int?]], to target: IRValue) {
    let masks = offset(scratch, plan.imageBytes + plan.productBytes)
    var clamped = own.map { $0.map { $0.map { builder.constant($0) } } }
    var inside = own.map { $0.map { _ in nil as IRValue? } }
    for (number, (side, first)) in zip(sides, firsts).enumerated() where side.tiles > 1 {
      let window = side.window
      for position in 0..<side.filter.side {
        let place = builder.add(first, position)
        let last = builder.constant(window.extent - 1)
        clamped[number][position] = builder.multiply(
          builder.minimum(builder.maximum(place, zero), last), window.stride * 4)
        inside[number][position] = builder.compare(.unsignedLess, place, builder.constant(window.extent))
      }
    }
    let counts = sides.map(\.filter.side)
    for product in 0..<plan.products {
      var (rest, condition) = (product, nil as IRValue?)
      for (side, count) in counts.enumerated().reversed() {
        condition = builder.and(inside[side][rest % count], condition)
        rest /= count
      }
      guard let condition else { continue }
      let kept = builder.cast(.signExtend, condition, to: builder.i32)
      store(builder.splat(kept, plan.lanes), masks, product * plan.lanes * 4)
    }
    let bits = builder.vector(builder.i32, plan.lanes)
    transformChannels(base, target) { base, place in
      var address = base
      for (side, position) in zip(clamped, place) {
        guard let bytes = side[position] else { return nil }
        address = builder.address(address, bytes)
      }
      let mask = builder.load(bits, offset(masks, sides.product(at: place) * plan.lanes * 4), alignment: 4)
      let value = builder.build(.and, builder.load(bits, address, alignment: 4), mask)
      return builder.cast(.bitcast, value, to: vector)
    }
  }

  /// Transforms vectors of channels one after the other; `value` gives the image's at some place of the tile.
  private func transformChannels(
    _ source: IRValue, _ target: IRValue, value: (_ base: IRValue, _ place: [Int]) -> IRValue?
  ) {
    let outer = Array(problem.channels.dropLast())
    builder.loop(from: zero, to: builder.constant(plan.channelRuns)) { run in
      let own = place(outer, builder.delinearize(run, outer.map { whole.sizes[$0] }), whole.a.strides)
      let from = builder.element(source, own, bytes: 4)
      let to = builder.element(target, run, bytes: plan.channelRun * 4)
      builder.loop(from: zero, to: builder.constant(plan.channelRun), step: plan.lanes) { channel in
        let from = builder.element(from, channel, bytes: 4)
        let to = builder.element(to, channel, bytes: 4)
        transform(\.image).forEach {
          value(from, $0)
        } _: { product, result in
          store(result, to, product * plan.imageStride)
        }
      }
    }
  }

  /// `A' M` or `A' M A` of a tile for one vector of columns, whose first product stands at `products` and whose results go to
  /// `columns`; gives the results, zero where they lie outside.
  private func transformResults(_ tile: IRValue, from products: IRValue, to columns: IRValue) -> [IRValue] {
    let (frames, corner) = coordinates(tile)
    let strides = whole.outputStrides
    var origin = builder.add(place(problem.frames, frames, strides), whole.outputOffset)
    for (side, coordinate) in zip(sides, corner) {
      origin = builder.add(origin, builder.multiply(coordinate, strides[side.window.row]))
    }
    let target = builder.element(columns, origin, bytes: 4)
    let values = transform(\.results).results { load(products, sides.product(at: $0) * plan.productStride) }
    var kept: [IRValue] = []
    for (number, value) in values.enumerated() {
      guard let value else { continue }
      var (bytes, condition) = (0, nil as IRValue?)
      var isResult = true
      for ((side, coordinate), position) in zip(zip(sides, corner), sides.place(ofResult: number)) {
        bytes += position * strides[side.window.row] * 4
        if side.tiles == 1 {
          isResult = isResult && position < side.rows
        } else if position > 0, side.hangsOver {
          let isInside = builder.compare(
            .signedLess, builder.add(coordinate, position), builder.constant(side.rows))
          condition = builder.and(isInside, condition)
        }
      }
      guard isResult else { continue }
      if let condition {
        builder.when(condition) { store(value, target, bytes) }
        if moments != nil { kept.append(builder.select(condition, value, builder.zero(vector))) }
      } else {
        store(value, target, bytes)
        kept.append(value)
      }
    }
    return kept
  }
}
