/// Pictures of what a training step was given: a row a sample, its middle frame beside the same frame under its motion.
enum SampleImages {
  static let mean: [Float] = [0.485, 0.456, 0.406]
  static let deviation: [Float] = [0.229, 0.224, 0.225]

  /// - Parameters:
  ///   - clips: normalised, `shape` [N, 3, T, H, W].
  ///   - motion: `motionShape` [N, t, h, w], as the alignment loss is given it.
  ///   - limit: samples at most.
  static func sheets(
    clips: [Float], shape: [Int], motion: [Float], motionShape: [Int], limit: Int = 4
  ) -> [String: PNGImage] {
    guard shape.count == 5, shape[1] == 3, motionShape.count == 4, motionShape[0] == shape[0],
      clips.count == shape.reduce(1, *), motion.count == motionShape.reduce(1, *), !shape.contains(0),
      !motionShape.contains(0)
    else { return [:] }
    let (frames, height, width) = (shape[2], shape[3], shape[4])
    let (times, rows, columns) = (motionShape[1], motionShape[2], motionShape[3])
    var sheets: [String: PNGImage] = [:]
    for sample in 0..<min(limit, shape[0]) {
      let frame = frames / 2
      let time = min(times - 1, frame * times / frames)
      let maps = motion[sample * times * rows * columns..<(sample + 1) * times * rows * columns]
      let peak = max(maps.max() ?? 0, 1e-12)
      let map = Array(maps.dropFirst(time * rows * columns).prefix(rows * columns))
      var pixels = [UInt8](repeating: 0, count: height * 2 * width * 3)
      for y in 0..<height {
        for x in 0..<width {
          let strength = max(0, map[y * rows / height * columns + x * columns / width] / peak)
          for channel in 0..<3 {
            let value =
              clips[(((sample * 3 + channel) * frames + frame) * height + y) * width + x] * deviation[channel]
              + mean[channel]
            let plain = min(max(value, 0), 1)
            // Motion is red over the frame at half its brightness.
            let marked = plain / 2 + (channel == 0 ? min(strength, 1) / 2 : 0)
            let place = (y * 2 * width + x) * 3 + channel
            pixels[place] = byte(plain)
            pixels[place + width * 3] = byte(marked)
          }
        }
      }
      sheets["samples/\(sample)"] = PNGImage(width: 2 * width, height: height, rgb: pixels)
    }
    return sheets
  }

  private static func byte(_ value: Float) -> UInt8 { value.isFinite ? UInt8(value * 255) : 0 }
}
