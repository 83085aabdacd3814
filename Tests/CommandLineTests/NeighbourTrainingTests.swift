import Foundation
import MCLEvaluation
import MCLRuntime
import MCLTestKit
import Testing

/// `mclc train --knn-every`: votes of neighbours while features are trained.
@Suite struct NeighbourTrainingTests {
  private let command = CommandLineTests()
  private let folder = CommandLineTests.folder.appendingPathComponent("neighbours-\(UUID().uuidString)").path
  private var data: String { folder + "/videos" }

  private func synthesize(_ count: Int, frames: Int) throws {
    try SynthesizedVideos.copy(count, frames: frames, seed: 3, to: data)
  }

  private func bytes(_ path: String) -> Data? { FileManager.default.contents(atPath: "\(folder)/\(path)") }

  private func text(_ path: String) throws -> String {
    String(decoding: try #require(bytes(path)), as: UTF8.self)
  }

  private func records(_ run: String) -> [StepRecord] {
    RunFolder.lines("\(folder)/\(run)/log.jsonl", as: StepRecord.self)
  }

  /// What `evaluate` gives for the 20 nearest of the same views.
  private func evaluated(_ source: String, _ more: [String] = []) throws -> Double? {
    let outcome = try command.mclc(
      ["evaluate", "\(folder)/\(source)", "--views", "1x1", "--protocol", "knn", "--out", folder + "/eval"]
        + more)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let result = try JSONDecoder().decode(EvaluationResult.self, from: try #require(bytes("eval/eval.json")))
    return result.knn?.first?.top1
  }

  /// A method that knows no labels, on videos whose folders are some.
  @Test func theStepsKeepTheirBitsAndTheNumberIsThatOfEvaluate() throws {
    try synthesize(30, frames: 34)
    func train(_ run: String, _ more: [String]) throws -> CommandLineTests.Outcome {
      let outcome = try command.mclc(
        [
          "train", "models/tiny.mcl", "--data", data, "--out", "\(folder)/\(run)", "--cache",
          folder + "/motion",
          "--flow", "codec", "--steps", "4", "--checkpoint-every", "1",
        ] + SmallRun.set + more)
      #expect(outcome.code == 0, "\(outcome.errors)")
      return outcome
    }
    _ = try train("plain", [])
    let whole = try train("whole", ["--knn-every", "2"])
    let last = "checkpoint-00000004.safetensors"
    #expect(bytes("plain/\(last)") != nil && bytes("plain/\(last)") == bytes("whole/\(last)"))
    let found = records("whole")
    #expect(found.map { $0.measured?.keys.sorted() } == [nil, ["knn20.top1"], nil, ["knn20.top1"]])
    #expect(
      found.map { record in
        var record = record
        record.measured = nil
        return record
      } == records("plain"))
    let share = ["--validate", "0.2"]
    for step in [2, 4] {
      let value = try evaluated("whole/checkpoint-0000000\(step).safetensors", share)
      #expect(value != nil && value == found[step - 1].measured?["knn20.top1"], "step \(step)")
    }

    // What is said and shown of it.
    #expect(
      whole.errors.contains(
        "neighbours: 6 videos ask 24 of 6 classes, 1x1 views, features of 8 numbers by program 'embed'\n"),
      "\(whole.errors)")
    for step in [2, 4] {
      let line = try Regex(
        #"\nstep \#(step): the 20 nearest of 24 videos tell [\d.]+ % of 6 videos right \(chance 16\.7 %\), in [\d.]+ s\n"#
      )
      #expect(whole.errors.contains(line), "\(whole.errors)")
    }
    #expect(whole.errors.contains(#/100% step 4/4, .* \| knn20\.top1 [\d.]+ \| /#), "\(whole.errors)")
    #expect(try text("whole/config.yaml").contains("\n  knn_every: '2'\n"))
    #expect(!(try text("plain/config.yaml").contains("knn")))
    let page = try command.mclc(["report", folder + "/whole", "-o", folder + "/report.html"])
    #expect(page.code == 0, "\(page.errors)")
    let html = try text("report.html")
    #expect(html.contains("<h3>knn20.top1</h3>") && html.contains("; chance gives 0.167."))

    // From an earlier checkpoint on, by its folder alone.
    let log = bytes("whole/log.jsonl")
    for step in [3, 4] {
      try FileManager.default.removeItem(atPath: "\(folder)/whole/checkpoint-0000000\(step).safetensors")
    }
    let rest = try command.mclc(["train", "--resume", folder + "/whole"])
    #expect(rest.code == 0 && rest.errors.contains("\nstep 4: the 20 nearest"), "\(rest.errors)")
    #expect(bytes("whole/log.jsonl") == log && bytes("whole/\(last)") == bytes("plain/\(last)"))
    // And without, where that is asked for.
    let never = try command.mclc([
      "train", "--resume", folder + "/whole", "--change", "steps=6", "--knn-every", "never",
    ])
    #expect(never.code == 0 && !never.errors.contains("20 nearest"), "\(never.errors)")
    #expect(records("whole").map { $0.measured != nil } == [false, true, false, true, false, false])
  }

  /// Videos that are held back ask; other videos may be named.
  @Test func videosHeldBackOrOthersAsk() throws {
    try synthesize(18, frames: 24)
    let shape = [
      "size=32", "batch=4", "frames=4", "frame_step=4", "widths=8,8,8,8", "layers=1,1,1,1", "stem=8",
    ]
    func train(_ run: String, _ more: [String]) throws -> String {
      let outcome = try command.mclc(
        [
          "train", "models/r2plus1d_18.mcl", "--data", data, "--out", "\(folder)/\(run)", "--cache",
          folder + "/frames",
        ] + shape.flatMap { ["--set", $0] } + more)
      #expect(outcome.code == 0, "\(outcome.errors)")
      return outcome.errors
    }
    let held = try train("held", ["--epochs", "2", "--validate", "0.34", "--knn-every", "1epoch"])
    #expect(
      held.contains("neighbours: 6 videos ask 12 of 6 classes, 1x1 views, features of 8 numbers"), "\(held)")
    let found = records("held").map { $0.measured?["knn20.top1"] }
    #expect(found.count == 6 && found.map { $0 != nil } == [false, false, true, false, false, true])
    #expect(try evaluated("held") == found[5])

