import LLVMBindings
import MCLGraph

/// What a contraction by taps asks for ahead: lines of the tile, of the next tile and of the next block of k.
extension TapEmitter {
  /// Requests made while a tile's products are: tiles jump from row to row, which the processor does not foresee, and
  /// all requests at once would keep the products waiting.
  struct Requests {
    /// For the lines that results go to and the epilogue reads: the first row to ask for, then one more a turn of the
    /// innermost loop; nil where it takes no time to speak of.
    let results: (first: IRValue, emit: (_ row: IRValue) -> Void)?
    /// For what the next tile's rows read at a place, asked for when this tile is there.
    let factors: (_ place: IRValue) -> Void
    /// Where the next block of k reads its vectors, which are asked for beside this block's; nil where enough tiles read
    /// them to make their way from memory short.
    let vectors: IRValue?
  }

  /// What to ask for during a block of k: all rows during the last, none before.
  func resultRequests(
    _ block: IRValue, _ blocks: (IRValue, IRValue), _ emit: @escaping (IRValue) -> Void
  ) -> (first: IRValue, emit: (_ row: IRValue) -> Void)? {
    guard !plan.loops.isEmpty, plan.classes.contains(where: { $0.depth >= 32 }) else { return nil }
    guard plan.blocks > 1 else { return (builder.constant(0), emit) }
    let isLast = builder.compare(.equal, builder.add(block, 1), blocks.1)
    return (builder.select(isLast, builder.constant(0), builder.constant(plan.rows)), emit)
  }

  /// Asks for the lines that a tile's rows read during a turn of the innermost loop.
  func prefetchFactors(of record: IRValue, _ origin: IRValue) {
    guard plan.stretch == nil || plan.sumsLanes else { return }
    let offsets = lines(
      (plan.loops.last.map { [($0.unroll, $0.factorStride)] } ?? [])
        + plan.unrolled.filter { $0.axis != plan.stretch?.tap }.map { ($0.size, $0.factorStride) })
    // Rows that are neighbours share their lines, and the first ones' with this tile.
    let areNeighbours = problem.rows.contains { problem.a.strides[$0] == 1 }
    let rows = areNeighbours ? [plan.rows - 1] : Array(0..<plan.rows)
    var own = rows.map { _ in offsets }
    if let stretch = plan.stretch {
      // A line that several rows read is asked for once, into the second cache: on their way to the first one so many
      // lines from memory would keep the vectors waiting.
      let taps = stretch.firstTaps.map { $0.map { $0 * problem.a.strides[stretch.tap] } }
      own = rows.map { row in taps[row % plan.period].flatMap { tap in offsets.map { $0 + tap } } }
    }
    guard isCheap(own.reduce(0) { $0 + $1.count }) else { return }
    for (row, offsets) in zip(rows, own) where !offsets.isEmpty {
      let base = builder.element(origin, integer(record, 1 + row), bytes: 4)
      for offset in offsets {
        builder.prefetch(
          builder.address(base, builder.constant(offset * 4)), forWriting: false,
          isFar: plan.stretch != nil)
      }
    }
  }

  func prefetch(
    row: IRValue, _ record: IRValue, _ base: IRValue, runStride: Int,
    known: [(axis: Int, coordinate: IRValue)], firstVector: IRValue
  ) {
    let places = builder.address(record, builder.constant((1 + plan.rows) * 4))
    let place = integer(builder.element(places, row, bytes: 4), 0)
    let address = builder.element(base, place, bytes: 4)
    for number in 0..<plan.vectors
    where !isStreaming && (number * runStride * 4 % 64 < plan.lanes * 4 || runStride > 16) {
      builder.prefetch(
        builder.address(address, builder.constant(number * runStride * 4)), forWriting: true)
    }
    epilogue?.prefetch(plan.vectors, place: place, known: known, firstVector: firstVector, plan)
  }

  /// The places of the lines that are read at some counts of strides, in elements from the first.
  private func lines(_ counts: [(count: Int, stride: Int)]) -> [Int] {
    var offsets = [0]
    for (count, stride) in counts {
      offsets = offsets.flatMap { start in (0..<count).map { start + $0 * stride } }
    }
    let lineElements = 16
    var seen: Set<Int> = []
    return offsets.filter { seen.insert($0 / lineElements).inserted }
  }

  /// Whether so many requests in a turn of the innermost loop leave the products their time.
  private func isCheap(_ requests: Int) -> Bool {
    requests * 6 <= plan.writtenTerms * plan.rows * plan.vectors
  }

  /// Tiles of a task up to which vectors are asked for: with more, what each reads is soon there for all.
  private static let fewTiles = 4

  /// Where the next block of k reads a tile's vectors, if few tiles use them up.
  func nextVectors(_ block: IRValue, _ base: IRValue) -> IRValue? {
    // With many terms written out there is no register left to ask with.
    guard plan.blocks > 1, plan.tilesPerTask <= Self.fewTiles, !plan.loops.isEmpty, plan.unrolled.isEmpty,
      plan.rows >= 6
    else { return nil }
    func origin(_ block: IRValue) -> IRValue {
      zip(plan.loops, blockRanges(block)).reduce(builder.constant(0)) { place, part in
        part.1.map { builder.add(place, builder.multiply($0.0, part.0.vectorStride)) } ?? place
      }
    }
    let next = builder.minimum(builder.add(block, 1), builder.constant(plan.blocks - 1))
    return builder.element(base, builder.subtract(origin(next), origin(block)), bytes: 4)
  }
}
