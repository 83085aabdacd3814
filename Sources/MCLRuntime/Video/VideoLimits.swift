/// What is refused in a file, so that a small hostile one cannot take all memory or time.
enum VideoLimits {
  /// Pixels along one side of a picture.
  static let side = 16384
  /// Pixels of a picture: 8K video has 33 million.
  static let area = 1 << 26
  /// Packets in a row that give no frame.
  static let fruitlessPackets = 4096

  static func accepts(width: Int, height: Int) -> Bool {
    width > 0 && height > 0 && width <= side && height <= side && width * height <= area
  }
}
