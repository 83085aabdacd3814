import Foundation
import MCLCommandSupport
import MCLCompiler
import MCLGraph
import MCLKernelForms
import MCLPasses

/// What compiling a program did, for people and for machines.
struct ProgramSummary {
  let graph: Graph
  let compiled: ProgramCompiler.Compiled

  init(_ graph: Graph, _ compiled: ProgramCompiler.Compiled) {
    self.graph = graph
    self.compiled = compiled
  }

  private var kernels: [(family: String, launches: Int)] {
    Dictionary(grouping: compiled.plan.launches) { compiled.plan.kernels[$0.kernel].family }
      .map { ($0.key, $0.value.count) }.sorted { $0.1 > $1.1 }
  }

  private var multiplyAdds: Int {
    compiled.plan.launches.reduce(0) { $0 + compiled.plan.kernels[$1.kernel].multiplyAdds }
  }

  var text: String {
    let (plan, report) = (compiled.plan, compiled.report)
    var lines = ["program '\(graph.name)': \(graph.inputs.count) inputs, \(graph.states.count) states"]
    for input in graph.inputs where input.source != nil {
      lines.append("  \(input.name): \(input.type) from \(input.source?.text ?? "")")
    }
    lines.append("  pass                   operations      ms")
    for record in report.passes where record.isUnchanged != true {
      let counts = "\(record.entriesBefore) -> \(record.entriesAfter)"
      lines.append(
        "  \(record.name.padding(toLength: 20, withPad: " ", startingAt: 0)) "
          + "\(counts.padding(toLength: 15, withPad: " ", startingAt: 0)) "
          + String(format: "%6.1f", record.seconds * 1000))
    }
    let idle = report.passes.filter { $0.isUnchanged == true }
    if !idle.isEmpty {
      lines.append(
        "  \(idle.count) passes changed nothing (" + idle.map(\.name).joined(separator: ", ")
          + String(format: "), %.1f ms", idle.reduce(0) { $0 + $1.seconds } * 1000))
    }
    let families = kernels.map { "\($0.launches) \($0.family)" }.joined(separator: ", ")
    let fused = report.operationsBefore - report.launches
    lines.append(
      "  kernels: \(report.launches) launches (\(families)) for \(report.operationsBefore) operations; \(fused) fused or folded"
    )
    if plan.calls.count < report.launches {
      lines.append(
        "  calls: \(plan.calls.count); launches of one kernel on the same weights run together")
    }
    lines.append(
      "  code: \(report.distinctKernels) distinct kernels, \(report.compiledKernels) compiled now, the rest from the cache"
        + (report.isCacheWritable ? "" : " (the cache cannot be written: set MCL_CACHE)"))
    lines.append("  work: \(short(Double(multiplyAdds))) multiply-adds a run")
    lines.append(
      "  memory: arena \(mebibytes(plan.arenaBytes)), of \(mebibytes(plan.unsharedBytes)) without sharing")
    lines.append(String(format: "  compiled in %.2f s", report.seconds))
    return lines.joined(separator: "\n") + "\n"
  }

  var json: [String: Any] {
    let (plan, report) = (compiled.plan, compiled.report)
    return [
      "program": graph.name, "operations": report.operationsBefore, "launches": report.launches,
      "calls": plan.calls.count, "distinctKernels": report.distinctKernels,
      "compiledKernels": report.compiledKernels,
      "multiplyAdds": multiplyAdds,
      "inputs": graph.inputs.map { input in
        ["name": input.name, "type": "\(input.type)"].merging(
          input.source.map { ["from": $0.text] } ?? [:], uniquingKeysWith: { first, _ in first })
      },
      "arenaBytes": plan.arenaBytes, "unsharedBytes": plan.unsharedBytes, "seconds": report.seconds,
      "passes": report.passes.map {
        ["name": $0.name, "before": $0.entriesBefore, "after": $0.entriesAfter] as [String: Any]
      },
    ]
  }
}
