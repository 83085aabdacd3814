import MCLCompiler
import MCLExecution
import MCLGraph
import MCLSupport

/// How long each launch of a program takes on this machine, and what the machine could do in the same minute.
package struct PlanTiming: Sendable {
  /// Seconds of each launch, the median over the runs; of those that run only once, what that run took.
  package var launchSeconds: [Double]
  /// Seconds of each run, ascending.
  package var runSeconds: [Double]
  /// 1e9 floating-point operations a second of multiply-adds in registers, all threads: the most measured.
  package var peakGigaflops: Double
  /// 1e9 bytes a second that all threads copy between arrays larger than caches, reads and writes counted: the most
  /// measured.
  package var copyGigabytesPerSecond: Double
  package var threads: Int

  /// Runs a program on random inputs: once uncounted, once for what runs only once, then `runs` times.
  ///
  /// - Throws: `ExecutionError` when memory is short or an output is not finite, `LLVMError` when a kernel cannot be
  ///   linked.
  package init(_ plan: ExecutionPlan, threads: Int? = nil, runs: Int = 5) throws {
    let pool = ThreadPool(workers: threads)
    self.threads = pool.workerCount
    let peak = try PeakKernel()
    _ = try peak.gigaflops(on: pool)
    let executor = try Executor(plan, threads: threads)
    try executor.initializeStates(seed: 1)
    try executor.fillRandomInputs()
    try executor.run()
    for output in plan.outputs
    where try output.type.element == .float32
      && !executor.value(output.name).allSatisfy(\.isFinite)
    {
      throw ExecutionError(
        "output '\(output.name)' of program '\(plan.name)' is not finite on random inputs, so no time is given; "
          + "--no-timing leaves the times out")
    }
    executor.isProfiling = true
    var known = executor.launchSeconds
    func timed() throws -> (launches: [Double], whole: Double) {
      let start = BenchmarkClock.elapsed.now()
      try executor.run()
      let whole = BenchmarkClock.elapsed.now() - start
      let after = executor.launchSeconds
      defer { known = after }
      return (zip(after, known).map { $0 - $1 }, whole)
    }
    var preparation: [Double] = []
    if plan.preparationCount > 0 {
      executor.poison()
      preparation = try timed().launches
    }
    var peaks = [try peak.gigaflops(on: pool)]
    var copies = [try KernelBenchmark.copySpeed(pool)]
    var measured: [(launches: [Double], whole: Double)] = []
    for _ in 0..<max(runs, 1) {
      measured.append(try timed())
      peaks.append(try peak.gigaflops(on: pool))
    }
    copies.append(try KernelBenchmark.copySpeed(pool))
    launchSeconds = plan.launches.indices.map { launch in
      if launch < plan.preparationCount { return preparation[launch] }
      let times = measured.map { $0.launches[launch] }.sorted()
      return times[times.count / 2]
    }
    runSeconds = measured.map(\.whole).sorted()
    peakGigaflops = peaks.max() ?? 0
    copyGigabytesPerSecond = copies.max() ?? 0
  }
}
