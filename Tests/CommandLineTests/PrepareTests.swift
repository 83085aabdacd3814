import Foundation
import MCLTestKit
import Testing

/// `mclc prepare` as a user has it: killed, damaged, listed, asked for JSON, and read by `train`.
@Suite struct PrepareTests {
  private let command = CommandLineTests()
  private let folder = CommandLineTests.folder.appendingPathComponent("prepare-\(UUID().uuidString)").path
  private var data: String { folder + "/videos" }

  private func synthesize(_ count: Int, frames: Int = 40) throws {
    let made = try command.mclc(
      ["synthesize", "--out", data, "--videos", "\(count)", "--frames", "\(frames)"])
    #expect(made.code == 0, "\(made.errors)")
  }

  /// Every file below a folder, hidden ones too, with its bytes.
  private func contents(_ path: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
      files[name] = FileManager.default.contents(atPath: path + "/" + name) ?? Data("a folder".utf8)
    }
    return files
  }

  private func object(_ outcome: CommandLineTests.Outcome) throws -> [String: Any] {
    #expect(outcome.code == 0, "\(outcome.errors)")
    let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    return try #require(object as? [String: Any])
  }

  /// Killed at random moments and started again, until it is done: the cache has the bytes of one that never was.
  @Test(.timeLimit(.minutes(10 * patience))) func aKilledPreparationEndsTheSame() throws {
    let kills = soakFactor > 1 ? 10 : 3
    try synthesize(kills + 2, frames: 34)
    func arguments(_ cache: String, _ workers: Int) -> [String] {
      ["prepare", "--data", data, "--cache", folder + "/" + cache, "--workers", "\(workers)"]
    }
    let start = ContinuousClock.now
    let whole = try command.mclc(arguments("whole", 2))
    #expect(whole.code == 0, "\(whole.errors)")
    let time = start.duration(to: .now) / .seconds(1)
    var killed = 0
    for number in 0..<kills {
      let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      let process = Process()
      process.executableURL = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(
        "mclc")
      process.arguments = arguments("killed", 1 + number % 3)
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      process.standardInput = FileHandle.nullDevice
      try process.run()
      // What is complete is kept, so that all of them together must not take as long as the whole.
      usleep(UInt32(Double.random(in: 0.05...0.8) * time / Double(kills) * 1e6))
      if process.isRunning { killed += 1 }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    let left = try contents(folder + "/killed")
    let last = try command.mclc(arguments("killed", 2))
    #expect(last.code == 0, "\(last.errors)")
    print(
      "prepare: \(killed) of \(kills) killed, \(left.keys.filter { $0.hasSuffix(".motion") }.count) files left"
    )
    #expect(try contents(folder + "/killed") == contents(folder + "/whole"))
    #expect(killed > kills / 2)
  }

  @Test func damagedAndStaleEntriesAreNamedAndMended() throws {
    try synthesize(3)
    let arguments = ["prepare", "--data", data, "--cache", folder + "/motion", "--flow", "codec", "--json"]
    let first = try object(try command.mclc(arguments))
    #expect(first["usable"] as? Int == 3 && first["computed"] as? Int == 3)
    let whole = try contents(folder + "/motion")
    let names = whole.keys.filter { $0.hasSuffix("motion") }.sorted()
    #expect(names.count == 3)
    for _ in 0..<6 {
      let name = try #require(names.randomElement())
      var bytes = try #require(whole[name])
      let place = Int.random(in: bytes.indices)
      bytes[place] ^= 1 << UInt8.random(in: 0..<8)
      try bytes.write(to: URL(fileURLWithPath: "\(folder)/motion/\(name)"))
      let outcome = try command.mclc(arguments)
      let report = try object(outcome)
      let rebuilt = try #require(report["rebuilt"] as? [[String: String]])
      #expect(
        rebuilt.count == 1 && rebuilt[0]["reason"]?.hasPrefix("\(folder)/motion/\(name) ") == true,
        "byte \(place)")
      #expect(outcome.errors.contains("mclc: rebuilt "), "\(outcome.errors)")
      #expect(try contents(folder + "/motion") == whole)
    }
  }

  @Test func trainingReadsWhatWasPrepared() throws {
    try synthesize(3, frames: 32)
    let short = try command.mclc([
      "prepare", "--data", data, "--cache", folder + "/other", "--min-frames", "33",
    ])
    #expect(
      short.code == 2 && short.errors.contains("has 32 frames, fewer than the 33 asked for"),
      "\(short.errors)")
    let prepared = try object(
      try command.mclc([
        "prepare", "--data", data, "--cache", folder + "/motion", "--flow", "codec", "--json",
      ]))
    #expect(prepared["flow"] as? String == "codec")
    #expect(try #require(prepared["times_real_time"] as? Double) > 0)
    #expect(FileManager.default.fileExists(atPath: folder + "/motion/videos.txt"))
    // Its list of usable videos is a list; clips of 8 and of 16 frames, of videos as long as one clip.
    for frames in [8, 16] {
      let trained = try command.mclc(
        [
          "train", "models/tiny.mcl", "--data", data, "--list", folder + "/motion/videos.txt", "--cache",
          folder + "/motion", "--out", "\(folder)/run\(frames)", "--steps", "1",
        ]
          + ["batch=2", "size=32", "queue_size=12", "widths=8,8,8,8", "num_channels=8", "frames=\(frames)"]
          .flatMap { ["--set", $0] })
      #expect(trained.code == 0, "\(trained.errors)")
      #expect(trained.errors.contains("3 videos, motion of 0 computed, 0 skipped"), "\(trained.errors)")
    }
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder + "/motion").filter {
        $0.hasSuffix(".motion")
      }
      .isEmpty)
  }

  /// Whatever the names, and also where some of the videos are away for now.
  @Test func theListOfUsableVideosIsReadBackAndNotLost() throws {
    try synthesize(3)
    let names = try FileManager.default.subpathsOfDirectory(atPath: data).filter { $0.hasSuffix(".avi") }
      .sorted()
    let odd = ((names[0] as NSString).deletingLastPathComponent) + "/# a\t\u{e9}\n%41.avi "
    try FileManager.default.moveItem(atPath: data + "/" + names[0], toPath: data + "/" + odd)
    let list = folder + "/motion/videos.txt"
    let arguments = ["prepare", "--data", data, "--cache", folder + "/motion", "--flow", "codec", "--json"]
    #expect(try object(try command.mclc(arguments))["usable"] as? Int == 3)
    let written = try #require(FileManager.default.contents(atPath: list))
    let again = try object(try command.mclc(arguments + ["--list", list]))
    #expect(again["usable"] as? Int == 3 && again["computed"] as? Int == 0)
    #expect(again["list_written"] as? Bool == true && FileManager.default.contents(atPath: list) == written)
    try FileManager.default.moveItem(atPath: data + "/" + names[1], toPath: folder + "/away.avi")
    let fewer = try object(try command.mclc(arguments + ["--list", list]))
    #expect(fewer["usable"] as? Int == 2 && fewer["list_written"] as? Bool == false)
    #expect(FileManager.default.contents(atPath: list) == written)
    let refused = try command.mclc(arguments + ["--list", list, "--usable", list])
    #expect(refused.code == 2 && refused.errors.contains("name another file"), "\(refused.errors)")
    #expect(FileManager.default.contents(atPath: list) == written)
  }

  @Test func wrongUse() throws {
    try synthesize(1)
    let cache = folder + "/motion"
    let table: [([String], String)] = [
      (["--flow", "dense"], "mclc: --flow takes tvl1 or codec, not 'dense'\n"),
      (["--window", "0"], "mclc: --window takes 1 to 1000\n"),
      (["--workers", "0"], "mclc: --workers takes 1 to 1024\n"),
      (
        ["--spans", "16,x"],
        "mclc: --spans takes numbers of frames from 1 to 100000, such as 16,32, not '16,x'\n"
      ),
      (["--list", folder + "/no.txt"], "mclc: \(folder)/no.txt: there is no such list; check the path\n"),
      (["--list", data, "--part", "dev"], "mclc: --part takes train, test or all, not 'dev'\n"),
    ]
    for (arguments, message) in table {
      let outcome = try command.mclc(["prepare", "--data", data, "--cache", cache] + arguments)
      #expect(outcome.code == 2)
      #expect(outcome.errors == message)
    }
  }
}
