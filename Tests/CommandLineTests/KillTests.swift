import Foundation
import MCLTestKit
import Testing

/// A training that is killed at random moments, checkpoint writes included, and resumed each time, ends with the bytes of
/// one that never was.
@Suite struct KillTests {
  private let command = CommandLineTests()
  private let folder = CommandLineTests.folder.appendingPathComponent("kill-\(UUID().uuidString)").path

  /// A run that is left alone and one that is killed, of as many steps each.
  private func killed(
    _ kills: Int, steps: Int, _ arguments: (_ run: String) -> [String], files: [String]
  ) throws {
    let (straight, killed) = (folder + "/straight", folder + "/killed")
    let whole = try command.mclc(arguments(straight))
    #expect(whole.code == 0, "\(whole.errors)")

    var random = SystemRandomNumberGenerator()
    for number in 0..<kills {
      let before = lines(killed)
      let process = try start(arguments(killed))
      let wanted = before + Int.random(in: 1...3, using: &random)
      let start = ContinuousClock.now
      while lines(killed) < wanted, process.isRunning, start.duration(to: .now) < .seconds(120) {
        usleep(300)
      }
      usleep(UInt32.random(in: 0...20_000, using: &random))
      #expect(process.isRunning, "kill \(number) came too late")
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      #expect(process.terminationReason == .uncaughtSignal)
    }
    let rest = try command.mclc(arguments(killed))
    #expect(rest.code == 0, "\(rest.errors)")
    for name in [String(format: "checkpoint-%08d.safetensors", steps), "log.jsonl", "loss.svg"] + files {
      let (a, b) = (bytes("\(straight)/\(name)"), bytes("\(killed)/\(name)"))
      #expect(a != nil && a == b, "\(name)")
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: killed)
    #expect(!names.contains { $0.hasSuffix(".safetensors.part") })
  }

  private func synthesize(_ videos: Int, frames: Int) throws -> String {
    let data = folder + "/videos"
    try SynthesizedVideos.copy(videos, frames: frames, to: data)
    return data
  }

  /// Every augmentation; the rate and the weights of two losses change within the run; steps of two batches, batch norm
  /// in groups with drawn orders of keys; every step writes a checkpoint.
  @Test(.timeLimit(.minutes(30 * patience))) func aKilledRunEndsTheSame() throws {
    let kills = soakFactor > 1 ? 50 : 5
    // A kill waits for three steps at most, and comes within the next.
    let steps = 5 * kills
    let data = try synthesize(4, frames: 34)
    let settings = [
      "bn_groups=2", "clip_norm=5", "batch=2", "size=32", "queue_size=12", "widths=8,8,8,8", "num_channels=8",
    ]
    try killed(
      kills, steps: steps,
      { run in
        [
          "train", "models/tiny.mcl", "--data", data, "--out", run, "--cache", folder + "/motion", "--steps",
          "\(steps)", "--resume", "--workers", "4", "--checkpoint-every", "1", "--schedule",
          "sgd_lr=steps at=5,\(2 * kills) times=0.1 warmup=1", "--schedule",
          "order_weight=linear from=0 to=1 by=epoch", "--schedule",
          "mal_weight=steps at=5 values=2,1 by=epoch", "--augmentation", "full", "--accumulate", "2",
          "--json",
        ] + settings.flatMap { ["--set", $0] }
      }, files: ["embeddings.jsonl"])
  }

  /// A classifier with a validation after each epoch, which is two steps.
  @Test(.timeLimit(.minutes(30 * patience))) func aKilledClassifierEndsTheSame() throws {
    let kills = soakFactor > 1 ? 30 : 3
    let steps = 8 * kills
    let data = try synthesize(12, frames: 16)
    let settings = [
      "size=32", "batch=3", "frames=4", "frame_step=2", "widths=8,8,8,8", "layers=1,1,1,1", "stem=8",
    ]
    try killed(
      kills, steps: steps,
      { run in
        [
          "train", "models/r2plus1d_18.mcl", "--data", data, "--out", run, "--cache", folder + "/frames",
          "--steps", "\(steps)", "--resume", "--validate", "0.5", "--workers", "4", "--checkpoint-every", "1",
          "--json",
        ] + settings.flatMap { ["--set", $0] }
      }, files: ["validation.jsonl", "best.safetensors"])
  }

  private func bytes(_ path: String) -> Data? { FileManager.default.contents(atPath: path) }

  private func lines(_ run: String) -> Int { bytes(run + "/log.jsonl")?.count { $0 == 0x0a } ?? 0 }

  private func start(_ arguments: [String]) throws -> Process {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(
      "mclc")
    process.arguments = arguments
    process.currentDirectoryURL = repositoryFolder
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return process
  }
}
