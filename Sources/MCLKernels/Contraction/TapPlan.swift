import LLVMBindings
import MCLGraph

/// How a contraction by taps is cut: the register tile, the nest of loops over k, the blocks and the tasks.
///
/// A register tile is `rows` arbitrary rows (pixels, as a rule) x `vectors` vectors of columns; its sums stay in
/// registers over a block of k. Rows are listed in a table that the first phase writes: for each tile the class of its
/// rows, the place of each row in `a`, and the place of its results.
struct TapPlan {
  /// A loop over an axis of k.
  struct Loop {
    var axis: Int
    /// Position among the problem's inner axes.
    var position: Int
    var size: Int
    var factorStride: Int
    var vectorStride: Int
    /// Set where k is worked on in blocks along this axis: coordinates a block.
    var block: Int?
    /// Whether the part that is valid differs from class to class.
    var isRestricted: Bool
    /// Turns taken at once, the innermost loop only.
    var unroll = 1

    var blocks: Int { block.map { (size + $0 - 1) / $0 } ?? 1 }
  }

  let problem: ContractionProblem
  let classes: [RowClass]
  /// Which taps are valid for each row of every tile, where that is not the same for all of them.
  let stretch: RowStretch?
  /// Tiles of each class, and the number of the first.
  let classTiles: [Int]
  let firstTiles: [Int]
  let lanes: Int
  let rows: Int
  let vectors: Int
  /// Columns that are not in a tile, outermost first.
  let outerColumns: [Int]
  /// The vectors of columns that tiles are cut from: how many, and elements from one to the next in `b` and the output.
  let run: (count: Int, axis: Int?, vectorStride: Int, outputStride: Int)
  let lane: Int
  /// Whether the lanes are summed over: results are then single values.
  let sumsLanes: Bool
  /// The loops over k, outermost first, and the axes whose every coordinate is written out inside.
  let loops: [Loop]
  let unrolled: [Loop]
  /// Where sums leave the registers: after so many turns of that loop; nil where all of a block is one chain.
  let join: (level: Int, turns: Int)?
  let splits: Int
  let rowTasks: Int
  let columnTasks: Int
  /// Where results go other than to their places: row-major over `partialOrder`.
  let isPartial: Bool
  /// Turns of multiply-adds that the products take, by estimate.
  let cost: Double

  static let wantedTasks = 32
  /// Rows of the largest tile.
  static let mostRows = 9
  /// Rows that a vector is to be used by, where some rows of a tile have no use for it.
  private static let leastRows = 4
  /// Multiply-adds in the time that memory takes to answer, about.
  static let memoryTurns = 1000
  /// Turns of loops over k that are written out.
  static let mostWritten = 16
  /// Terms of a block of k: what is worked on for all of a task's tiles before the next, so that the vectors stay in
  /// the nearest caches and sums in registers stay short.
  static let blockTerms = 96
  /// Products added up in a register before they join the tile's running sum, where the work is so little that the
  /// time of joining does not matter: rounding grows with the length of the chain. A join costs about as much as
  /// twenty products.
  static let chainTerms = 24
  static let littleWork = 150_000_000
  /// Products a result below which storing it is most of the work.
  static let fewTerms = 32
  /// Bytes of vectors that do not stay in the caches.
  private static let farBytes = 8 << 20

  let multiplyAdds: Int

  /// Turns that a tile takes for a term of each row: its multiply-adds, or what they load, or the time that a
  /// multiply-add waits for the one before it.
  private static func turn(rows: Int, vectors: Int, _ stretch: RowStretch?, sizes: [Int]) -> Double {
    // A vector is loaded for every tap, of which only some are valid for a row.
    let share = stretch.map { Double($0.count * sizes[$0.tap]) / Double(max($0.taps, 1)) } ?? 1
    let loads = Double(rows) + share * Double(vectors)
    return max(Double(rows * vectors), 1.15 * loads, 8) + 0.4
  }

