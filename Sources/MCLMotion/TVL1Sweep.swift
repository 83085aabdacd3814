import MCLGraph
import MCLKernelForms

/// One iteration of the duality-based TV-L1 scheme (Zach, Pock, Bischof 2007), as data for the stencil kernels.
///
/// For every pixel, with rho(u) = residual + I1wx u + I1wy v:
///   auxiliary flow  w = (u, v) + clip(-rho / |grad I1w|^2, -lambda theta, +lambda theta) (I1wx, I1wy)
///                   (no step where |grad I1w|^2 is next to nothing and rho within the limits)
///   primal step     (u, v) <- w + theta (div p1, div p2)
///   dual step       p_k <- (p_k + tau/theta grad u_k) / (1 + tau/theta |grad u_k|)
/// with forward differences in the gradient (0 across the last column and row) and backward ones in the divergence
/// (p is 0 outside). Every rounding is that of OpenCV's loops, whose order of sums differs in the first column: flows
/// part from theirs exponentially with each warp once the last bit of anything differs. The sum of a row is that of the squared changes of u and v.
package enum TVL1Sweep {
  /// The planes in order.
  package enum Plane: Int, CaseIterable, Sendable {
    case gradientX, gradientY, residual, square, u, v
    /// The dual variables of u and of v, each with an x and a y component.
    case ux, uy, vx, vy
  }

  /// - Parameters:
  ///   - threshold: lambda theta.
  ///   - dualStep: tau / theta.
  package static func sweep(threshold: Float, theta: Float, dualStep: Float) -> StencilSweep {
    func constant(_ value: Float) -> ScalarExpression { .constant(Double(value)) }
    var primal = StencilSweep.Stage()
    func read(_ plane: Plane, row: Int = 0, column: Int = 0, _ edge: StencilSweep.Edge) -> ScalarExpression {
      primal.tap(plane.rawValue, row: row, column: column, edge: edge)
    }
    let (gradientX, gradientY) = (read(.gradientX, .zero), read(.gradientY, .zero))
    let (u, v) = (read(.u, .zero), read(.v, .zero))
    let rho = primal.value(read(.residual, .zero) + (gradientX * u + gradientY * v))
    let square = read(.square, .zero)
    let limit = primal.value(constant(threshold) * square)
    let newton = ScalarExpression.select(
      .less, constant(.ulpOfOne), square, then: .unary(.negate, rho) / square, else: constant(0))
    let step = primal.value(
      .select(
        .less, rho, .unary(.negate, limit), then: constant(threshold),
        else: .select(.less, limit, rho, then: constant(-threshold), else: newton)))
    let isPastFirst = primal.inside(column: -1)
    var changes: [ScalarExpression] = []
    for (plane, before, gradient, px, py) in [
      (Plane.u, u, gradientX, Plane.ux, Plane.uy), (.v, v, gradientY, .vx, .vy),
    ] {
      let (x, y, above) = (read(px, .zero), read(py, .zero), read(py, row: -1, .zero))
      let divergence = ScalarExpression.select(
        .less, constant(0.5), isPastFirst, then: (x - read(px, column: -1, .zero)) + (y - above),
        else: (x + y) - above)
      let after = primal.value((before + step * gradient) + constant(theta) * divergence)
      primal.store(after, in: plane.rawValue)
      changes.append(primal.value(after - before))
    }
    primal.sum(changes[0] * changes[0] + changes[1] * changes[1])

    var dual = StencilSweep.Stage()
    for (plane, px, py) in [(Plane.u, Plane.ux, Plane.uy), (.v, .vx, .vy)] {
      let here = dual.tap(plane.rawValue)
      let dx = dual.value(dual.tap(plane.rawValue, column: 1) - here)
      let dy = dual.value(dual.tap(plane.rawValue, row: 1) - here)
      let norm = dual.hypotenuse(dx, dy)
      let scale = dual.value(constant(1) + constant(dualStep) * norm)
      for (component, difference) in [(px, dx), (py, dy)] {
        let moved = dual.tap(component.rawValue) + constant(dualStep) * difference
        dual.store(moved / scale, in: component.rawValue)
      }
    }
    return StencilSweep(planeCount: Plane.allCases.count, stages: [primal, dual])
  }
}
