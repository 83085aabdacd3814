import MCLSupport

/// What is refused in a file, so that a small hostile one cannot take all memory or time.
package enum VideoLimits {
  /// Pixels along one side of a picture.
  package static let side = 16384
  /// Pixels of a picture: 8K video, 7680 x 4320, has 33 million.
  package static let area = 1 << 25
  /// Packets in a row that give no frame.
  static let fruitlessPackets = 4096
  /// Computing that a file may take, and on top of that for each frame it gives and each of their pixels.
  static let seconds = 10.0
  static let secondsAFrame = 0.02
  static let secondsAPixel = 20e-9
  /// Frames that any file may have, and bytes that each one beyond them takes at least. A picture that stands still has
  /// any number of pixels a byte, but no container holds a frame in less, its header and its place in the index included.
  static let freeFrames = 1 << 10
  static let bytesAFrame = 4

  /// - Throws: `VideoError` where a picture of `path` is too large. A size of 0 is not known yet.
  static func check(width: Int, height: Int, path: FilePath) throws {
    guard width > side || height > side || width * height > area else { return }
    throw VideoError(
      "\(path) has frames of \(width) x \(height) pixels, more than \(side) a side or \(area) in all; scale it "
        + "down first.")
  }
}
