import CFFmpeg
import MCLSupport

/// How an encoded frame was predicted, and from where.
package struct FrameVectors {
  package enum Prediction {
    case intra, past, both
  }

  /// A block that an encoder took from another frame: its place in this one and the way to its source, in pixels of a
  /// frame of the size given.
  package struct Block {
    package var left: Float
    package var top: Float
    package var width: Float
    package var height: Float
    /// From this block to where its pixels come from.
    package var dx: Float
    package var dy: Float
    package var isFromFuture: Bool
  }

  package var prediction: Prediction
  package var width: Int
  package var height: Int
  package var blocks: [Block]
}

/// The motion vectors that a video's encoder stored, in the order in which the frames are shown.
package final class VectorStream {
  /// FFmpeg's decoders that export motion vectors, and whether they do so for B frames: of those of MPEG-4's family they
  /// export zeros.
  private static let codecs = [
    "mpeg1video": true, "mpeg2video": true, "mpegvideo": true, "h264": true, "mpeg4": false, "h263": false,
    "h263i": false, "h263p": false, "flv": false, "msmpeg4v1": false, "msmpeg4v2": false, "msmpeg4": false,
    "wmv1": false, "wmv2": false,
  ]

  package let frameRate: FrameRate?
  /// The size of the first frame as it is shown.
  package let width: Int
  package let height: Int
  private let stream: VideoStream
  private let buffer: FrameBuffer
  private var hasFrame: Bool
  private let givesBoth: Bool

  /// - Throws: `VideoError` as `VideoDecoder`, and for a codec that gives no vectors.
  package init(path: FilePath) throws {
    stream = try VideoStream(path: path, threads: 1, exportsVectors: true)
    guard let givesBoth = Self.codecs[stream.codecName] else {
      throw VideoError(
        "\(path) is encoded with \(stream.codecName), whose decoder gives no motion vectors; use --flow tvl1, or "
          + "re-encode it as H.264.")
    }
    self.givesBoth = givesBoth
    buffer = try FrameBuffer(path: path)
    frameRate = stream.frameRate
    hasFrame = try stream.next(into: buffer.frame)
    guard hasFrame else {
      throw VideoError(
        "\(path) has a \(stream.codecName) video stream, but not one frame of it can be decoded; "
          + "copy or convert it again.")
    }
    (width, height) = try VideoDecoder.shownSize(
      width: Int(buffer.frame.pointee.width), height: Int(buffer.frame.pointee.height), shape: stream.shape,
      path: path, shortSide: nil)
  }

  /// The next frame's vectors, turned as it is shown; nil at the end.
  package func next() throws -> FrameVectors? {
    if !hasFrame { hasFrame = try stream.next(into: buffer.frame) }
    guard hasFrame else { return nil }
    hasFrame = false
    let frame = buffer.frame
    let prediction: FrameVectors.Prediction =
      switch frame.pointee.pict_type {
      case AV_PICTURE_TYPE_P, AV_PICTURE_TYPE_S, AV_PICTURE_TYPE_SP: .past
      case AV_PICTURE_TYPE_B: .both
      default: .intra
      }
    var vectors = FrameVectors(
      prediction: prediction, width: max(Int(frame.pointee.width), 1),
      height: max(Int(frame.pointee.height), 1),
      blocks: [])
    guard prediction != .both || givesBoth,
      let data = av_frame_get_side_data(frame, AV_FRAME_DATA_MOTION_VECTORS), let bytes = data.pointee.data
    else { return stream.shape.turned(vectors) }
    // Bound: as many whole vectors as the side data's size holds.
    let raw = UnsafeRawBufferPointer(start: bytes, count: Int(data.pointee.size))
    let stride = MemoryLayout<AVMotionVector>.stride
    for number in 0..<raw.count / stride {
      let vector = raw.loadUnaligned(fromByteOffset: number * stride, as: AVMotionVector.self)
      guard vector.motion_scale > 0, vector.w > 0, vector.h > 0 else { continue }
      let (w, h, scale) = (Float(vector.w), Float(vector.h), Float(vector.motion_scale))
      // FFmpeg gives the place of a block by its centre.
      vectors.blocks.append(
        .init(
          left: Float(vector.dst_x) - w / 2, top: Float(vector.dst_y) - h / 2, width: w, height: h,
          dx: Float(vector.motion_x) / scale, dy: Float(vector.motion_y) / scale,
          isFromFuture: vector.source > 0))
    }
    return stream.shape.turned(vectors)
  }
}
