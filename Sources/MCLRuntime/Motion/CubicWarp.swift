/// Linearises the brightness difference around the present flow: samples the second frame and its gradient at
/// (x + u, y + v) by bicubic interpolation (a = -0.75, positions rounded to 1/32 pixel, zero outside the image, as
/// OpenCV's `remap(INTER_CUBIC)`), and stores
///   rho = I1w - I1wx u - I1wy v - I0   and   1 / (I1wx^2 + I1wy^2).
struct CubicWarp {
  /// Bicubic weights of the 32 fractions of a pixel.
  static let weights: [Lanes4] = (0..<32).map { step in
    let (x, a) = (Float(step) / 32, Float(-0.75))
    let w0 = ((a * (x + 1) - 5 * a) * (x + 1) + 8 * a) * (x + 1) - 4 * a
    let w1 = ((a + 2) * x - (a + 3)) * x * x + 1
    let w2 = ((a + 2) * (1 - x) - (a + 3)) * (1 - x) * (1 - x) + 1
    return Lanes4(w0, w1, w2, 1 - w0 - w1 - w2)
  }

  /// The centred gradient, halved and one-sided at the border: dx = (I(x+1) - I(x-1)) / 2 with the edge repeated.
  static func gradient(of image: FlowPlane, dx: FlowPlane, dy: FlowPlane) {
    let layout = image.layout
    let (width, height, stride) = (layout.width, layout.height, layout.stride)
    for y in 0..<height {
      let row = image.pixels + y * stride
      let above = image.pixels + max(y - 1, 0) * stride
      let below = image.pixels + min(y + 1, height - 1) * stride
      let (dxRow, dyRow) = (dx.pixels + y * stride, dy.pixels + y * stride)
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

  func run() {
    Self.weights.withUnsafeBufferPointer { weights in
      for y in 0..<layout.height { row(y, weights) }
    }
  }

  private func row(_ y: Int, _ weights: UnsafeBufferPointer<Lanes4>) {
    let (width, height, stride) = (layout.width, layout.height, layout.stride)
    let (rightmost, lowest) = (Float(width + 8), Float(height + 8))
    // Adding 1.5 * 2^23 leaves the nearest integer (half to even) in the low bits, for |value| < 2^22.
    let magic: Float = 12_582_912
    for x in 0..<width {
      let i = y * stride + x
      let px = min(max(Float(x) + u[i], -8), rightmost)
      let py = min(max(Float(y) + v[i], -8), lowest)
      let fixedX = Int(Int32(bitPattern: (px * 32 + magic).bitPattern) &- Int32(bitPattern: magic.bitPattern))
      let fixedY = Int(Int32(bitPattern: (py * 32 + magic).bitPattern) &- Int32(bitPattern: magic.bitPattern))
      // Taps run from -1 to +2 of the clamped position, so rows and columns -4 ..< size + 4 are read: all
      // inside the padding, whose zeros are the values outside the image.
      let column = min(max(fixedX >> 5, -3), width + 1)
      let line = min(max(fixedY >> 5, -3), height + 1)
      let (wx, wy) = (weights[fixedX & 31], weights[fixedY & 31])
      let corner = (line - 1) * stride + column - 1
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

  @inline(__always)
  private func sample(_ corner: UnsafePointer<Float>, _ stride: Int, _ wx: Lanes4, _ wy: Lanes4) -> Float {
    let rows01 = corner.lanes4(0) * wy[0] + corner.lanes4(stride) * wy[1]
    let rows23 = corner.lanes4(2 * stride) * wy[2] + corner.lanes4(3 * stride) * wy[3]
    let t = (rows01 + rows23) * wx
    return (t[0] + t[1]) + (t[2] + t[3])
  }
}
