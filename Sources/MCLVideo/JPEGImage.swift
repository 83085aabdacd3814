import CFFmpeg

/// An image of 8-bit RGB as a JPEG file, by libavcodec: the same pixels give the same bytes every time.
package struct JPEGImage: Sendable {
  package let width: Int
  package let height: Int
  package let bytes: [UInt8]

  /// Quantisers that are tried, the finest first.
  static let quantizers = [3, 5, 8, 12, 18, 25, 31]

  /// - Parameters:
  ///   - rgb: `height x width x 3`, row-major.
  ///   - limit: bytes that the file should have at most; the coarsest quantiser is taken where none is coarse enough.
  /// - Throws: `VideoError` where the sizes do not fit or libavcodec cannot do it.
  package init(width: Int, height: Int, rgb: [UInt8], limit: Int = .max) throws {
    guard (1...8192).contains(width), (1...8192).contains(height), rgb.count == 3 * width * height else {
      throw VideoError(
        "A JPEG picture of \(width) x \(height) pixels cannot be made of \(rgb.count) bytes; give sides of 1...8192 "
          + "and 3 bytes a pixel.")
    }
    (self.width, self.height) = (width, height)
    let picture = try Picture(width: width, height: height, rgb: rgb)
    var smallest: [UInt8] = []
    for quantizer in Self.quantizers {
      smallest = try picture.encoded(quantizer: quantizer)
      if smallest.count <= limit { break }
    }
    bytes = smallest
  }

  /// The pixels as the encoder takes them: luma, and chroma of half the size.
  private final class Picture {
    private let frame: UnsafeMutablePointer<AVFrame>

    init(width: Int, height: Int, rgb: [UInt8]) throws {
      _ = ffmpegIsSilent
      guard let frame = av_frame_alloc() else { throw Self.failure("hold", -ENOMEM) }
      self.frame = frame
      frame.pointee.width = Int32(width)
      frame.pointee.height = Int32(height)
      frame.pointee.format = AV_PIX_FMT_YUVJ420P.rawValue
      frame.pointee.color_range = AVCOL_RANGE_JPEG
      try Self.check("hold", av_frame_get_buffer(frame, 64))
      let scaler = sws_getContext(
        Int32(width), Int32(height), AV_PIX_FMT_RGB24, Int32(width), Int32(height), AV_PIX_FMT_YUVJ420P,
        SWS_BILINEAR | SWS_ACCURATE_RND | SWS_BITEXACT | SWS_FULL_CHR_H_INP, nil, nil, nil)
      guard let scaler else { throw Self.failure("convert", -ENOMEM) }
      defer { sws_freeContext(scaler) }
      let coefficients = sws_getCoefficients(SWS_CS_ITU601)
      sws_setColorspaceDetails(scaler, coefficients, 1, coefficients, 1, 0, 1 << 16, 1 << 16)
      var planes = [frame.pointee.data.0, frame.pointee.data.1, frame.pointee.data.2, nil]
      var strides = [frame.pointee.linesize.0, frame.pointee.linesize.1, frame.pointee.linesize.2, 0]
      let rows = rgb.withUnsafeBufferPointer { pixels in
        // Bound: `rgb` holds `height` rows of `3 * width` bytes, as was checked; the planes were made for the sizes.
        sws_scale(
          scaler, [pixels.baseAddress, nil, nil, nil], [Int32(3 * width), 0, 0, 0], 0, Int32(height), &planes,
          &strides)
      }
      try Self.check("convert", rows)
    }

    deinit {
      var frame: UnsafeMutablePointer<AVFrame>? = frame
      av_frame_free(&frame)
    }

    func encoded(quantizer: Int) throws -> [UInt8] {
      guard let codec = avcodec_find_encoder(AV_CODEC_ID_MJPEG),
        let context = avcodec_alloc_context3(codec)
      else { throw Self.failure("find the encoder of", -ENOSYS) }
      var encoder: UnsafeMutablePointer<AVCodecContext>? = context
      var packet = av_packet_alloc()
      defer {
        avcodec_free_context(&encoder)
        av_packet_free(&packet)
      }
      context.pointee.width = frame.pointee.width
      context.pointee.height = frame.pointee.height
      context.pointee.pix_fmt = AV_PIX_FMT_YUVJ420P
      context.pointee.color_range = AVCOL_RANGE_JPEG
      context.pointee.time_base = AVRational(num: 1, den: 25)
      // Stated, so that the file begins with JFIF's mark.
      context.pointee.sample_aspect_ratio = AVRational(num: 1, den: 1)
      context.pointee.thread_count = 1
      context.pointee.dct_algo = FF_DCT_INT
      context.pointee.flags |= AV_CODEC_FLAG_BITEXACT | AV_CODEC_FLAG_QSCALE
      context.pointee.global_quality = Int32(quantizer) * FF_QP2LAMBDA
      frame.pointee.quality = context.pointee.global_quality
      frame.pointee.pts = 0
      try Self.check("open the encoder of", avcodec_open2(context, codec, nil))
      try Self.check("encode", avcodec_send_frame(context, frame))
      try Self.check("encode", avcodec_receive_packet(context, packet))
      guard let packet, let data = packet.pointee.data else { throw Self.failure("encode", -ENOMEM) }
      return Array(UnsafeBufferPointer(start: data, count: Int(packet.pointee.size)))
    }

    private static func check(_ step: String, _ code: Int32) throws {
      if code < 0 { throw failure(step, code) }
    }

    private static func failure(_ step: String, _ code: Int32) -> VideoError {
      VideoError("Could not \(step) a JPEG picture (\(ffmpegMessage(code))); FFmpeg needs its encoder mjpeg.")
    }
  }
}
