/// One picture of a video: 8-bit RGB, row-major, [height][width][3].
public struct VideoFrame: Sendable, Hashable {
  public let width: Int
  public let height: Int
  /// `3 * width * height` values; pixel (x, y) starts at `3 * (y * width + x)`.
  public var pixels: [UInt8]

  /// - Precondition: `pixels` holds `3 * width * height` values.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width >= 0 && height >= 0 && pixels.count == 3 * width * height)
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}
