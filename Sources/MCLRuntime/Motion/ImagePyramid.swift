/// Bilinear resizing of float planes as OpenCV's `resize(INTER_LINEAR)` does it: pixel centres at half integers, the
/// edge repeated, no antialiasing.
enum PyramidResize {
  private static func taps(from source: Int, to target: Int, scale: Double) -> ([Int], [Int], [Float]) {
    var (low, high, fraction) = ([Int](), [Int](), [Float]())
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
    return (low, high, fraction)
  }

  /// target(x, y) = gain * source, sampled at ((x + 1/2) scale - 1/2, (y + 1/2) scale - 1/2).
  static func resize(
    _ source: FlowPlane, to target: FlowPlane, scaleX: Double, scaleY: Double, gain: Float = 1
  ) {
    let (from, to) = (source.layout, target.layout)
    let (left, right, fx) = taps(from: from.width, to: to.width, scale: scaleX)
    let (top, bottom, fy) = taps(from: from.height, to: to.height, scale: scaleY)
    // left, right, top, bottom are all inside the source by construction of the taps.
    for y in 0..<to.height {
      let upper = source.pixels + top[y] * from.stride
      let lower = source.pixels + bottom[y] * from.stride
      let row = target.pixels + y * to.stride
      let (b0, b1) = (1 - fy[y], fy[y])
      left.withUnsafeBufferPointer { left in
        right.withUnsafeBufferPointer { right in
          fx.withUnsafeBufferPointer { fx in
            for x in 0..<to.width {
              let (l, r, a1) = (left[x], right[x], fx[x])
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

/// A frame at every scale, finest first.
struct ImagePyramid {
  let levels: [FlowPlane]

  /// - Parameters:
  ///   - scales: the largest number of levels; a level under 16 pixels wide or high ends the pyramid.
  ///   - step: size of a level relative to the finer one; sizes round half to even.
  init(_ image: GrayImage, scales: Int, step: Double) {
    let finest = FlowPlane(PlaneLayout(width: image.width, height: image.height))
    for y in 0..<image.height {
      let row = finest.pixels + y * finest.layout.stride
      for x in 0..<image.width { row[x] = Float(image.pixels[y * image.width + x]) }
    }
    var levels = [finest]
    for _ in 1..<max(scales, 1) {
      let finer = levels[levels.count - 1]
      let width = Int((Double(finer.layout.width) * step).rounded(.toNearestOrEven))
      let height = Int((Double(finer.layout.height) * step).rounded(.toNearestOrEven))
      if width < 16 || height < 16 { break }
      let level = FlowPlane(PlaneLayout(width: width, height: height))
      PyramidResize.resize(finer, to: level, scaleX: 1 / step, scaleY: 1 / step)
      levels.append(level)
    }
    self.levels = levels
  }
}
