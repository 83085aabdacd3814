import LLVMBindings
import MCLGraph

/// How a convolution by Winograd's minimal filtering is cut.
///
/// A tile is as many results a side as its filter gives, made of a few values of the image; each of its transformed values
/// has a matrix product of its own: `M[e] = V[e] U[e]`, with V [tiles, channels] the transformed image and U [channels,
/// columns] the transformed weights. A task multiplies and transforms back in its own cache, with one of the two made there
/// as well.
struct WinogradPlan {
  /// What is transformed by a phase of its own; the other is by the tasks that multiply it.
  enum Prepared {
    /// A task makes all columns of a few tiles: where there are many tiles.
    case weights
    /// A task makes a panel of columns of many tiles: where there are more weights than values of the image.
    case image
  }

  let problem: WinogradProblem
  let sides: [WinogradSide]
  let prepared: Prepared
  let lanes: Int
  /// The register tile: tiles x vectors of columns.
  private(set) var rows = 1
  private(set) var vectors = 1
  /// Tiles of a task, a multiple of `rows`.
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
  /// Bytes of a transformed image that stay in the last cache while every panel reads them.
  private static let mostImageBytes = 12 << 20
  /// Bytes of a panel's transformed weights and products, to stay in the second cache beside what streams by.
  private static let panelTaskBytes = 704 * 1024
  private static let longestChain = 128
  /// Multiply-adds below which the direct way is taken.
  private static let leastWork = 32_000_000
  /// Tiles of a task that transforms the image alone.
  private static let tilesPerTask = 8

  /// Products of a tile.
  var products: Int { sides.products }
  /// Vectors of columns, and panels of them that are worked on together.
  var columnVectors: Int { problem.problem.columnCount / lanes }
  var panels: Int { columnVectors / vectors }
  var chunks: Int { (tiles + chunk - 1) / chunk }
  /// Tiles with room for the last ones' register tile.
  var tileSlots: Int { (tiles + rows - 1) / rows * rows }
  /// Channels of the outer axes, each with as many as lie contiguous.
  var channelRuns: Int { channels / channelRun }
  var channelRun: Int { problem.problem.sizes[problem.channels.last ?? 0] }

  /// Channels of the weights that stand transformed at once.
  var weightChannels: Int { prepared == .weights ? channels : block }
  /// Bytes from one of the products to the next: not a multiple of a page, or all would meet in one place of the cache.
  var weightStride: Int { weightChannels * vectors * lanes * 4 + 64 }
  var panelBytes: Int { products * weightStride }
  /// Bytes from one tile of the transformed image to the next.
  var tileBytes: Int { channels * 4 + (prepared == .image ? 64 : 0) }
  var imageStride: Int { (prepared == .image ? tileSlots : chunk) * tileBytes + 64 }
  var imageBytes: Int { (products * imageStride + 63) / 64 * 64 }
  var productStride: Int { chunk * vectors * lanes * 4 + 64 }
  var productBytes: Int { products * productStride }
  /// Masks of a tile at the image's edge.
  var maskBytes: Int { products * lanes * 4 }

  /// Bytes that the first phase makes.
  var preparedBytes: Int { prepared == .weights ? panels * panelBytes : imageBytes }
  /// Tasks of the first phase.
  var preparingTasks: Int {
    prepared == .weights
      ? panels * channelRuns : (tileSlots + Self.tilesPerTask - 1) / Self.tilesPerTask
  }
  /// Tasks of the second.
  var productTasks: Int { prepared == .weights ? chunks : chunks * panels }
  /// The tiles that a task of the first phase transforms.
  var tilesPerTask: Int { Self.tilesPerTask }

