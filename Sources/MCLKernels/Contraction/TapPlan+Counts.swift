import MCLGraph

/// What follows from how a contraction by taps is cut: how many of everything there are, and how much memory they take.
extension TapPlan {
  /// The columns, the lane last.
  var laneLast: [Int] { problem.columns.filter { $0 != lane } + [lane] }
  /// The axes of partial results, outermost first: a tile's rows lie next to each other, as they do where results are
  /// stored in blocks of channels.
  var partialOrder: [[Int]] { [problem.batch] + (laneLast.dropLast() + problem.rows + [lane]).map { [$0] } }

  /// Products of a row and a column in a turn of the innermost loop.
  var writtenTerms: Int { unrolled.reduce(loops.last?.unroll ?? 1) { $0 * $1.size } }
  var tiles: Int { classTiles.reduce(0, +) }
  var runTiles: Int { run.count / vectors }
  var columnTiles: Int { runTiles * problem.count(outerColumns) }
  /// Rows after which the taps that are valid are the same again.
  var period: Int { stretch?.count ?? 1 }
  var blocks: Int { loops.reduce(1) { $0 * $1.blocks } }
  /// Tiles from one to that whose factors are asked for during it: as many as take the time that memory does.
  var tilesAhead: Int {
    guard stretch != nil else { return 1 }
    let terms = loops.reduce(unrolled.reduce(1) { $0 * $1.size }) { $0 * ($1.block ?? $1.size) }
    return max(1, min(8, Self.memoryTurns / (terms * rows * vectors)))
  }
  var tilesPerTask: Int { (tiles + rowTasks - 1) / rowTasks }
  var columnsPerTask: Int { (columnTiles + columnTasks - 1) / columnTasks }
  var taskCount: Int { problem.batchCount * splits * columnTasks * rowTasks }
  /// int32 a tile: its class, the rows' places in `a`, the results' places, and how many of the rows are not the last one
  /// repeated.
  var recordInts: Int { 2 + 2 * rows }
  /// Parts in which the rows of a class are listed.
  var tableChunks: Int { tiles >= 256 ? 4 : 1 }
  var tableTasks: Int { classes.count * tableChunks }
  var tableBytes: Int { (tiles * recordInts * 4 + 63) / 64 * 64 }
  var tileBytes: Int { rows * vectors * lanes * 4 }
  /// Rows of its own up to which a tile's rows are better summed one by one, with so many sums in turn for each.
  var mostNarrowRows: Int { rows / 2 }
  var narrowChains: Int { max(1, min(8 / vectors, rows, writtenTerms)) }
  /// Whether many tiles are so: where an image is small and its window large, as most kinds of pixels are few then.
  var hasNarrowTiles: Bool {
    guard stretch == nil else { return false }
    var (all, spared) = (0, 0)
    for (part, tiles) in zip(classes, classTiles) {
      all += tiles * rows * part.depth
      let rest = part.count % rows
      if rest > 0, rest <= mostNarrowRows { spared += (rows - rest) * part.depth }
    }
    return spared * 10 > all
  }
  /// Whether sums are short.
  var hasFewTerms: Bool {
    multiplyAdds < Self.fewTerms * problem.batchCount * problem.rowCount * problem.columnCount
  }
  /// Running sums of the task's tiles between blocks, then of the tile at hand, then of a narrow tile's rows.
  var blockBytes: Int { blocks > 1 ? tilesPerTask * tileBytes : 0 }
  var scratchBytes: Int { blockBytes + (hasNarrowTiles ? 2 : 1) * tileBytes }
  /// Lines of factors that tiles read, where a line is factors along the lanes and used up at once.
  var lines: Int {
    guard sumsLanes else { return 0 }
    return problem.batchCount * columnTiles
      * zip(classes, classTiles).reduce(0) { sum, part in
        let terms = part.0.depth / lanes
        let read = stretch.map {
          terms / problem.sizes[$0.tap] * $0.firstTaps.joined().count * (rows / period)
        }
        return sum + part.1 * (read ?? rows * terms)
      }
  }
}
