import MCLSupport

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

  /// The defaults of OpenCV's `DualTVL1OpticalFlow`.
  public init() {}

  /// The flow from `first` to `second`, in pixels of the frames.
  ///
  /// - Parameter pool: threads that share the work; the result is the same bits for any number of them, and for none.
  /// - Throws: `MotionError` where the frames differ in size or are less than 3 pixels wide or high, or a
  ///   parameter makes no sense; `KernelError` or `LLVMError` where the iterations cannot be compiled,
  ///   `ExecutionError` when memory is short.
  public func flow(from first: GrayImage, to second: GrayImage, on pool: ThreadPool? = nil) throws
    -> FlowField
  {
    try flowAndWork(from: first, to: second, on: pool).flow
  }

  /// The flow, and how much was done for it.
  package func flowAndWork(
    from first: GrayImage, to second: GrayImage, on pool: ThreadPool?
  ) throws -> (flow: FlowField, work: FlowWork) {
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
    let solver = try TVL1Solver.idle(
      self, width: first.width, height: first.height, team: pool?.workerCount ?? 1)
    defer { solver.rest() }
    return solver.solve(first, second, on: pool)
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
