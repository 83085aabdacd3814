import Foundation
import MCLTestKit
import Testing

/// A training that is left alone: the same numbers however it is run, and no growth.
@Suite(.serialized) struct SteadyTests {
  private let command = CommandLineTests()
  private let folder = CommandLineTests.folder.appendingPathComponent("steady-\(UUID().uuidString)").path

  /// The models that are held to it, with settings that make them small.
  static let models = [
    (
      "tiny",
      ["batch=2", "size=32", "queue_size=12", "widths=4,4,4,4", "stem=4", "num_channels=8", "layers=1,1,1,1"]
    ),
    (
      "r2plus1d_18",
      ["batch=2", "size=32", "frames=4", "widths=4,4,4,4", "stem=4", "layers=1,1,1,1"]
    ),
  ]

  private func arguments(
    _ model: (name: String, settings: [String]), _ run: String, steps: Int, workers: Int
  ) -> [String] {
    [
      "train", "models/\(model.name).mcl", "--data", folder + "/videos", "--out", run, "--cache",
      folder + "/motion",
      "--steps", "\(steps)", "--workers", "\(workers)", "--checkpoint-every", "\(max(steps / 20, 1))",
      "--json",
    ]
      + model.settings.flatMap { ["--set", $0] }
  }

  private func synthesize() throws {
    try SynthesizedVideos.copy(4, frames: 34, to: folder + "/videos")
  }

  @Test(arguments: models) func aSeedGivesOneCheckpoint(model: (String, [String])) throws {
    try synthesize()
    let isLong = soakFactor > 1
    let steps = isLong ? 500 : 8
    var ends: [Data] = []
    for (threads, workers) in [(1, 1), (2, 4), (2, 4)] + (isLong ? [(2, 1), (1, 4)] : []) {
      let run = folder + "/run-\(ends.count)"
      let outcome = try command.run(
        "mclc", arguments(model, run, steps: steps, workers: workers),
        environment: ["MCL_THREADS": "\(threads)"])
      #expect(outcome.code == 0, "\(outcome.errors)")
      ends.append(
        try Data(
          contentsOf: URL(fileURLWithPath: run + String(format: "/checkpoint-%08d.safetensors", steps))))
    }
    #expect(Set(ends).count == 1)
  }

  /// 10,000 steps under `make soak`.
  @Test(.timeLimit(.minutes(30 * patience)), arguments: models)
  func memoryAndDescriptorsStayFlat(model: (String, [String])) throws {
    try synthesize()
    let steps = soakFactor > 1 ? 10_000 : 200
    let run = folder + "/long"
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(
      "mclc")
    process.arguments = arguments(model, run, steps: steps, workers: 2)
    process.currentDirectoryURL = repositoryFolder
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    // Open files while steps run; the most in each half tells whether they pile up.
    var counts: [(lines: Int, files: Int)] = []
    let log = URL(fileURLWithPath: run + "/log.jsonl")
    while process.isRunning {
      usleep(20_000)
      let lines = (try? Data(contentsOf: log))?.count { $0 == 0x0a } ?? 0
      let files =
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.processIdentifier)/fd"))
      if lines > 0, let files { counts.append((lines, files.count)) }
    }
    #expect(process.terminationStatus == 0)
    func most(_ part: Range<Int>) -> Int {
      counts.filter { part.contains($0.lines) }.map(\.files).max() ?? 0
    }
    let (early, late) = (most(steps / 10..<steps / 2), most(steps / 2..<steps + 1))
    #expect(early > 3 && late <= early + 2, "\(early) open files, then \(late)")

    struct Speed: Decodable {
      var step: Int
      var residentBytes: Int
    }
    let speeds = try Data(contentsOf: URL(fileURLWithPath: run + "/speed.jsonl")).split(separator: 0x0a).map {
      try JSONDecoder().decode(Speed.self, from: $0)
    }
    #expect(speeds.count == steps)
    func median(_ part: Range<Int>) -> Double {
      let sorted = speeds[part].map(\.residentBytes).sorted()
      return Double(sorted[sorted.count / 2]) / 0x1p20
    }
    // The loader and the allocator settle in the first quarter.
    let (quarter, end) = (median(steps / 4..<steps / 4 + steps / 10), median(steps - steps / 10..<steps))
    print("steady: \(steps) steps, \(quarter) MiB after a quarter, \(end) MiB at the end, \(late) open files")
    #expect(end < quarter * 1.05 + 8, "\(quarter) MiB, then \(end)")
  }
}