  /// Where in a task's own memory its products and the masks stand, after what it transforms.
  var productOffset: Int { prepared == .weights ? imageBytes : panelBytes }
  var maskOffset: Int { productOffset + productBytes }
  var scratchBytes: Int { maskOffset + maskBytes }
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
    let plans = filters.flatMap { filters in
      [Prepared.weights, .image].compactMap {
        WinogradPlan(problem, filters: filters, prepared: $0, target: target)
      }
    }
    guard let plan = plans.min(by: { $0.cost < $1.cost }), direct >= leastWork,
      plan.cost < 0.95 * Double(direct) / Double(target.lanes)
    else { return nil }
    return plan
  }

  private init?(
    _ problem: WinogradProblem, filters: [MinimalFilter], prepared: Prepared, target: TargetDescription
  ) {
    let whole = problem.problem
    self.problem = problem
    self.prepared = prepared
    sides = zip(problem.windows, filters).map { window, filter in
      WinogradSide(window: window, filter: filter, rows: whole.sizes[window.row], step: filter.outputs)
    }
    lanes = target.lanes
    channels = whole.count(problem.channels)
    tiles = sides.tiles * whole.count(problem.frames)
    let blocks = (channels + Self.longestChain - 1) / Self.longestChain
    let run = whole.sizes[problem.channels.last ?? 0]
    block =
      prepared == .weights ? (channels + blocks - 1) / blocks : max(run, Self.longestChain / run * run)
    guard channels >= 32, whole.columnCount >= 32 else { return nil }

    // The products, the transformation of a tile's image and results, that of a weight, whose taps lie apart.
    let vectorChannels = Double(channels) / Double(lanes)
    let images = Double(sides.operations(\.image)) * vectorChannels
    let results = Double(sides.operations(\.results) * columnVectors)
    let pairs = Double(channels * columnVectors)
    let weights = 1.4 * Double(sides.operations(\.taps)) * pairs
    let fixed = Double(tiles) * (images + results)
    for vectors in 1...4 where columnVectors % vectors == 0 {
      for rows in 1...9 where (rows + 1) * vectors + 1 <= target.vectorRegisters - 1 {
        let turn = max(Double(rows * vectors), 1.15 * Double(rows + vectors), 8) + 0.4
        let product = turn / Double(rows * vectors)
        for groups in 1...(tiles + rows - 1) / rows {
          guard
            let cost = cost(vectors: vectors, rows: rows, chunk: rows * groups, product: product)
          else { break }
          let repeated = prepared == .weights ? 1 : Double((tiles + rows * groups - 1) / (rows * groups))
          let sum = Double(products) * cost * pairs + repeated * weights + fixed
          if sum < self.cost {
            (self.rows, self.vectors, self.chunk, self.cost) = (rows, vectors, rows * groups, sum)
          }
        }
      }
    }
    guard cost < .infinity else { return nil }
  }

  /// What a product of all tiles costs for a channel and a vector of columns; nil where a task would need more memory than
  /// its cache has.
  private func cost(vectors: Int, rows: Int, chunk: Int, product: Double) -> Double? {
    let chunks = (tiles + chunk - 1) / chunk
    // An even number of tasks is no worse for two threads than for more.
    func even(_ tasks: Int) -> Int { (tasks + 1) / 2 * 2 }
    switch prepared {
    case .weights:
      guard products * channels * columnVectors * lanes * 4 <= Self.mostWeightBytes,
        chunk == rows || products * chunk * channels * 4 <= Self.chunkBytes
      else { return nil }
      // Weights come from a farther cache for every chunk.
      return Double(even(chunks) * chunk) * (product + 1.5 / Double(chunk))
    case .image:
      let panels = columnVectors / vectors
      guard products * tiles * channels * 4 <= Self.mostImageBytes,
        products * (block + chunk) * vectors * lanes * 4 <= Self.panelTaskBytes
      else { return nil }
      // The image comes from a farther cache for every panel.
      let perTile = product + 1.5 / Double(lanes * vectors) + 0.3 / Double(chunk)
      return Double(even(chunks * panels) * chunk) * perTile / Double(panels)
    }
  }
}
