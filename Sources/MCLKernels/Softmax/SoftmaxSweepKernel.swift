import LLVMBindings
import MCLGraph
import MCLKernelForms

/// The family for `SoftmaxSweep`: b is read once, and nothing as long as b is stored (the online softmax of Milakov and
/// Gimelshein 2018, with the weighted sums of Dao et al. 2022).
///
/// A task of phase 1 takes a stretch of b, some terms at a time that fit the first cache: their products with all rows,
/// the exponentials of these over the largest so far, and their sums, to which what was summed before is added after it
/// was scaled to the new maximum. Phase 2 joins the stretches in order, in float64, a row a task.
struct SoftmaxSweepKernel: KernelFamily {
  let name = "softmaxSweep"

  /// Terms at a time: a multiple of all targets' lanes.
  static let chunk = 32
  private static let wantedTasks = 64

  struct Layout {
    let sweep: SoftmaxSweep
    let termsPerTask: Int
    /// Elements from one row's partial sums to the next row's: the sums, their total, the maximum, and a gap.
    var pitch: Int { sweep.depth + 16 }
    var taskCount: Int { (sweep.terms + termsPerTask - 1) / termsPerTask }

    init(_ sweep: SoftmaxSweep) {
      self.sweep = sweep
      let chunks = (sweep.terms + chunk - 1) / chunk
      termsPerTask = (chunks + wantedTasks - 1) / wantedTasks * chunk
    }
  }

  func plan(
    _ specification: KernelSpecification, symbol: String, target: TargetDescription
  ) throws -> KernelPlan? {
    guard case .softmaxSweep(let sweep) = specification.form else { return nil }
    guard sweep.rows > 0, sweep.terms > 0, sweep.depth > 0, sweep.depth % target.lanes == 0 else {
      throw KernelError(
        "a softmax sweep of \(sweep.rows) rows over \(sweep.terms) terms of \(sweep.depth) numbers cannot be made: "
          + "rows are of a multiple of \(target.lanes) numbers")
    }
    let layout = Layout(sweep)
    let floats = max(sweep.rows * (Self.chunk + 1), layout.taskCount)
    return KernelPlan(
      phases: [
        .init(symbol: "\(symbol)_sweep", taskCount: layout.taskCount),
        .init(symbol: "\(symbol)_join", taskCount: sweep.rows),
      ], temporaryBytes: layout.taskCount * sweep.rows * layout.pitch * 4,
      scratchBytes: (floats * 4 + 63) / 64 * 64, family: name,
      multiplyAdds: 2 * sweep.rows * sweep.terms * sweep.depth)
  }

  func emit(
    _ specification: KernelSpecification, symbol: String, builder: ModuleBuilder, target: TargetDescription
  ) throws {
    guard case .softmaxSweep(let sweep) = specification.form else { return }
    let emitter = SoftmaxSweepEmitter(Layout(sweep), builder: builder, target: target)
    emitter.emitSweep("\(symbol)_sweep")
    emitter.emitJoin("\(symbol)_join")
  }
}
