import ArgumentParser
import Foundation
import MCLCompiler
import MCLGraph
import MCLRuntime

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measures compiled programs.", subcommands: [BenchStepCommand.self])
}

struct BenchStepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "step", abstract: "Times one program of a model on random clips.",
    discussion: """
      Before any time is printed the outputs of the first run are checked to be finite, and a second run from the same
      states to give the same bits.

        mclc bench step models/r2plus1d.mcl --set size=112 --set batch=4
      """)

  @OptionGroup var options: ModelOptions
  @Option(help: "The program to time.") var program: String = "step"
  @Option(help: "Runs counted, after one that is not.") var runs: Int = 5
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    guard (1...10_000).contains(runs) else { throw ValidationError("--runs takes 1 to 10000") }
  }

  func run() throws {
    try reporting {
      let module = try options.load()
      let graph = try module.program(program)
      let compiled = try ProgramCompiler().compile(graph)
      let executor = try Executor(compiled.plan, threads: try threadCount())
      try executor.initializeStates(seed: 1)
      try fillInputs(executor)
      let start = try executor.stateTensors()
      try executor.run()
      let first = try outputs(executor)
      guard first.values.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
        throw ExecutionError("an output of program '\(program)' is not finite; no time is given")
      }
      try executor.restore(start)
      executor.poison()
      try executor.run()
      guard try outputs(executor) == first else {
        throw ExecutionError("two runs of program '\(program)' differ; no time is given")
      }
      let clock = ContinuousClock()
      executor.isProfiling = true
      let seconds = try (0..<runs).map { _ in
        let elapsed = try clock.measure { try executor.run() }.components
        return Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
      }.sorted()
      try report(executor, seconds)
    }
  }

  private func fillInputs(_ executor: Executor) throws {
    for input in executor.plan.inputs where input.defaultValue == nil {
      var random = CounterRandom(seed: 1, purpose: CounterRandom.Purpose("bench \(input.name)"))
      if input.type.element == .int64 {
        try executor.setInput(
          input.name, integers: (0..<input.type.count).map { _ in Int64(random.integer(below: 2)) })
      } else {
        try executor.setInput(
          input.name, floats: (0..<input.type.count).map { _ in Float(random.uniform()) * 2 })
      }
    }
  }

  private func outputs(_ executor: Executor) throws -> [String: [Float]] {
    var result: [String: [Float]] = [:]
    for output in executor.plan.outputs { result[output.name] = try executor.value(output.name) }
    return result
  }

  private func report(_ executor: Executor, _ seconds: [Double]) throws {
    let plan = executor.plan
    let median = seconds[seconds.count / 2]
    let clips = plan.inputs.first { $0.type.rank == 5 }?.type.shape[0] ?? 1
    let work = plan.launches.reduce(0) { $0 + plan.kernels[$1.kernel].multiplyAdds }
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let peak = Double(usage.ru_maxrss) / 1024
    if json {
      return try printJSON([
        "program": plan.name, "medianSeconds": median, "minimumSeconds": seconds[0], "runs": seconds.count,
        "samplesPerSecond": Double(clips) / median, "gigaflops": 2e-9 * Double(work) / median,
        "peakRSSMiB": peak,
        "arenaBytes": plan.arenaBytes,
      ])
    }
    print(
      String(
        format:
          "%@: median %.3f s of %d runs (%.3f to %.3f), %.2f samples/s, %.0f GFLOP/s, peak RSS %.0f MiB, arena %@",
        plan.name, median, seconds.count, seconds[0], seconds[seconds.count - 1], Double(clips) / median,
        2e-9 * Double(work) / median, peak, mebibytes(plan.arenaBytes)))
    guard ProcessInfo.processInfo.environment["MCL_DEBUG"].flatMap(Int.init) ?? 0 >= 2 else { return }
    let order = plan.launches.indices.sorted { executor.launchSeconds[$0] > executor.launchSeconds[$1] }
    for index in order.prefix(40) {
      let launch = plan.launches[index]
      let kernel = plan.kernels[launch.kernel]
      let each = executor.launchSeconds[index] / Double(seconds.count)
      var bytes = 0
      for buffer in launch.buffers { bytes += plan.buffers[buffer].type.byteCount }
      print(
        String(
          format: "%8.2f ms %6.1f GFLOP/s %6.1f GB/s  %@ %@", each * 1e3,
          2e-9 * Double(kernel.multiplyAdds) / each,
          1e-9 * Double(bytes) / each, kernel.family, launch.path))
    }
    for (family, launches) in Dictionary(
      grouping: plan.launches.indices, by: { plan.kernels[plan.launches[$0].kernel].family })
    {
      let each = launches.reduce(0) { $0 + executor.launchSeconds[$1] } / Double(seconds.count)
      print(String(format: "%8.2f ms in %d launches of %@", each * 1e3, launches.count, family))
    }
  }
}
