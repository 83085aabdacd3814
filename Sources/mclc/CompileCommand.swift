import ArgumentParser
import Foundation
import MCLCompiler
import MCLGraph
import MCLRuntime

struct CompileCommand: ParsableCommand {
  enum Emission: String, ExpressibleByArgument, CaseIterable {
    case graph, fused, program, llvm, asm, dot
  }

  static let configuration = CommandConfiguration(
    commandName: "compile", abstract: "Compiles a model and says what became of it.",
    discussion: """
      A .mcl file is a Swift program: compile only those you trust.

        mclc compile models/r2plus1d.mcl --set size=112 --set batch=2
        mclc compile models/tiny.mcl --program step --emit graph --after fuse-pointwise
        mclc compile models/tiny.mcl --program embed --emit asm | less
        mclc compile models/tiny.mcl -o tiny.mclc      (runs without a Swift toolchain)
      """)

  @OptionGroup var options: ModelOptions
  @Option(help: "Only this program of the model.") var program: String?
  @Option(
    help:
      "Print graph, fused (after all passes), program (the launches), llvm, asm or dot instead of a report.")
  var emit: Emission?
  @Option(help: "With --emit graph: as it is after this pass.") var after: String?
  @Option(name: [.short, .customLong("output")], help: "Write the model's graphs to this file (.mclc).")
  var output: String?
  @Flag(help: "Print the report as JSON.") var json = false

  func run() throws {
    try reporting {
      let module = try options.load()
      if let output { try AtomicFile.write(module.text, to: output) }
      let programs = try program.map { [try module.program($0)] } ?? module.programs
      if let after, !Pipeline.passes.contains(where: { $0.name == after }) {
        throw UsageError(
          "--after \(after): the passes are \(Pipeline.passes.map(\.name).joined(separator: ", "))")
      }
      guard let emit else { return try report(module, programs) }
      for graph in programs { try print(emit, graph) }
    }
  }

  private func print(_ emit: Emission, _ graph: Graph) throws {
    if emit == .graph, after == nil { return Swift.print(graph.text, terminator: "") }
    if emit == .dot { return Swift.print(graph.dot) }
    if emit == .graph || emit == .fused {
      var source = graph
      source.taps = []
      var text = ""
      let result = try Pipeline.run(source) { pass, graph in if pass == after { text = graph.text } }
      return Swift.print(emit == .fused ? result.graph.text : text, terminator: "")
    }
    let compiled = try ProgramCompiler().compile(graph)
    if emit == .program { return Swift.print(compiled.plan.text, terminator: "") }
    let compiler = KernelCompiler()
    var seen = Set<KernelSpecification>()
    for launch in compiled.plan.launches where seen.insert(launch.specification).inserted {
      Swift.print("; \(launch.path) \(compiled.plan.kernels[launch.kernel].family)")
      Swift.print(
        emit == .asm
          ? try compiler.assembly(launch.specification) : try compiler.intermediateText(launch.specification))
    }
  }

  private func report(_ module: Module, _ programs: [Graph]) throws {
    var summaries: [[String: Any]] = []
    for (graph, compiled) in zip(programs, try ProgramCompiler().compile(programs)) {
      let summary = ProgramSummary(graph, compiled)
      summaries.append(summary.json)
      if !json { Swift.print(summary.text) }
    }
    let trained = Dictionary(
      module.programs.flatMap(\.states).filter(\.isTrainable).map { ($0.name, $0.type.count) },
      uniquingKeysWith: { first, _ in first }
    ).values.reduce(0, +)
    if json {
      try printJSON(["model": module.name, "trainableParameters": trained, "programs": summaries])
    } else {
      Swift.print("model '\(module.name)': \(short(Double(trained))) trainable parameters (\(trained))")
    }
  }
}

/// What compiling a program did, for people and for machines.
struct ProgramSummary {
  let graph: Graph
  let compiled: ProgramCompiler.Compiled

  init(_ graph: Graph, _ compiled: ProgramCompiler.Compiled) {
    self.graph = graph
    self.compiled = compiled
  }

  /// Multiply-adds of forward convolutions and matrix products, padding counted, of the query's own path.
  private var forwardMultiplyAdds: Int {
    graph.entries.reduce(0) { total, entry in
      guard entry.path.hasPrefix("query") else { return total }
      switch entry.operation {
      case is Convolution:
        let weight = graph.entries[entry.operands[1]].type
        return total + entry.type.count * weight.count / weight.shape[0]
      default: return total
      }
    }
  }

  private var clips: Int { graph.inputs.first { $0.type.rank == 5 }?.type.shape[0] ?? 1 }

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
    lines.append("  pass                   operations      ms")
    for record in report.passes {
      let counts = "\(record.entriesBefore) -> \(record.entriesAfter)"
      let same = record.entriesBefore == record.entriesAfter ? " (same count)" : ""
      lines.append(
        "  \(record.name.padding(toLength: 20, withPad: " ", startingAt: 0)) "
          + "\(counts.padding(toLength: 15, withPad: " ", startingAt: 0)) "
          + String(format: "%6.1f", record.seconds * 1000) + same)
    }
    let families = kernels.map { "\($0.launches) \($0.family)" }.joined(separator: ", ")
    let fused = report.operationsBefore - report.launches
    lines.append(
      "  kernels: \(report.launches) launches (\(families)) for \(report.operationsBefore) operations; \(fused) fused or folded"
    )
    lines.append(
      "  code: \(report.distinctKernels) distinct kernels, \(report.compiledKernels) compiled now, the rest from the cache"
        + (report.isCacheWritable ? "" : " (the cache cannot be written: set MCL_CACHE)"))
    lines.append("  work: \(short(Double(multiplyAdds))) multiply-adds a run")
    if forwardMultiplyAdds > 0 {
      lines.append(
        "  forward: \(short(Double(forwardMultiplyAdds / clips))) multiply-adds a clip of the query")
    }
    lines.append(
      "  memory: arena \(mebibytes(plan.arenaBytes)), of \(mebibytes(plan.unsharedBytes)) without sharing")
    lines.append(String(format: "  compiled in %.2f s", report.seconds))
    return lines.joined(separator: "\n") + "\n"
  }

  var json: [String: Any] {
    let (plan, report) = (compiled.plan, compiled.report)
    return [
      "program": graph.name, "operations": report.operationsBefore, "launches": report.launches,
      "distinctKernels": report.distinctKernels, "compiledKernels": report.compiledKernels,
      "multiplyAdds": multiplyAdds, "forwardMultiplyAddsPerClip": forwardMultiplyAdds / clips,
      "arenaBytes": plan.arenaBytes, "unsharedBytes": plan.unsharedBytes, "seconds": report.seconds,
      "passes": report.passes.map {
        ["name": $0.name, "before": $0.entriesBefore, "after": $0.entriesAfter] as [String: Any]
      },
    ]
  }
}
