/// What was done for one flow.
public struct FlowWork: Sendable, Equatable {
  /// Sweeps of the iteration, over all scales and warps, and the pixels they passed over.
  public var sweeps = 0
  public var sweptPixels = 0
  /// Median filters, of both components each, and warps, likewise.
  public var medians = 0
  public var medianPixels = 0
  public var warps = 0
  public var warpedPixels = 0

  public init() {}
}
