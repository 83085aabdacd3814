/// Bilinear resizing of float planes as OpenCV's `resize(INTER_LINEAR)` does it: pixel centres at half integers, the
/// edge repeated, no antialiasing.
///
/// target(x, y) = gain * source, sampled at ((x + 1/2) scale - 1/2, (y + 1/2) scale - 1/2).
struct PyramidResize: Sendable {
  private struct Taps {
    /// Two source positions, inside the source, and the share of the second, for each target position.
    var low: [Int] = []
    var high: [Int] = []
    var fraction: [Float] = []

    init(from source: Int, to target: Int, scale: Double) {
      for i in 0..<target {
        let position = Float((Double(i) + 0.5) * scale - 0.5)
        var first = Int(position.rounded(.down))
        var f = position - Float(first)
        if first < 0 { (first, f) = (0, 0) }
        if first >= source - 1 { (first, f) = (source - 1, 0) }
        low.append(first)
        high.append(min(first + 1, source - 1))
        fraction.append(f)
      }
    }
  }

  let source, target: PlaneLayout
  private let columns, rows: Taps
  private let gain: Float

  init(from source: PlaneLayout, to target: PlaneLayout, scaleX: Double, scaleY: Double, gain: Float = 1) {
    (self.source, self.target, self.gain) = (source, target, gain)
    columns = Taps(from: source.width, to: target.width, scale: scaleX)
    rows = Taps(from: source.height, to: target.height, scale: scaleY)
  }

  /// Some rows of the target; both pointers are to pixel (0, 0).
  func run(_ from: UnsafePointer<Float>, to: UnsafeMutablePointer<Float>, rows wanted: Range<Int>) {
    // All positions are inside the source by construction of the taps.
    columns.low.withUnsafeBufferPointer { left in
      columns.high.withUnsafeBufferPointer { right in
        columns.fraction.withUnsafeBufferPointer { fraction in
          for y in wanted {
            let upper = from + rows.low[y] * source.stride
            let lower = from + rows.high[y] * source.stride
            let row = to + y * target.stride
            let (b0, b1) = (1 - rows.fraction[y], rows.fraction[y])
            for x in 0..<target.width {
              let (l, r, a1) = (left[x], right[x], fraction[x])
              let a0 = 1 - a1
              let above = upper[l] * a0 + upper[r] * a1
              let below = lower[l] * a0 + lower[r] * a1
              row[x] = (above * b0 + below * b1) * gain
            }
          }
        }
      }
    }
  }
}

/// The sizes of a frame's scales, finest first.
struct ImagePyramid: Sendable {
  let levels: [PlaneLayout]

  /// - Parameters:
  ///   - scales: the largest number of levels; a level under 16 pixels wide or high ends the pyramid.
  ///   - step: size of a level relative to the finer one; sizes round half to even.
  init(width: Int, height: Int, scales: Int, step: Double) {
    var levels = [PlaneLayout(width: width, height: height)]
    for _ in 1..<max(scales, 1) {
      let finer = levels[levels.count - 1]
      let width = Int((Double(finer.width) * step).rounded(.toNearestOrEven))
      let height = Int((Double(finer.height) * step).rounded(.toNearestOrEven))
      if width < 16 || height < 16 { break }
      levels.append(PlaneLayout(width: width, height: height))
    }
    self.levels = levels
  }
}
