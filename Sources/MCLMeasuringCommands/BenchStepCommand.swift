import ArgumentParser
import Foundation
import MCLBenchmark
import MCLCommandSupport
import MCLCompiler
import MCLExecution
import MCLGraph
import MCLParity
import MCLSupport
import MCLWeights

struct BenchStepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "step", abstract: "Times one program of a model on random clips.",
    discussion: paragraphs(
      """
      Before any time is printed the outputs of the first run are checked to be finite, and a second run from the same
      states to give the same bits. GFLOP/s count multiply-adds of values, not those of padding; the percentage is of the
      peak that the same run measured.

        mclc bench step models/r2plus1d.mcl --set size=112 --set batch=4
      """))

  @OptionGroup var options: ModelOptions
  @Option(help: "The program to time.") var program: String = "step"
  @Option(help: "Runs counted, after one that is not.") var runs: Int = 5
  @Option(help: "List so many of the slowest launches (MCL_DEBUG=2 lists 40).") var launches: Int = 0
  @Flag(help: "Count time on the processor, for one thread of a busy machine (MCL_THREADS=1).")
  var processorTime = false
  @Flag(help: "Print JSON.") var json = false
  @Option(
    help:
      "Write initial states, inputs and the first run's outputs to this file (.safetensors), and time nothing."
  )
  var save: String?
  @Flag(help: "Run once for each line 'run' on standard input, answering with a line of JSON, until 'quit'.")
  var onDemand = false

  func validate() throws {
    guard (1...10_000).contains(runs) else { throw ValidationError("--runs takes 1 to 10000") }
    guard try !processorTime || threadCount() == 1 else {
      throw ValidationError("--processor-time is for one thread; set MCL_THREADS=1")
    }
  }

  func run() throws {
    try reporting {
      if let save { try expectDistinct(save, from: modelFiles(options.model)) }
      let module = try options.load()
      let graph = try module.program(program)
      let compiled = try ProgramCompiler().compileChecked(graph)
      let executor = try Executor(compiled.plan, threads: try threadCount())
      try executor.initializeStates(seed: 1)
      let inputs = try executor.fillRandomInputs(keepsValues: save != nil)
      if let save { return try write(executor, inputs, to: save) }
      let start = onDemand ? nil : try StateFile(executor)
      try executor.run()
      let first = try outputs(executor)
      guard first.values.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
        throw ExecutionError("an output of program '\(program)' is not finite; no time is given")
      }
      guard let start else { return try serve(executor) }
      try start.restore(executor)
      executor.poison()
      try executor.run()
      guard try outputs(executor) == first else {
        throw ExecutionError("two runs of program '\(program)' differ; no time is given")
      }
      let pool = ThreadPool(workers: try threadCount())
      let peak = try PeakKernel()
      let clock = processorTime ? BenchmarkClock.processor : .elapsed
      var peaks = [try peak.gigaflops(on: pool, clock: clock)]
      executor.isProfiling = true
      executor.profilingClock = clock
      let seconds = try (0..<runs).map { _ in
        let start = clock.now()
        try executor.run()
        let elapsed = clock.now() - start
        peaks.append(try peak.gigaflops(on: pool, clock: clock))
        return elapsed
      }.sorted()
      let report = StepReport(
        executor: executor, seconds: seconds, peakGigaflops: peaks.max() ?? 0, threads: pool.workerCount)
      if json { return try printJSON(report.object) }
      try printResult(report.text)
      let isDebugging = ProcessInfo.processInfo.environment["MCL_DEBUG"].flatMap(Int.init) ?? 0 >= 2
      let listed = max(launches, isDebugging ? 40 : 0)
      if listed > 0 { try printResult(report.slowest(listed)) }
    }
  }

  private func outputs(_ executor: Executor) throws -> [String: [Float]] {
    var result: [String: [Float]] = [:]
    for output in executor.plan.outputs {
      result[output.name] = try executor.result(output.name).elements.map { Float($0) }
    }
    return result
  }

  private func write(_ executor: Executor, _ inputs: [String: HostTensor], to path: String) throws {
    var tensors = try executor.stateTensors().merging(inputs) { first, _ in first }
    try executor.run()
    for output in executor.plan.outputs {
      tensors["first.\(output.name)"] = try executor.resultTensor(output.name)
    }
    let metadata = try options.dictionary().merging(["program": program]) { first, _ in first }
    try SafeTensors.write(tensors, metadata: metadata, to: path)
    say("\(path): \(tensors.count) tensors")
  }

  private func serve(_ executor: Executor) throws {
    let clock = ContinuousClock()
    try BenchTurns.serve(requests: "'run'") { line in
      line == "run" ? try clock.measure { try executor.run() }.seconds : nil
    }
  }
}

/// States kept in a file, and moved between it and their place: a copy in memory would count in the peak that is reported.
private struct StateFile: ~Copyable {
  private let folder: URL

  init(_ executor: Executor) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "mclc-bench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (number, state) in executor.plan.states.enumerated() {
      guard let file = fopen(folder.appending(path: "\(number)").path, "wb") else { throw lost }
      let written = try executor.withState(state.name) { fwrite($0.baseAddress, 1, $0.count, file) }
      guard fclose(file) == 0, written == state.type.byteCount else { throw lost }
    }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private var lost: ExecutionError {
    ExecutionError("the temporary folder \(folder.path) lost a state; free some space there and try again")
  }

  func restore(_ executor: Executor) throws {
    for (number, state) in executor.plan.states.enumerated() {
      guard let file = fopen(folder.appending(path: "\(number)").path, "rb") else { throw lost }
      defer { fclose(file) }
      try executor.setState(state.name) { target in
        // Bound: at most as many bytes as the state has.
        guard fread(target.baseAddress, 1, target.count, file) == target.count else { throw lost }
      }
    }
  }
}
