import LLVMBindings
import MCLGraph

/// Emits the products of a weight gradient by Winograd's minimal filtering.
struct WinogradGradientEmitter: WinogradCode {
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
  var whole: ContractionProblem { plan.problem.problem }
  var lanes: Int { plan.lanes }
  var sides: [WinogradSide] { plan.sides }
  var frames: [Int] { plan.problem.frames }
  private var zeros: IRValue { offset(scratch, plan.zeroOffset) }

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

  /// The address of a tile's first value at channel or column 0.
  private func corner(_ tile: (frames: [IRValue], corner: [IRValue]), _ access: LinearAccess, _ base: IRValue)
    -> IRValue
  {
    let axes = problem.frames + sides.map(\.window.row)
    let elements = builder.add(place(axes, tile.frames + tile.corner, access.strides), access.offset)
    return builder.element(base, elements, bytes: 4)
  }

  /// When a tile's value at some place along a side is one of the operand's.
  private enum Presence {
    case always
    case never
    case when(IRValue)
  }

  /// The vector at a place of a tile, some elements from an address; nil where it is none of the operand's for certain,
  /// zeros where it turns out so.
  private func value(_ base: IRValue, _ place: [Int], _ strides: [Int], _ presences: [[Presence]]) -> IRValue?
  {
    var (elements, condition) = (0, nil as IRValue?)
    for ((side, position), presence) in zip(zip(sides, place), presences) {
      elements += position * strides[side.window.row]
      switch presence[position] {
      case .always: break
      case .never: return nil
      case .when(let own): condition = builder.and(condition, own)
      }
    }
    let address = offset(base, elements * 4)
    return load(condition.map { builder.select($0, address, zeros) } ?? address)
  }

  /// `V = B' d` or `B' d B` of a tile, the block's channels.
  private func transformImage(_ tile: IRValue, _ firstVector: IRValue, to target: IRValue) {
    let parts = coordinates(tile)
    let source = corner(parts, whole.a, image)
    let firsts = zip(parts.corner, sides).map { builder.add($0, $1.window.origin) }
    let emit = { (presences: [[Presence]]) in
      builder.loop(from: zero, to: builder.constant(plan.channelVectors)) { number in
        let own = vectorPlace(builder.add(firstVector, number), problem.channels, whole.a.strides)
        let from = builder.element(source, own, bytes: 4)
        let to = builder.element(target, number, bytes: plan.lanes * 4)
        transform(\.image).forEach {
          value(from, $0, whole.a.strides, presences)
        } _: { product, result in
          store(result, offset(to, product * plan.imageStride))
        }
      }
    }
    func presences(inside: Bool) -> [[Presence]] {
      zip(sides, firsts).map { side, first in
        (0..<side.filter.side).map { position in
          let place = side.window.origin + position
          if side.tiles == 1 { return 0..<side.window.extent ~= place ? .always : .never }
          if inside { return .always }
          let isInside = builder.compare(
            .unsignedLess, builder.add(first, position), builder.constant(side.window.extent))
          return .when(isInside)
        }
      }
    }
    var isInside: IRValue?
    for (side, first) in zip(sides, firsts) where side.tiles > 1 {
      let room = builder.constant(max(0, side.window.extent - (side.filter.side - 1)))
      isInside = builder.and(isInside, builder.compare(.unsignedLess, first, room))
    }
    guard let isInside else { return emit(presences(inside: true)) }
    _ = builder.choose(
      isInside,
      then: {
        emit(presences(inside: true))
        return []
      },
      else: {
        emit(presences(inside: false))
        return []
      })
  }

  /// `Y = G y` or `G y G'` of a tile, the block's columns.
  private func transformGradient(_ tile: IRValue, _ firstVector: IRValue, to target: IRValue) {
    let parts = coordinates(tile)
    let source = corner(parts, whole.b, gradient)
    let presences = zip(sides, parts.corner).map { side, coordinate in
      (0..<side.filter.tapCount).map { position -> Presence in
        if side.tiles == 1 { return position < side.rows ? .always : .never }
        guard position > 0, side.hangsOver else { return .always }
        return .when(
          builder.compare(.signedLess, builder.add(coordinate, position), builder.constant(side.rows)))
      }
    }
    builder.loop(from: zero, to: builder.constant(plan.columnVectors)) { number in
      let own = vectorPlace(builder.add(firstVector, number), problem.columns, whole.b.strides)
      let from = builder.element(source, own, bytes: 4)
      let to = builder.element(target, number, bytes: plan.lanes * 4)
      transform(\.taps).forEach {
        value(from, $0, whole.b.strides, presences)
      } _: { product, result in
        store(result, offset(to, product * plan.gradientStride))
      }
    }
  }

  /// Makes a row of the chunk add nothing.
  private func clear(row: IRValue) {
    let parts = [
      (scratch, plan.imageStride, plan.channelVectors),
      (offset(scratch, plan.gradientOffset), plan.gradientStride, plan.columnVectors),
    ]
    for (base, stride, vectors) in parts {
      let target = builder.element(base, row, bytes: vectors * plan.lanes * 4)
      builder.loop(from: zero, to: builder.constant(plan.products)) { number in
        let own = builder.element(target, number, bytes: stride)
        for position in 0..<vectors { store(builder.zero(vector), offset(own, position * plan.lanes * 4)) }
      }
    }
  }

  // MARK: Products

  /// - Parameter tiles: first and end of those of the chunk that a product is to be summed over.
  private func addProducts(isFirst: IRValue, tiles: (_ number: IRValue) -> (IRValue, IRValue)) {
    builder.loop(from: zero, to: builder.constant(plan.products)) { number in
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
          let taps = transform(\.results).results { load(source, sides.product(at: $0) * plan.productStride) }
          for (number, value) in taps.enumerated() {
            let elements = zip(sides, sides.place(ofResult: number)).reduce(0) {
              $0 + $1.1 * strides[$1.0.window.tap]
            }
            store(value, target, elements * 4)
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
}
