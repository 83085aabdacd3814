import CFFmpeg
import Foundation
import MCLSupport

/// The compressed side of a video file: FFmpeg's demuxer and decoder, giving raw frames in presentation order.
///
/// Behaves as FFmpeg's own tool does: packets that do not decode are skipped, a read error ends the file, and
/// the decoder is drained at the end.
final class VideoStream {
  let path: FilePath
  let codecName: String
  /// As the file states it; nil where it does not.
  let frameRate: FrameRate?
  let shape: DisplayShape
  private var input: UnsafeMutablePointer<AVFormatContext>?
  private var bytes: UnsafeMutablePointer<AVIOContext>?
  private var decoder: UnsafeMutablePointer<AVCodecContext>?
  private var packet: UnsafeMutablePointer<AVPacket>?
  private var index: Int32 = -1
  private var isDraining = false
  private var isFinished = false
  private var fruitlessPackets = 0
  private let clock = DecodingClock()
  private var frames = 0
  private let byteCount: Int64
  /// Frames that no other frame is made of are passed over where they come before this time.
  var usefulTime: Int64? {
    didSet { if usefulTime == nil { decoder?.pointee.skip_frame = AVDISCARD_DEFAULT } }
  }

  /// Opens the file and the decoder of its best video stream. `threads` > 1 decodes frames in parallel.
  ///
  /// - Parameter exportsVectors: frames come with the motion vectors they were coded with, where the codec gives them,
  ///   and with pixels of no use.
  init(path: FilePath, threads: Int, exportsVectors: Bool = false) throws {
    _ = ffmpegIsSilent
    self.path = path
    byteCount = try VideoStream.checkFile(path)
    let timed = clock
    timed.start()
    defer { timed.stop() }
    // Closes itself should anything fail before all of this value is set, when `deinit` would not run.
    let opened = try OpenedInput(path: path, clock: clock)
    var codec: UnsafePointer<AVCodec>?
    let stream = try opened.bestVideoStream(&codec)
    let parameters = stream.pointee.codecpar.pointee
    try VideoLimits.check(width: Int(parameters.width), height: Int(parameters.height), path: path)
    guard let codec, let context = avcodec_alloc_context3(codec) else {
      throw VideoError("There is no memory to decode \(path); free some and try again.")
    }
    index = stream.pointee.index
    codecName = String(cString: codec.pointee.name)
    let rate = stream.pointee.avg_frame_rate
    frameRate = FrameRate(numerator: Int(rate.num), denominator: Int(rate.den))
    shape = DisplayShape(stream)
    decoder = context
    packet = av_packet_alloc()
    (input, bytes) = opened.release()
    avcodec_parameters_to_context(context, stream.pointee.codecpar)
    context.pointee.pkt_timebase = stream.pointee.time_base
    context.pointee.thread_count = Int32(clamping: max(1, threads))
    context.pointee.thread_type = FF_THREAD_FRAME
    // Unaligned: the width the stream states, where FFmpeg would else leave pixels on the left that suit the
    // vector length of this machine.
    context.pointee.flags |= AV_CODEC_FLAG_UNALIGNED
    if exportsVectors {
      context.pointee.flags2 |= AV_CODEC_FLAG2_EXPORT_MVS
      // The pixels do not matter then.
      context.pointee.skip_loop_filter = AVDISCARD_ALL
      context.pointee.skip_idct = AVDISCARD_ALL
    }
    context.pointee.max_pixels = Int64(VideoLimits.area)
    let code = avcodec_open2(context, codec, nil)
    guard code >= 0, packet != nil else {
      throw VideoError(
        "\(path) is encoded with \(codecName), which this FFmpeg cannot decode here (\(ffmpegMessage(code))); "
          + "re-encode it, for example as H.264.")
    }
  }

  deinit {
    av_packet_free(&packet)
    avcodec_free_context(&decoder)
    avformat_close_input(&input)
    avio_closep(&bytes)
  }

