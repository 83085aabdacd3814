/// An 8-bit grey image, row-major, `pixels.count == width * height`.
public struct GrayImage: Sendable, Equatable {
  /// Width in pixels.
  public let width: Int
  /// Height in pixels.
  public let height: Int
  /// Grey values, [height, width]; 0 is black and 255 is white.
  public let pixels: [UInt8]

  /// A picture of the given grey values.
  ///
  /// - Throws: `MotionError` where the number of pixels does not belong to the size.
  public init(width: Int, height: Int, pixels: [UInt8]) throws {
    guard width > 0, height > 0, pixels.count == width * height else {
      throw MotionError(
        "a grey image of \(width)x\(height) cannot hold \(pixels.count) pixels; pass width * height bytes")
    }
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// The luma of interleaved RGB: (4899 R + 9617 G + 1868 B + 8192) >> 14, the ITU-R 601 weights in 14-bit
  /// fixed point as OpenCV's `COLOR_RGB2GRAY` computes them.
  ///
  /// - Parameter rgb: `3 * width * height` bytes, row-major.
  /// - Throws: `MotionError` where the number of bytes does not belong to the size.
  public init(rgb: [UInt8], width: Int, height: Int) throws {
    guard width > 0, height > 0, rgb.count == 3 * width * height else {
      throw MotionError(
        "an RGB frame of \(width)x\(height) cannot hold \(rgb.count) bytes; pass 3 * width * height of them")
    }
    self.width = width
    self.height = height
    let count = width * height
    pixels = [UInt8](unsafeUninitializedCapacity: count) { gray, initialized in
      rgb.withUnsafeBufferPointer { rgb in
        for i in 0..<count {
          let weighted =
            4899 * Int32(rgb[3 * i]) + 9617 * Int32(rgb[3 * i + 1]) + 1868 * Int32(rgb[3 * i + 2])
          gray[i] = UInt8(truncatingIfNeeded: (weighted + 8192) >> 14)
        }
      }
      initialized = count
    }
  }
}
