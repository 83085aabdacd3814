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
}
