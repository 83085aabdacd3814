import CFFmpeg

/// Why a video could not be read or written: one sentence that says what, where, and how to mend it.
public struct VideoError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The sentence to show to a user.
  public let description: String

  package init(_ description: String) {
    self.description = description
  }
}

/// FFmpeg's own words for one of its error codes, such as "Invalid data found when processing input".
func ffmpegMessage(_ code: Int32) -> String {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
    // av_strerror writes at most `buffer.count` bytes and always ends them with a zero.
    guard let base = buffer.baseAddress, av_strerror(code, base, buffer.count) == 0 else {
      return "error \(code)"
    }
    return String(cString: base)
  }
}

/// Touch it before the first call into FFmpeg: its own log would write on stderr between our lines.
let ffmpegIsSilent: Void = av_log_set_level(AV_LOG_QUIET)
