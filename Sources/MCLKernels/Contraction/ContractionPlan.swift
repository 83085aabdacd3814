import LLVMBindings
import MCLGraph

/// How a contraction without divisors is cut: which columns lie in lanes, the register tile, the blocks and tasks.
struct ContractionPlan {
  let problem: ContractionProblem
  let rowPanel: PanelLayout
  let columnPanel: PanelLayout
  /// Columns that are not in lanes, outermost first.
  let outerColumns: [Int]
  /// Register tile: `tileRows` x (`tileVectors` vectors of `lanes`).
  let tileRows: Int
  let tileVectors: Int
  let lanes: Int
  /// Whether a tile's columns are neighbours in the output.
  let storesVectors: Bool
  /// k in a block: a tile's panel is packed and used a block at a time.
  let blockDepth: Int
  /// Parts of k that are summed apart and joined at the end; 1 for none.
  let splits: Int
  let splitDepth: Int
  let tilesPerTask: Int
  let panelsPerTask: Int

  var tileColumns: Int { tileVectors * lanes }
  var rowPanels: Int { (problem.rowCount + tileRows - 1) / tileRows }
  var laneTiles: Int { (columnPanel.laneCount + tileColumns - 1) / tileColumns }
  var tiles: Int { laneTiles * problem.count(outerColumns) }
  var tileTasks: Int { (tiles + tilesPerTask - 1) / tilesPerTask }
  var panelTasks: Int { (rowPanels + panelsPerTask - 1) / panelsPerTask }
  var depth: Int { problem.innerCount }
  /// Blocks of k in each split.
  var blocks: Int { max(1, (splitDepth + blockDepth - 1) / blockDepth) }

  /// Tasks of packing the rows: one a panel.
  var packTasks: Int { problem.batchCount * rowPanels }
  var taskCount: Int { problem.batchCount * splits * panelTasks * tileTasks }

  /// Float32 elements of one packed panel of rows.
  var panelElements: Int { ((depth + PanelLayout.slackRows) * tileRows + 15) / 16 * 16 }
  var packedBytes: Int { packTasks * panelElements * 4 }
  /// Scratch: a packed panel of columns, partial tiles, and one tile on its way to scattered places.
  var columnPanelBytes: Int { (blockDepth + PanelLayout.slackRows) * tileColumns * 4 }
  var tileBytes: Int { tileRows * tileColumns * 4 }
  /// Whether sums of chunks and blocks are joined in float64; else there is but one.
  var joinsChunks: Bool { splitDepth > Self.chunkDepth || blocks > 1 }
  var partialBytes: Int {
    joinsChunks ? (blocks > 1 ? tilesPerTask * panelsPerTask : 1) * tileBytes * 2 : 0
  }
  var scratchBytes: Int { columnPanelBytes + partialBytes + tileBytes }

  static let wantedTasks = 32
  /// Terms that an accumulator takes before it joins a sum of sums, and terms that those take before they join one in
  /// float64: the error of a running sum grows with the root of its length.
  static let shortChunk = 16
  static let chunkDepth = 256

