import MCLGraph

/// How a convolution by Winograd's F(2x2, 3x3) is cut.
///
/// A tile is 2 x 2 results, made of 4 x 4 values of the image; each of its 16 transformed values has a matrix product of
/// its own: `M[e] = V[e] U[e]`, with V [tiles, channels] the transformed image and U [channels, columns] the transformed
/// weights. A task transforms a chunk of tiles, multiplies, and transforms back, all in its own cache.
struct WinogradPlan {
  let problem: WinogradProblem
  let lanes: Int
  /// The register tile: tiles x vectors of columns.
  let rows: Int
  let vectors: Int
  /// Tiles of a chunk, a multiple of `rows`.
  let chunk: Int
  /// Tiles of one frame, down and across.
  let down: Int
  let across: Int
  let tiles: Int
  let channels: Int
  /// Channels that are added up in registers before they join the rest: rounding grows with the length of the chain.
  let block: Int

  /// Values of a transformed tile, a side.
  static let side = 4
  static let products = side * side
  /// Bytes of a chunk's transformed image, to stay in the second cache beside what streams by.
  static let chunkBytes = 192 * 1024
  /// Bytes of transformed weights beyond which reading them again for every chunk costs more than is saved.
  static let mostWeightBytes = 8 << 20
  static let longestChain = 128

  /// Vectors of columns, and panels of them that are worked on together.
  var columnVectors: Int { problem.problem.columnCount / lanes }
  var panels: Int { columnVectors / vectors }
  var chunks: Int { (tiles + chunk - 1) / chunk }
  /// Bytes from one of the 16 products to the next: not a multiple of a page, or all 16 would meet in one place of the
  /// cache.
  var weightStride: Int { channels * vectors * lanes * 4 + 64 }
  var panelBytes: Int { Self.products * weightStride }
  var weightBytes: Int { panels * panelBytes }
  var imageStride: Int { chunk * channels * 4 + 64 }
  var productStride: Int { chunk * vectors * lanes * 4 + 64 }
  var imageBytes: Int { (Self.products * imageStride + 63) / 64 * 64 }
  var productBytes: Int { Self.products * productStride }
  /// Masks of a tile at the image's edge.
  var maskBytes: Int { Self.products * lanes * 4 }
  var scratchBytes: Int { imageBytes + productBytes + maskBytes }
  /// Channels of the outer axes, each with as many as lie contiguous.
  var channelRuns: Int { channels / channelRun }
  var channelRun: Int { problem.problem.sizes[problem.channels.last ?? 0] }

  /// Nil where the direct way takes less time.
  init?(_ problem: WinogradProblem, target: TargetDescription) {
    let whole = problem.problem
    self.problem = problem
    lanes = target.lanes
    channels = whole.count(problem.channels)
    let size = { (window: SlidingWindow) in whole.sizes[window.row] }
    down = (size(problem.vertical) + 1) / 2
    across = (size(problem.horizontal) + 1) / 2
    tiles = down * across * whole.count(problem.frames)
    let columnVectors = whole.columnCount / target.lanes
    let blocks = (channels + Self.longestChain - 1) / Self.longestChain
    block = (channels + blocks - 1) / blocks
    let direct = problem.directMultiplyAdds
    guard direct >= TapPlan.littleWork, channels >= 32, whole.columnCount >= 32,
      Self.products * channels * whole.columnCount * 4 <= Self.mostWeightBytes
    else { return nil }

    var best = (rows: 1, vectors: 1, chunk: 1, cost: Double.infinity)
    let most = max(1, Self.chunkBytes / (Self.products * channels * 4))
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
          if cost < best.cost { best = (rows, vectors, chunk, cost) }
        }
      }
    }
    (rows, vectors, chunk) = (best.rows, best.vectors, best.chunk)
    // In multiply-adds of a vector: the products, the transformation of a tile's image and results, that of a weight.
    let vectorChannels = Double(channels) / Double(target.lanes)
    let products =
      Double(Self.products) * best.cost * Double(channels * columnVectors)
      + Double(tiles) * 80 * (vectorChannels + Double(columnVectors))
      + Double(channels * columnVectors) * 100
    guard products < 0.95 * Double(direct) / Double(target.lanes) else { return nil }
  }
}
