import MCLVideo

/// The part of the frame where most motion is: the bounding box of the strongest cells of a motion map, and how much of
/// it a crop has to keep (reference, section 5, "Spatial").
///
/// Rows and columns are half-open ranges of cells of a `mapRows` x `mapColumns` grid laid over the whole frame.
package struct MotionBox: Sendable, Hashable {
  package let rows: Range<Int>
  package let columns: Range<Int>
  package let mapRows: Int
  package let mapColumns: Int
  /// Fraction of the box that a crop must cover: 0.9 up to 4 cells, 0.8 up to 8, 0.7 up to 12, else 0 (none).
  package let requiredCover: Double

  /// The box of the `top` strongest cells; ties go to the cell of the lower index.
  /// - Parameters:
  ///   - map: motion magnitudes, row-major, `rows` x `columns`.
  ///   - top: nil means a tenth of the cells, rounded down, at least one: 4 of 49.
  /// - Throws: `SamplingError` where the map is not of that size, is empty, or holds a value that is not finite.
  package init(map: [Float], rows: Int = 7, columns: Int = 7, top: Int? = nil) throws {
    guard rows > 0, columns > 0, rows <= 1 << 20, columns <= 1 << 20, map.count == rows * columns else {
      throw SamplingError(
        "a motion map of \(map.count) cells is not the \(rows) x \(columns) it should be: prepare the motion again"
      )
    }
    guard map.allSatisfy(\.isFinite) else {
      throw SamplingError("a motion map holds a value that is not a finite number: prepare the motion again")
    }
    let kept = top ?? max(1, rows * columns / 10)
    guard kept >= 1, kept <= map.count else {
      throw SamplingError(
        "a motion box of the \(kept) strongest of \(map.count) cells cannot be made: give 1 to \(map.count)")
    }
    let strongest = map.indices.sorted { (map[$0], $1) > (map[$1], $0) }.prefix(kept)
    var (top, bottom, left, right) = (rows, 0, columns, 0)
    for cell in strongest {
      top = min(top, cell / columns)
      bottom = max(bottom, cell / columns + 1)
      left = min(left, cell % columns)
      right = max(right, cell % columns + 1)
    }
    self.rows = top..<bottom
    self.columns = left..<right
    mapRows = rows
    mapColumns = columns
    requiredCover =
      switch self.rows.count * self.columns.count {
      case ...4: 0.9
      case ...8: 0.8
      case ...12: 0.7
      default: 0
      }
  }

  /// The mean of a clip's frame maps.
  /// - Parameters:
  ///   - maps: f32 [n, rows, columns], map i belonging to frame i+1.
  ///   - frames: the clip's frames, counted from 0; each must be below n.
  /// - Throws: `SamplingError` where a frame has no map or the size does not fit.
  package static func average(of maps: [Float], frames: [Int], rows: Int = 7, columns: Int = 7) throws
    -> [Float]
  {
    guard rows > 0, columns > 0, rows <= 1 << 20, columns <= 1 << 20, !frames.isEmpty,
      maps.count.isMultiple(of: rows * columns)
    else {
      throw SamplingError(
        "\(maps.count) values are no whole number of motion maps of \(rows) x \(columns) cells: "
          + "prepare the motion again")
    }
    let cells = rows * columns
    var sum = [Float](repeating: 0, count: cells)
    for frame in frames {
      guard frame >= 0, frame < maps.count / cells else {
        throw SamplingError(
          "frame \(frame + 1) has no motion map, for there are \(maps.count / cells): prepare the motion again"
        )
      }
      for cell in 0..<cells { sum[cell] += maps[frame * cells + cell] }
    }
    return sum.map { $0 / Float(frames.count) }
  }

  /// The box in pixels of a frame: columns x width / mapColumns, rows x height / mapRows.
  package func pixels(width: Int, height: Int) -> (x: ClosedRange<Double>, y: ClosedRange<Double>) {
    func scaled(_ cells: Range<Int>, _ extent: Int, _ count: Int) -> ClosedRange<Double> {
      Double(cells.lowerBound * extent) / Double(count)...Double(cells.upperBound * extent) / Double(count)
    }
    return (scaled(columns, width, mapColumns), scaled(rows, height, mapRows))
  }

  /// (covered fraction of the box's width) x (covered fraction of its height).
  package func cover(by crop: Crop, frameWidth: Int, frameHeight: Int) -> Double {
    func covered(_ box: ClosedRange<Double>, _ start: Int, _ length: Int) -> Double {
      let overlap = min(box.upperBound, Double(start + length)) - max(box.lowerBound, Double(start))
      return max(0, overlap) / (box.upperBound - box.lowerBound)
    }
    let box = pixels(width: frameWidth, height: frameHeight)
    return covered(box.x, crop.x, crop.width) * covered(box.y, crop.y, crop.height)
  }
}
