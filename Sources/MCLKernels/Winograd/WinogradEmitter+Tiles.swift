import LLVMBindings
import MCLGraph

/// The transformations of tiles: of the image before products, and of these after.
extension WinogradEmitter {
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

  /// Transforms some tiles of the image; those past the last give what is in memory already.
  func transformImages(from first: IRValue, to end: IRValue, into target: IRValue) {
    builder.loop(from: first, to: end) { number in
      let row = builder.subtract(number, first)
      let tile = builder.minimum(number, builder.constant(plan.tiles - 1))
      transformImage(tile, to: builder.element(target, row, bytes: plan.tileBytes))
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
    let masks = offset(scratch, plan.maskOffset)
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
  func transformResults(_ tile: IRValue, from products: IRValue, to columns: IRValue) -> [IRValue] {
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
