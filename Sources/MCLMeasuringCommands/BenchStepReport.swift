import Foundation
import LLVMBindings
import MCLBenchmark
import MCLCommandSupport
import MCLCompiler
import MCLExecution
import MCLGraph
import MCLKernelForms
import MCLKernels

/// What `bench step` says of a program's runs.
struct StepReport {
  let plan: ExecutionPlan
  /// Seconds of each run, ascending.
  let seconds: [Double]
  let peakGigaflops: Double
  let threads: Int
  /// Seconds and multiply-adds a run of each launch.
  private let launchSeconds: [Double]
  private let multiplyAdds: [Int]
  private let groups: [LaunchGroup]

  init(executor: Executor, seconds: [Double], peakGigaflops: Double, threads: Int) {
    plan = executor.plan
    self.seconds = seconds
    self.peakGigaflops = peakGigaflops
    self.threads = threads
    launchSeconds = executor.launchSeconds.map { $0 / Double(seconds.count) }
    groups = plan.launchGroups()
    var known: [KernelSpecification: Int] = [:]
    multiplyAdds = executor.plan.launches.map { launch in
      guard executor.plan.kernels[launch.kernel].multiplyAdds > 0,
        case .comprehension(let comprehension) = launch.specification.form
      else { return 0 }
      if let count = known[launch.specification] { return count }
      let nominal = executor.plan.kernels[launch.kernel].multiplyAdds
      let count = ContractionShape(comprehension)?.validMultiplyAdds ?? nominal
      known[launch.specification] = count
      return count
    }
  }

  static var peakRSSMiB: Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_maxrss) / 1024
  }

  private var median: Double { seconds[seconds.count / 2] }
  private var clips: Int { plan.inputs.first { $0.type.rank == 5 }?.type.shape[0] ?? 1 }
  private var gigaflops: Double { 2e-9 * Double(multiplyAdds.reduce(0, +)) / median }

  private var groupRows: [(group: LaunchGroup, launches: Int, milliseconds: Double, gigaflops: Double)] {
    LaunchGroup.allCases.compactMap { group in
      let members = groups.indices.filter { groups[$0] == group }
      guard !members.isEmpty else { return nil }
      let time = members.reduce(0) { $0 + launchSeconds[$1] }
      let work = members.reduce(0) { $0 + multiplyAdds[$1] }
      return (group, members.count, time * 1e3, time > 0 ? 2e-9 * Double(work) / time : 0)
    }
  }

  var object: [String: Any] {
    let nominal = plan.launches.reduce(0) { $0 + plan.kernels[$1.kernel].multiplyAdds }
    let rows = groupRows.map { row -> (String, [String: Any]) in
      (
        row.group.rawValue,
        ["launches": row.launches, "milliseconds": row.milliseconds, "gigaflops": row.gigaflops]
      )
    }
    return [
      "program": plan.name, "medianSeconds": median, "minimumSeconds": seconds[0], "runs": seconds.count,
      "samplesPerSecond": Double(clips) / median, "gigaflops": gigaflops,
      "nominalGigaflops": 2e-9 * Double(nominal) / median, "peakGigaflops": peakGigaflops,
      "percentOfPeak": 100 * gigaflops / peakGigaflops, "threads": threads, "peakRSSMiB": Self.peakRSSMiB,
      "arenaBytes": plan.arenaBytes, "scratchBytes": plan.scratchBytes,
      "processor": TargetDescription.host.cpu,
      "groups": Dictionary(rows, uniquingKeysWith: { first, _ in first }),
    ]
  }

  var text: String {
    var lines = [
      String(
        format:
          "%@: median %.3f s of %d runs (%.3f to %.3f), %.2f samples/s, %.0f GFLOP/s, %.0f %% of the peak %.0f "
          + "(%d threads, %@), peak RSS %.0f MiB, arena %@",
        plan.name, median, seconds.count, seconds[0], seconds[seconds.count - 1], Double(clips) / median,
        gigaflops, 100 * gigaflops / peakGigaflops, peakGigaflops, threads, TargetDescription.host.cpu,
        Self.peakRSSMiB, mebibytes(plan.arenaBytes))
    ]
    for row in groupRows {
      var line = String(
        format: "%9.2f ms in %4d launches of %@", row.milliseconds, row.launches, row.group.rawValue)
      if row.gigaflops > 0 {
        line += String(
          format: ", %.0f GFLOP/s, %.0f %% of the peak", row.gigaflops, 100 * row.gigaflops / peakGigaflops)
      }
      lines.append(line)
    }
    return lines.joined(separator: "\n")
  }

  /// The slowest launches, then the families.
  func slowest(_ count: Int) -> String {
    var lines: [String] = []
    for index in plan.launches.indices.sorted(by: { launchSeconds[$0] > launchSeconds[$1] }).prefix(count) {
      let launch = plan.launches[index]
      let time = max(launchSeconds[index], 1e-9)
      let bytes = launch.buffers.reduce(0) { $0 + plan.buffers[$1].type.byteCount }
      lines.append(
        String(
          format: "%8.2f ms %6.1f GFLOP/s %6.1f GB/s  %4d %@ %@ %@", time * 1e3,
          2e-9 * Double(multiplyAdds[index]) / time, 1e-9 * Double(bytes) / time, index,
          plan.kernels[launch.kernel].family, groups[index].rawValue, launch.path))
    }
    let families = Dictionary(grouping: plan.launches.indices) {
      plan.kernels[plan.launches[$0].kernel].family
    }
    for (family, members) in families.sorted(by: { $0.key < $1.key }) {
      let time = members.reduce(0) { $0 + launchSeconds[$1] }
      lines.append(String(format: "%8.2f ms in %d launches of family %@", time * 1e3, members.count, family))
    }
    return lines.joined(separator: "\n")
  }
}
