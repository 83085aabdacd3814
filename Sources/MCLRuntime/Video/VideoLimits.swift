/// What is refused in a file, so that a small hostile one cannot take all memory or time.
enum VideoLimits {
  /// Pixels along one side of a picture.
  static let side = 16384
  /// Pixels of a picture: 8K video, 7680 x 4320, has 33 million.
  static let area = 1 << 25
  /// Packets in a row that give no frame.
  static let fruitlessPackets = 4096
  /// Computing that a file may take before its first frame, and for each frame on top of that.
  static let seconds = 10.0
  static let secondsAFrame = 0.1
  /// Pixels that any file may decode to, and pixels that each of its bytes may stand for beyond that: a screen that
  /// stands still has 20,000 in the best of codecs.
  static let freePixels = 1 << 29
  static let pixelsAByte = 1 << 16

  /// - Throws: `VideoError` where a picture of `path` is too large. A size of 0 is not known yet.
  static func check(width: Int, height: Int, path: String) throws {
    guard width > side || height > side || width * height > area else { return }
    throw VideoError(
      "\(path) has frames of \(width) x \(height) pixels, more than \(side) a side or \(area) in all; scale it "
        + "down first.")
  }
}
