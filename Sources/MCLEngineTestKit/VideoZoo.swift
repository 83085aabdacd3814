import MCLVideo

extension VideoFormat {
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
