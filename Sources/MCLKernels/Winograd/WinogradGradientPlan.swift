import LLVMBindings
import MCLGraph

/// How a weight gradient by Winograd's minimal filtering is cut.
///
/// A tile is a few values of the gradient a side and those of the image that meet them; each of its transformed values has a
/// matrix product of its own: `M[e] = V[e]' Y[e]`, with V [tiles, channels] the transformed image and Y [tiles, columns] the
/// transformed gradient. A task owns a block of channels and one of columns, and some of the tiles: it transforms a
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
  /// The filters' taps are the gradient's values, their results the window's taps.
  let sides: [WinogradSide]
  let tiles: Int
  /// Tiles of a chunk, and of a task, all of whose chunks but the last are whole.
  let chunk: Int
  let splitTiles: Int
  /// The tiles of a chunk in their order, where it consists of whole frames whose last tiles hang over: those at the right,
  /// those that are whole, those at the bottom, those in the corner. The last transformed value of what hangs over is 0, so
  /// that each of the products has its tiles in `ranges`. Empty where the order is that of the numbers.
  let order: [Int]
  let ranges: [Range<Int>]

  /// The time it takes, in multiply-adds of a vector.
  let cost: Double

  /// Tiles whose products are added up in registers before they join the rest: rounding grows with the length of the chain.
  private static let longestChain = 64
  private static let shortestChain = 32
  /// The most products of a chunk's tiles, so that the chunk stays in the second cache.
  private static let mostChunkProducts = 1024
  /// Multiply-adds below which the direct way is taken.
  private static let leastWork = 100_000_000
  /// Turns written out; a chunk's tiles are filled up with zeros to a multiple.
  static let unroll = 4
  static let wantedTasks = 16
  /// The most channels, and columns, of a task: so that all it works on stays in the second cache.
  static let blockSide = 80
  /// Bytes of all splits' results beyond which joining them costs too much.
  static let mostPartialBytes = 8 << 20

  /// Elements of a task that joins splits: a multiple of any vector.
  static let joinElements = 4096

  /// Products of a tile, and the taps they become.
  var products: Int { sides.products }
  var taps: Int { sides.results }
  static func filled(_ tiles: Int) -> Int { (tiles + unroll - 1) / unroll * unroll }
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
  var rowsOfChunk: Int { Self.filled(chunk) }
  /// Bytes from one of the products to the next: not a multiple of a page, or all would meet in one place of the cache.
  var imageStride: Int { rowsOfChunk * blockChannels * 4 + 64 }
  var gradientStride: Int { rowsOfChunk * blockColumns * 4 + 64 }
  var productStride: Int { blockChannels * blockColumns * 4 + 64 }
  /// The scratch: V, Y, M, then zeros, read in place of what lies outside.
  var gradientOffset: Int { products * imageStride }
  var productOffset: Int { gradientOffset + products * gradientStride }
  var zeroOffset: Int { productOffset + products * productStride }
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
  var partialElements: Int { taps * channels * columns }
  var temporaryBytes: Int { splits * partialElements * 4 }

  /// The quickest of the filters that serve; nil where the direct way takes less time.
  static func best(_ problem: WinogradGradientProblem, target: TargetDescription) -> WinogradGradientPlan? {
    let (two, four) = (MinimalFilter.gradientByTwo, MinimalFilter.gradientByFour)
    let filters = problem.windows.count == 1 ? [[four], [two]] : [[two, two], [four, two], [two, four]]
    let direct = problem.directMultiplyAdds
    let plan = filters.compactMap { WinogradGradientPlan(problem, filters: $0, target: target) }
      .min { $0.cost < $1.cost }
    guard let plan, direct >= leastWork, plan.cost < 0.95 * Double(direct) / Double(target.lanes) else {
      return nil
    }
    return plan
  }

  private init?(_ problem: WinogradGradientProblem, filters: [MinimalFilter], target: TargetDescription) {
    let whole = problem.problem
    self.problem = problem
    lanes = target.lanes
    let sides = zip(problem.windows, filters).map { window, filter in
      WinogradSide(window: window, filter: filter, rows: whole.sizes[window.row], step: filter.tapCount)
    }
    self.sides = sides
    let products = sides.products
    tiles = sides.tiles * whole.count(problem.frames)
    func largest(_ count: Int, _ most: Int) -> Int {
      (1...most).last { count % $0 == 0 } ?? 1
    }
    channelVectors = largest(whole.count(problem.channels) / target.lanes, Self.blockSide / target.lanes)
    columnVectors = largest(whole.columnCount / target.lanes, Self.blockSide / target.lanes)
    guard channelVectors * target.lanes >= 32, columnVectors * target.lanes >= 32 else { return nil }

    var best = (rows: 1, vectors: 1, cost: Double.infinity)
    for vectors in 1...5 where columnVectors % vectors == 0 {
      for rows in 1...16
      where channelVectors * target.lanes % rows == 0
        && (rows + 1) * vectors + 1 <= target.vectorRegisters - 1
      {
        let turn = max(Double(rows * vectors), 1.15 * Double(rows + vectors), 8) + 0.4
        // Among tiles that take the same time, that which loads less.
        let cost = (turn + 0.01 * Double(rows + vectors)) / Double(rows * vectors)
        if cost < best.cost { best = (rows, vectors, cost) }
      }
    }
    (rows, vectors) = (best.rows, best.vectors)

    // Tasks, each with chunks of the same size.
    let blocks =
      whole.count(problem.channels) * whole.columnCount / (channelVectors * columnVectors * lanes * lanes)
    let partial = sides.results * whole.count(problem.channels) * whole.columnCount * 4
    let wanted = max(
      1, min((Self.wantedTasks + blocks - 1) / blocks, tiles / 64, Self.mostPartialBytes / partial))
    let longest = min(Self.longestChain, Self.mostChunkProducts / products)
    let frame = sides.tiles
    let frames = tiles / frame
    let group = (1...max(1, longest / frame)).last { frames % $0 == 0 } ?? 1
    if sides.contains(where: \.hangsOver), (Self.shortestChain...longest).contains(group * frame) {
      chunk = group * frame
      let chunks = frames / group
      splitTiles = (chunks + wanted - 1) / wanted * chunk
      (order, ranges) = Self.order(frames: group, sides)
    } else {
      let perSplit = (tiles + wanted - 1) / wanted
      let chunks = (perSplit + longest - 1) / longest
      chunk = Self.filled((perSplit + chunks - 1) / chunks)
      splitTiles = chunk * chunks
      order = []
      ranges = []
    }
    // In multiply-adds of a vector: the products, the transformation of a tile's image and gradient in every block, the
    // sums' way out of the registers and that of the results.
    let chunks = Double((tiles + chunk - 1) / chunk)
    let turns = Double(ranges.isEmpty ? products * chunk : ranges.reduce(0) { $0 + $1.count })
    let (channels, columns) = (whole.count(problem.channels), whole.columnCount)
    let pairs = Double(channels * columns / lanes)
    let images = sides.operations(\.image) * channels / lanes * (columns / (columnVectors * lanes))
    let gradients = sides.operations(\.taps) * columns / lanes * (channels / (channelVectors * lanes))
    let results = Double(sides.operations(\.results) * ((tiles + splitTiles - 1) / splitTiles))
    cost =
      pairs * (chunks * (best.cost * turns + 1.5 * Double(products)) + results)
      + Double(tiles * (images + gradients))
  }

  private static func order(frames: Int, _ sides: [WinogradSide]) -> (tiles: [Int], ranges: [Range<Int>]) {
    // One direction is as two, of which the first has one tile.
    let across = sides[sides.count - 1]
    let down = sides.count == 2 ? sides[0] : nil
    let hangs = (down: down?.hangsOver ?? false, across: across.hangsOver)
    let (rows, columns) = (down?.tiles ?? 1, across.tiles)
    var classes: [[Int]] = [[], [], [], []]
    for tile in 0..<frames * rows * columns {
      let isBottom = hangs.down && tile / columns % rows == rows - 1
      let isRight = hangs.across && tile % columns == columns - 1
      classes[isBottom ? (isRight ? 3 : 2) : isRight ? 0 : 1].append(tile)
    }
    let ends = (1...4).map { classes.prefix($0).reduce(0) { $0 + $1.count } }
    // Ranges are widened to whole turns: what they then hold besides is 0.
    let side = across.filter.side
    let ranges = (0..<sides.products).map { number in
      let isBottomless = hangs.down && number / side == (down?.filter.side ?? 0) - 1
      let isRightless = hangs.across && number % side == side - 1
      let start = isRightless ? ends[0] : 0
      let end = isBottomless ? ends[1] : isRightless ? ends[2] : ends[3]
      return start / unroll * unroll..<filled(end)
    }
    return (classes.flatMap { $0 }, ranges)
  }
}
