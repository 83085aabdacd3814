import LLVMBindings
import MCLGraph

/// The sums of a tile over a block of k: the loops, and the multiply-adds inside.
extension TapEmitter {
  /// The rows of a tile whose sums are in registers, and how many sums each row's terms take in turn: a multiply-add
  /// waits for the one before it, so one row alone needs several.
  private struct RegisterTile {
    var rows: [IRValue]
    var chains = 1
  }

  private func zeros(_ tile: RegisterTile) -> [IRValue] {
    [IRValue](repeating: builder.zero(vector), count: tile.rows.count * plan.vectors * tile.chains)
  }

  /// The sums of a tile over a block of k, row by row. Of a tile that has few rows of its own, the last one repeated,
  /// each row's are made by themselves.
  func sums(
    _ bounds: [(IRValue, IRValue)], _ factors: IRValue, _ record: IRValue, _ vectors: IRValue,
    _ requests: Requests
  ) -> [IRValue] {
    func row(_ number: IRValue) -> IRValue {
      builder.element(factors, integer(builder.element(record, number, bytes: 4), 1), bytes: 4)
    }
    let rows = (0..<plan.rows).map { builder.element(factors, integer(record, 1 + $0), bytes: 4) }
    let whole = { blockSums(bounds, RegisterTile(rows: rows), vectors, requests) }
    guard plan.hasNarrowTiles else { return whole() }
    let used = integer(record, 1 + 2 * plan.rows)
    return builder.choose(
      builder.compare(.signedGreater, used, builder.constant(plan.mostNarrowRows)), then: whole,
      else: {
        let rowBytes = plan.vectors * plan.lanes * 4
        let kept = builder.address(scratch, builder.constant(plan.blockBytes + plan.tileBytes))
        builder.loop(from: builder.constant(0), to: used) { number in
          let tile = RegisterTile(rows: [row(number)], chains: plan.narrowChains)
          let none = Requests(results: nil, factors: { _ in }, vectors: nil)
          let parts = blockSums(bounds, tile, vectors, none)
          let place = builder.element(kept, number, bytes: rowBytes)
          for vector in 0..<plan.vectors {
            let sum = (1..<tile.chains).reduce(parts[vector]) {
              builder.build(.floatAdd, $0, parts[$1 * plan.vectors + vector])
            }
            builder.store(
              sum, builder.address(place, builder.constant(vector * plan.lanes * 4)), alignment: 4)
          }
        }
        let last = builder.add(used, -1)
        return (0..<plan.rows).flatMap { number in
          let place = builder.element(
            kept, builder.minimum(builder.constant(number), last), bytes: rowBytes)
          return (0..<plan.vectors).map {
            builder.load(vector, builder.address(place, builder.constant($0 * plan.lanes * 4)), alignment: 4)
          }
        }
      })
  }

  private func blockSums(
    _ bounds: [(IRValue, IRValue)], _ tile: RegisterTile, _ vectors: IRValue, _ requests: Requests
  ) -> [IRValue] {
    let start = builder.constant(0)
    let zeros = zeros(tile)
    guard plan.join != nil else {
      let row = requests.results.map { [$0.first] } ?? []
      return Array(nest(0, bounds, tile, vectors, start, start, zeros + row, requests).prefix(zeros.count))
    }
    if let results = requests.results {
      builder.loop(from: results.first, to: builder.constant(plan.rows)) { results.emit($0) }
    }
    for (position, zero) in zeros.enumerated() {
      builder.store(zero, running(position), alignment: 4)
    }
    let inside = Requests(results: nil, factors: requests.factors, vectors: requests.vectors)
    _ = nest(0, bounds, tile, vectors, start, start, [], inside)
    return zeros.indices.map { builder.load(vector, running($0), alignment: 4) }
  }

  /// The loops over k from a level on; they carry the sums where these are in registers.
  private func nest(
    _ level: Int, _ bounds: [(IRValue, IRValue)], _ tile: RegisterTile, _ vectors: IRValue,
    _ factor: IRValue,
    _ column: IRValue, _ sums: [IRValue], _ requests: Requests
  ) -> [IRValue] {
    guard level < plan.loops.count else {
      if level == 0, plan.stretch != nil { requests.factors(factor) }
      return terms(tile, vectors, factor, column, sums)
    }
    if let join = plan.join, level == join.level {
      let (start, end) = bounds[level]
      builder.loop(from: start, to: end, step: join.turns) { first in
        let last = builder.minimum(builder.add(first, join.turns), end)
        let part = turns(level, (first, last), bounds, tile, vectors, factor, column, zeros(tile), requests)
        for (position, value) in part.enumerated() {
          let before = builder.load(vector, running(position), alignment: 4)
          builder.store(builder.build(.floatAdd, before, value), running(position), alignment: 4)
        }
      }
      return []
    }
    return turns(level, bounds[level], bounds, tile, vectors, factor, column, sums, requests)
  }

