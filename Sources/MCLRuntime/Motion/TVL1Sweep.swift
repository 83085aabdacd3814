import MCLCompiler
import MCLGraph

/// One iteration of the duality-based TV-L1 scheme (Zach, Pock, Bischof 2007), as data for the stencil kernels.
///
/// For every pixel, with rho(u) = residual + I1wx u + I1wy v:
///   auxiliary flow  w = (u, v) + clip(-rho / |grad I1w|^2, -lambda theta, +lambda theta) (I1wx, I1wy)
///   primal step     (u, v) <- w + theta (div p1, div p2)
///   dual step       p_k <- (p_k + tau/theta grad u_k) / (1 + tau/theta |grad u_k|)
/// with forward differences in the gradient (0 across the last column and row) and backward ones in the divergence
/// (p is 0 outside). The sum of a row is that of the squared changes of u and v.
public enum TVL1Sweep {
  /// The planes in order.
  public enum Plane: Int, CaseIterable, Sendable {
    case gradientX, gradientY, residual, inverseSquare, u, v
    /// The dual variables of u and of v, each with an x and a y component.
    case ux, uy, vx, vy
  }

  /// - Parameters:
  ///   - threshold: lambda theta.
  ///   - dualStep: tau / theta.
  public static func sweep(threshold: Float, theta: Float, dualStep: Float) -> StencilSweep {
    func constant(_ value: Float) -> ScalarExpression { .constant(Double(value)) }
    var primal = StencilSweep.Stage()
    func read(_ plane: Plane, row: Int = 0, column: Int = 0, _ edge: StencilSweep.Edge) -> ScalarExpression {
      primal.tap(plane.rawValue, row: row, column: column, edge: edge)
    }
    let (gradientX, gradientY) = (read(.gradientX, .zero), read(.gradientY, .zero))
    let (u, v) = (read(.u, .zero), read(.v, .zero))
    let rho = primal.value(read(.residual, .zero) + (gradientX * u + gradientY * v))
    let step = primal.value(.unary(.negate, rho) * read(.inverseSquare, .zero))
    let limited = primal.value(
      .select(
        .less, step, constant(-threshold), then: constant(-threshold),
        else: .select(.less, constant(threshold), step, then: constant(threshold), else: step)))
    var changes: [ScalarExpression] = []
    for (plane, before, gradient, px, py) in [
      (Plane.u, u, gradientX, Plane.ux, Plane.uy), (.v, v, gradientY, .vx, .vy),
    ] {
      let divergence =
        (read(px, .zero) - read(px, column: -1, .zero)) + (read(py, .zero) - read(py, row: -1, .zero))
      let after = primal.value((before + limited * gradient) + constant(theta) * divergence)
      primal.store(after, in: plane.rawValue)
      changes.append(primal.value(after - before))
    }
    primal.sum(changes[0] * changes[0] + changes[1] * changes[1])

    var dual = StencilSweep.Stage()
    for (plane, px, py) in [(Plane.u, Plane.ux, Plane.uy), (.v, .vx, .vy)] {
      let here = dual.tap(plane.rawValue)
      let dx = dual.value(dual.tap(plane.rawValue, column: 1) - here)
      let dy = dual.value(dual.tap(plane.rawValue, row: 1) - here)
      let norm = dual.value(.unary(.squareRoot, dx * dx + dy * dy))
      let scale = dual.value(constant(1) + constant(dualStep) * norm)
      for (component, difference) in [(px, dx), (py, dy)] {
        let moved = dual.tap(component.rawValue) + constant(dualStep) * difference
        dual.store(moved / scale, in: component.rawValue)
      }
    }
    return StencilSweep(planeCount: Plane.allCases.count, stages: [primal, dual])
  }
}