  init(_ problem: ContractionProblem, target: TargetDescription, allowsSplits: Bool) {
    var problem = problem
    problem.merge()
    let sizes = problem.sizes
    lanes = target.lanes

    // Columns in lanes.
    let innerNeighbours = Self.neighbours(problem.inner, problem.b, sizes)
    var laneAxes = Self.suffix(problem.columns) { outer, inner in
      problem.outputStrides[outer] == problem.outputStrides[inner] * sizes[inner]
    }
    let storesNeighbours = laneAxes.last.map { problem.outputStrides[$0] == 1 } ?? false
    if !storesNeighbours {
      let along = Self.suffix(problem.columns) { problem.b.mergesInMemory($0, $1, size: sizes[$1]) }
      laneAxes = problem.count(along) >= 8 ? along : problem.columns
    }
    var mode: PanelLayout.Mode =
      PanelLayout.areNeighbours(laneAxes, problem.b, sizes)
      ? .alongLanes : innerNeighbours.isEmpty ? .scattered : .alongInner
    if mode == .alongInner {
      // One mask serves all lanes where the checks leave the lanes out.
      let unchecked = problem.columns.filter { !problem.b.checks($0) }
      if problem.count(unchecked) >= 16 { laneAxes = unchecked }
      if problem.count(innerNeighbours) < 4 { mode = .scattered }
    }
    storesVectors =
      laneAxes.last.map { problem.outputStrides[$0] == 1 } ?? false
      && zip(laneAxes, laneAxes.dropFirst()).allSatisfy {
        problem.outputStrides[$0] == problem.outputStrides[$1] * sizes[$1]
      }
    outerColumns = problem.columns.filter { !laneAxes.contains($0) }

    // The run of k inside: one that both operands walk in even steps, unchecked but for transposed columns.
    var run = mode == .alongInner ? innerNeighbours : []
    while let first = run.first {
      let pairs = zip(run, run.dropFirst())
      let isEven = pairs.allSatisfy { problem.a.mergesInMemory($0, $1, size: sizes[$1]) }
      if isEven, !run.contains(where: { problem.a.checks($0) }) { break }
      run.removeAll { $0 == first }
    }
    if run.isEmpty {
      if mode == .alongInner { mode = .scattered }
      let unchecked = problem.inner.filter { !problem.b.checks($0) && !problem.a.checks($0) }
      run = unchecked.max { sizes[$0] < sizes[$1] }.map { [$0] } ?? []
    }
    let outer = problem.inner.filter { !run.contains($0) }
    func panel(_ access: LinearAccess, _ mode: PanelLayout.Mode, _ axes: [Int], width: Int) -> PanelLayout {
      PanelLayout(
        access: access, mode: mode, laneAxes: axes, laneSizes: axes.map { sizes[$0] }, width: width,
        outerAxes: outer, outerSizes: outer.map { sizes[$0] }, innerAxes: run,
        innerSizes: run.map { sizes[$0] })
    }
    (tileRows, tileVectors) = Self.tile(
      rows: problem.rowCount, columns: problem.count(laneAxes), lanes: target.lanes,
      registers: target.vectorRegisters)
    columnPanel = panel(problem.b, mode, laneAxes, width: tileVectors * lanes)
    let rowMode: PanelLayout.Mode
    let runMovesByOne =
      PanelLayout.areNeighbours(run, problem.a, sizes) && run.allSatisfy { !problem.a.checks($0) }
    if PanelLayout.areNeighbours(problem.rows, problem.a, sizes),
      !run.contains(where: { problem.a.checks($0) })
    {
      rowMode = .alongLanes
    } else {
      rowMode = runMovesByOne && problem.count(run) >= 8 ? .alongInner : .scattered
    }
    rowPanel = panel(problem.a, rowMode, problem.rows, width: tileRows)
    self.problem = problem

    // Blocks and tasks.
    let width = tileVectors * lanes
    let rowPanels = (problem.rowCount + tileRows - 1) / tileRows
    let tiles = (problem.count(laneAxes) + width - 1) / width * problem.count(outerColumns)
    let depth = problem.innerCount
    let pieces = problem.batchCount * tiles
    var splits = 1
    if allowsSplits, pieces * 2 <= Self.wantedTasks, depth >= 4096 {
      splits = max(1, min(Self.wantedTasks / pieces, depth / 1024))
    }
    var splitDepth = max(1, (depth + splits - 1) / splits)
    splitDepth = (splitDepth + 7) / 8 * 8
    splits = max(1, (depth + splitDepth - 1) / splitDepth)
    if splits == 1 { splitDepth = max(1, depth) }
    self.splits = splits
    self.splitDepth = splitDepth
    tilesPerTask = max(1, (pieces * splits + Self.wantedTasks - 1) / Self.wantedTasks)
    let tileTasks = (tiles + tilesPerTask - 1) / tilesPerTask
    let wantedPanelTasks = max(1, Self.wantedTasks / 2 / (problem.batchCount * splits * tileTasks))
    let mostRows = 512
    let panelTasks = max(
      min(wantedPanelTasks, max(1, rowPanels * tileRows / 32)),
      (rowPanels * tileRows + mostRows - 1) / mostRows)
    panelsPerTask = (rowPanels + panelTasks - 1) / panelTasks
    // A block of both operands stays in the second-level cache.
    let budget = 96 * 1024
    let fitting = budget / (panelsPerTask * tileRows + width) / 8 * 8
    blockDepth = min(splitDepth, max(128, min(1024, fitting)))
  }

  /// The innermost axes of a list that join, pair by pair.
  private static func suffix(_ axes: [Int], _ joins: (Int, Int) -> Bool) -> [Int] {
    var result: [Int] = []
    for axis in axes.reversed() {
      if let inner = result.first, !joins(axis, inner) { break }
      result.insert(axis, at: 0)
    }
    return result
  }

  /// The axes of k along which memory is walked element by element.
  private static func neighbours(_ inner: [Int], _ access: LinearAccess, _ sizes: [Int]) -> [Int] {
    guard let last = inner.first(where: { access.strides[$0] == 1 && sizes[$0] > 1 }) else { return [] }
    var result = [last]
    while let outer = inner.first(where: { axis in
      !result.contains(axis) && sizes[axis] > 1
        && access.mergesInMemory(axis, result[0], size: sizes[result[0]])
    }) {
      result.insert(outer, at: 0)
    }
    return result
  }

  /// The register tile that wastes least: accumulators + vectors of columns + one value of rows fit the registers.
  private static func tile(rows: Int, columns: Int, lanes: Int, registers: Int) -> (rows: Int, vectors: Int) {
    let shapes =
      registers >= 32
      ? [(8, 3), (8, 2), (12, 2), (14, 2), (10, 2), (6, 2), (4, 4), (4, 2), (16, 1), (8, 1)]
      : [(6, 2), (4, 3), (5, 2), (4, 2), (12, 1), (8, 1)]
    var best = shapes[0]
    var bestCost = Double.infinity
    for (tileRows, vectors) in shapes {
      let tiles =
        ((rows + tileRows - 1) / tileRows) * ((columns + vectors * lanes - 1) / (vectors * lanes))
      let multiplies = Double(tileRows * vectors)
      // Loads that are not hidden behind multiply-adds, the latency of short chains, the turn of the loop.
      let cost =
        Double(tiles) * (max(multiplies, Double(tileRows + vectors) * 1.2, 8) + 0.75)
      if cost < bestCost {
        bestCost = cost
        best = (tileRows, vectors)
      }
    }
    return best
  }
}
