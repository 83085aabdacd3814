import MCLGraph

/// How a convolution by Winograd's minimal filtering is cut.
///
/// A tile is as many results a side as its filter gives, made of a few values of the image; each of its transformed values
/// has a matrix product of its own: `M[e] = V[e] U[e]`, with V [tiles, channels] the transformed image and U [channels,
/// columns] the transformed weights. A task transforms a chunk of tiles, multiplies, and transforms back, all in its own
/// cache.
struct WinogradPlan {
  let problem: WinogradProblem
  let sides: [WinogradSide]
  let lanes: Int
  /// The register tile: tiles x vectors of columns.
  private(set) var rows = 1
  private(set) var vectors = 1
  /// Tiles of a chunk, a multiple of `rows`.
  private(set) var chunk = 1
  let tiles: Int
  let channels: Int
  /// Channels that are added up in registers before they join the rest: rounding grows with the length of the chain.
  let block: Int
  /// The time it takes, in multiply-adds of a vector.
  private(set) var cost = Double.infinity

  /// Bytes of a chunk's transformed image, to stay in the second cache beside what streams by.
  private static let chunkBytes = 192 * 1024
  /// Bytes of transformed weights beyond which reading them again for every chunk costs more than is saved.
  private static let mostWeightBytes = 8 << 20
  private static let longestChain = 128
  /// Multiply-adds below which the direct way is taken.
  private static let leastWork = 32_000_000

  /// Products of a tile.
  var products: Int { sides.products }
  /// Vectors of columns, and panels of them that are worked on together.
  var columnVectors: Int { problem.problem.columnCount / lanes }
  var panels: Int { columnVectors / vectors }
  var chunks: Int { (tiles + chunk - 1) / chunk }
  /// Bytes from one of the products to the next: not a multiple of a page, or all would meet in one place of the cache.
  var weightStride: Int { channels * vectors * lanes * 4 + 64 }
  var panelBytes: Int { products * weightStride }
  var weightBytes: Int { panels * panelBytes }
  var imageStride: Int { chunk * channels * 4 + 64 }
  var productStride: Int { chunk * vectors * lanes * 4 + 64 }
  var imageBytes: Int { (products * imageStride + 63) / 64 * 64 }
  var productBytes: Int { products * productStride }
  /// Masks of a tile at the image's edge.
  var maskBytes: Int { products * lanes * 4 }
  var scratchBytes: Int { imageBytes + productBytes + maskBytes }
  /// Channels of the outer axes, each with as many as lie contiguous.
  var channelRuns: Int { channels / channelRun }
  var channelRun: Int { problem.problem.sizes[problem.channels.last ?? 0] }
  /// What there is to sum where the results' moments are asked for.
  var moments: ColumnMoments.Extent {
    ColumnMoments.Extent(
      tasks: chunks, rows: problem.problem.rowCount, columns: problem.problem.columnCount, lanes: lanes)
  }

  /// The quickest of the filters that serve; nil where the direct way takes less time.
  static func best(_ problem: WinogradProblem, target: TargetDescription) -> WinogradPlan? {
    let direct = problem.directMultiplyAdds
    // F(4 x 4, 3 x 3) would round some ten times as coarsely as the direct way.
    let filters: [[MinimalFilter]] =
      problem.windows.count == 1 ? [[.four], [.two]] : [[.two, .two], [.four, .two], [.two, .four]]
    let plan = filters.compactMap { WinogradPlan(problem, filters: $0, target: target) }
      .min { $0.cost < $1.cost }
    guard let plan, direct >= leastWork,
      plan.cost < 0.95 * Double(direct) / Double(target.lanes)
    else { return nil }
    return plan
  }

  private init?(_ problem: WinogradProblem, filters: [MinimalFilter], target: TargetDescription) {
    let whole = problem.problem
    self.problem = problem
    sides = zip(problem.windows, filters).map { window, filter in
      WinogradSide(window: window, filter: filter, rows: whole.sizes[window.row], step: filter.outputs)
    }
    lanes = target.lanes
    channels = whole.count(problem.channels)
    tiles = sides.tiles * whole.count(problem.frames)
    let blocks = (channels + Self.longestChain - 1) / Self.longestChain
    block = (channels + blocks - 1) / blocks
    guard channels >= 32, whole.columnCount >= 32,
      products * channels * whole.columnCount * 4 <= Self.mostWeightBytes
    else { return nil }

    var best = Double.infinity
    let most = max(1, Self.chunkBytes / (products * channels * 4))
    for vectors in 1...4 where columnVectors % vectors == 0 {
      for rows in 1...9 where (rows + 1) * vectors + 1 <= target.vectorRegisters - 1 {
        let turn = max(Double(rows * vectors), 1.15 * Double(rows + vectors), 8) + 0.4
        for groups in 1...max(1, most / rows) {
          let chunk = rows * groups
          // An even number of chunks is no worse for two threads than for more.
          let turns = ((tiles + chunk - 1) / chunk + 1) / 2 * 2
          let product = turn / Double(rows * vectors)
          // Weights come from a farther cache for every chunk.
          let cost = Double(turns * chunk) * (product + 1.5 / Double(chunk))
          if cost < best { (self.rows, self.vectors, self.chunk, best) = (rows, vectors, chunk, cost) }
        }
      }
    }
    // The products, the transformation of a tile's image and results, that of a weight, whose taps lie apart.
    let vectorChannels = Double(channels) / Double(target.lanes)
    let images = Double(sides.operations(\.image)) * vectorChannels
    let results = Double(sides.operations(\.results) * columnVectors)
    let pairs = Double(channels * columnVectors)
    cost =
      Double(products) * best * pairs + Double(tiles) * (images + results)
      + 1.4 * Double(sides.operations(\.taps)) * pairs
  }
}
