import Foundation
import MCLBenchmark
import MCLCommandSupport
import MCLMotion

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

  /// The shares of a pair's time that its sweeps, medians and warps would take at the measured speeds.
  private func shares(_ number: Int) -> (sweeps: Double, medians: Double, warps: Double) {
    let pixels = Double((pairs.first?.first.width ?? 0) * (pairs.first?.first.height ?? 0))
    func share(_ done: Int, _ timing: FlowBenchmark.SweepTiming) -> Double {
      Double(done) / max(pixels, 1) * timing.seconds / max(median(seconds[number]), 1e-9)
    }
    return (
      share(work[number].sweptPixels, limits.sweep), share(2 * work[number].medianPixels, limits.median),
      share(work[number].warpedPixels, limits.warp)
    )
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
        "medians": work[number].medians, "warps": work[number].warps, "sweepShare": shares(number).sweeps,
        "medianShare": shares(number).medians, "warpShare": shares(number).warps,
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
      "sweep": object(limits.sweep), "median": object(limits.median), "warp": object(limits.warp),
      "sweepInFirstCache": object(limits.inFirstCache),
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
      "     ms (range)           sweeps  time in sweeps, medians, warps  pair",
    ]
    for number in pairs.indices {
      let times = seconds[number].map { 1e3 * $0 }
      lines.append(
        String(
          format: "%7.2f (%6.2f - %6.2f) %8d %11.0f %% %6.0f %% %5.0f %%  %@", median(times),
          times.min() ?? 0, times.max() ?? 0, work[number].sweeps, 100 * shares(number).sweeps,
          100 * shares(number).medians, 100 * shares(number).warps, pairs[number].name))
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
    for (name, timing) in [("median of one component", limits.median), ("warp", limits.warp)] {
      lines.append(
        String(
          format: "\(name): %.1f us, %.1f GFLOP/s, %.1f GB/s", 1e6 * timing.seconds, timing.gigaflops,
          timing.gigabytesPerSecond))
    }
    return lines.joined(separator: "\n")
  }
}
