/// Where a clip moves most, and how much of it a crop has to cover (reference, section 5): the bounding box of the top
/// tenth of a map's cells, rounded down (4 of 49; ties: the lower index).
public struct MotionBox: Sendable, Equatable {
  /// Rows and columns of cells.
  public let cellRows: Range<Int>
  public let cellColumns: Range<Int>
  /// Edges in pixels of the frame.
  public let top: Double
  public let bottom: Double
  public let left: Double
  public let right: Double
  /// The cover a crop must have: 0.9 for a box of at most 4 cells, 0.8 up to 8, 0.7 up to 12, else 0, which means none.
  public let requiredCover: Double

  /// - Parameters:
  ///   - map: `rows * columns` cells, a frame map or the mean of the clip's frame maps.
  ///   - frameWidth: width of the frame in pixels; its height likewise.
  /// - Throws: `MotionError` where the map does not have rows x columns cells, or none.
  public init(map: [Float], rows: Int, columns: Int, frameWidth: Int, frameHeight: Int) throws {
    guard rows > 0, columns > 0, map.count == rows * columns else {
      throw MotionError(
        "a motion map of \(rows)x\(columns) cells cannot hold \(map.count) values; pass rows * columns of them"
      )
    }
    let count = max(map.count / 10, 1)
    let top = map.indices.sorted { map[$0] != map[$1] ? map[$0] > map[$1] : $0 < $1 }.prefix(count)
    let (topRows, topColumns) = (top.map { $0 / columns }, top.map { $0 % columns })
    cellRows = (topRows.min() ?? 0)..<((topRows.max() ?? 0) + 1)
    cellColumns = (topColumns.min() ?? 0)..<((topColumns.max() ?? 0) + 1)
    let (cellHeight, cellWidth) = (Double(frameHeight) / Double(rows), Double(frameWidth) / Double(columns))
    self.top = Double(cellRows.lowerBound) * cellHeight
    bottom = Double(cellRows.upperBound) * cellHeight
    left = Double(cellColumns.lowerBound) * cellWidth
    right = Double(cellColumns.upperBound) * cellWidth
    switch cellRows.count * cellColumns.count {
    case ...4: requiredCover = 0.9
    case ...8: requiredCover = 0.8
    case ...12: requiredCover = 0.7
    default: requiredCover = 0
    }
  }
}
