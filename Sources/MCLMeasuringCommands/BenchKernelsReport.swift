import Foundation
import LLVMBindings
import MCLBenchmark
import MCLCommandSupport
import MCLGraph
import MCLKernels
import MCLSupport

/// What `bench kernels` says: a table, geometric means, JSON, a picture.
struct KernelReport {
  let results: [KernelBenchmark.Result]
  let benchmark: KernelBenchmark

  private struct Mean {
    var title: String
    var members: [KernelBenchmark.Timing]

    func mean(_ value: (KernelBenchmark.Timing) -> Double?) -> Double? {
      let values = members.compactMap(value).filter { $0 > 0 }
      guard !values.isEmpty else { return nil }
      return exp(values.reduce(0) { $0 + log($1) } / Double(values.count))
    }
  }

  private var means: [Mean] {
    func all(_ title: String, _ isMember: (ContractionEntry) -> Bool) -> Mean? {
      let members = results.filter { isMember($0.entry) }.compactMap(\.timing)
      return members.isEmpty ? nil : Mean(title: title, members: members)
    }
    var list: [Mean?] = []
    for group in [LaunchGroup.forward, .inputGradient, .weightGradient] {
      func select(_ title: String, _ isMember: (ContractionEntry) -> Bool) -> Mean? {
        all("\(group.rawValue), \(title)") { $0.group == group && isMember($0) }
      }
      list.append(select("stride 1") { !$0.shape.isStrided && !$0.isWinograd })
      list.append(select("strided") { $0.shape.isStrided && !$0.isWinograd })
      list.append(select("1x1x1 stride 1") { !$0.shape.isStrided && $0.layer.hasSuffix("-1x1x1") })
      list.append(select("by Winograd's filtering") { $0.isWinograd })
    }
    list.append(all("linear") { $0.group == .linear })
    return list.compactMap { $0 }
  }

  /// The most that any turn measured.
  private var peak: Double { results.compactMap { $0.timing?.peakGigaflops }.max() ?? 0 }

  private var head: String {
    let blas = benchmark.blas.map { "OpenBLAS runs as \($0.core)" } ?? "OpenBLAS is not installed"
    return String(
      format: "%@, %d threads: FMA peak %.0f GFLOP/s, copy %.1f GB/s; %@", TargetDescription.host.cpu,
      benchmark.pool.workerCount, peak, benchmark.copyGigabytesPerSecond, blas)
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text.count < width ? text + String(repeating: " ", count: width - text.count) : text
  }

  var text: String {
    var lines = [
      head,
      padded("kernel", 44) + padded("layer", 20)
        + " n    rows x  cols x depth       ms  GFLOP/s nominal   GB/s  %peak    BLAS  ours/BLAS",
    ]
    for result in results {
      let (entry, shape) = (result.entry, result.entry.shape)
      var line =
        padded(entry.name + (shape.isStrided ? " s" : "") + (entry.isWinograd ? " w" : ""), 44)
        + padded(entry.layer, 20)
      line += String(
        format: "%2d %7d x%6d x%6d ", entry.count, shape.batch * shape.rows, shape.columns, shape.depth)
      if let timing = result.timing {
        line += String(
          format: "%8.3f %8.1f %7.1f %6.1f %6.1f", timing.seconds * 1e3, timing.gigaflops,
          timing.nominalGigaflops,
          timing.gigabytesPerSecond, timing.percentOfPeak)
        if let blas = timing.blasGigaflops, let speedup = timing.speedupOverBLAS {
          line += String(format: " %7.1f %10.2f", blas, speedup)
        }
      } else {
        line += String(format: "WRONG: %.0f times the rounding to expect", result.deviation)
      }
      lines.append(line)
    }
    if results.contains(where: \.entry.isWinograd) {
      lines.append(
        "w: Winograd's filtering multiplies less than the definition, which is what is counted; "
          + "MCL_WITHOUT=winograd,winogradGradient leaves it out")
    }
    lines.append("geometric means:")
    for mean in means {
      var line = "  " + padded(mean.title, 34) + String(format: "%3d kernels", mean.members.count)
      if let percent = mean.mean({ $0.percentOfPeak }) {
        let least = mean.members.map(\.percentOfPeak).min() ?? 0
        line += String(format: " %6.1f %% of peak, least %.1f", percent, least)
      }
      if let speedup = mean.mean({ $0.speedupOverBLAS }) {
        line += String(format: ", %.2f x OpenBLAS", speedup)
      }
      lines.append(line)
    }
    return lines.joined(separator: "\n")
  }

