/// One direction in which tiles of Winograd's filtering lie side by side.
struct WinogradSide {
  var window: SlidingWindow
  var filter: MinimalFilter
  /// Rows along it, and how many of them a tile takes.
  var rows: Int
  var step: Int

  var tiles: Int { (rows + step - 1) / step }
  /// Whether the last tile hangs over.
  var hangsOver: Bool { rows % step != 0 }
  /// Whether no tile reads outside the image.
  var isInside: Bool {
    window.origin >= 0 && window.origin + (tiles - 1) * step + filter.side <= window.extent
  }
}

extension [WinogradSide] {
  /// Tiles of one frame.
  var tiles: Int { reduce(1) { $0 * $1.tiles } }
  /// Products of a tile, and its results.
  var products: Int { reduce(1) { $0 * $1.filter.side } }
  var results: Int { reduce(1) { $0 * $1.filter.outputs } }

  /// The number of a tile's product from its place along each side.
  func product(at place: [Int]) -> Int { zip(self, place).reduce(0) { $0 * $1.0.filter.side + $1.1 } }

  /// Where along each side a tile's result lies.
  func place(ofResult number: Int) -> [Int] {
    var rest = number
    return reversed().map { side in
      defer { rest /= side.filter.outputs }
      return rest % side.filter.outputs
    }.reversed()
  }

  /// Loads, multiply-adds and stores of the transformation of one tile's vectors by some matrix.
  func operations(_ matrix: KeyPath<MinimalFilter, [[Double]]>) -> Int {
    SeparableTransform.operations(map { $0.filter[keyPath: matrix] })
  }
}
