/// Gaussian blur approximated by three box blurs a direction, bit for bit as Pillow's `GaussianBlur` does: rows first,
/// then columns, edge pixels repeated, 8-bit results after every pass. The box has a fractional radius, so that three of
/// them have the variance sigma^2 exactly (Gwosdek et al., *Theoretical Foundations of Gaussian Convolution by Extended
/// Box Filtering*, SSVM 2011).
package struct GaussianBlur: Sendable, Hashable {
  /// Standard deviation in pixels.
  package let sigma: Double
  /// Whole part of the box radius.
  private let radius: Int
  /// Weight of a whole pixel and of the two fractional ones, in units of 2^-24.
  private let wholeWeight: UInt32
  private let edgeWeight: UInt32

  private static let passes = 3

  /// - Throws: `SamplingError` where sigma is not within 0...1000.
  package init(sigma: Double) throws {
    guard sigma >= 0, sigma <= 1000 else {
      throw SamplingError("a blur of sigma \(sigma) cannot be made: give one of 0 to 1000 pixels")
    }
    self.sigma = sigma
    // Single precision, for its rounding decides the last bit of the weights.
    let sigmaSingle = Float(sigma)
    let variance = sigmaSingle * sigmaSingle / Float(Self.passes)
    let length = Float((12 * Double(variance) + 1).squareRoot())
    let whole = Float(((Double(length) - 1) / 2).rounded(.down))
    let fraction =
      (2 * whole + 1) * (whole * (whole + 1) - 3 * variance) / (6 * (variance - (whole + 1) * (whole + 1)))
    let extent = whole + fraction
    radius = Int(extent)
    wholeWeight = UInt32(Float(1 << 24) / (extent * 2 + 1))
    edgeWeight = ((1 << 24) - UInt32(radius * 2 + 1) * wholeWeight) / 2
  }

  /// Blurs one image.
  package func callAsFunction(_ image: RGBImage) -> RGBImage {
    // Turned by the diagonal, rows become columns, and the one pass below runs along whole rows of bytes.
    var pixels = Self.transposed(image.pixels, width: image.width, height: image.height)
    blurColumns(&pixels, rows: image.width, rowBytes: 3 * image.height)
    pixels = Self.transposed(pixels, width: image.height, height: image.width)
    blurColumns(&pixels, rows: image.height, rowBytes: 3 * image.width)
    return RGBImage(checkedWidth: image.width, height: image.height, pixels: pixels)
  }

  private func blurColumns(_ pixels: inout [UInt8], rows: Int, rowBytes: Int) {
    var other = [UInt8](repeating: 0, count: pixels.count)
    for _ in 0..<Self.passes {
      pixels.withUnsafeBufferPointer { source in
        other.withUnsafeMutableBufferPointer { boxBlur(source, into: $0, rows: rows, rowBytes: rowBytes) }
      }
      swap(&pixels, &other)
    }
  }

  /// One box blur down the columns: a running sum of 2 radius + 1 rows, plus a fraction of the row at either end.
  /// Both buffers hold rows x rowBytes bytes; row numbers are clamped to 0..<rows.
  private func boxBlur(
    _ source: UnsafeBufferPointer<UInt8>, into target: UnsafeMutableBufferPointer<UInt8>, rows: Int,
    rowBytes: Int
  ) {
    func row(_ index: Int) -> UnsafeBufferPointer<UInt8> {
      let start = min(max(index, 0), rows - 1) * rowBytes
      return UnsafeBufferPointer(rebasing: source[start..<start + rowBytes])
    }
    var running = [UInt32](repeating: 0, count: rowBytes)
    running.withUnsafeMutableBufferPointer { sums in
      for offset in -radius - 1..<radius {
        let input = row(offset)
        for byte in 0..<rowBytes { sums[byte] &+= UInt32(input[byte]) }
      }
      for y in 0..<rows {
        let before = row(y - radius - 1)
        let entering = row(y + radius)
        let after = row(y + radius + 1)
        let output = UnsafeMutableBufferPointer(rebasing: target[y * rowBytes..<(y + 1) * rowBytes])
        for byte in 0..<rowBytes {
          let sum = sums[byte] &+ UInt32(entering[byte]) &- UInt32(before[byte])
          sums[byte] = sum
          let ends = UInt32(before[byte]) &+ UInt32(after[byte])
          // At most 255 x 2^24 + 2^23, which 32 bits hold.
          output[byte] = UInt8(
            truncatingIfNeeded: (sum &* wholeWeight &+ ends &* edgeWeight &+ (1 << 23)) >> 24)
        }
      }
    }
  }

  /// Turns an RGB image of the given size by its diagonal.
  private static func transposed(_ pixels: [UInt8], width: Int, height: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: pixels.count) { target, count in
      // Bounds: both hold 3 x width x height bytes, and every one of the target is written.
      pixels.withUnsafeBufferPointer { source in
        for y in 0..<height {
          for x in 0..<width {
            let from = 3 * (y * width + x)
            let to = 3 * (x * height + y)
            target[to] = source[from]
            target[to + 1] = source[from + 1]
            target[to + 2] = source[from + 2]
          }
        }
      }
      count = pixels.count
    }
  }
}
