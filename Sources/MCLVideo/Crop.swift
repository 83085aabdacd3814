/// A rectangle of a frame, in pixels from the top left corner.
package struct Crop: Sendable, Hashable, Codable, CustomStringConvertible {
  package var x: Int
  package var y: Int
  package var width: Int
  package var height: Int

  package init(x: Int, y: Int, width: Int, height: Int) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  /// Whether the crop has pixels and lies within a frame of that size.
  package func fits(width frameWidth: Int, height frameHeight: Int) -> Bool {
    x >= 0 && y >= 0 && width > 0 && height > 0
      && width <= frameWidth && height <= frameHeight && x <= frameWidth - width && y <= frameHeight - height
  }

  /// The smallest crop that holds both.
  package func union(_ other: Crop) -> Crop {
    let (left, top) = (min(x, other.x), min(y, other.y))
    return Crop(
      x: left, y: top, width: max(x + width, other.x + other.width) - left,
      height: max(y + height, other.y + other.height) - top)
  }

  /// The same pixels, counted from the corner of `window`.
  package func within(_ window: Crop) -> Crop {
    Crop(x: x - window.x, y: y - window.y, width: width, height: height)
  }

  /// The sides of the largest crop of an aspect that fits a frame, times `share`, rounded to the nearest, ties to even.
  package static func largestSides(
    frameWidth: Int, frameHeight: Int, width: Int, height: Int, share: Double
  ) -> (width: Int, height: Int) {
    let scale = min(Double(frameWidth) / Double(width), Double(frameHeight) / Double(height)) * share
    func side(_ length: Int, _ limit: Int) -> Int {
      min(max(Int((Double(length) * scale).rounded(.toNearestOrEven)), 1), limit)
    }
    return (side(width, frameWidth), side(height, frameHeight))
  }

  package var description: String { "\(width)x\(height) at (\(x), \(y))" }
}
