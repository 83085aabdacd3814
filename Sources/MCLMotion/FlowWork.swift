/// What was done for one flow.
package struct FlowWork: Sendable, Equatable {
  /// Sweeps of the iteration, over all scales and warps, and the pixels they passed over.
  package var sweeps = 0
  package var sweptPixels = 0
  /// Median filters, of both components each, and warps, likewise.
  package var medians = 0
  package var medianPixels = 0
  package var warps = 0
  package var warpedPixels = 0

  package init() {}
}
