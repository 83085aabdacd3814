import Foundation
import MCLRuntime

/// What `bench flow` says.
struct FlowReport {
  let pairs: [FlowBenchmark.Pair]
  /// Seconds of each pair by round.
  let seconds: [[Double]]
  let work: [FlowWork]
  let limits: FlowBenchmark.Limits
  let threads: Int

  private func median(_ values: [Double]) -> Double { values.isEmpty ? 0 : values.sorted()[values.count / 2] }

  /// The median over pairs of their medians over rounds.
  private var medianSeconds: Double { median(seconds.map(median)) }

  /// The share of a pair's time that its sweeps would take at the measured speed.
  private func sweepShare(_ number: Int) -> Double {
    let pixels = Double((pairs.first?.first.width ?? 0) * (pairs.first?.first.height ?? 0))
    let sweeps = Double(work[number].sweptPixels) / max(pixels, 1) * limits.sweep.seconds
    return sweeps / max(median(seconds[number]), 1e-9)
  }

  private var percentOfFirstCache: Double { 100 * limits.sweep.gigaflops / limits.inFirstCache.gigaflops }
  private var percentOfCopy: Double {
    100 * limits.sweep.gigabytesPerSecond / limits.copyGigabytesPerSecond
  }
  private var percentOfPeak: Double { 100 * limits.sweep.gigaflops / limits.peakGigaflops }

  var object: [String: Any] {
    let rows = pairs.indices.map { number -> [String: Any] in
      [
        "name": pairs[number].name, "medianSeconds": median(seconds[number]),
        "minimumSeconds": seconds[number].min() ?? 0, "maximumSeconds": seconds[number].max() ?? 0,
        "sweeps": work[number].sweeps, "sweptPixels": work[number].sweptPixels,
        "medians": work[number].medians, "warps": work[number].warps, "sweepShare": sweepShare(number),
      ]
    }
    func object(_ timing: FlowBenchmark.SweepTiming) -> [String: Any] {
      [
        "seconds": timing.seconds, "gigaflops": timing.gigaflops,
        "gigabytesPerSecond": timing.gigabytesPerSecond,
      ]
    }
    return [
      "height": pairs[0].first.height, "width": pairs[0].first.width, "threads": threads,
      "rounds": seconds[0].count, "medianSeconds": medianSeconds, "pairs": rows,
      "sweep": object(limits.sweep), "sweepInFirstCache": object(limits.inFirstCache),
      "copyGigabytesPerSecond": limits.copyGigabytesPerSecond,
      "memoryGigabytesPerSecond": limits.memoryGigabytesPerSecond, "peakGigaflops": limits.peakGigaflops,
      "percentOfCopy": percentOfCopy, "percentOfPeak": percentOfPeak,
      "percentOfFirstCache": percentOfFirstCache,
    ]
  }

  var text: String {
    var lines = [
      "TV-L1 at \(pairs[0].first.height)x\(pairs[0].first.width), \(threads) threads, "
        + "\(seconds[0].count) rounds: median "
        + String(format: "%.2f ms a pair (%.1f pairs/s)", 1e3 * medianSeconds, 1 / max(medianSeconds, 1e-9)),
      "     ms (range)               sweeps  swept pixels  share  pair",
    ]
    for number in pairs.indices {
      let times = seconds[number].map { 1e3 * $0 }
      lines.append(
        String(
          format: "%7.2f (%.2f-%.2f)%@ %6d %13d %5.0f%%  %@", median(times), times.min() ?? 0,
          times.max() ?? 0, "".padding(toLength: 6, withPad: " ", startingAt: 0), work[number].sweeps,
          work[number].sweptPixels, 100 * sweepShare(number), pairs[number].name))
    }
    let sweep = limits.sweep
    lines.append(
      String(
        format: "sweep: %.1f us, %.1f GFLOP/s, %.1f GB/s", 1e6 * sweep.seconds, sweep.gigaflops,
        sweep.gigabytesPerSecond))
    lines.append(
      String(
        format: "  %3.0f %% of the same sweep in the first cache, %.1f GFLOP/s: divisions and roots included",
        percentOfFirstCache, limits.inFirstCache.gigaflops))
    lines.append(
      String(
        format: "  %3.0f %% of a copy within as many bytes, %.1f GB/s (main memory %.1f GB/s)", percentOfCopy,
        limits.copyGigabytesPerSecond, limits.memoryGigabytesPerSecond))
    lines.append(
      String(format: "  %3.0f %% of the FMA peak, %.1f GFLOP/s", percentOfPeak, limits.peakGigaflops))
    return lines.joined(separator: "\n")
  }
}