  init(
    _ problem: ContractionProblem, classes: [RowClass], stretch: RowStretch?, lane: Int, isDirect: Bool,
    allowsSplits: Bool, keepsColumns: Bool, target: TargetDescription
  ) {
    self.problem = problem
    self.classes = classes
    self.stretch = stretch
    self.lane = lane
    lanes = target.lanes
    let sumsLanes = problem.inner.contains(lane)
    self.sumsLanes = sumsLanes
    let termsPerTurn = sumsLanes ? target.lanes : 1
    let sizes = problem.sizes
    let products = classes.map { part in
      stretch.map { part.depth / sizes[$0.tap] * $0.taps * (part.count / $0.count) }
        ?? part.count * part.depth
    }
    multiplyAdds = problem.batchCount * problem.columnCount * products.reduce(0, +)

    // Columns.
    let others = problem.columns.filter { $0 != lane }
    let laneVectors = sumsLanes ? 1 : sizes[lane] / target.lanes
    if laneVectors > 1 {
      run = (laneVectors, nil, target.lanes, target.lanes * problem.outputStrides[lane])
      outerColumns = others
    } else if let last = others.last {
      run = (sizes[last], last, problem.b.strides[last], problem.outputStrides[last])
      outerColumns = Array(others.dropLast())
    } else {
      run = (1, nil, 0, 0)
      outerColumns = []
    }

    let period = stretch?.count ?? 1
    // The register tile that takes the least time.
    let columns = run.count * problem.count(outerColumns)
    let restricted = problem.inner.indices.map { position in
      Set(classes.map { $0.inner[position] }).count > 1
        || classes.contains { $0.inner[position] != 0..<sizes[problem.inner[position]] }
    }
    var best = (rows: 1, vectors: 1, cost: Double.infinity)
    /// Whether a vector that is loaded for a tap is used by as many rows as the caches take to give the next.
    func serves(_ rows: Int) -> Bool {
      guard let stretch, !sumsLanes else { return true }
      return rows / stretch.count * stretch.taps >= Self.leastRows * sizes[stretch.tap]
    }
    for vectors in 1...6 where run.count % vectors == 0 {
      // Sums, a vector of each column and a factor; of many registers one more is left, or terms written out spill.
      let spare = target.vectorRegisters > 16 ? 2 : 1
      for rows in stride(from: period, through: Self.mostRows, by: period)
      where (rows + 1) * vectors + 1 <= target.vectorRegisters - spare && serves(rows) {
        let turn = Self.turn(rows: rows, vectors: vectors, stretch, sizes: sizes)
        let tileTurns = zip(classes, products).reduce(0.0) {
          let depth = $1.1 / max($1.0.count, 1)
          return $0 + Double(($1.0.count + rows - 1) / rows) * Double(depth / termsPerTurn + 12)
        }
        let cost = tileTurns * turn * Double(columns / vectors)
        if cost < best.cost { best = (rows, vectors, cost) }
      }
    }
    rows = best.rows
    vectors = best.vectors
    cost = best.cost * Double(problem.batchCount)
    let tileRows = best.rows
    classTiles = classes.map { ($0.count + tileRows - 1) / tileRows }
    var first = 0
    firstTiles = classTiles.map { count in
      defer { first += count }
      return first
    }

    // The nest over k: far strides outside; a few terms written out inside.
    var nest = problem.inner.enumerated().map { position, axis in
      let step = axis == lane ? target.lanes : 1
      return Loop(
        axis: axis, position: position, size: sizes[axis] / step,
        factorStride: problem.a.strides[axis] * step,
        vectorStride: problem.b.strides[axis] * step, block: nil, isRestricted: restricted[position])
    }
    nest.sort {
      (abs($0.factorStride), abs($0.vectorStride), $1.axis)
        > (abs($1.factorStride), abs($1.vectorStride), $0.axis)
    }
    var inside = nest.filter { $0.axis == stretch?.tap }
    var written = inside.reduce(1) { $0 * $1.size }
    // Jumping about in k is no harm where all of the vectors stay in the cache.
    let isNear = nest.reduce(best.vectors * target.vectorBytes) { $0 * $1.size } <= 256 * 1024
    for loop in nest.reversed() where loop.axis != stretch?.tap {
      let fits = !loop.isRestricted && written * loop.size <= Self.mostWritten
      if fits {
        written *= loop.size
        inside.insert(loop, at: 0)
      } else if !isNear {
        break
      }
    }
    nest.removeAll { loop in inside.contains { $0.axis == loop.axis } }
    if let last = nest.indices.last, written < 8 {
      // What is valid of a loop may be a few turns: some at once where one is little work only.
      let few = min(nest[last].size / 4, 64 / (written * best.rows * best.vectors))
      nest[last].unroll = max(1, min(8 / written, nest[last].isRestricted ? few : 8))
    }
    let depth = nest.reduce(written) { $0 * $1.size }
    var below = depth
    if Double(depth) > 1.5 * Double(Self.blockTerms) {
      for index in nest.indices {
        below /= nest[index].size
        if below >= Self.blockTerms {
          nest[index].block = 1
          continue
        }
        let blocks = max(
          1, Int((Double(below * nest[index].size) / Double(Self.blockTerms)).rounded()))
        var size = (nest[index].size + blocks - 1) / blocks
        let unroll = nest[index].unroll
        size = (size + unroll - 1) / unroll * unroll
        nest[index].block = size
        break
      }
    }
    loops = nest
    unrolled = inside
    var chain = written
    var join: (level: Int, turns: Int)?
    for level in nest.indices.reversed() where multiplyAdds < Self.littleWork {
      let valid = classes.map { $0.inner[nest[level].position].count }.max() ?? 0
      let turns = min(valid, nest[level].size, nest[level].block ?? nest[level].size)
      if chain * turns > Self.chainTerms * 4 / 3 {
        let step = nest[level].unroll
        join = (level, max(1, Self.chainTerms / chain / step) * step)
        break
      }
      chain *= turns
    }
    self.join = join

    // Tasks.
    let tiles = classTiles.reduce(0, +)
    let columnTiles = columns / best.vectors
    let blocks = nest.reduce(1) { $0 * $1.blocks }
    let perTask = Double(tiles * columnTiles * problem.batchCount) / Double(Self.wantedTasks)
    var splits = 1
    if allowsSplits, perTask < 8, depth >= 2048 {
      // Vectors that come from memory are better read by one task each than by several that share the rows.
      let most = depth * columns * target.vectorBytes > Self.farBytes ? Self.wantedTasks : 16
      splits = max(1, min(Int((8 / perTask).rounded()), depth / 1024, blocks, most))
      let bytes = problem.batchCount * problem.rowCount * problem.columnCount * 4
      while splits > 1, bytes * splits > 8 << 20 { splits -= 1 }
    }
    // Every split has a block.
    let perSplit = (blocks + splits - 1) / splits
    splits = (blocks + perSplit - 1) / perSplit
    self.splits = splits
    isPartial = splits > 1 || !isDirect
    let columnBytes = depth * best.vectors * target.vectorBytes
    let share = max(1, Self.wantedTasks / (problem.batchCount * splits))
    // Columns whose operand fits the cache beside others stay in one task; rows that lie apart, with lines in between that
    // nobody reads, are not foreseen by the processor and are better read by one task alone.
    let strides = problem.a.strides
    let near = problem.inner.first { strides[$0] == 1 }.map { sizes[$0] } ?? 1
    let areApart = problem.inner.count <= 2 && (problem.rows.map { strides[$0] }.min() ?? 0) > near
    let fitting = areApart ? 640 * 1024 : 128 * 1024
    columnTasks = !keepsColumns && columnBytes * columnTiles > fitting ? min(columnTiles, share) : 1
    let wantedRows = max(1, min(tiles, (share + columnTasks - 1) / columnTasks))
    let perRowTask = (tiles + wantedRows - 1) / wantedRows
    rowTasks = max(1, (tiles + perRowTask - 1) / perRowTask)
  }
}
