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
  /// Room for a row of `vectorWidth` steps along the gradient.
  let steps: UnsafeMutablePointer<Float>
  /// Room for a row of squared changes, summed over the rows.
  let changes: UnsafeMutablePointer<Float>
  /// The dual variables of u and of v, each with an x and a y component.
  let ux, uy, vx, vy: UnsafeMutablePointer<Float>

  /// Does one iteration and returns the sum over pixels of the squared change of the flow.
  func sweep() -> Float {
    changes.update(repeating: 0, count: layout.vectorWidth)
    for y in 0..<layout.height {
      primalStep(y)
      if y > 0 { dualStep(y - 1, below: layout.stride) }
    }
    // Its own row below itself: no vertical difference across the last row.
    dualStep(layout.height - 1, below: 0)
    return (0..<layout.width).reduce(0) { $0 + changes[$1] }
  }

  /// One pass over the row for the step along the gradient and one a component: a single body of this size, or a sum
  /// carried through the loop, is not turned into vector instructions as a whole.
  private func primalStep(_ y: Int) {
    let row = y &* layout.stride
    let width = layout.width
    let limit = Lanes8(repeating: threshold)
    var x = 0
    while x < layout.vectorWidth {
      let i = row &+ x
      let rho = residual.lanes8(i) + (gradientX.lanes8(i) * u.lanes8(i) + gradientY.lanes8(i) * v.lanes8(i))
      steps.store(Self.clamped(-rho * inverseSquare.lanes8(i), limit), x)
      x &+= 8
    }
    primalStep(row, u, gradientX, ux, uy)
    primalStep(row, v, gradientY, vx, vy)
    // The padding repeats the last pixel, so that differences across the last column are exactly zero.
    for x in width...layout.vectorWidth {
      u[row + x] = u[row + width - 1]
      v[row + x] = v[row + width - 1]
    }
  }

  /// Moves one component of the flow in the row that starts at `row`, and adds up its squared changes.
  @inline(__always)
  private func primalStep(
    _ row: Int, _ flow: UnsafeMutablePointer<Float>, _ gradient: UnsafePointer<Float>,
    _ px: UnsafeMutablePointer<Float>, _ py: UnsafeMutablePointer<Float>
  ) {
    var x = 0
    while x < layout.vectorWidth {
      let i = row &+ x
      let before = flow.lanes8(i)
      let divergence =
        (px.lanes8(i) - px.lanes8(i &- 1)) + (py.lanes8(i) - py.lanes8(i &- layout.stride))
      let after = (before + steps.lanes8(x) * gradient.lanes8(i)) + theta * divergence
      flow.store(after, i)
      let change = after - before
      changes.store(changes.lanes8(x) + change * change, x)
      x &+= 8
    }
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
      i &+= 8
    }
  }

  @inline(__always)
  private func dualStep(
    _ flow: UnsafePointer<Float>, _ px: UnsafeMutablePointer<Float>, _ py: UnsafeMutablePointer<Float>,
    _ i: Int, _ below: Int
  ) {
    let here = flow.lanes8(i)
    let (dx, dy) = (flow.lanes8(i &+ 1) - here, flow.lanes8(i &+ below) - here)
    let norm = (dx * dx + dy * dy).squareRoot()
    let scale = 1 + dualStep * norm
    px.store((px.lanes8(i) + dualStep * dx) / scale, i)
    py.store((py.lanes8(i) + dualStep * dy) / scale, i)
  }
}
