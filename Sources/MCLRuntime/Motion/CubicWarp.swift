/// Linearises the brightness difference around the present flow: samples the second frame and its gradient at
/// (x + u, y + v) by bicubic interpolation (a = -0.75, zero outside the image, as OpenCV's
/// `remap(INTER_CUBIC)`; version 5 no longer rounds positions to 1/32 pixel), and stores
///   residual = I1w - I1wx u - I1wy v - I0   and   inverseSquare = 1 / (I1wx^2 + I1wy^2).
struct CubicWarp {
  /// The weights of four neighbours for a position `x` in 0 ..< 1 past the second of them.
  @inline(__always)
  static func weights(_ x: Float) -> Lanes4 {
    let a: Float = -0.75
    let w0 = ((a * (x + 1) - 5 * a) * (x + 1) + 8 * a) * (x + 1) - 4 * a
    let w1 = ((a + 2) * x - (a + 3)) * x * x + 1
    let w2 = ((a + 2) * (1 - x) - (a + 3)) * (1 - x) * (1 - x) + 1
    return Lanes4(w0, w1, w2, 1 - w0 - w1 - w2)
  }

  /// The centred gradient of some rows, halved and one-sided at the border: dx = (I(x+1) - I(x-1)) / 2 with the edge
  /// repeated. All planes share `layout`.
  static func gradient(
    of image: UnsafePointer<Float>, dx: UnsafeMutablePointer<Float>, dy: UnsafeMutablePointer<Float>,
    layout: PlaneLayout, rows: Range<Int>
  ) {
    let (width, height, stride) = (layout.width, layout.height, layout.stride)
    for y in rows {
      let row = image + y * stride
      let above = image + max(y - 1, 0) * stride
      let below = image + min(y + 1, height - 1) * stride
      let (dxRow, dyRow) = (dx + y * stride, dy + y * stride)
      for x in 0..<width { dyRow[x] = 0.5 * (below[x] - above[x]) }
      for x in 1..<(width - 1) { dxRow[x] = 0.5 * (row[x + 1] - row[x - 1]) }
      dxRow[0] = 0.5 * (row[1] - row[0])
      dxRow[width - 1] = 0.5 * (row[width - 1] - row[width - 2])
    }
  }

  let layout: PlaneLayout
  /// The frame the flow starts from, and the frame it leads to with its gradient; zero in the padding.
  let first, second, secondX, secondY: UnsafePointer<Float>
  let u, v: UnsafePointer<Float>
  let warpedX, warpedY, residual, inverseSquare: UnsafeMutablePointer<Float>

  func run(_ rows: Range<Int>) {
    for y in rows { row(y) }
  }

  private func row(_ y: Int) {
    let (width, height, stride) = (layout.width, layout.height, layout.stride)
    let (rightmost, lowest) = (Float(width + 8), Float(height + 8))
    for x in 0..<width {
      let i = y * stride + x
      let px = min(max(-8, Float(x) + u[i]), rightmost)
      let py = min(max(-8, Float(y) + v[i]), lowest)
      let (column, fx) = Self.split(px)
      let (line, fy) = Self.split(py)
      let (wx, wy) = (Self.weights(fx), Self.weights(fy))
      // Taps run from -1 to +2 of the clamped position, so rows and columns -4 ..< size + 4 are read: all
      // inside the padding, whose zeros are the values outside the image.
      let corner = (min(max(line, -3), height + 1) - 1) * stride + min(max(column, -3), width + 1) - 1
      let value = sample(second + corner, stride, wx, wy)
      let dx = sample(secondX + corner, stride, wx, wy)
      let dy = sample(secondY + corner, stride, wx, wy)
      warpedX[i] = dx
      warpedY[i] = dy
      // Where the gradient vanishes the step along it vanishes too, so any finite reciprocal serves.
      inverseSquare[i] = 1 / max(dx * dx + dy * dy, 1e-30)
      residual[i] = value - dx * u[i] - dy * v[i] - first[i]
    }
  }

  /// The largest whole number not above `position`, and the rest; `position` is at least -8 and far below 2^31.
  @inline(__always)
  private static func split(_ position: Float) -> (Int, Float) {
    let truncated = Int32(position)
    let whole = Float(truncated) > position ? truncated - 1 : truncated
    return (Int(whole), position - Float(whole))
  }

  @inline(__always)
  private func sample(_ corner: UnsafePointer<Float>, _ stride: Int, _ wx: Lanes4, _ wy: Lanes4) -> Float {
    let rows01 = corner.lanes4(0) * wy[0] + corner.lanes4(stride) * wy[1]
    let rows23 = corner.lanes4(2 * stride) * wy[2] + corner.lanes4(3 * stride) * wy[3]
    let t = (rows01 + rows23) * wx
    return (t[0] + t[1]) + (t[2] + t[3])
  }
}

extension UnsafePointer<Float> {
  /// The four values from element `i` on, at any alignment. The caller owns the bound `i + 4`.
  @inline(__always) func lanes4(_ i: Int) -> Lanes4 {
    UnsafeRawPointer(self + i).loadUnaligned(as: Lanes4.self)
  }
}
