/// One iteration of the duality-based TV-L1 scheme (Zach, Pock, Bischof 2007), in one sweep over the rows.
///
/// For every pixel, with rho(u) = residual + I1wx u + I1wy v:
///   auxiliary flow  w = (u, v) + clip(-rho / |grad I1w|^2, -lambda theta, +lambda theta) (I1wx, I1wy)
///   primal step     (u, v) <- w + theta (div p1, div p2)
///   dual step       p_k <- (p_k + tau/theta grad u_k) / (1 + tau/theta |grad u_k|)
/// with forward differences in the gradient (0 across the last column and row) and backward ones in the divergence.
///
/// The dual step of a row needs the new flow of this row and the next, the primal step of a row the old dual
/// variables of this row and the one above. So the dual step follows one row behind and one pass over memory does
/// both.
///
/// All planes share `layout`; reads go from row -1 and column -1 to column `vectorWidth`, inside the padding. The
/// dual variables must be zero above the first row and left of the first column, which no step writes.
struct DualityIteration {
  let layout: PlaneLayout
  /// lambda theta, theta and tau / theta.
  let threshold, theta, dualStep: Float
  let gradientX, gradientY, residual, inverseSquare: UnsafePointer<Float>
  let u, v: UnsafeMutablePointer<Float>
  /// The dual variables of u and of v, each with an x and a y component.
  let ux, uy, vx, vy: UnsafeMutablePointer<Float>

  /// Does one iteration and returns the sum over pixels of the squared change of the flow.
  func sweep() -> Float {
    var change = 0.0
    for y in 0..<layout.height {
      change += Double(primalStep(y))
      if y > 0 { dualStep(y - 1, below: layout.stride) }
    }
    // Its own row below itself: no vertical difference across the last row.
    dualStep(layout.height - 1, below: 0)
    return Float(change)
  }

  private func primalStep(_ y: Int) -> Float {
    let row = y * layout.stride
    let whole = row + (layout.width & ~7)
    var sum = Lanes8(repeating: 0)
    var i = row
    while i < whole {
      sum += primalStep(at: i)
      i += 8
    }
    if layout.width & 7 != 0 {
      var inside = Lanes8(repeating: 0)
      for lane in 0..<(layout.width & 7) { inside[lane] = 1 }
      sum += primalStep(at: i) * inside
    }
    // The padding repeats the last pixel, so that differences across the last column are exactly zero.
    for x in layout.width...layout.vectorWidth {
      u[row + x] = u[row + layout.width - 1]
      v[row + x] = v[row + layout.width - 1]
    }
    return sum.sum()
  }

  /// The squared change of eight pixels.
  @inline(__always)
  private func primalStep(at i: Int) -> Lanes8 {
    let (gx, gy) = (gradientX.lanes8(i), gradientY.lanes8(i))
    let (oldU, oldV) = (u.lanes8(i), v.lanes8(i))
    let rho = residual.lanes8(i) + (gx * oldU + gy * oldV)
    let step = Self.clamped(-rho * inverseSquare.lanes8(i), Lanes8(repeating: threshold))
    let above = i - layout.stride
    let divergenceU = (ux.lanes8(i) - ux.lanes8(i - 1)) + (uy.lanes8(i) - uy.lanes8(above))
    let divergenceV = (vx.lanes8(i) - vx.lanes8(i - 1)) + (vy.lanes8(i) - vy.lanes8(above))
    let newU = (oldU + step * gx) + theta * divergenceU
    let newV = (oldV + step * gy) + theta * divergenceV
    u.store(newU, i)
    v.store(newV, i)
    let (changeU, changeV) = (newU - oldU, newV - oldV)
    return changeU * changeU + changeV * changeV
  }

  /// `value` limited to -limit ... limit, lane by lane, for a positive limit. Magnitudes of floats order as their bit
  /// patterns do, and this integer form stays in vector registers where a comparison and a choice do not.
  @inline(__always)
  private static func clamped(_ value: Lanes8, _ limit: Lanes8) -> Lanes8 {
    let bits = unsafeBitCast(value, to: SIMD8<Int32>.self)
    let most = unsafeBitCast(limit, to: SIMD8<Int32>.self)
    let excess = (bits & 0x7FFF_FFFF) &- most
    let magnitude = most &+ (excess & (excess &>> 31))
    return unsafeBitCast(magnitude | (bits & Int32.min), to: Lanes8.self)
  }

  private func dualStep(_ y: Int, below: Int) {
    var i = y * layout.stride
    let end = i + layout.vectorWidth
    while i < end {
      dualStep(UnsafePointer(u), ux, uy, i, below)
      dualStep(UnsafePointer(v), vx, vy, i, below)
      i += 8
    }
  }

  @inline(__always)
  private func dualStep(
    _ flow: UnsafePointer<Float>, _ px: UnsafeMutablePointer<Float>, _ py: UnsafeMutablePointer<Float>,
    _ i: Int, _ below: Int
  ) {
    let here = flow.lanes8(i)
    let (dx, dy) = (flow.lanes8(i + 1) - here, flow.lanes8(i + below) - here)
    let norm = (dx * dx + dy * dy).squareRoot()
    let scale = 1 + dualStep * norm
    px.store((px.lanes8(i) + dualStep * dx) / scale, i)
    py.store((py.lanes8(i) + dualStep * dy) / scale, i)
  }
}