  /// Decodes the next frame into `frame`, which then holds a reference to it; false at the end of the video.
  func next(into frame: UnsafeMutablePointer<AVFrame>) throws -> Bool {
    clock.start()
    defer { clock.stop() }
    while !isFinished {
      if clock.isOver { throw clock.timeout(path) }
      let code = avcodec_receive_frame(decoder, frame)
      if code >= 0 {
        fruitlessPackets = 0
        clock.count(frameOf: Int(frame.pointee.width) * Int(frame.pointee.height))
        try countFrame()
        return true
      }
      if code == mcl_averror_eof() {
        isFinished = true
        break
      }
      // Anything but EAGAIN is damage: FFmpeg has dropped that frame, and what follows may be whole.
      if code != mcl_averror_eagain() || !isDraining { try countFruitless() }
      if !isDraining { try sendPacket() }
    }
    return false
  }

  /// Goes to where decoding has to begin for the frame with this time, as far as the container knows; which frame comes
  /// next is for the caller to find out. False where it cannot.
  func seek(to time: Int64) -> Bool {
    guard let input, let decoder, av_seek_frame(input, index, time, AVSEEK_FLAG_BACKWARD) >= 0 else {
      return false
    }
    avcodec_flush_buffers(decoder)
    (isDraining, isFinished, fruitlessPackets, frames) = (false, false, 0, 0)
    return true
  }

  /// When a frame is shown, in the stream's time base: its own time, else that of the packet that brought it out.
  static func time(of frame: AVFrame) -> Int64? {
    // AV_NOPTS_VALUE is the smallest number there is.
    [frame.pts, frame.pkt_dts].first { $0 != .min }
  }

  /// A frame that nothing depends on need not be decoded where it is not wanted.
  private func chooseWhatToSkip(_ packet: AVPacket) {
    guard let usefulTime else { return }
    let time = packet.pts != .min ? packet.pts : packet.dts
    decoder?.pointee.skip_frame =
      time != .min && time < usefulTime ? AVDISCARD_NONREF : AVDISCARD_DEFAULT
  }

  private func sendPacket() throws {
    guard let input, let packet else { return }
    while true {
      av_packet_unref(packet)
      let code = av_read_frame(input, packet)
      if code == mcl_averror_eagain() {
        try countFruitless()
        continue
      }
      if code < 0 {
        if clock.hasStopped { throw clock.timeout(path) }
        isDraining = true
        avcodec_send_packet(decoder, nil)
        return
      }
      guard packet.pointee.stream_index == index else {
        if clock.isOver { throw clock.timeout(path) }
        continue
      }
      chooseWhatToSkip(packet.pointee)
      // A packet that the decoder refuses is skipped; `next` counts it when no frame comes.
      avcodec_send_packet(decoder, packet)
      av_packet_unref(packet)
      return
    }
  }

  /// Samples of a hostile file may share their bytes, so that a small one has frames without end.
  private func countFrame() throws {
    frames += 1
    guard frames <= VideoLimits.freeFrames + Int(byteCount) / VideoLimits.bytesAFrame else {
      throw VideoError(
        "\(path) blows \(byteCount) bytes up to \(frames) frames and more, which no video does; copy or convert it again."
      )
    }
  }

  private func countFruitless() throws {
    fruitlessPackets += 1
    guard fruitlessPackets <= VideoLimits.fruitlessPackets else {
      throw VideoError(
        "\(path) is damaged: \(VideoLimits.fruitlessPackets) packets in a row hold no frame that \(codecName) "
          + "can decode; copy or convert it again.")
    }
  }

  /// Refuses what FFmpeg would report poorly or wait on for ever.
  ///
  /// - Returns: the file's length in bytes.
  private static func checkFile(_ path: FilePath) throws -> Int64 {
    guard let status = path.status() else {
      throw VideoError("There is no file at \"\(path)\"; check the path.")
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw VideoError("\(path) is a folder, not a video; name a file in it.")
    default: throw VideoError("\(path) is not a regular file; copy the video to a file first.")
    }
    guard status.st_size > 0 else {
      throw VideoError("\(path) is empty, 0 bytes long; copy the video again.")
    }
    return Int64(min(status.st_size, 1 << 44))
  }
}
