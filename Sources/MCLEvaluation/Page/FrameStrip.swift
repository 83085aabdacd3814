import MCLData
import MCLDrawing
import MCLVideo

/// A few frames of a video side by side, as one small picture.
package enum FrameStrip {
  /// Frames are shown within squares of so many pixels.
  static let side = 96
  /// Bytes of a picture, so that the sixty of a page stay below 1 MB of text.
  static let byteLimit = 8_000
  private static let gap = 2

  /// The numbers of frames in the middle of equal parts of a video, from 0: floor((2 i + 1) D / (2 n)) of D frames.
  package static func numbers(frameCount: Int, count: Int) -> [Int] {
    (0..<count).map { (2 * $0 + 1) * frameCount / (2 * count) }
  }

  /// - Parameters:
  ///   - store: gives frames of the size that the video was prepared with.
  ///   - count: of frames.
  /// - Throws: `VideoError` where the video cannot be read any more.
  package static func picture(
    of video: PreparedVideo, from store: FrameStore, count: Int = 4
  ) throws -> JPEGImage {
    let whole = Crop(x: 0, y: 0, width: video.width, height: video.height)
    let numbers = numbers(frameCount: video.frameCount, count: count)
    let frames = try store.clips(video, [(numbers, whole)]).first?.frames ?? []
    let longer = max(video.width, video.height)
    let width = max(video.width * side / longer, 8)
    let height = max(video.height * side / longer, 8)
    var strip = Canvas(
      width: count * (width + gap) - gap, height: height, background: Colour(255, 255, 255))
    for (place, frame) in frames.enumerated() {
      strip.image(
        x: place * (width + gap), y: 0, width: width, height: height, sourceWidth: frame.width,
        sourceHeight: frame.height
      ) { x, y in
        // Bounds: the canvas asks for pixels of the frame, which holds three bytes for each.
        let first = 3 * (y * frame.width + x)
        return Colour(frame.pixels[first], frame.pixels[first + 1], frame.pixels[first + 2])
      }
    }
    return try strip.jpeg(limit: byteLimit)
  }
}
