/// Dual TV-L1 optical flow (Zach, Pock, Bischof, *A Duality Based Approach for Realtime TV-L1 Optical Flow*, 2007)
/// with the numerical choices and defaults of OpenCV's `DualTVL1OpticalFlow` (reference, section 4).
///
/// It minimises  sum |grad u| + |grad v| + lambda |I1(x + u, y + v) - I0(x, y)|  over grey values 0 ... 255, coarse to
/// fine: at every scale the second frame is warped `warps` times by the present flow, and each linearised problem
/// is solved by alternating thresholding and dual steps until the mean squared change of a step is at most
/// `epsilon`^2. The result depends on nothing but the two frames and the parameters.
public struct TVL1Flow: Sendable, Equatable {
  /// Time step of the dual variables.
  public var tau = 0.25
  /// Weight of the brightness difference against smoothness.
  public var lambda = 0.15
  /// Tightness of the coupling between the flow and its auxiliary copy.
  public var theta = 0.3
  /// Levels of the pyramid; fewer where one would be under 16 pixels wide or high.
  public var scales = 5
  /// Size of a level relative to the finer one.
  public var scaleStep = 0.8
  /// Warps a level.
  public var warps = 5
  /// Mean change of the flow in pixels at which iterations stop.
  public var epsilon = 0.01
  /// Iterations after each median filter.
  public var innerIterations = 30
  /// Median filters (5x5, of u and of v) a warp, each followed by the inner iterations.
  public var outerIterations = 10

  public init() {}

  /// The flow from `first` to `second`, in pixels of the frames.
  ///
  /// - Throws: `MotionError` where the frames differ in size or are less than 3 pixels wide or high, or a
  ///   parameter makes no sense.
  public func flow(from first: GrayImage, to second: GrayImage) throws -> FlowField {
    guard first.width == second.width, first.height == second.height else {
      throw MotionError(
        "optical flow needs two frames of one size, not \(first.width)x\(first.height) and \(second.width)x\(second.height); resize one of them"
      )
    }
    guard first.width >= 3, first.height >= 3 else {
      throw MotionError(
        "optical flow needs frames of at least 3x3 pixels, not \(first.width)x\(first.height); use larger frames"
      )
    }
    try checkParameters()
    let firstPyramid = ImagePyramid(first, scales: scales, step: scaleStep)
    let secondPyramid = ImagePyramid(second, scales: scales, step: scaleStep)
    let solver = TVL1Solver(self, largest: firstPyramid.levels[0].layout)
    return solver.solve(firstPyramid, secondPyramid)
  }
}

extension TVL1Flow {
  private func checkParameters() throws {
    let weights = [("tau", tau), ("lambda", lambda), ("theta", theta), ("epsilon", epsilon)]
    for (name, value) in weights where !(value > 0 && value <= 1e6) {
      throw MotionError("the TV-L1 parameter \(name) is \(value); use a positive number of at most 1000000")
    }
    guard scaleStep >= 0.1, scaleStep < 1 else {
      throw MotionError("the TV-L1 parameter scaleStep is \(scaleStep); use a number from 0.1 to below 1")
    }
    let counts = [
      ("scales", scales), ("warps", warps), ("innerIterations", innerIterations),
      ("outerIterations", outerIterations),
    ]
    for (name, value) in counts where value < 1 {
      throw MotionError("the TV-L1 parameter \(name) is \(value); use at least 1")
    }
  }
}

/// The working memory of one flow computation: planes of the largest scale, reused at the smaller ones.
private final class TVL1Solver {
  let parameters: TVL1Flow
  var u, v, nextU, nextV: FlowPlane
  let gradientX, gradientY, warpedX, warpedY, residual, inverseSquare, ux, uy, vx, vy: FlowPlane
  let median: MedianFilter