    // A list of two classes, at most four of each; and another folder under names that are there already.
    let list = folder + "/two.txt"
    let lines = ["slide", "zoom"].flatMap { kind in (0..<3).map { "\(kind)/\(kind)_000\($0).avi \(kind)" } }
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: list))
    let listed = try train(
      "listed",
      ["--steps", "1", "--knn-every", "1", "--knn-data", list, "--knn-videos", "4", "--knn-views", "2x1"])
    #expect(listed.contains("neighbours: 2 videos ask 2 of 2 classes, 2x1 views, "), "\(listed)")
    let config = try text("listed/config.yaml")
    #expect(config.contains("\n  neighbours:\n    list: \(list)\n"), "\(config)")
    #expect(config.contains("\n  knn_videos: '4'\n  knn_views: 2x1\n"), "\(config)")
    for kind in ["slide", "zoom"] {
      try FileManager.default.createDirectory(
        atPath: "\(folder)/other/\(kind)", withIntermediateDirectories: true)
      for number in 0..<2 {
        try FileManager.default.copyItem(
          atPath: "\(data)/\(kind)/\(kind)_000\(number + 1).avi",
          toPath: "\(folder)/other/\(kind)/\(kind)_000\(number).avi")
      }
    }
    let other = try train("other-run", ["--steps", "1", "--knn-every", "5", "--knn-data", folder + "/other"])
    #expect(other.contains("neighbours: 2 videos ask 2 of 2 classes, 1x1 views, "), "\(other)")
    #expect(other.contains("\nstep 1: the 2 nearest of 2 videos tell "), "\(other)")
    #expect(
      FileManager.default.fileExists(atPath: folder + "/frames/neighbours/slide%2Fslide_0000.avi.frames"))
  }

  @Test func badInputIsToldBeforeAnyWork() throws {
    try synthesize(6, frames: 34)
    let one = folder + "/one"
    try FileManager.default.createDirectory(atPath: one + "/slide", withIntermediateDirectories: true)
    try FileManager.default.createDirectory(atPath: folder + "/flat", withIntermediateDirectories: true)
    for (number, kind) in ["slide", "zoom"].enumerated() {
      let video = "\(data)/\(kind)/\(kind)_0000.avi"
      try FileManager.default.copyItem(atPath: video, toPath: "\(one)/slide/\(number).avi")
      try FileManager.default.copyItem(atPath: video, toPath: "\(folder)/flat/\(number).avi")
    }
    let every = ["--knn-every", "1"]
    let period = "give a number of steps from 1 on, or of epochs such as 1epoch, or never"
    let table: [(model: String, data: String, options: [String], sentence: String)] = [
      (
        "models/tiny.mcl", folder + "/flat", every,
        "--knn-every: 0.avi has no label, nor have 1 others; put each video into a folder named after its class, or give a "
          + "list with labels"
      ),
      (
        "models/tiny.mcl", one, every,
        "--knn-every: all 2 videos are of the class 'slide', but classes take at least two; add videos of another class"
      ),
      (
        "models/tiny.mcl", data, every,
        "--knn-every: no class of the 6 videos has two, one to train and one to validate with; give more videos, or those "
          + "for validation on their own"
      ),
      (
        "Tests/Fixtures/contrast.mcl", data, every,
        "--knn-every: model 'contrast' has no program that gives features, or several; give it one called 'embed' without "
          + "updates, with one clip and one output f32 [N, D]"
      ),
      (
        "models/tiny.mcl", data, every + ["--knn-data", "nowhere"],
        "--knn-data nowhere: it is no folder and no list; check the path"
      ),
      ("models/tiny.mcl", data, ["--knn-data", one], "--knn-data goes with --knn-every"),
      (
        "models/tiny.mcl", data, ["--knn-videos", "9"], "--knn-videos and --knn-views go with --knn-every"
      ),
      ("models/tiny.mcl", data, ["--knn-every", "0"], "--knn-every '0': \(period)"),
      ("models/tiny.mcl", data, ["--knn-every", "-3"], "--knn-every '-3': \(period)"),
      ("models/tiny.mcl", data, ["--knn-every", "0epochs"], "--knn-every '0epochs': \(period)"),
      ("models/tiny.mcl", data, ["--knn-every", "epoch"], "--knn-every 'epoch': \(period)"),
      (
        "models/tiny.mcl", data, every + ["--knn-videos", "1"],
        "--knn-videos '1': give a number from 2 to 1073741824"
      ),
      (
        "models/tiny.mcl", data, every + ["--knn-views", "1x2"],
        "--knn-views '1x2': give 1 to 1000 clips of 1 or 3 crops, such as 1x1 or 3x1"
      ),
    ]
    for (model, data, options, sentence) in table {
      let outcome = try command.mclc(
        ["train", model, "--data", data, "--out", folder + "/run", "--steps", "1"] + options)
      // The parser adds its usage below what it finds itself.
      let said = outcome.errors.components(separatedBy: "\nUsage: ")[0].trimmingCharacters(in: .newlines)
      #expect(outcome.code == 2 && said == "mclc: \(sentence)", "\(outcome.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder + "/run/config.yaml"))
    #expect(!FileManager.default.fileExists(atPath: folder + "/run/motion"))
  }
}
