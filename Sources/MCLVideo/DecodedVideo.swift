/// One picture of a video: 8-bit RGB, row-major, [height][width][3].
public struct VideoFrame: Sendable, Hashable {
  /// Width in pixels.
  public let width: Int
  /// Height in pixels.
  public let height: Int
  /// `3 * width * height` values; pixel (x, y) starts at `3 * (y * width + x)`.
  public var pixels: [UInt8]

  /// A picture of the given pixels.
  ///
  /// - Precondition: `pixels` holds `3 * width * height` values.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width >= 0 && height >= 0 && pixels.count == 3 * width * height)
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// A rectangle of the picture, which must fit it.
  func part(_ crop: Crop) -> VideoFrame {
    precondition(crop.fits(width: width, height: height))
    if crop == Crop(x: 0, y: 0, width: width, height: height) { return self }
    var kept: [UInt8] = []
    kept.reserveCapacity(3 * crop.width * crop.height)
    for y in crop.y..<crop.y + crop.height {
      let first = 3 * (y * width + crop.x)
      kept += pixels[first..<first + 3 * crop.width]
    }
    return VideoFrame(width: crop.width, height: crop.height, pixels: kept)
  }
}

/// Frames a second as a fraction: 25/1, 30000/1001.
public struct FrameRate: Sendable, Hashable {
  /// Frames that are shown in `denominator` seconds, 1 ... 2^31 - 1.
  public let numerator: Int
  /// Seconds in which `numerator` frames are shown, 1 ... 2^31 - 1.
  public let denominator: Int

  /// nil where there is no such rate.
  public init?(numerator: Int, denominator: Int) {
    guard (1...Int(Int32.max)).contains(numerator), (1...Int(Int32.max)).contains(denominator) else {
      return nil
    }
    (self.numerator, self.denominator) = (numerator, denominator)
  }

  /// `numerator` / `denominator`.
  public var framesPerSecond: Double { Double(numerator) / Double(denominator) }
}

extension FrameRate? {
  /// Frames a second; 30 where a file states none, or one that nobody films at.
  public var plausible: Double {
    self.map(\.framesPerSecond).flatMap { (1...120).contains($0) ? $0 : nil } ?? 30
  }
}
