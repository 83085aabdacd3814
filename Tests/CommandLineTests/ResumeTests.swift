import Foundation
import MCLTestKit
import Testing

/// What resume refuses, and what Ctrl-C leaves behind, seen from outside.
@Suite struct ResumeTests {
  private let command = CommandLineTests()
  private let folder = CommandLineTests.folder.appendingPathComponent("resume-\(UUID().uuidString)").path

  @Test func aRunThatWouldDifferIsRefused() throws {
    let (data, run) = (folder + "/videos", folder + "/run")
    #expect(try command.mclc(["synthesize", "--out", data, "--videos", "2", "--frames", "34"]).code == 0)
    func train(_ more: [String], model: String = "models/tiny.mcl") throws -> CommandLineTests.Outcome {
      try command.mclc(
        [
          "train", model, "--data", data, "--out", run, "--cache", folder + "/motion", "--set", "batch=2",
          "--set",
          "size=32", "--set", "queue_size=12",
        ] + more)
    }
    let cosine = ["--schedule", "sgd_lr=cosine to=1e-6 warmup=1"]
    let first = try train(["--epochs", "2"] + cosine)
    #expect(first.code == 0, "\(first.errors)")
    #expect(
      first.errors.contains(
        "sgd_lr: cosine from 0.05 to 1e-06 over 1.0 steps after 1.0 steps of warm-up from 1/100.0\n"))

    let longer = try train(["--epochs", "3", "--resume"] + cosine)
    #expect(longer.code == 2)
    #expect(
      longer.errors.hasSuffix(
        "was trained with schedules 'sgd_lr: cosine from 0.05 to 1e-06 over 1.0 steps after 1.0 steps of warm-up from "
          + "1/100.0' (now 'sgd_lr: cosine from 0.05 to 1e-06 over 2.0 steps after 1.0 steps of warm-up from 1/100.0'); "
          + "resume with the same, or start another run in another folder; --change goes on with other schedules, "
          + "numbers of the model or another length\n"),
      "\(longer.errors)")

    // A comment in the model file changes nothing, another number does.
    let models = URL(fileURLWithPath: folder).appendingPathComponent("models")
    try FileManager.default.createDirectory(at: models, withIntermediateDirectories: true)
    for name in try FileManager.default.contentsOfDirectory(
      atPath: repositoryFolder.appendingPathComponent("models").path)
    {
      var text = try String(
        contentsOf: repositoryFolder.appendingPathComponent("models/\(name)"), encoding: .utf8)
      text = "// A comment.\n" + text
      try text.write(to: models.appendingPathComponent(name), atomically: true, encoding: .utf8)
    }
    let commented = try train(["--epochs", "2", "--resume"] + cosine, model: models.path + "/tiny.mcl")
    #expect(commented.code == 0 && commented.errors.contains("already finished"), "\(commented.errors)")
    let file = models.appendingPathComponent("mcl.mcl")
    let text = try String(contentsOf: file, encoding: .utf8)
    let changed = text.replacing("\"mal_weight\", default: 1", with: "\"mal_weight\", default: 3")
    try #require(changed != text)
    try changed.write(to: file, atomically: true, encoding: .utf8)
    let other = try train(["--epochs", "2", "--resume"] + cosine, model: models.path + "/tiny.mcl")
    #expect(other.code == 2)
    #expect(
      other.errors.contains("was trained with the model's numbers 'mal_weight=1.0' (now 'mal_weight=3.0')"),
      "\(other.errors)")

    // A video less.
    let video = try #require(
      FileManager.default.enumerator(atPath: data)?.compactMap { $0 as? String }.first {
        $0.hasSuffix(".avi")
      })
    try FileManager.default.removeItem(atPath: "\(data)/\(video)")
    let fewer = try train(["--steps", "2", "--resume"] + cosine)
    #expect(fewer.code == 2)
    #expect(
      fewer.errors.contains("2 videos (now 1)"),
      "\(fewer.errors)")
  }

  @Test func whatDoesNotFitIntoMemoryIsToldBeforeTheStart() throws {
    let (data, run) = (folder + "/videos", folder + "/run")
    #expect(try command.mclc(["synthesize", "--out", data, "--videos", "1", "--frames", "34"]).code == 0)
    func train(_ more: [String]) throws -> CommandLineTests.Outcome {
      try command.mclc(
        [
          "train", "models/tiny.mcl", "--data", data, "--out", run, "--steps", "1", "--set", "batch=1",
          "--set",
          "size=32",
        ] + more)
    }
    // A queue of 256 GiB, and as much again for its copy in a checkpoint.
    let huge = try train(["--set", "queue_size=16777216", "--set", "num_channels=4096"])
    #expect(huge.code == 2)
    #expect(
      huge.errors.firstMatch(
        of:
          /mclc: this training takes about \d+ GiB \(.* 256 GiB for states, 512 GiB for a checkpoint being written, .*\) of memory, but \d+ [MG]iB are available; give a smaller --set queue_size or depth, or --ignore-memory to try\n$/
      ) != nil, "\(huge.errors)")
    #expect(try train(["--ignore-memory", "--set", "queue_size=12"]).code == 0)
  }

  @Test func ctrlCWhileKernelsCompileStopsAtOnce() throws {
    let (data, run) = (folder + "/videos", folder + "/run")
    #expect(try command.mclc(["synthesize", "--out", data, "--videos", "1", "--frames", "34"]).code == 0)
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(
      "mclc")
    // The large model and an empty cache, so that there is much to compile.
    process.arguments = [
      "train", "models/r2plus1d.mcl", "--data", data, "--out", run, "--steps", "1000000", "--set", "batch=1",
      "--set",
      "size=32", "--set", "queue_size=12",
    ]
    process.environment = ProcessInfo.processInfo.environment.merging(["MCL_CACHE": folder + "/cache"]) { $1 }
    process.currentDirectoryURL = repositoryFolder
    let errors = Pipe()
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    try process.run()
    var said = ""
    while !said.contains("compiling r2plus1d") {
      let data = errors.fileHandleForReading.availableData
      try #require(!data.isEmpty, "\(said)")
      said += String(decoding: data, as: UTF8.self)
    }
    let start = ContinuousClock.now
    process.interrupt()
    process.waitUntilExit()
    #expect(start.duration(to: .now) < .seconds(5))
    #expect(process.terminationReason == .exit && process.terminationStatus == 130)
    let names = try FileManager.default.contentsOfDirectory(atPath: run)
    #expect(!names.contains { $0.hasPrefix("checkpoint") }, "\(names)")
  }
}
