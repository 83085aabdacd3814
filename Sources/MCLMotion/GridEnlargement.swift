/// A flow given for square cells, at full size: bilinear between the centres of the cells, beyond the outer ones
/// constant, in integers and rounded to 8 bits.
struct GridEnlargement {
  private let width: Int
  private let height: Int
  private let cell: Int
  private let columns: [Step]
  private let rows: [Step]

  /// The cell before a pixel, the one after it, and the weight of that in 1/(2 cell).
  private struct Step {
    var first: Int
    var second: Int
    var weight: Int32
  }

  /// - Parameters:
  ///   - width: of the full size in pixels; `height` likewise.
  ///   - cell: pixels along a side of a cell, a power of two; 1 leaves flows as they are.
  init(width: Int, height: Int, cell: Int) {
    (self.width, self.height, self.cell) = (width, height, cell)
    func steps(_ length: Int) -> [Step] {
      guard cell > 1 else { return [] }
      let last = (length + cell - 1) / cell - 1
      return (0..<length).map { pixel in
        // In halves of a pixel from the centre of the first cell.
        let place = 2 * pixel + 1 - cell
        guard place > 0 else { return Step(first: 0, second: 0, weight: 0) }
        return Step(
          first: min(place / (2 * cell), last), second: min(place / (2 * cell) + 1, last),
          weight: Int32(place % (2 * cell)))
      }
    }
    (columns, rows) = (steps(width), steps(height))
  }

  /// - Parameter flow: ceil(width / cell) x ceil(height / cell) vectors.
  func enlarged(_ flow: QuantizedFlow) -> QuantizedFlow {
    guard cell > 1 else { return flow }
    let grid = flow.width
    return QuantizedFlow(
      uncheckedWidth: width, height: height, u: enlarged(flow.u, grid), v: enlarged(flow.v, grid))
  }

  private func enlarged(_ plane: [UInt8], _ grid: Int) -> [UInt8] {
    let whole = Int32(2 * cell)
    // whole x whole = 2^shift.
    let shift = Int32(2 * (2 * cell).trailingZeroBitCount)
    let half = Int32(1) << (shift - 1)
    var line = [Int32](repeating: 0, count: grid)
    return [UInt8](unsafeUninitializedCapacity: width * height) { pixels, initialized in
      plane.withUnsafeBufferPointer { plane in
        line.withUnsafeMutableBufferPointer { line in
          columns.withUnsafeBufferPointer { columns in
            for y in 0..<height {
              let row = rows[y]
              for x in 0..<grid {
                // Bounds: row numbers are below the plane's height, x below its width.
                line[x] =
                  Int32(plane[row.first * grid + x]) * (whole - row.weight)
                  + Int32(plane[row.second * grid + x]) * row.weight
              }
              for x in 0..<width {
                let step = columns[x]
                // Bounds: y < height, x < width; column numbers are below the grid's width.
                let sum =
                  line[step.first] &* (whole &- step.weight) &+ line[step.second] &* step.weight
                pixels[y * width + x] = UInt8(truncatingIfNeeded: (sum &+ half) >> shift)
              }
            }
          }
        }
      }
      initialized = width * height
    }
  }
}
