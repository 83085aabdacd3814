import ArgumentParser
import Foundation
import MCLBenchmark
import MCLCommandSupport
import MCLData
import MCLSupport
import MCLVideo
import MCLWeights

struct BenchLoaderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "loader", abstract: "Times the way of clips from their files to a training step.",
    discussion: paragraphs(
      """
      Clips of 16 frames, every second one, are drawn from the VIDEOs with a crop and the training augmentation each.
      Before any time is printed their frames are compared with those of a decoder that begins at the first frame, the
      resize with its definition, and what several threads load with what one does. Parts are seconds of one thread;
      clips/s are those of the loader with all threads. Nothing decoded is kept from one round to the next.

        mclc bench loader clip.mp4 other.avi --size 112 --size 224 --threads 2
        mclc bench loader clip.mp4 --json

      Exit codes: 0 done, 1 the work failed, 2 usage or bad input.
      """))

  @Argument(help: "Videos to take clips from, each of 32 frames at least.") var videos: [String]
  @Option(help: "Pixels a side of the clips; may be given several times. 112 and 224 by default.")
  var size: [Int] = []
  @Option(help: "Clips from each video.") var clips = 4
  @Option(help: "Turns in which every clip is loaded once, after one that is not counted.") var rounds = 5
  @Option(help: "Threads that load; MCL_THREADS, else one a processor, when not given.") var threads: Int?
  @Flag(help: "Print JSON.") var json = false
  @Option(help: "Write the clips of the first size to this file (.safetensors), and time nothing.")
  var save: String?
  @Flag(help: "Load all clips for each line 'run' on standard input, answering in JSON, until 'quit'.")
  var onDemand = false

  func validate() throws {
    guard !videos.isEmpty else { throw ValidationError("name a video at least") }
    guard size.allSatisfy((16...1024).contains) else { throw ValidationError("--size takes 16 to 1024") }
    guard (1...1000).contains(clips) else { throw ValidationError("--clips takes 1 to 1000") }
    guard (1...1000).contains(rounds) else { throw ValidationError("--rounds takes 1 to 1000") }
    if let threads, !(1...64).contains(threads) { throw ValidationError("--threads takes 1 to 64") }
  }

  func run() throws {
    try reporting {
      let threads = try threads ?? threadCount() ?? ProcessorCount.threads
      if let save { try expectDistinct(save, from: videos) }
      var reports: [LoaderReport] = []
      for size in size.isEmpty ? [112, 224] : size {
        let bench = try make(size, threads)
        if let save { return try write(bench, to: save) }
        try bench.validate()
        if onDemand {
          return try BenchTurns.serve(requests: "'run'") { $0 == "run" ? try bench.run() : nil }
        }
        var report = LoaderReport(size: size, clips: bench.clips.count, threads: threads)
        for round in 0...rounds {
          let (parts, seconds) = (try bench.parts(), try bench.run())
          if round > 0 { report.add(parts, seconds) }
        }
        reports.append(report)
      }
      if json {
        try printJSON(["videos": videos, "rounds": rounds, "sizes": reports.map(\.object)])
      } else {
        try printResult(LoaderReport.text(reports, videos: videos.count, rounds: rounds))
      }
    }
  }

  private func make(_ size: Int, _ threads: Int) throws -> LoaderBenchmark {
    do {
      return try LoaderBenchmark(videos: videos, count: clips, size: size, threads: threads)
    } catch let error as VideoError { throw UsageError("\(error)") } catch let error as SamplingError {
      throw UsageError("\(error)")
    }
  }

  private func write(_ bench: LoaderBenchmark, to path: String) throws {
    var tensors: [String: HostTensor] = [:]
    for (number, clip) in bench.clips.enumerated() {
      let shape = [3, clip.frames.count, clip.augmentation.height, clip.augmentation.width]
      tensors["clip\(number)"] = HostTensor(shape, .float32(try bench.load(clip)))
    }
    let clips = String(decoding: try JSONEncoder().encode(bench.clips), as: UTF8.self)
    try SafeTensors.write(tensors, metadata: ["clips": clips], to: path)
    say("\(path): \(bench.clips.count) clips")
  }
}

/// What `bench loader` says of one size of clips.
struct LoaderReport {
  let size: Int
  let clips: Int
  let threads: Int
  private var parts: [LoaderBenchmark.Parts] = []
  private var seconds: [Double] = []

  init(size: Int, clips: Int, threads: Int) { (self.size, self.clips, self.threads) = (size, clips, threads) }

  mutating func add(_ parts: LoaderBenchmark.Parts, _ seconds: Double) {
    self.parts.append(parts)
    self.seconds.append(seconds)
  }

  /// Milliseconds a clip: the median over rounds, and the range.
  private func milliseconds(_ values: [Double]) -> (median: Double, low: Double, high: Double) {
    let sorted = values.map { 1e3 * $0 / Double(max(clips, 1)) }.sorted()
    return (sorted.isEmpty ? 0 : sorted[sorted.count / 2], sorted.first ?? 0, sorted.last ?? 0)
  }

  private var rate: Double { 1e3 / max(milliseconds(seconds).median, 1e-9) }

  private var rows: [(name: String, key: String, values: [Double])] {
    [
      ("decode", "decode", parts.map(\.decode)),
      ("crop, resize, normalise", "resize", parts.map(\.resize)),
      ("colour, grey, blur", "augment", parts.map(\.augment)),
    ]
  }

  var object: [String: Any] {
    var object: [String: Any] = [
      "size": size, "clips": clips, "threads": threads, "clipsPerSecond": rate,
      "seconds": seconds.sorted(), "peakRSSMiB": StepReport.peakRSSMiB,
    ]
    for row in rows { object["\(row.key)MillisecondsPerClip"] = milliseconds(row.values).median }
    return object
  }

  static func text(_ reports: [LoaderReport], videos: Int, rounds: Int) -> String {
    var lines: [String] = []
    for report in reports {
      lines.append(
        "clips of 16x\(report.size)x\(report.size), \(report.clips) of \(videos) videos, \(rounds) rounds: "
          + String(format: "%.1f clips/s on %d threads", report.rate, report.threads))
      for row in report.rows {
        let (median, low, high) = report.milliseconds(row.values)
        lines.append(
          String(format: "  %8.2f ms a clip (%.2f - %.2f)  ", median, low, high) + row.name + ", one thread")
      }
    }
    return lines.joined(separator: "\n")
  }
}
