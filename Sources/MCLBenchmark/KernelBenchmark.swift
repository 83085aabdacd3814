import Foundation
import MCLCompiler
import MCLGraph
import MCLKernelForms
import MCLKernels
import MCLSupport
import MCLWeights

/// A contraction of a program: one of the launches with its kernel, and how many there are.
package struct ContractionEntry: Sendable {
  /// Where and what: `layer2.1.conv2.forward`.
  package var name: String
  /// Channels and window: `64-64-1x3x3`; of a linear layer `2048-128`.
  package var layer: String
  package var group: LaunchGroup
  package var launch: ExecutionPlan.Launch
  /// The kernel's family, such as `contraction` or `winograd`.
  package var family: String
  /// Launches of the same kernel in the program.
  package var count: Int
  package var shape: ContractionShape

  /// The contractions of a plan, each kernel once, in the program's order.
  package static func all(of plan: ExecutionPlan) -> [ContractionEntry] {
    let names = WeightNames(plan.states)
    var found: [KernelSpecification: Int] = [:]
    var result: [ContractionEntry] = []
    for ((launch, group), state) in zip(zip(plan.launches, plan.launchGroups()), plan.launchWeights()) {
      guard plan.kernels[launch.kernel].multiplyAdds > 0,
        case .comprehension(let comprehension) = launch.specification.form
      else { continue }
      if let position = found[launch.specification] {
        result[position].count += 1
        continue
      }
      guard let shape = ContractionShape(comprehension) else { continue }
      found[launch.specification] = result.count
      var place =
        state.map { names.exported($0.name) ?? names.exportedCopy($0.name) ?? $0.name } ?? launch.path
      if place.hasSuffix(".weight") { place.removeLast(7) }
      let weight = state?.type.shape ?? []
      let window = weight.dropFirst(2).map(String.init).joined(separator: "x")
      let layer = weight.count >= 2 ? "\(weight[1])-\(weight[0])" + (window.isEmpty ? "" : "-\(window)") : ""
      result.append(
        ContractionEntry(
          name: "\(place).\(group.rawValue)", layer: layer, group: group, launch: launch,
          family: plan.kernels[launch.kernel].family, count: 1, shape: shape))
    }
    return result
  }
}

/// Times kernels against the machine's peak and against OpenBLAS, by turns.
package final class KernelBenchmark {
  package struct Result: Sendable {
    package var entry: ContractionEntry
    /// In units of the rounding to expect; see `KernelTrial.deviation`.
    package var deviation: Double
    package var bytes: Int
    /// Medians over the turns; nil where the kernel is wrong.
    package var timing: Timing?
    package var isRight: Bool { deviation < KernelBenchmark.allowedDeviation }
  }

  package struct Timing: Sendable {
    package var seconds: Double
    package var minimumSeconds: Double
    package var gigaflops: Double
    package var nominalGigaflops: Double
    package var gigabytesPerSecond: Double
    /// The larger of what was measured right before and right after the kernel.
    package var peakGigaflops: Double
    package var percentOfPeak: Double
    /// Seconds of the equivalent product in OpenBLAS; nil where it is not installed.
    package var blasSeconds: Double?
    package var blasGigaflops: Double?
    /// OpenBLAS's time over ours: above 1 we are faster.
    package var speedupOverBLAS: Double?
  }

  /// Deviation above which a kernel counts as wrong.
  package static let allowedDeviation = 64.0

  package let pool: ThreadPool
  package let rounds: Int
  package let clock: BenchmarkClock
  package let blas: OpenBLASLibrary?
  /// Bytes a second that all threads copy, reads and writes counted, in 1e9.
  package let copyGigabytesPerSecond: Double
  private let plan: ExecutionPlan
  private let library: KernelLibrary
  private let peak: PeakKernel

  /// - Throws: `LLVMError` when kernels cannot be linked, `ExecutionError` when memory is short.
  package init(_ plan: ExecutionPlan, pool: ThreadPool, rounds: Int, clock: BenchmarkClock = .elapsed) throws
  {
    self.plan = plan
    self.pool = pool
    self.rounds = rounds
    self.clock = clock
    library = try KernelLibrary(plan.objects)
    peak = try PeakKernel()
    blas = OpenBLASLibrary(threads: pool.workerCount)
    copyGigabytesPerSecond = try Self.copySpeed(pool)
    _ = try peak.gigaflops(on: pool)
  }

  /// Checks one kernel, then times it.
  package func measure(_ entry: ContractionEntry) throws -> Result {
    let trial = try KernelTrial(entry.launch, of: plan, library: library, pool: pool)
    let deviation = trial.deviation()
    var result = Result(entry: entry, deviation: deviation, bytes: trial.byteCount)
    guard result.isRight else { return result }
    let product = try blas.map { try OpenBLASLibrary.Trial(entry.shape, library: $0) }
    trial.run()
    product?.run()
    var turns: [(seconds: Double, peak: Double, blas: Double?)] = []
    for _ in 0..<rounds {
      let before = try peak.gigaflops(on: pool, clock: clock)
      let seconds = trial.secondsPerRun(filling: 0.02, clock: clock)
      let after = try peak.gigaflops(on: pool, clock: clock)
      turns.append((seconds, max(before, after), product?.secondsPerRun(filling: 0.02, clock: clock)))
    }
    let shape = entry.shape
    let valid = 2e-9 * Double(shape.validMultiplyAdds)
    let seconds = median(turns.map(\.seconds))
    result.timing = Timing(
      seconds: seconds, minimumSeconds: turns.map(\.seconds).min() ?? seconds, gigaflops: valid / seconds,
      nominalGigaflops: 2e-9 * Double(shape.nominalMultiplyAdds) / seconds,
      gigabytesPerSecond: 1e-9 * Double(trial.byteCount) / seconds, peakGigaflops: median(turns.map(\.peak)),
      percentOfPeak: median(turns.map { 100 * valid / $0.seconds / $0.peak }))
    if product != nil {
      let times = turns.compactMap(\.blas)
      result.timing?.blasSeconds = median(times)
      result.timing?.blasGigaflops = 2e-9 * Double(shape.nominalMultiplyAdds) / median(times)
      result.timing?.speedupOverBLAS = median(turns.map { ($0.blas ?? 0) / $0.seconds })
    }
    return result
  }

  /// Bytes a second that all threads copy, reads and writes counted, in 1e9: the best of five.
  package static func copySpeed(_ pool: ThreadPool) throws -> Double {
    let bytes = 64 << 20
    let from = try MemoryRegion(byteCount: bytes, purpose: "copy")
    let to = try MemoryRegion(byteCount: bytes, purpose: "copy")
    // Written first: pages never touched are all the same page of zeros.
    memset(from.base, 1, bytes)
    memset(to.base, 1, bytes)
    let tasks = 16
    let times = (0..<5).map { _ in
      let start = ContinuousClock.now
      pool.run(tasks: tasks) { task, _ in
        // Bound: task's sixteenth of both regions.
        let part = bytes / tasks
        memcpy(to.base + task * part, from.base + task * part, part)
      }
      return (ContinuousClock.now - start).seconds
    }
    return 2e-9 * Double(bytes) / (times.min() ?? 1)
  }
}

/// The middle value; of an even number of them the upper.
private func median(_ values: [Double]) -> Double { values.isEmpty ? 0 : values.sorted()[values.count / 2] }
