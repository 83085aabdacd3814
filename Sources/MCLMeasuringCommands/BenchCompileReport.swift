import Foundation
import MCLBenchmark
import MCLCommandSupport

/// What `bench compile` says.
struct CompileReport {
  /// A family's times, by ascending size.
  struct Result {
    let family: CompileFamily
    let measurements: [CompileBenchmark.Measurement]

    var planningExponent: Double? { CompileBenchmark.exponent(measurements, \.planningSeconds) }
    var codeExponent: Double? { CompileBenchmark.exponent(measurements, \.codeSeconds) }
    var exponent: Double? { CompileBenchmark.exponent(measurements, \.seconds) }
  }

  let results: [Result]

  private func shown(_ exponent: Double?) -> String { exponent.map { String(format: "%.2f", $0) } ?? "-" }

  var text: String {
    var lines = [
      "family                    size operations launches kernels planning s  exp   code s  exp    total s  exp"
        + "  slowest of planning"
    ]
    for result in results {
      guard let last = result.measurements.last else { continue }
      let name = result.family.name.padding(toLength: 23, withPad: " ", startingAt: 0)
      var line = String(
        format: "%@ %6d %10d %8d %7d", name, last.size, last.operations, last.launches, last.kernels)
      line += String(format: " %10.3f %@", last.planningSeconds, shown(result.planningExponent))
      line += String(format: " %8.3f %@", last.codeSeconds, shown(result.codeExponent))
      line += String(format: " %10.3f %@", last.seconds, shown(result.exponent))
      if let slowest = last.slowest { line += String(format: "  %@ %.3f s", slowest.name, slowest.seconds) }
      lines.append(line)
    }
    return lines.joined(separator: "\n")
  }

  var object: [String: Any] {
    let families = results.map { result -> [String: Any] in
      var row: [String: Any] = [
        "name": result.family.name, "element": result.family.element,
        "sizes": result.measurements.map { measurement -> [String: Any] in
          [
            "size": measurement.size, "operations": measurement.operations,
            "launches": measurement.launches, "distinctKernels": measurement.kernels,
            "planningSeconds": measurement.planningSeconds, "codeSeconds": measurement.codeSeconds,
            "slowestStage": measurement.slowest?.name ?? "",
            "stages": measurement.stages.map { ["name": $0.name, "seconds": $0.seconds] as [String: Any] },
            "isCheckedByInterpreter": measurement.isChecked,
          ]
        },
      ]
      row["planningExponent"] = result.planningExponent
      row["codeExponent"] = result.codeExponent
      row["exponent"] = result.exponent
      return row
    }
    return ["families": families, "usesObjectCache": false]
  }
}
