import CFFmpeg
import MCLSupport

/// An opened container file; closes itself unless `release` has handed its parts on.
final class OpenedInput {
  private let path: FilePath
  private let clock: DecodingClock
  private var input: UnsafeMutablePointer<AVFormatContext>?
  private var bytes: UnsafeMutablePointer<AVIOContext>?

  /// - Parameter clock: bounds the time; the caller keeps it as long as what `release` hands on.
  init(path: FilePath, clock: DecodingClock) throws {
    self.path = path
    self.clock = clock
    var callback = clock.callback
    // "file:" so that a colon in a name is not taken for a protocol.
    let code = FilePath(bytes: Array("file:".utf8) + path.bytes).withCString {
      avio_open2(&bytes, $0, AVIO_FLAG_READ, &callback, nil)
    }
    guard code >= 0 else {
      throw VideoError("\(path) cannot be opened (\(ffmpegMessage(code))); check its permissions.")
    }
    input = avformat_alloc_context()
    input?.pointee.pb = bytes
    input?.pointee.interrupt_callback = callback
    // The file itself is already open; a playlist inside it may open nothing further, local or remote.
    var options: OpaquePointer?
    av_dict_set(&options, "protocol_whitelist", "none", 0)
    defer { av_dict_free(&options) }
    // On failure this frees the context, but not the bytes, which are ours.
    let opened = path.withCString { avformat_open_input(&input, $0, nil, &options) }
    guard opened >= 0, let format = input?.pointee.iformat else {
      throw clock.hasStopped ? clock.timeout(path) : notAVideo(ffmpegMessage(opened))
    }
    // FFmpeg takes any text for terminal art.
    if String(cString: format.pointee.name) == "tty" { throw notAVideo("it looks like text") }
    // Its failure leaves streams less well described; whether they decode is seen soon enough.
    findStreamInfo()
    if clock.isOver { throw clock.timeout(path) }
  }

  deinit {
    avformat_close_input(&input)
    avio_closep(&bytes)
  }

  /// The video stream that FFmpeg's own tool would choose, all others switched off, and its decoder.
  func bestVideoStream(_ codec: inout UnsafePointer<AVCodec>?) throws -> UnsafeMutablePointer<AVStream> {
    guard let input, let streams = input.pointee.streams, input.pointee.nb_streams > 0 else {
      throw notAVideo("it has no streams")
    }
    let index = av_find_best_stream(input, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0)
    // `streams` has nb_streams entries, none nil.
    let count = Int(input.pointee.nb_streams)
    guard index >= 0, Int(index) < count, let stream = streams[Int(index)], codec != nil else {
      if index == mcl_averror_decoder_not_found() {
        throw VideoError(
          "\(path) is encoded with \(videoCodecName(input)), which this FFmpeg cannot decode; "
            + "re-encode it, for example as H.264.")
      }
      throw hasNoVideoStream
    }
    // The cover of a song is a "video" of one picture.
    guard stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0 else { throw hasNoVideoStream }
    for other in 0..<count where other != Int(index) { streams[other]?.pointee.discard = AVDISCARD_ALL }
    return stream
  }

  /// Decodes what it takes to know the streams, under the limits that hold later too.
  private func findStreamInfo() {
    let count = Int(input?.pointee.nb_streams ?? 0)
    // FFmpeg reads one entry for each of the streams known before the call.
    var options = [OpaquePointer?](repeating: nil, count: max(1, count))
    for index in options.indices { av_dict_set(&options[index], "max_pixels", "\(VideoLimits.area)", 0) }
    avformat_find_stream_info(input, &options)
    for index in options.indices { av_dict_free(&options[index]) }
  }

  /// Hands the context and its bytes to the caller, who closes them.
  func release() -> (UnsafeMutablePointer<AVFormatContext>?, UnsafeMutablePointer<AVIOContext>?) {
    defer { (input, bytes) = (nil, nil) }
    return (input, bytes)
  }

  private var hasNoVideoStream: VideoError {
    VideoError("\(path) has no video stream, only sound or data; give a file with pictures.")
  }

  private func notAVideo(_ reason: String) -> VideoError {
    VideoError("\(path) is not a video that FFmpeg can read (\(reason)); copy or convert it again.")
  }

  private func videoCodecName(_ input: UnsafeMutablePointer<AVFormatContext>) -> String {
    for index in 0..<Int(input.pointee.nb_streams) {
      guard let parameters = input.pointee.streams[index]?.pointee.codecpar?.pointee,
        parameters.codec_type == AVMEDIA_TYPE_VIDEO
      else { continue }
      return parameters.codec_id == AV_CODEC_ID_NONE
        ? "an unknown codec" : String(cString: avcodec_get_name(parameters.codec_id))
    }
    return "an unknown codec"
  }
}
