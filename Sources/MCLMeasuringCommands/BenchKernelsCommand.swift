import ArgumentParser
import Foundation
import MCLBenchmark
import MCLCommandSupport
import MCLCompiler
import MCLGraph
import MCLSupport

struct BenchKernelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels", abstract: "Times each contraction kernel of a training step, alone.",
    discussion: paragraphs(
      """
      The kernels are those of the compiled program, each shape once. Each is first compared with its definition in Double
      at drawn places; one that is wrong is not timed, and the exit code is 1. Kernel, peak and OpenBLAS take turns, and
      the figures are medians of the turns. GFLOP/s count multiply-adds of values; 'nominal' counts padding too. Operands
      stay in the caches between runs, as far as they fit. Maps that a step's contractions make of what they read, such as a
      normalisation with its ReLU, are no part of these times.

        mclc bench kernels --filter conv2.forward
        mclc bench kernels --shape 64-64-1x3x3 --plot roofline.svg
        mclc bench kernels models/r2plus1d.mcl --set size=224 --set batch=2 --json
      """))

  @Argument(help: "A model file.") var model = "models/r2plus1d.mcl"
  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "A setting of the model; size=112 and batch=4 where none is given.", valueName: "key=value"))
  var settings: [String] = []
  @Option(help: "The program whose kernels are timed.") var program = "step"
  @Option(help: "Only kernels whose name contains this, such as layer3 or conv2.forward.") var filter: String?
  @Option(
    help: "Only kernels whose shape contains this: inputs-outputs-window, such as 256-64-1x1x1 or 3x1x1.")
  var shape: String?
  @Option(help: "Turns of peak, kernel and OpenBLAS.") var rounds = 5
  @Flag(help: "Count time on the processor, for one thread of a busy machine (MCL_THREADS=1).")
  var processorTime = false
  @Flag(help: "Print JSON.") var json = false
  @Option(help: "Draw a roofline picture (.svg).") var plot: String?

  func validate() throws {
    guard (1...1000).contains(rounds) else { throw ValidationError("--rounds takes 1 to 1000") }
    guard try !processorTime || threadCount() == 1 else {
      throw ValidationError("--processor-time is for one thread; set MCL_THREADS=1")
    }
  }

  func run() throws {
    try reporting {
      if let plot { try expectDistinct(plot, from: modelFiles(model)) }
      let chosen = settings.isEmpty ? ["size=112", "batch=4"] : settings
      let options = try ModelOptions.parse([model] + chosen.flatMap { ["--set", $0] })
      let graph = try options.load().program(program)
      let plan = try ProgramCompiler(makesOperands: false).compile(graph).plan
      var entries = ContractionEntry.all(of: plan)
      if let filter { entries.removeAll { !$0.name.contains(filter) } }
      if let shape { entries.removeAll { !$0.layer.contains(shape) } }
      guard !entries.isEmpty else {
        throw UsageError(
          "no contraction of program '\(program)' is named so; leave --filter and --shape out to see all")
      }
      let pool = ThreadPool(workers: try threadCount())
      let bench = try KernelBenchmark(
        plan, pool: pool, rounds: rounds, clock: processorTime ? .processor : .elapsed)
      var results: [KernelBenchmark.Result] = []
      for (number, entry) in entries.enumerated() {
        if isatty(2) == 1 { say("\(number + 1)/\(entries.count) \(entry.name)") }
        results.append(try bench.measure(entry))
      }
      let report = KernelReport(results: results, benchmark: bench)
      if json { try printJSON(report.object) } else { try printResult(report.text) }
      if let plot {
        do { try report.roofline.write(toFile: plot, atomically: true, encoding: .utf8) } catch {
          throw UsageError("\(plot) cannot be written (\(error.localizedDescription)); name another file")
        }
      }
      if results.contains(where: { !$0.isRight }) { throw ExitCode(1) }
    }
  }
}
