/// Bicubic resizing of 8-bit planes as OpenCV's `resize(INTER_CUBIC)` does it: a = -0.75, pixel centres at half
/// integers, edge pixels repeated, no antialiasing, single precision, taps summed in order,
/// horizontally first, rounded half to even. (Smooth flow images are full of ties, and this order of sums breaks them
/// most like OpenCV 5 does; weights of 11 fractional bits, as in its portable path, agree four times worse.)
package struct CubicImageResize: Sendable {
  let sourceWidth, sourceHeight, width, height: Int
  private let columns: [Int]
  private let columnWeights: [Float]
  private let rows: [Int]
  private let rowWeights: [Float]

  package init(fromWidth: Int, height fromHeight: Int, toWidth: Int, height toHeight: Int) {
    (sourceWidth, sourceHeight, width, height) = (fromWidth, fromHeight, toWidth, toHeight)
    (columns, columnWeights) = Self.taps(from: fromWidth, to: toWidth)
    (rows, rowWeights) = Self.taps(from: fromHeight, to: toHeight)
  }

  /// The weights of four neighbours for a position `x` in 0 ..< 1 past the second of them.
  private static func weights(_ x: Float) -> [Float] {
    let a: Float = -0.75
    let w0 = ((a * (x + 1) - 5 * a) * (x + 1) + 8 * a) * (x + 1) - 4 * a
    let w1 = ((a + 2) * x - (a + 3)) * x * x + 1
    let w2 = ((a + 2) * (1 - x) - (a + 3)) * (1 - x) * (1 - x) + 1
    return [w0, w1, w2, 1 - w0 - w1 - w2]
  }

  /// Four source indices, inside the source, and four weights for every target index.
  private static func taps(from source: Int, to target: Int) -> ([Int], [Float]) {
    var (indices, weights) = ([Int](), [Float]())
    let scale = Double(source) / Double(target)
    for i in 0..<target {
      let position = Float((Double(i) + 0.5) * scale - 0.5)
      let whole = position.rounded(.down)
      let four = Self.weights(position - whole)
      for k in 0..<4 {
        indices.append(min(max(Int(whole) - 1 + k, 0), source - 1))
        weights.append(four[k])
      }
    }
    return (indices, weights)
  }

  /// - Precondition: `image` holds sourceWidth * sourceHeight bytes.
  package func callAsFunction(_ image: [UInt8]) -> [UInt8] {
    precondition(image.count == sourceWidth * sourceHeight, "the image does not have the size of the resize")
    // Every source row that is needed, resized horizontally; each is used by up to four target rows or more.
    var horizontal = [Float](repeating: 0, count: width * sourceHeight)
    horizontal.withUnsafeMutableBufferPointer { horizontal in
      image.withUnsafeBufferPointer { image in
        columns.withUnsafeBufferPointer { columns in
          columnWeights.withUnsafeBufferPointer { weights in
            for y in 0..<sourceHeight {
              let row = y * sourceWidth
              for x in 0..<width {
                var sum = Float(image[row + columns[4 * x]]) * weights[4 * x]
                sum += Float(image[row + columns[4 * x + 1]]) * weights[4 * x + 1]
                sum += Float(image[row + columns[4 * x + 2]]) * weights[4 * x + 2]
                sum += Float(image[row + columns[4 * x + 3]]) * weights[4 * x + 3]
                horizontal[y * width + x] = sum
              }
            }
          }
        }
      }
    }
    return [UInt8](unsafeUninitializedCapacity: width * height) { target, initialized in
      horizontal.withUnsafeBufferPointer { horizontal in
        for y in 0..<height {
          let (r0, r1) = (rows[4 * y] * width, rows[4 * y + 1] * width)
          let (r2, r3) = (rows[4 * y + 2] * width, rows[4 * y + 3] * width)
          let (w0, w1) = (rowWeights[4 * y], rowWeights[4 * y + 1])
          let (w2, w3) = (rowWeights[4 * y + 2], rowWeights[4 * y + 3])
          for x in 0..<width {
            var sum = horizontal[r0 + x] * w0
            sum += horizontal[r1 + x] * w1
            sum += horizontal[r2 + x] * w2
            sum += horizontal[r3 + x] * w3
            // Adding 2^23 leaves the nearest integer, half to even, in the low bits.
            let rounded = min(max(sum, 0), 255) + 8_388_608
            target[y * width + x] = UInt8(truncatingIfNeeded: rounded.bitPattern)
          }
        }
      }
      initialized = width * height
    }
  }
}