  /// Some turns of the loop at a level.
  private func turns(
    _ level: Int, _ range: (IRValue, IRValue), _ bounds: [(IRValue, IRValue)], _ tile: RegisterTile,
    _ vectors: IRValue, _ factor: IRValue, _ column: IRValue, _ sums: [IRValue], _ requests: Requests
  ) -> [IRValue] {
    let loop = plan.loops[level]
    let isInside = level > 0 && level == plan.loops.count - 1
    let factor = isInside ? builder.opaque(factor) : factor
    let column = isInside ? builder.opaque(column) : column
    /// Asks for what one more row will need.
    func requested(_ sums: [IRValue]) -> [IRValue] {
      guard let results = requests.results, let row = sums.last, level == plan.loops.count - 1 else {
        return sums
      }
      builder.when(builder.compare(.signedLess, row, builder.constant(plan.rows))) { results.emit(row) }
      return sums.dropLast() + [builder.add(row, 1)]
    }
    func inside(_ index: IRValue, _ sums: [IRValue], turns: Int = 1) -> [IRValue] {
      let place = builder.add(factor, builder.multiply(index, loop.factorStride))
      let column = builder.add(column, builder.multiply(index, loop.vectorStride))
      guard level == plan.loops.count - 1 else {
        return nest(level + 1, bounds, tile, vectors, place, column, sums, requests)
      }
      requests.factors(place)
      return terms(tile, vectors, place, column, sums, turns: (turns, loop), next: requests.vectors)
    }
    var (start, sums) = (range.0, sums)
    let end = range.1
    if loop.unroll > 1 {
      let span = builder.subtract(end, start)
      let whole = builder.multiply(builder.divide(span, by: loop.unroll).quotient, loop.unroll)
      let last = builder.add(start, whole)
      sums = builder.loop(from: start, to: last, step: loop.unroll, carrying: sums) { index, sums in
        inside(index, requested(sums), turns: loop.unroll)
      }
      start = last
    }
    return builder.loop(from: start, to: end, carrying: sums) {
      inside($0, loop.unroll > 1 ? $1 : requested($1))
    }
  }

  /// The terms written out: one vector of `b` a column, one factor of `a` a row, one multiply-add a pair. Those of some
  /// turns of the innermost loop are told apart by constants, so that there is one address a row for all of them.
  private func terms(
    _ tile: RegisterTile, _ vectors: IRValue, _ factor: IRValue, _ column: IRValue, _ sums: [IRValue],
    turns: (count: Int, loop: TapPlan.Loop)? = nil, next: IRValue? = nil
  ) -> [IRValue] {
    let factorBytes = builder.multiply(factor, 4)
    let vectorBase = builder.element(vectors, column, bytes: 4)
    let bases = tile.rows.map { builder.address($0, factorBytes) }
    var sums = sums
    var term = 0
    let nextBase = next.map { builder.element($0, column, bytes: 4) }
    var asked: Set<Int> = []
    func visit(_ level: Int, _ factor: Int, _ column: Int, tap: Int? = nil) {
      guard level < plan.unrolled.count else {
        let values = (0..<plan.vectors).map { number in
          let place = (column + number * plan.run.vectorStride) * 4
          if let nextBase, asked.insert(place / 64).inserted {
            builder.prefetch(builder.address(nextBase, builder.constant(place)), forWriting: false)
          }
          return builder.load(
            vector, builder.address(vectorBase, builder.constant(place)), alignment: 4)
        }
        for (row, base) in bases.enumerated() {
          if let tap, let stretch = plan.stretch, !stretch.valid[row % plan.period].contains(tap) { continue }
          let place = builder.address(base, builder.constant(factor * 4))
          let factor =
            plan.sumsLanes
            ? builder.load(vector, place, alignment: 4)
            : builder.splat(builder.load(builder.f32, place, alignment: 4), plan.lanes)
          for number in 0..<plan.vectors {
            let place = (term % tile.chains * bases.count + row) * plan.vectors + number
            sums[place] = scalar.multiplyAdd(factor, values[number], sums[place])
          }
        }
        term += 1
        return
      }
      let loop = plan.unrolled[level]
      for index in 0..<loop.size {
        visit(
          level + 1, factor + index * loop.factorStride, column + index * loop.vectorStride,
          tap: loop.axis == plan.stretch?.tap ? index : tap)
      }
    }
    for turn in 0..<(turns?.count ?? 1) {
      visit(0, turn * (turns?.loop.factorStride ?? 0), turn * (turns?.loop.vectorStride ?? 0))
    }
    return sums
  }
}
