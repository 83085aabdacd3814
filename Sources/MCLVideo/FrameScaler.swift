import CFFmpeg
import MCLSupport

/// Turns raw frames of any pixel format and size into RGB of one size, the way up they are shown: bilinear, bit-exact on
/// every machine.
final class FrameScaler {
  /// What a scaler was built for; another value needs another scaler.
  private struct Source: Equatable {
    var width: Int32
    var height: Int32
    var format: Int32
    var matrix: Int32
    var isFullRange: Bool

    /// Where the stream does not say, as `FrameConversion` has it; the "J" formats are full range by definition.
    init(_ frame: AVFrame) {
      width = frame.width
      height = frame.height
      format = frame.format
      matrix =
        frame.colorspace == AVCOL_SPC_UNSPECIFIED
        ? FrameConversion.standard.unstatedMatrix.coefficients : Int32(frame.colorspace.rawValue)
      let full = [
        AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUVJ440P,
        AV_PIX_FMT_YUVJ411P,
      ]
      let isStated = frame.color_range != AVCOL_RANGE_UNSPECIFIED
      isFullRange =
        frame.color_range == AVCOL_RANGE_JPEG || full.contains { $0.rawValue == frame.format }
        || (!isStated && FrameConversion.standard.unstatedRange == .full)
    }
  }

  /// The size before the axes are exchanged.
  private let width: Int
  private let height: Int
  private let shape: DisplayShape
  private let path: FilePath
  private var source: Source?
  private var context: OpaquePointer?
  private var output: UnsafeMutablePointer<AVFrame>?

  /// - Parameters:
  ///   - width: of the frames given; `height` likewise.
  ///   - shape: turns them; its pixels' shape is in the size already.
  init(path: FilePath, width shownWidth: Int, height shownHeight: Int, shape: DisplayShape) throws {
    self.path = path
    self.shape = shape
    (width, height) = shape.swapsAxes ? (shownHeight, shownWidth) : (shownWidth, shownHeight)
    guard let frame = av_frame_alloc() else { throw outOfMemory }
    output = frame
    frame.pointee.width = Int32(width)
    frame.pointee.height = Int32(height)
    frame.pointee.format = AV_PIX_FMT_RGB24.rawValue
    // Rows padded to 64 bytes: swscale's vector code writes past the last pixel of a row.
    guard av_frame_get_buffer(frame, 64) >= 0 else { throw outOfMemory }
  }

  deinit {
    sws_freeContext(context)
    av_frame_free(&output)
  }

  /// `frame` in RGB as it is shown, or a window of it, whose pixels are those that the whole has there. A stream whose
  /// size or format changes midway rebuilds the scaler.
  ///
  /// Only the rows of the window are converted and scaled: of a picture that is shown with its axes exchanged, the coded
  /// rows that become the window's columns.
  func scale(_ frame: UnsafeMutablePointer<AVFrame>, window: Crop? = nil) throws -> VideoFrame {
    let wanted = Source(frame.pointee)
    if wanted != source { try build(wanted) }
    let whole = Crop(x: 0, y: 0, width: width, height: height)
    let (shownWidth, shownHeight) = shape.swapsAxes ? (height, width) : (width, height)
    let part = try window.map { window in
      guard window.fits(width: shownWidth, height: shownHeight) else {
        throw VideoError(
          "Frames of \(path) have \(shownWidth) x \(shownHeight) pixels, and none at \(window); ask for less."
        )
      }
      return shape.coded(window, shownWidth: shownWidth, shownHeight: shownHeight)
    }
    let kept = part ?? whole
    guard let context, let output, convert(frame, context, output, rows: kept.y..<kept.y + kept.height),
      let data = output.pointee.data.0
    else { throw cannotConvert(wanted) }
    let rowBytes = 3 * kept.width
    let stride = Int(output.pointee.linesize.0)
    let pixels = [UInt8](unsafeUninitializedCapacity: rowBytes * kept.height) { buffer, count in
      // `data` has `height` rows of `stride` >= 3 * width bytes, and `kept` is within; `buffer` has as many bytes as it.
      guard let base = buffer.baseAddress else { return }
      let first = data + kept.y * stride + 3 * kept.x
      for row in 0..<kept.height {
        (base + row * rowBytes).update(from: first + row * stride, count: rowBytes)
      }
      count = rowBytes * kept.height
    }
    return shape.turned(VideoFrame(width: kept.width, height: kept.height, pixels: pixels))
  }

  /// Writes at least these rows of `output`, each from the source rows that its filters reach; false where it cannot.
  private func convert(
    _ frame: UnsafeMutablePointer<AVFrame>, _ context: OpaquePointer,
    _ output: UnsafeMutablePointer<AVFrame>, rows: Range<Int>
  ) -> Bool {
    // Slices begin at, and have, multiples of this.
    let step = max(1, Int(sws_receive_slice_alignment(context)))
    let first = rows.lowerBound / step * step
    let count = (rows.upperBound - first + step - 1) / step * step
    guard count < height, first + count <= height else { return sws_scale_frame(context, output, frame) >= 0 }
    guard sws_frame_start(context, output, frame) >= 0 else { return false }
    defer { sws_frame_end(context) }
    return sws_send_slice(context, 0, UInt32(frame.pointee.height)) >= 0
      && sws_receive_slice(context, UInt32(first), UInt32(count)) >= 0
  }

  private func build(_ wanted: Source) throws {
    sws_freeContext(context)
    source = nil
    context = sws_getContext(
      wanted.width, wanted.height, AVPixelFormat(wanted.format), Int32(width), Int32(height),
      AV_PIX_FMT_RGB24, FrameConversion.standard.filter.flags | SWS_ACCURATE_RND | SWS_BITEXACT, nil, nil,
      nil)
    guard let context else { throw cannotConvert(wanted) }
    // Fails for sources that are RGB or grey, where there is no matrix to set.
    sws_setColorspaceDetails(
      context, sws_getCoefficients(wanted.matrix), wanted.isFullRange ? 1 : 0,
      sws_getCoefficients(SWS_CS_ITU601), FrameConversion.standard.range == .full ? 1 : 0, 0, 1 << 16, 1 << 16
    )
    source = wanted
  }

  private func cannotConvert(_ source: Source) -> VideoError {
    let name = av_get_pix_fmt_name(AVPixelFormat(source.format)).map { String(cString: $0) } ?? "unknown"
    return VideoError(
      "\(path) has frames of \(source.width) x \(source.height) pixels in the format \(name), which FFmpeg "
        + "cannot turn into RGB; convert it to yuv420p.")
  }

  private var outOfMemory: VideoError {
    VideoError("There is no memory for frames of \(width) x \(height) of \(path); free some and try again.")
  }
}

extension FrameConversion.Matrix {
  /// FFmpeg's number of it.
  fileprivate var coefficients: Int32 {
    switch self {
    case .bt601: SWS_CS_ITU601
    }
  }
}

extension FrameConversion.Filter {
  /// FFmpeg's number of it.
  fileprivate var flags: Int32 {
    switch self {
    case .bilinear: SWS_BILINEAR
    }
  }
}
