import ArgumentParser
import Foundation
import MCLBenchmark
import MCLCommandSupport
import MCLMotion
import MCLSupport
import MCLVideo
import MCLWeights

struct BenchFlowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flow", abstract: "Times TV-L1 flow, and its sweep beside the machine's limits.",
    discussion: paragraphs(
      """
      Before any time is printed the compiled sweeps are compared with their definitions, and the flow on one thread with
      that on several, bit for bit. Frames are neighbours from the first 64 of each VIDEO, scaled to the size; without a
      VIDEO a texture that moves is drawn. A pair's seconds are from two grey frames to the flow, on all threads; figures
      are medians over the rounds.

        mclc bench flow clip.avi --size 240x320 --rounds 9 --threads 2
      """))

  @Argument(help: "Videos to take frames from.") var videos: [String] = []
  @Option(help: ArgumentHelp("Size of the frames.", valueName: "height x width")) var size = "240x320"
  @Option(help: "Pairs of frames from each video.") var pairs = 2
  @Option(help: "Turns in which every pair is computed once, after one that is not counted.") var rounds = 7
  @Option(help: "Threads; MCL_THREADS, else one a processor, when not given.") var threads: Int?
  @Flag(help: "Print JSON.") var json = false
  @Option(help: "Write the frames and the flows to this file (.safetensors), and time nothing.") var save:
    String?
  @Flag(help: "Compute pair N for each line 'run N' on standard input, answering in JSON, until 'quit'.")
  var onDemand = false

  private func dimensions() throws -> (height: Int, width: Int) {
    let parts = size.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard parts.count == 2, parts.allSatisfy({ (16...4096).contains($0) }) else {
      throw ValidationError("--size takes height x width in pixels of 16 to 4096, such as 240x320")
    }
    return (parts[0], parts[1])
  }

  func validate() throws {
    _ = try dimensions()
    guard (1...1000).contains(rounds) else { throw ValidationError("--rounds takes 1 to 1000") }
    guard (1...32).contains(pairs) else { throw ValidationError("--pairs takes 1 to 32") }
    if let threads, !(1...64).contains(threads) { throw ValidationError("--threads takes 1 to 64") }
  }

  func run() throws {
    try reporting {
      let (height, width) = try dimensions()
      var chosen: [FlowBenchmark.Pair] = []
      do {
        for video in videos {
          chosen += try FlowBenchmark.pairs(video: video, count: pairs, width: width, height: height)
        }
      } catch let error as VideoError { throw UsageError("\(error)") } catch let error as MotionError {
        throw UsageError("\(error)")
      }
      if videos.isEmpty {
        chosen = try FlowBenchmark.drawnPairs(count: pairs, width: width, height: height)
      }
      if let save { try expectDistinct(save, from: videos) }
      let pool = ThreadPool(workers: try threads ?? threadCount())
      let bench = FlowBenchmark(chosen, pool: pool)
      if let save { return try write(bench, to: save) }
      try bench.validate()
      if onDemand { return try serve(bench) }
      var seconds = [[Double]](repeating: [], count: chosen.count)
      var work = [FlowWork](repeating: FlowWork(), count: chosen.count)
      for round in 0...rounds {
        for (number, pair) in chosen.enumerated() {
          let run = try bench.run(pair)
          work[number] = run.work
          if round > 0 { seconds[number].append(run.seconds) }
        }
      }
      let report = FlowReport(
        pairs: chosen, seconds: seconds, work: work, limits: try bench.limits(), threads: pool.workerCount)
      if json { try printJSON(report.object) } else { try printResult(report.text) }
    }
  }

  private func write(_ bench: FlowBenchmark, to path: String) throws {
    var tensors: [String: HostTensor] = [:]
    for (number, pair) in bench.pairs.enumerated() {
      let shape = [pair.first.height, pair.first.width]
      let flow = try bench.run(pair).flow
      tensors["pair\(number).prev"] = HostTensor(shape, .uint8(pair.first.pixels))
      tensors["pair\(number).next"] = HostTensor(shape, .uint8(pair.second.pixels))
      tensors["pair\(number).flow"] = HostTensor(
        shape + [2], .float32(zip(flow.u, flow.v).flatMap { [$0, $1] }))
    }
    let names = bench.pairs.map(\.name).joined(separator: "\n")
    try SafeTensors.write(tensors, metadata: ["names": names], to: path)
    say("\(path): \(bench.pairs.count) pairs")
  }

  private func serve(_ bench: FlowBenchmark) throws {
    try BenchTurns.serve(requests: "'run' and the number of a pair,") { line in
      let words = line.split(separator: " ")
      guard words.count == 2, words[0] == "run", let number = Int(words[1]), bench.pairs.indices ~= number
      else { return nil }
      return try bench.run(bench.pairs[number]).seconds
    }
  }
}
