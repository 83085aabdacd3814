import MCLGraph

/// How a weight gradient by Winograd's F(3x3, 2x2) is cut.
///
/// A tile is 2 x 2 values of the gradient and the 4 x 4 of the image that meet them; each of its 16 transformed values has
/// a matrix product of its own: `M[e] = V[e]' Y[e]`, with V [tiles, channels] the transformed image and Y [tiles, columns]
/// the transformed gradient. A task owns a block of channels and one of columns, and some of the tiles: it transforms a
/// chunk of them after the other, adds the chunk's products to M, all in its own cache, and transforms M back.
struct WinogradGradientPlan {
  let problem: WinogradGradientProblem
  let lanes: Int
  /// The register tile: channels x vectors of columns.
  let rows: Int
  let vectors: Int
  /// A task's vectors of channels and of columns.
  let channelVectors: Int
  let columnVectors: Int
  /// Tiles of one frame, down and across.
  let down: Int
  let across: Int
  let tiles: Int
  /// Tiles of a task, a multiple of `unroll`, and of a chunk.
  let splitTiles: Int
  let chunk: Int

  /// Values of a transformed tile, a side.
  static let side = 4
  static let products = side * side
  /// Tiles whose products are added up in registers before they join the rest: rounding grows with the length of the chain.
  static let longestChain = 96
  /// Turns written out; a chunk's tiles are filled up with zeros to a multiple.
  static let unroll = 4
  /// Bytes of a task's working set, to stay in the second cache.
  static let cacheBytes = 832 * 1024
  static let wantedTasks = 16
  /// Bytes of all splits' results beyond which joining them costs too much.
  static let mostPartialBytes = 8 << 20

  /// Elements of a task that joins splits: a multiple of any vector.
  static let joinElements = 4096

  var joinTasks: Int {
    splits == 1 ? 0 : (partialElements + Self.joinElements - 1) / Self.joinElements
  }
  var channels: Int { problem.problem.count(problem.channels) }
  var columns: Int { problem.problem.columnCount }
  var blockChannels: Int { channelVectors * lanes }
  var blockColumns: Int { columnVectors * lanes }
  var channelBlocks: Int { channels / blockChannels }
  var columnBlocks: Int { columns / blockColumns }
  var splits: Int { (tiles + splitTiles - 1) / splitTiles }
  var taskCount: Int { splits * channelBlocks * columnBlocks }
  /// Bytes from one of the 16 products to the next: not a multiple of a page, or all 16 would meet in one place of the
  /// cache.
  var imageStride: Int { chunk * blockChannels * 4 + 64 }
  var gradientStride: Int { chunk * blockColumns * 4 + 64 }
  var productStride: Int { blockChannels * blockColumns * 4 + 64 }
  /// The scratch: V, Y, M, then zeros, read in place of what lies outside.
  var gradientOffset: Int { Self.products * imageStride }
  var productOffset: Int { gradientOffset + Self.products * gradientStride }
  var zeroOffset: Int { productOffset + Self.products * productStride }
  var scratchBytes: Int { zeroOffset + 64 }
  /// The axes of the results before they are brought to their places, outermost first: vectors of columns outside, so that
  /// those that are transposed together lie together.
  var partialOrder: [Int] {
    problem.columns.dropLast() + problem.problem.rows + problem.columns.suffix(1)
  }
  /// Elements of the partial results between neighbours along each axis.
  var partialStrides: [Int] {
    var strides = problem.problem.sizes.map { _ in 0 }
    var stride = 1
    for axis in partialOrder.reversed() {
      strides[axis] = stride
      stride *= problem.problem.sizes[axis]
    }
    return strides
  }
  var partialElements: Int { 9 * channels * columns }
  var temporaryBytes: Int { splits * partialElements * 4 }

  /// Nil where the direct way takes less time.
  init?(_ problem: WinogradGradientProblem, target: TargetDescription) {
    let whole = problem.problem
    self.problem = problem
    lanes = target.lanes
    let size = { (window: WinogradGradientProblem.Window) in whole.sizes[window.row] }
    down = (size(problem.vertical) + 1) / 2
    across = (size(problem.horizontal) + 1) / 2
    tiles = down * across * whole.count(problem.frames)
    let direct = problem.directMultiplyAdds
    guard direct >= TapPlan.littleWork else { return nil }
    func largest(_ count: Int, _ most: Int) -> Int {
      (1...most).last { count % $0 == 0 } ?? 1
    }
    channelVectors = largest(whole.count(problem.channels) / target.lanes, 64 / target.lanes)
    columnVectors = largest(whole.columnCount / target.lanes, 64 / target.lanes)
    guard channelVectors * target.lanes >= 32, columnVectors * target.lanes >= 32 else { return nil }

    var best = (rows: 1, vectors: 1, cost: Double.infinity)
    for vectors in 1...4 where columnVectors % vectors == 0 {
      for rows in 1...16
      where channelVectors * target.lanes % rows == 0
        && (rows + 1) * vectors + 1 <= target.vectorRegisters - 1
      {
        let turn = max(Double(rows * vectors), 1.15 * Double(rows + vectors), 8) + 0.4
        let cost = turn / Double(rows * vectors)
        if cost < best.cost { best = (rows, vectors, cost) }
      }
    }
    (rows, vectors) = (best.rows, best.vectors)

    // Tasks, each with chunks of the same size.
    let blocks =
      whole.count(problem.channels) * whole.columnCount / (channelVectors * columnVectors * lanes * lanes)
    let partial = 9 * whole.count(problem.channels) * whole.columnCount * 4
    let wanted = max(
      1, min((Self.wantedTasks + blocks - 1) / blocks, tiles / 64, Self.mostPartialBytes / partial))
    let perSplit = (tiles + wanted - 1) / wanted
    let chunks = (perSplit + Self.longestChain - 1) / Self.longestChain
    let each = (perSplit + chunks - 1) / chunks
    chunk = (each + Self.unroll - 1) / Self.unroll * Self.unroll
    splitTiles = chunk * chunks
  }
}
