import MCLKernelForms
import Synchronization

/// The machine code of a flow computation, made once a process and set of parameters for all frame sizes.
package final class FlowKernels: Sendable {
  package let iteration: CompiledSweep
  package let median: CompiledSweep
  package let warp: CompiledSweep

  /// What the code depends on.
  private struct Key: Hashable {
    var threshold, theta, dualStep: Float
  }

  private static let made = Mutex<[Key: FlowKernels]>([:])

  /// - Throws: `KernelError` or `LLVMError` where the kernels cannot be made.
  package static func kernels(_ flow: TVL1Flow) throws -> FlowKernels {
    let key = Key(
      threshold: Float(flow.lambda * flow.theta), theta: Float(flow.theta),
      dualStep: Float(flow.tau / flow.theta))
    return try made.withLock { made in
      if let known = made[key] { return known }
      let kernels = try FlowKernels(
        TVL1Sweep.sweep(threshold: key.threshold, theta: key.theta, dualStep: key.dualStep))
      made[key] = kernels
      return kernels
    }
  }

  private init(_ sweep: StencilSweep) throws {
    let made = try CompiledSweep.compile([sweep, MedianSweep.sweep(), WarpSweep.sweep()])
    (iteration, median, warp) = (made[0], made[1], made[2])
  }
}
