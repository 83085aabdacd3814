import ArgumentParser
import Foundation
import MCLBenchmark
import MCLCommandSupport
import MCLCompiler
import MCLData
import MCLGraph
import MCLKernelForms
import MCLKernels
import MCLParity
import MCLPasses
import MCLReport
import MCLRuntime
import MCLSupport

struct CompileCommand: ParsableCommand {
  enum Emission: String, ExpressibleByArgument, CaseIterable {
    case graph, fused, program, llvm, asm, dot
  }

  static let configuration = CommandConfiguration(
    commandName: "compile", abstract: "Compiles a model and says what became of it.",
    discussion: paragraphs(
      """
      A .mcl file is a Swift program: compile only those you trust.

        mclc compile models/r2plus1d.mcl --set size=112 --set batch=2
        mclc compile models/tiny.mcl --program step --emit graph --after fuse-pointwise
        mclc compile models/tiny.mcl --program embed --emit asm | less
        mclc compile models/tiny.mcl -o tiny.mclc      (runs without a Swift toolchain)
        mclc compile models/r2plus1d.mcl --set size=112 --set batch=1 --report plan.html

      --report writes one HTML file that needs nothing else: the launches by scope and what was fused into each, their
      times against the roofline, the arena over time, and what was not fused and why. For the times every program is
      run on random inputs, which takes the memory of a training step; --no-timing leaves them out.
      """))

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
  @Option(
    name: .customLong("report"),
    help: "Also write a report to look at, with every launch, to this file (.html).")
  var page: String?
  @Flag(inversion: .prefixedNo, help: "With --report: run the programs and time each launch.")
  var timing = true
  @Option(help: "With --report: runs that are timed, after one that is not.") var runs = 5

  func validate() throws {
    guard page != nil || timing else { throw ValidationError("--no-timing is for --report") }
    guard page == nil || emit == nil else {
      throw ValidationError("--report and --emit exclude each other; leave one out")
    }
    func place(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
    guard page.map(place) != output.map(place) || page == nil else {
      throw ValidationError("--report and --output name the same file; name two")
    }
    guard (1...1000).contains(runs) else { throw ValidationError("--runs takes 1 to 1000") }
  }

  func run() throws {
    try reporting {
      if let page { try checkFolder(of: page) }
      for path in [output, page].compactMap({ $0 }) {
        try expectDistinct(path, from: modelFiles(options.model))
      }
      let module = try options.load()
      if let output { try AtomicFile.write(module.text, to: output) }
      let programs = try program.map { [try module.program($0)] } ?? module.programs
      // What no feeder gives is wrong whoever compiles it; an input without a source is the caller's.
      for graph in programs where graph.inputs.allSatisfy({ $0.source != nil || $0.defaultValue != nil }) {
        if graph.inputs.contains(where: { $0.source != nil }) { _ = try DataDeclaration(graph) }
      }
      if let after, !Pipeline.passes.contains(where: { $0.name == after }) {
        throw UsageError(
          "--after \(after): the passes are \(Pipeline.passes.map(\.name).joined(separator: ", "))")
      }
      guard let emit else { return try report(module, programs) }
      for graph in programs { try emitText(emit, graph) }
    }
  }

  private func emitText(_ emit: Emission, _ graph: Graph) throws {
    if emit == .graph, after == nil { return try printResult(graph.text, terminator: "") }
    if emit == .dot { return try printResult(graph.dot) }
    if emit == .graph || emit == .fused {
      var source = graph
      source.taps = []
      var text = ""
      let result = try Pipeline.run(source) { pass, graph in if pass == after { text = graph.text } }
      return try printResult(emit == .fused ? result.graph.text : text, terminator: "")
    }
    let compiled = try ProgramCompiler().compile(graph)
    if emit == .program { return try printResult(compiled.plan.text, terminator: "") }
    let compiler = KernelCompiler()
    var seen = Set<KernelSpecification>()
    for launch in compiled.plan.launches where seen.insert(launch.specification).inserted {
      try printResult("; \(launch.path) \(compiled.plan.kernels[launch.kernel].family)")
      try printResult(
        emit == .asm
          ? try compiler.assembly(launch.specification) : try compiler.intermediateText(launch.specification))
    }
  }

  private func report(_ module: Module, _ programs: [Graph]) throws {
    var summaries: [[String: Any]] = []
    var compiler = ProgramCompiler()
    compiler.tellsChanges = !json
    let results = try compiler.compile(programs)
    if try CheckLevel.current() >= .interpret {
      for (program, compiled) in zip(programs, results) { try ProgramCheck(program).run(compiled.plan) }
    }
    for (graph, compiled) in zip(programs, results) {
      let summary = ProgramSummary(graph, compiled)
      summaries.append(summary.json)
      if !json { try printResult(summary.text) }
    }
    let trained = Dictionary(
      module.programs.flatMap(\.states).filter(\.isTrainable).map { ($0.name, $0.type.count) },
      uniquingKeysWith: { first, _ in first }
    ).values.reduce(0, +)
    if json {
      try printJSON(["model": module.name, "trainableParameters": trained, "programs": summaries])
    } else {
      try printResult("model '\(module.name)': \(short(Double(trained))) trainable parameters (\(trained))")
    }
    if let page { try write(module, results, to: page) }
  }

  /// Before minutes are spent on what cannot be written.
  private func checkFolder(of path: String) throws {
    let folder = (path as NSString).deletingLastPathComponent
    var isFolder: ObjCBool = false
    let isThere = FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) && isFolder.boolValue
    guard folder.isEmpty || isThere else {
      throw UsageError("--report \(path): there is no folder \(folder); make it first")
    }
    guard !FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) || !isFolder.boolValue else {
      throw UsageError("--report \(path): this is a folder; name a file in it")
    }
  }

  /// Times the programs, one after the other, and writes the page.
  private func write(_ module: Module, _ results: [ProgramCompiler.Compiled], to path: String) throws {
    let threads = try threadCount()
    let programs = try results.map { compiled in
      if timing { say("timing program '\(compiled.plan.name)'") }
      let measured = timing ? try PlanTiming(compiled.plan, threads: threads, runs: runs) : nil
      return PlanPage.Program(PlanReport(compiled), timing: measured)
    }
    let html = try PlanPage(model: module.name, settings: module.settings, programs: programs).html()
    do { try AtomicFile.write(html, to: path) } catch let error as TensorFileError {
      throw UsageError(error.description)
    }
    say("\(path): the report of model '\(module.name)'")
  }
}
