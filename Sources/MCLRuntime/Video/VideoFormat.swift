import CFFmpeg

/// How `VideoEncoder` writes: container, codec, pixels, times. Tests make videos of all kinds with it.
package struct VideoFormat: Sendable {
  /// FFmpeg's name of the container; nil: by the end of the name, .avi or .mp4.
  package var container: String?
  /// FFmpeg's name of the encoder.
  package var encoder = "mpeg4"
  /// FFmpeg's name of the pixel format.
  package var pixelFormat = "yuv420p"
  package var isFullRange = false
  /// The encoder's own options.
  package var options: [String: String] = [:]
  /// Seconds of one step of `times`, as a fraction; nil: a frame.
  package var timeBase: (numerator: Int, denominator: Int)?
  /// When frame n, counted from 0, is shown.
  package var times: @Sendable (Int) -> Int = { $0 }
  /// Whether times below 0 are written as they are.
  package var keepsNegativeTimes = false
  /// Width over height of a pixel, as the file states it.
  package var pixelAspect: (numerator: Int, denominator: Int)?
  /// How the file says its pictures are to be turned: nine numbers, those of FFmpeg's display matrix.
  package var displayMatrix: [Int32]?

  package init(
    container: String? = nil, encoder: String = "mpeg4", pixelFormat: String = "yuv420p",
    options: [String: String] = [:]
  ) {
    (self.container, self.encoder) = (container, encoder)
    (self.pixelFormat, self.options) = (pixelFormat, options)
  }

  /// Whether this FFmpeg can write it.
  package var isAvailable: Bool { avcodec_find_encoder_by_name(encoder) != nil }

  /// One of each kind of video that data sets are made of, by a short name.
  package static let zoo: [(name: String, format: VideoFormat)] = [
    ("h264.mp4", .init(container: "mp4", encoder: "libx264", options: ["preset": "ultrafast", "bf": "2"])),
    ("hevc.mp4", .init(container: "mp4", encoder: "libx265", options: hevc)),
    (
      "vp8.webm",
      .init(container: "webm", encoder: "libvpx", options: ["deadline": "realtime", "cpu-used": "8"])
    ),
    (
      "vp9.webm",
      .init(container: "webm", encoder: "libvpx-vp9", options: ["deadline": "realtime", "cpu-used": "8"])
    ),
    ("theora.ogv", .init(container: "ogg", encoder: "libtheora")),
    ("mpeg1.mpg", .init(container: "mpeg", encoder: "mpeg1video")),
    ("mpeg2.ts", .init(container: "mpegts", encoder: "mpeg2video")),
    ("mpeg4.avi", .init(container: "avi", encoder: "mpeg4")),
    ("msmpeg4.avi", .init(container: "avi", encoder: "msmpeg4")),
    (
      "mjpeg.mov",
      {
        var format = VideoFormat(container: "mov", encoder: "mjpeg", pixelFormat: "yuvj420p")
        format.isFullRange = true
        return format
      }()
    ),
    ("ffv1.mkv", .init(container: "matroska", encoder: "ffv1")),
    (
      "av1.mp4",
      .init(container: "mp4", encoder: "libaom-av1", options: ["cpu-used": "8", "usage": "realtime"])
    ),
    ("gif.gif", .init(container: "gif", encoder: "gif", pixelFormat: "bgr8")),
    ("wmv2.asf", .init(container: "asf", encoder: "wmv2")),
    ("flv1.flv", .init(container: "flv", encoder: "flv")),
    ("h264.flv", .init(container: "flv", encoder: "libx264", options: ["preset": "ultrafast"])),
    ("h264.h264", .init(container: "h264", encoder: "libx264", options: ["preset": "ultrafast", "bf": "2"])),
  ]

  private static let hevc = ["preset": "ultrafast", "x265-params": "log-level=none:pools=1:frame-threads=1"]
}
