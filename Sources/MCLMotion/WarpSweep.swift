import MCLGraph
import MCLKernelForms

/// Linearises the brightness difference around the present flow, as data for the stencil kernels: samples the second
/// frame and its gradient at (x + u, y + v) by bicubic interpolation (a = -0.75, zero outside the image; to the bit
/// what `remap(INTER_CUBIC)` of OpenCV 5 gives where that has fused multiply-adds), and stores
///   I1wx, I1wy,   residual = I1w - I1wx u - I1wy v - I0   and   square = I1wx^2 + I1wy^2.
package enum WarpSweep {
  /// Planes: 0 the second frame with channels I1, I1x, I1y, 0; 1 and 2 u and v; 3 I0; 4 to 7 the results in the order
  /// above.
  package static func sweep() -> StencilSweep {
    var stage = StencilSweep.Stage()
    let (u, v, first) = (stage.tap(1), stage.tap(2), stage.tap(3))
    let samples = stage.samples(0, right: u, below: v, sharpness: -0.75)
    let (value, dx, dy) = (samples[0], samples[1], samples[2])
    stage.store(dx, in: 4)
    stage.store(dy, in: 5)
    stage.store(((value - dx * u) - dy * v) - first, in: 6)
    stage.store(dx * dx + dy * dy, in: 7)
    return StencilSweep(planeCount: 8, stages: [stage])
  }

  /// Some rows of a frame with its gradient, four channels a pixel: the centred differences, halved and one-sided at the
  /// border: dx = (I(x+1) - I(x-1)) / 2 with the edge repeated.
  ///
  /// - Parameters:
  ///   - image: pixel (0, 0) of a plane of `layout`.
  ///   - target: pixel (0, 0) of four channels with the layout's padding.
  static func interleave(
    _ image: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, layout: PlaneLayout,
    rows: Range<Int>
  ) {
    let (width, height, stride) = (layout.width, layout.height, layout.stride)
    // Every index stays inside the image; `target` has as many pixels.
    for y in rows {
      let row = image + y * stride
      let above = image + max(y - 1, 0) * stride
      let below = image + min(y + 1, height - 1) * stride
      let pixels = UnsafeMutableRawPointer(target + 4 * y * stride)
      for x in 0..<width {
        let dx = 0.5 * (row[min(x + 1, width - 1)] - row[max(x - 1, 0)])
        let dy = 0.5 * (below[x] - above[x])
        pixels.storeBytes(of: SIMD4(row[x], dx, dy, 0), toByteOffset: 16 * x, as: SIMD4<Float>.self)
      }
    }
  }
}
