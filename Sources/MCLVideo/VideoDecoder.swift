import CFFmpeg
import MCLSupport

/// Decodes a video file from its first frame to its last, as RGB.
///
/// Reads whatever FFmpeg reads and takes the stream FFmpeg would take. Frames are counted by decoding, never by
/// what the header claims. Damaged packets are skipped, a truncated file gives the frames that are there. The
/// pixels are the same in every run; of a damaged stream, whose missing parts FFmpeg makes up, only with one
/// thread.
public final class VideoDecoder {
  /// Width in pixels of the frames given, turned upright, with square pixels, and scaled. The first frame
  /// decides it.
  public let width: Int
  /// Height in pixels of the same frames.
  public let height: Int
  /// As the file states it; nil where it does not.
  public var frameRate: FrameRate? { stream.frameRate }
  private let stream: VideoStream
  private let scaler: FrameScaler
  private let buffer: FrameBuffer
  /// `buffer` holds a decoded frame that has not been given out yet.
  private var hasFrame: Bool
  /// The frames so far, where an index is wanted; nil from a frame on that cannot be named.
  private var indexed: [FrameIndex.Frame]?
  private let firstSize: (width: Int, height: Int)

  /// Opens `path` and decodes its first frame.
  ///
  /// - Parameters:
  ///   - shortSide: frames whose short side is larger are scaled, bilinear, so that short = `shortSide` and
  ///     long = floor(shortSide x long / short), as section 4 of the reference does for Kinetics.
  ///   - threads: frames decoded in parallel.
  ///   - keepsIndex: what `index` is made of is kept.
  /// - Throws: `VideoError` when the file is missing, empty, not a video, without a video stream, of an unknown
  ///   codec, without one decodable frame, or larger than 16384 pixels a side.
  public convenience init(path: some PathConvertible, shortSide: Int? = nil, threads: Int = 1) throws {
    try self.init(path: path.filePath, shortSide: shortSide, threads: threads, keepsIndex: false)
  }

  package init(path: some PathConvertible, shortSide: Int? = nil, threads: Int = 1, keepsIndex: Bool) throws {
    let path = path.filePath
    if let shortSide, shortSide < 1 {
      throw VideoError("Frames of \(path) cannot be scaled to a short side of \(shortSide); give 1 or more.")
    }
    stream = try VideoStream(path: path, threads: threads)
    buffer = try FrameBuffer(path: path)
    hasFrame = try stream.next(into: buffer.frame)
    guard hasFrame else {
      throw VideoError(
        "\(path) has a \(stream.codecName) video stream, but not one frame of it can be decoded; "
          + "copy or convert it again.")
    }
    firstSize = (Int(buffer.frame.pointee.width), Int(buffer.frame.pointee.height))
    (width, height) = try VideoDecoder.shownSize(
      width: firstSize.width, height: firstSize.height, shape: stream.shape, path: path, shortSide: shortSide)
    scaler = try FrameScaler(path: path, width: width, height: height, shape: stream.shape)
    if keepsIndex { indexed = [] }
    keep()
  }

  /// The next frame; nil at the end.
  ///
  /// - Throws: `VideoError` when thousands of packets in a row are damaged, or the frame cannot become RGB.
  public func next() throws -> VideoFrame? {
    guard try advance() else { return nil }
    hasFrame = false
    return try scaler.scale(buffer.frame)
  }

  /// Passes over up to `count` frames without scaling them; the number passed, less than `count` at the end.
  @discardableResult
  public func skip(_ count: Int) throws -> Int {
    var passed = 0
    while passed < count, try advance() {
      hasFrame = false
      passed += 1
    }
    return passed
  }

  /// The number of frames that `next` gives: all are decoded, none is scaled.
  ///
  /// - Throws: as `init` and `next`.
  public static func frameCount(path: some PathConvertible, threads: Int = 1) throws -> Int {
    try VideoDecoder(path: path, threads: threads).skip(.max)
  }

  /// The frames of a range, counted from 0. Decodes from the start, scales only what is asked for, and stops
  /// after the range's end.
  ///
  /// - Throws: as `init` and `next`, and when the video ends before the range does.
  public static func decode(
    path: some PathConvertible, shortSide: Int? = nil, frames range: Range<Int>, threads: Int = 1
  ) throws -> [VideoFrame] {
    let path = path.filePath
    guard range.lowerBound >= 0 else {
      throw VideoError("Frames \(range) of \(path) start before its first, which is 0; give a later start.")
    }
    let decoder = try VideoDecoder(path: path, shortSide: shortSide, threads: threads)
    var passed = try decoder.skip(range.lowerBound)
    var frames: [VideoFrame] = []
    while passed < range.upperBound, let frame = try decoder.next() {
      frames.append(frame)
      passed += 1
    }
    guard passed >= range.upperBound || range.isEmpty else {
      throw VideoError("\(path) has \(passed) frames, too few for frames \(range); ask for earlier ones.")
    }
    return frames
  }

  /// Makes `buffer` hold a frame; false at the end.
  private func advance() throws -> Bool {
    if !hasFrame {
      hasFrame = try stream.next(into: buffer.frame)
      if hasFrame { keep() }
    }
    return hasFrame
  }

  /// Notes the frame in `buffer`.
  private func keep() {
    guard indexed != nil else { return }
    let frame = buffer.frame.pointee
    guard let hash = PixelHash.hash(frame) else {
      indexed = nil
      return
    }
    indexed?.append(.init(time: VideoStream.time(of: frame), isKey: frame.key_frame != 0, hash: hash))
  }

  /// The index of the frames given and passed so far: the video's, at its end.
  ///
  /// - Throws: `VideoError` where it was not kept, or frames cannot be told apart.
  package func index() throws -> FrameIndex {
    guard let indexed else {
      throw VideoError(
        "The frames of \(stream.path) are in no format that can be indexed; convert it to yuv420p.")
    }
    return FrameIndex(
      width: firstSize.width, height: firstSize.height,
      shown: stream.shape.shownSize(width: firstSize.width, height: firstSize.height),
      frameRate: stream.frameRate, frames: indexed)
  }

  /// The size at which frames of this coded size are given.
  ///
  /// - Throws: `VideoError` where a side or the area is over the limits, coded or shown.
  static func shownSize(
    width: Int, height: Int, shape: DisplayShape, path: FilePath, shortSide: Int?
  ) throws -> (width: Int, height: Int) {
    try VideoLimits.check(width: width, height: height, path: path)
    let shown = shape.shownSize(width: width, height: height)
    try VideoLimits.check(width: shown.width, height: shown.height, path: path)
    return scaledSize(width: shown.width, height: shown.height, shortSide: shortSide)
  }

  /// Short side at most `shortSide`, the long one floor(shortSide x long / short).
  package static func scaledSize(width: Int, height: Int, shortSide: Int?) -> (width: Int, height: Int) {
    guard let shortSide, min(width, height) > shortSide else { return (width, height) }
    return width < height
      ? (shortSide, shortSide * height / width) : (shortSide * width / height, shortSide)
  }
}

/// Owns one of FFmpeg's frames.
final class FrameBuffer {
  let frame: UnsafeMutablePointer<AVFrame>

  init(path: FilePath) throws {
    guard let frame = av_frame_alloc() else {
      throw VideoError("There is no memory to decode \(path); free some and try again.")
    }
    self.frame = frame
  }

  deinit {
    var frame: UnsafeMutablePointer<AVFrame>? = frame
    av_frame_free(&frame)
  }
}
