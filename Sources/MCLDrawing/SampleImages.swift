import Foundation
import MCLSupport
import MCLVideo

/// Pictures of what a training step was given and where it looked, one a sample: a column for each time of the maps, and
/// rows for the frame in the middle of that time, and each of the maps over it: motion, saliency. Maps are measured against
/// their largest value in the sample.
package enum SampleImages {
  /// Frames are shown with at most so many pixels a side.
  static let sideLimit = 112
  /// Columns at most, spread over the clip's times.
  static let columnLimit = 16
  /// Bytes of a picture, so that those of a step stay below 200 kB.
  static let byteLimit = 48_000

  /// Maps [N, t, h, w] to be shown over the frames.
  package struct Maps {
    package var values: [Float]
    package var shape: [Int]

    package init(values: [Float], shape: [Int]) {
      self.values = values
      self.shape = shape
    }
  }

  /// Columns where there are no maps.
  private static let plainColumns = 4

  /// - Parameters:
  ///   - clips: of pixels less the `mean` over the `deviation` of their channel, `shape` [N, 3, T, H, W].
  ///   - maps: of one shape; a row each.
  ///   - limit: samples at most.
  package static func sheets(
    clips: [Float], shape: [Int], mean: [Float], deviation: [Float], maps: [Maps], limit: Int = 4
  ) throws -> [JPEGImage] {
    guard shape.count == 5, shape[1] == 3, mean.count == 3, deviation.count == 3,
      clips.count == shape.reduce(1, *), !shape.contains(0)
    else { return [] }
    let motionShape = maps.first?.shape ?? [shape[0], min(plainColumns, shape[2]), 1, 1]
    guard motionShape.count == 4, motionShape[0] == shape[0], !motionShape.contains(0),
      maps.allSatisfy({ $0.shape == motionShape && $0.values.count == motionShape.reduce(1, *) })
    else { return [] }
    let (frames, height, width) = (shape[2], shape[3], shape[4])
    let (times, rows, columns) = (motionShape[1], motionShape[2], motionShape[3])
    let shownTimes = Array(Swift.stride(from: 0, to: times, by: (times + columnLimit - 1) / columnLimit))
    // Every how many pixels one is shown.
    let stride = (max(height, width) + sideLimit - 1) / sideLimit
    let (shownHeight, shownWidth) = (max(height / stride, 1), max(width / stride, 1))
    let maps = [nil] + maps.map { Optional($0.values) }
    var sheets: [JPEGImage] = []
    for sample in 0..<min(limit, shape[0]) {
      let span = sample * times * rows * columns..<(sample + 1) * times * rows * columns
      let peaks = maps.map { max($0?[span].max() ?? 0, 1e-12) }
      var pixels: [UInt8] = []
      pixels.reserveCapacity(maps.count * shownHeight * shownTimes.count * shownWidth * 3)
      for (map, peak) in zip(maps, peaks) {
        for y in 0..<shownHeight {
          for time in shownTimes {
            let frame = min((2 * time + 1) * frames / (2 * times), frames - 1)
            for x in 0..<shownWidth {
              let cell = ((sample * times + time) * rows + y * rows / shownHeight) * columns
              let strength = map.map { max(0, $0[cell + x * columns / shownWidth] / peak) }
              for channel in 0..<3 {
                let at =
                  (((sample * 3 + channel) * frames + frame) * height + y * stride) * width + x * stride
                let plain = min(max(clips[at] * deviation[channel] + mean[channel], 0), 1)
                // The map is red over the frame at half its brightness.
                pixels.append(
                  byte(strength.map { plain / 2 + (channel == 0 ? min($0, 1) / 2 : 0) } ?? plain))
              }
            }
          }
        }
      }
      sheets.append(
        try JPEGImage(
          width: shownTimes.count * shownWidth, height: maps.count * shownHeight, rgb: pixels,
          limit: byteLimit))
    }
    return sheets
  }

  private static func byte(_ value: Float) -> UInt8 { value.isFinite ? UInt8(value * 255) : 0 }

  /// `samples/step-00000001-0.jpg`, …
  static func fileName(step: Int, sample: Int) -> String {
    let digits = String(step)
    return "samples/step-\(String(repeating: "0", count: max(0, 8 - digits.count)))\(digits)-\(sample).jpg"
  }

  /// Keeps sheets of a step in a run's folder, for its report.
  /// - Throws: `TensorFileError` where they cannot be written.
  package static func write(_ sheets: [JPEGImage], step: Int, in folder: String) throws {
    guard !sheets.isEmpty else { return }
    try? FileManager.default.createDirectory(
      atPath: (folder as NSString).appendingPathComponent("samples"), withIntermediateDirectories: true)
    for (number, sheet) in sheets.enumerated() {
      let path = (folder as NSString).appendingPathComponent(fileName(step: step, sample: number))
      try AtomicFile.write(to: path) { append in try sheet.bytes.withUnsafeBytes { try append($0) } }
    }
  }
}