  init(_ parameters: TVL1Flow, largest: PlaneLayout) {
    self.parameters = parameters
    (u, v, nextU, nextV) = (.init(largest), .init(largest), .init(largest), .init(largest))
    (gradientX, gradientY, warpedX, warpedY) = (
      .init(largest), .init(largest), .init(largest), .init(largest)
    )
    (residual, inverseSquare) = (.init(largest), .init(largest))
    (ux, uy, vx, vy) = (.init(largest), .init(largest), .init(largest), .init(largest))
    median = MedianFilter(largest)
  }

  func solve(_ first: ImagePyramid, _ second: ImagePyramid) -> FlowField {
    let coarsest = first.levels.count - 1
    u.reset(first.levels[coarsest].layout)
    v.reset(first.levels[coarsest].layout)
    for scale in (0...coarsest).reversed() {
      refine(first.levels[scale], second.levels[scale])
      if scale == 0 { break }
      enlarge(to: first.levels[scale - 1].layout)
    }
    let layout = u.layout
    return FlowField(
      uncheckedWidth: layout.width, height: layout.height, u: Self.dense(u), v: Self.dense(v))
  }

  /// Carries the flow to the next finer scale.
  private func enlarge(to finer: PlaneLayout) {
    let coarse = u.layout
    let scaleX = Double(coarse.width) / Double(finer.width)
    let scaleY = Double(coarse.height) / Double(finer.height)
    let gain = Float(1 / parameters.scaleStep)
    nextU.reset(finer)
    nextV.reset(finer)
    PyramidResize.resize(u, to: nextU, scaleX: scaleX, scaleY: scaleY, gain: gain)
    PyramidResize.resize(v, to: nextV, scaleX: scaleX, scaleY: scaleY, gain: gain)
    swap(&u, &nextU)
    swap(&v, &nextV)
  }

  /// Improves the flow at one scale. The dual variables start at zero and live through all its warps.
  private func refine(_ first: FlowPlane, _ second: FlowPlane) {
    let layout = first.layout
    for plane in [
      nextU, nextV, gradientX, gradientY, warpedX, warpedY, residual, inverseSquare, ux, uy, vx, vy,
    ] {
      plane.reset(layout)
    }
    CubicWarp.gradient(of: second, dx: gradientX, dy: gradientY)
    let tolerance = Float(parameters.epsilon * parameters.epsilon * Double(layout.width * layout.height))
    for _ in 0..<parameters.warps {
      CubicWarp(
        layout: layout, first: first.pixels, second: second.pixels, secondX: gradientX.pixels,
        secondY: gradientY.pixels, u: u.pixels, v: v.pixels, warpedX: warpedX.pixels,
        warpedY: warpedY.pixels, residual: residual.pixels, inverseSquare: inverseSquare.pixels
      ).run()
      iterate(layout, tolerance)
    }
  }

  private func iterate(_ layout: PlaneLayout, _ tolerance: Float) {
    for _ in 0..<parameters.outerIterations {
      median.run(u, to: nextU)
      median.run(v, to: nextV)
      swap(&u, &nextU)
      swap(&v, &nextV)
      let iteration = DualityIteration(
        layout: layout, threshold: Float(parameters.lambda * parameters.theta),
        theta: Float(parameters.theta), dualStep: Float(parameters.tau / parameters.theta),
        gradientX: warpedX.pixels, gradientY: warpedY.pixels, residual: residual.pixels,
        inverseSquare: inverseSquare.pixels, u: u.pixels, v: v.pixels, steps: nextU.pixels,
        changes: nextV.pixels, ux: ux.pixels, uy: uy.pixels,
        vx: vx.pixels, vy: vy.pixels)
      for _ in 0..<parameters.innerIterations where iteration.sweep() <= tolerance { return }
    }
  }

  private static func dense(_ plane: FlowPlane) -> [Float] {
    let layout = plane.layout
    var values = [Float]()
    values.reserveCapacity(layout.width * layout.height)
    for y in 0..<layout.height {
      values.append(
        contentsOf: UnsafeBufferPointer(start: plane.pixels + y * layout.stride, count: layout.width))
    }
    return values
  }
}
