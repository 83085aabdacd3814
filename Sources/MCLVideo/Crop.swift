/// A rectangle of a frame, in pixels from the top left corner.
public struct Crop: Sendable, Hashable, Codable, CustomStringConvertible {
  public var x: Int
  public var y: Int
  public var width: Int
  public var height: Int

  public init(x: Int, y: Int, width: Int, height: Int) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  /// Whether the crop has pixels and lies within a frame of that size.
  public func fits(width frameWidth: Int, height frameHeight: Int) -> Bool {
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

  public var description: String { "\(width)x\(height) at (\(x), \(y))" }
}