  var object: [String: Any] {
    let kernels = results.map { result -> [String: Any] in
      let (entry, shape) = (result.entry, result.entry.shape)
      var row: [String: Any] = [
        "name": entry.name, "layer": entry.layer, "group": entry.group.rawValue, "family": entry.family,
        "launches": entry.count,
        "batch": shape.batch, "rows": shape.rows, "columns": shape.columns, "depth": shape.depth,
        "isStrided": shape.isStrided, "validMultiplyAdds": shape.validMultiplyAdds,
        "nominalMultiplyAdds": shape.nominalMultiplyAdds, "bytes": result.bytes,
        "deviation": result.deviation.isFinite ? result.deviation : -1, "isRight": result.isRight,
      ]
      if let timing = result.timing {
        row["medianSeconds"] = timing.seconds
        row["minimumSeconds"] = timing.minimumSeconds
        row["gigaflops"] = timing.gigaflops
        row["nominalGigaflops"] = timing.nominalGigaflops
        row["gigabytesPerSecond"] = timing.gigabytesPerSecond
        row["peakGigaflops"] = timing.peakGigaflops
        row["percentOfPeak"] = timing.percentOfPeak
        row["openBLASGigaflops"] = timing.blasGigaflops
        row["speedupOverOpenBLAS"] = timing.speedupOverBLAS
      }
      return row
    }
    let summary = means.map { mean -> [String: Any] in
      var row: [String: Any] = ["group": mean.title, "kernels": mean.members.count]
      row["percentOfPeak"] = mean.mean { $0.percentOfPeak }
      row["leastPercentOfPeak"] = mean.members.map(\.percentOfPeak).min()
      row["speedupOverOpenBLAS"] = mean.mean { $0.speedupOverBLAS }
      return row
    }
    var object: [String: Any] = [
      "kernels": kernels, "geometricMeans": summary, "peakGigaflops": peak,
      "copyGigabytesPerSecond": benchmark.copyGigabytesPerSecond, "threads": benchmark.pool.workerCount,
      "processor": TargetDescription.host.cpu, "rounds": benchmark.rounds,
      "peakRSSMiB": StepReport.peakRSSMiB,
      "medianSeconds": results.compactMap { result in
        result.timing.map { $0.seconds * Double(result.entry.count) }
      }
      .reduce(0, +),
    ]
    object["openBLASCore"] = benchmark.blas?.core
    return object
  }

  /// GFLOP/s over floating-point operations a byte of operands and result, both on logarithmic axes.
  var roofline: String {
    let points = results.compactMap { result -> RooflinePicture.Point? in
      guard let timing = result.timing else { return nil }
      return RooflinePicture.Point(
        name: result.entry.name, group: result.entry.group.rawValue,
        intensity: 2 * Double(result.entry.shape.validMultiplyAdds) / Double(max(result.bytes, 1)),
        gigaflops: timing.gigaflops)
    }
    return RooflinePicture(
      title: head, points: points, peak: peak, bandwidth: benchmark.copyGigabytesPerSecond
    ).svg
  }
}

extension ContractionEntry {
  /// Whether it does without some of the multiplications that are counted.
  fileprivate var isWinograd: Bool { family.hasPrefix("winograd") }
}
