import CFFmpeg
import Foundation
import Synchronization

/// Writes RGB frames as MPEG-4 part 2 video, `.avi` or `.mp4`: the same frames give the same bytes every time.
///
/// The file appears under its name only once it is whole: it is written beside it and renamed by `finish`. An
/// encoder that is let go before `finish` leaves nothing behind.
package final class VideoEncoder {
  package let path: String
  package let width: Int
  package let height: Int
  /// The number of frames written so far.
  package private(set) var frameCount = 0
  private let temporaryPath: String
  private let quantizer: Int
  private let groupLength: Int
  private let bFrames: Int
  private let format: VideoFormat
  private var output: UnsafeMutablePointer<AVFormatContext>?
  private var encoder: UnsafeMutablePointer<AVCodecContext>?
  private var packet: UnsafeMutablePointer<AVPacket>?
  private var scaler: OpaquePointer?
  private var rgb: UnsafeMutablePointer<AVFrame>?
  private var yuv: UnsafeMutablePointer<AVFrame>?
  private var temporaryExists = false

  private static let written = Atomic<Int>(0)

  /// - Parameters:
  ///   - path: ends in `.avi` or `.mp4`; an existing file is replaced by `finish`.
  ///   - quantizer: the fixed MPEG-4 quantiser of every frame, 1 (finest) ... 31.
  ///   - groupLength: frames from one that is coded on its own to the next, 1 ... 600.
  ///   - bFrames: frames coded from both sides between two that are not, 0 ... 8.
  /// - Throws: `VideoError` when the folder cannot be written, or the name or size does not serve.
  package convenience init(
    path: String, width: Int, height: Int, framesPerSecond: Int = 25, quantizer: Int = 2,
    groupLength: Int = 12,
    bFrames: Int = 0
  ) throws {
    try self.init(
      path: path, width: width, height: height, framesPerSecond: framesPerSecond, quantizer: quantizer,
      groupLength: groupLength, bFrames: bFrames, format: VideoFormat())
  }

  package init(
    path: String, width: Int, height: Int, framesPerSecond: Int = 25, quantizer: Int = 2,
    groupLength: Int = 12, bFrames: Int = 0, format: VideoFormat
  ) throws {
    _ = ffmpegIsSilent
    self.format = format
    self.path = path
    self.width = width
    self.height = height
    self.quantizer = quantizer
    self.groupLength = min(max(groupLength, 1), 600)
    self.bFrames = min(max(bFrames, 0), 8)
    let serial = VideoEncoder.written.add(1, ordering: .relaxed).newValue
    temporaryPath = "\(path).\(getpid())-\(serial).partial"
    guard let container = format.container ?? ["avi", "mp4"].first(where: { path.hasSuffix("." + $0) }) else {
      throw VideoError("\(path) is neither .avi nor .mp4, the containers written here; rename it.")
    }
    guard (1...8192).contains(width), (1...8192).contains(height), (1...31).contains(quantizer),
      (1...65535).contains(framesPerSecond)
    else {
      throw VideoError(
        "\(path) cannot be written with \(width) x \(height) pixels, \(framesPerSecond) frames a second and "
          + "quantiser \(quantizer); MPEG-4 takes sides of 1...8192, 1...65535 frames and 1...31.")
    }
    avformat_alloc_output_context2(&output, nil, container, nil)
    guard let output, let stream = avformat_new_stream(output, nil) else { throw failure("open", -ENOMEM) }
    try openEncoder(framesPerSecond: framesPerSecond)
    avcodec_parameters_from_context(stream.pointee.codecpar, encoder)
    stream.pointee.sample_aspect_ratio = pixelAspect
    if let matrix = format.displayMatrix, matrix.count == 9 {
      // Bound: there is room for nine numbers.
      guard let place = mcl_new_display_matrix(stream) else { throw failure("open", -ENOMEM) }
      for number in 0..<9 { place[number] = matrix[number] }
    }
    stream.pointee.time_base = timeBase(framesPerSecond)
    stream.pointee.avg_frame_rate = AVRational(num: Int32(framesPerSecond), den: 1)
    output.pointee.flags |= AVFMT_FLAG_BITEXACT
    if format.keepsNegativeTimes { output.pointee.avoid_negative_ts = 0 }
    try makeFrames()
    try check("create", avio_open(&output.pointee.pb, "file:" + temporaryPath, AVIO_FLAG_WRITE))
    temporaryExists = true
    try check("begin", avformat_write_header(output, nil))
  }

  deinit {
    if temporaryExists, let output {
      avio_closep(&output.pointee.pb)
      unlink(temporaryPath)
    }
    sws_freeContext(scaler)
    av_frame_free(&rgb)
    av_frame_free(&yuv)
    av_packet_free(&packet)
    avcodec_free_context(&encoder)
    avformat_free_context(output)
  }

  /// Encodes one more frame.
  ///
  /// - Throws: `VideoError` when its size is not the video's, or the disk is full.
  package func append(_ frame: VideoFrame) throws {
    guard frame.width == width, frame.height == height else {
      throw VideoError(
        "\(path) takes frames of \(width) x \(height), not \(frame.width) x \(frame.height); scale them first."
      )
    }
    guard temporaryExists, let rgb, let yuv, let data = rgb.pointee.data.0 else {
      throw VideoError("\(path) is finished and takes no more frames; open another encoder.")
    }
    let stride = Int(rgb.pointee.linesize.0)
    frame.pixels.withUnsafeBufferPointer { pixels in
      // `data` has `height` rows of `stride` >= 3 * width bytes, `pixels` height * 3 * width.
      guard let base = pixels.baseAddress else { return }
      for row in 0..<height { (data + row * stride).update(from: base + row * 3 * width, count: 3 * width) }
    }
    // The encoder may still hold the last picture.
    try check("convert a frame of", av_frame_make_writable(yuv))
    try check("convert a frame of", sws_scale_frame(scaler, yuv, rgb))
    yuv.pointee.pts = Int64(format.times(frameCount))
    yuv.pointee.quality = Int32(quantizer) * FF_QP2LAMBDA
    try check("encode a frame of", avcodec_send_frame(encoder, yuv))
    frameCount += 1
    try writePackets()
  }

  /// Writes the end of the file and gives it its name.
  package func finish() throws {
    guard temporaryExists, let output else { return }
    guard frameCount > 0 else {
      throw VideoError("\(path) would be a video without frames; append one before finishing it.")
    }
    try check("encode the last frame of", avcodec_send_frame(encoder, nil))
    try writePackets()
    try check("end", av_write_trailer(output))
    try check("write", avio_closep(&output.pointee.pb))
    guard rename(temporaryPath, path) == 0 else { throw failure("rename", -errno) }
    temporaryExists = false
  }

  /// Writes `frames`, all of one size, as the video `path`.
  ///
  /// - Throws: as `init`, `append` and `finish`.
  package static func encode(
    _ frames: some Sequence<VideoFrame>, to path: String, framesPerSecond: Int = 25, quantizer: Int = 2,
    groupLength: Int = 12, bFrames: Int = 0
  ) throws {
    try encode(
      frames, to: path, framesPerSecond: framesPerSecond, quantizer: quantizer, groupLength: groupLength,
      bFrames: bFrames, format: VideoFormat())
  }

  package static func encode(
    _ frames: some Sequence<VideoFrame>, to path: String, framesPerSecond: Int = 25, quantizer: Int = 2,
    groupLength: Int = 12, bFrames: Int = 0, format: VideoFormat
  ) throws {
    var encoder: VideoEncoder?
    for frame in frames {
      let open =
        try encoder
        ?? VideoEncoder(
          path: path, width: frame.width, height: frame.height, framesPerSecond: framesPerSecond,
          quantizer: quantizer, groupLength: groupLength, bFrames: bFrames, format: format)
      encoder = open
      try open.append(frame)
    }
    guard let encoder else {
      throw VideoError("\(path) would be a video without frames; give at least one.")
    }
    try encoder.finish()
  }

  private func openEncoder(framesPerSecond: Int) throws {
    let codec = avcodec_find_encoder_by_name(format.encoder)
    encoder = avcodec_alloc_context3(codec)
    packet = av_packet_alloc()
    guard let codec, let encoder, let output, packet != nil else {
      throw failure("find the encoder \(format.encoder) for", -ENOSYS)
    }
    encoder.pointee.width = Int32(width)
    encoder.pointee.height = Int32(height)
    encoder.pointee.pix_fmt = pixelFormat
    encoder.pointee.time_base = timeBase(framesPerSecond)
    encoder.pointee.framerate = AVRational(num: Int32(framesPerSecond), den: 1)
    // All that could vary is fixed: one thread, the integer transforms, one quantiser, a key frame every 12.
    encoder.pointee.thread_count = 1
    encoder.pointee.gop_size = Int32(groupLength)
    encoder.pointee.max_b_frames = Int32(bFrames)
    encoder.pointee.dct_algo = FF_DCT_INT
    encoder.pointee.idct_algo = FF_IDCT_SIMPLE
    encoder.pointee.flags |= AV_CODEC_FLAG_BITEXACT | AV_CODEC_FLAG_QSCALE
    encoder.pointee.global_quality = Int32(quantizer) * FF_QP2LAMBDA
    if output.pointee.oformat.pointee.flags & AVFMT_GLOBALHEADER != 0 {
      encoder.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER
    }
    encoder.pointee.sample_aspect_ratio = pixelAspect
    if format.isFullRange { encoder.pointee.color_range = AVCOL_RANGE_JPEG }
    // MJPEG otherwise refuses what it takes anyway.
    encoder.pointee.strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL
    var options: OpaquePointer?
    for (name, value) in format.options { av_dict_set(&options, name, value, 0) }
    defer { av_dict_free(&options) }
    try check("open an encoder for", avcodec_open2(encoder, codec, &options))
  }

  private var pixelFormat: AVPixelFormat { av_get_pix_fmt(format.pixelFormat) }

  /// 0/1: not stated.
  private var pixelAspect: AVRational {
    guard let aspect = format.pixelAspect else { return AVRational(num: 0, den: 1) }
    return AVRational(num: Int32(aspect.numerator), den: Int32(aspect.denominator))
  }

  private func timeBase(_ framesPerSecond: Int) -> AVRational {
    guard let base = format.timeBase else { return AVRational(num: 1, den: Int32(framesPerSecond)) }
    return AVRational(num: Int32(base.numerator), den: Int32(base.denominator))
  }

  private func makeFrames() throws {
    rgb = av_frame_alloc()
    yuv = av_frame_alloc()
    for (frame, format) in [(rgb, AV_PIX_FMT_RGB24), (yuv, pixelFormat)] {
      guard let frame else { throw failure("open", -ENOMEM) }
      frame.pointee.width = Int32(width)
      frame.pointee.height = Int32(height)
      frame.pointee.format = format.rawValue
      try check("open", av_frame_get_buffer(frame, 64))
    }
    scaler = sws_getContext(
      Int32(width), Int32(height), AV_PIX_FMT_RGB24, Int32(width), Int32(height), pixelFormat,
      SWS_BILINEAR | SWS_ACCURATE_RND | SWS_BITEXACT | SWS_FULL_CHR_H_INP, nil, nil, nil)
    guard let scaler else { throw failure("open a colour converter for", -ENOMEM) }
    if format.isFullRange {
      sws_setColorspaceDetails(
        scaler, sws_getCoefficients(SWS_CS_ITU601), 1, sws_getCoefficients(SWS_CS_ITU601), 1, 0, 1 << 16,
        1 << 16)
    }
  }

  private func writePackets() throws {
    guard let packet, let encoder, let output, let stream = output.pointee.streams[0] else { return }
    while true {
      let code = avcodec_receive_packet(encoder, packet)
      if code == mcl_averror_eagain() || code == mcl_averror_eof() { return }
      try check("encode a frame of", code)
      packet.pointee.stream_index = 0
      if format.timeBase == nil { packet.pointee.duration = 1 }
      av_packet_rescale_ts(packet, encoder.pointee.time_base, stream.pointee.time_base)
      try check("write", av_interleaved_write_frame(output, packet))
    }
  }

  private func check(_ step: String, _ code: Int32) throws {
    if code < 0 { throw failure(step, code) }
  }

  private func failure(_ step: String, _ code: Int32) -> VideoError {
    VideoError(
      "Could not \(step) the video \(path) (\(ffmpegMessage(code))); check that its folder exists, can be "
        + "written and has room.")
  }
}
