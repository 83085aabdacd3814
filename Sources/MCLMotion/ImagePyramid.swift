/// Bilinear resizing of float planes as OpenCV 5's `resize(INTER_LINEAR)` does it, to the bit: pixel centres at half
/// integers, the edge repeated, no antialiasing; horizontally first, a + (b - a) f rounded as one fused multiply-add.
///
/// target(x, y) = gain * source, sampled at ((x + 1/2) scale - 1/2, (y + 1/2) scale - 1/2).
struct PyramidResize: Sendable {
  /// What stands past the centre of the last pixel b, with a before it: OpenCV has two ways, one for factors and one
  /// for sizes.
  enum End {
    /// b.
    case pixel
    /// a + (b - a), rounded twice.
    case sum
  }

  private struct Taps {
    /// Two source positions, inside the source, and the share of the second, for each target position.
    var low: [Int] = []
    var high: [Int] = []
    var fraction: [Float] = []

    init(from source: Int, to target: Int, scale: Double, end: End) {
      for i in 0..<target {
        let position = (Double(i) + 0.5) * scale - 0.5
        var first = Int(position.rounded(.down))
        var f = Float(position - position.rounded(.down))
        if first < 0 { (first, f) = (0, 0) }
        if first >= source - 1 {
          (first, f) = end == .pixel || source < 2 ? (source - 1, 0) : (source - 2, 1)
        }
        low.append(first)
        high.append(min(first + 1, source - 1))
        fraction.append(f)
      }
    }
  }

  let source, target: PlaneLayout
  private let columns, rows: Taps
  private let gain: Float

  init(
    from source: PlaneLayout, to target: PlaneLayout, scaleX: Double, scaleY: Double, end: End,
    gain: Float = 1
  ) {
    (self.source, self.target, self.gain) = (source, target, gain)
    columns = Taps(from: source.width, to: target.width, scale: scaleX, end: end)
    rows = Taps(from: source.height, to: target.height, scale: scaleY, end: end)
  }

  /// a + (b - a) f with one rounding of product and sum: the product is exact in double precision, and rounding twice
  /// changes one result in hundreds of millions.
  @inline(__always)
  private static func between(_ a: Float, _ b: Float, _ f: Float) -> Float {
    Float(Double(b - a) * Double(f) + Double(a))
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
            let share = rows.fraction[y]
            for x in 0..<target.width {
              let (l, r, f) = (left[x], right[x], fraction[x])
              let above = Self.between(upper[l], upper[r], f)
              let below = Self.between(lower[l], lower[r], f)
              row[x] = Self.between(above, below, share) * gain
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
