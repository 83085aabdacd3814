import Foundation
import MCLData
import MCLGraph
import MCLRuntime
import MCLTestKit
import MCLWeights
import Testing

/// `mclc train` on programs that are not the shipped method: a classifier, two views, and what they refuse.
@Suite struct SupervisedTests {
  private static let shape = [
    "size=32", "batch=4", "frames=4", "frame_step=4", "widths=8,8,8,8", "layers=1,1,1,1", "stem=8",
  ]
  private static let set = shape.flatMap { ["--set", $0] }
  private let command = CommandLineTests()
  private let folder = CommandLineTests.folder.appendingPathComponent("supervised-\(UUID().uuidString)").path
  private var data: String { folder + "/videos" }

  private func synthesize(_ count: Int = 18) throws {
    try SynthesizedVideos.copy(count, frames: 24, seed: 3, to: data)
  }

  private func train(
    _ run: String, _ more: [String], environment: [String: String] = [:]
  ) throws -> CommandLineTests.Outcome {
    try command.run(
      "mclc",
      [
        "train", "models/r2plus1d_18.mcl", "--data", data, "--out", "\(folder)/\(run)", "--cache",
        folder + "/frames",
      ] + Self.set + more, environment: environment)
  }

  private func bytes(_ path: String) -> Data? { FileManager.default.contents(atPath: "\(folder)/\(path)") }

  private func validations(_ run: String) -> [[String: Any]] {
    (bytes("\(run)/validation.jsonl") ?? Data()).split(separator: 0x0a).compactMap {
      try? JSONSerialization.jsonObject(with: $0) as? [String: Any]
    }
  }

  @Test func aClassifierIsTrainedAndMeasuredAfterEachEpoch() throws {
    try synthesize()
    let whole = try train("whole", ["--epochs", "3", "--validate", "0.34", "--checkpoint-every", "2"])
    #expect(whole.code == 0, "\(whole.errors)")
    for text in [
      "num_classes = 6, as the videos have so many classes",
      "12 videos of 6 classes, 12 read for the first time",
      "6 more to validate with", "top1", "epoch 3: top-1 ", "of 6 videos held back",
    ] { #expect(whole.errors.contains(text), "\(text): \(whole.errors)") }
    // A classifier needs frames and no motion.
    let kept = try FileManager.default.subpathsOfDirectory(atPath: folder + "/frames")
    #expect(kept.contains("circle%2Fcircle_0000.avi.frames"), "\(kept)")
    #expect(!kept.contains { $0.hasSuffix("motion") || $0.hasSuffix("flow") }, "\(kept)")
    let measured = validations("whole")
    #expect(
      measured.map { $0["epoch"] as? Int } == [1, 2, 3] && measured.map { $0["step"] as? Int } == [3, 6, 9])
    #expect(measured.allSatisfy { $0["samples"] as? Int == 6 && ($0["top5"] as? Double ?? 2) <= 1 })

    // The best of them is a checkpoint of its own, with the classes.
    let best = try SafeTensors(path: folder + "/whole/best.safetensors")
    let tops = measured.compactMap { $0["top1"] as? Double }
    let first = try #require(tops.firstIndex(of: tops.max() ?? 0))
    #expect(best.metadata["step"] == "\(3 * (first + 1))")
    #expect(best.metadata["classes"] == #"["circle","rotate","shake","slide","wander","zoom"]"#)
    let exported = try command.mclc([
      "export", folder + "/whole/best.safetensors", "--out", folder + "/w.safetensors",
    ])
    #expect(exported.code == 0, "\(exported.errors)")
    let weights = try SafeTensors(path: folder + "/w.safetensors")
    #expect(weights.metadata["classes"]?.contains("wander") == true && weights.names.contains("fc.weight"))
    let page = try command.mclc(["report", folder + "/whole", "-o", folder + "/report.html"])
    #expect(page.code == 0, "\(page.errors)")
    let html = String(decoding: try #require(bytes("report.html")), as: UTF8.self)
    #expect(html.contains("<h2>Validation</h2>") && html.contains("validation top-1, best"))

    // The same in another number of threads and workers, and in parts.
    let other = try train(
      "other", ["--epochs", "3", "--validate", "0.34", "--checkpoint-every", "2", "--workers", "4"],
      environment: ["MCL_THREADS": "1"])
    #expect(other.code == 0, "\(other.errors)")
    let part = try train("part", ["--steps", "4", "--validate", "0.34", "--checkpoint-every", "2"])
    #expect(part.code == 0, "\(part.errors)")
    let rest = try command.mclc(["train", "--resume", folder + "/part", "--change", "epochs=3"])
    #expect(rest.code == 0, "\(rest.errors)")
    for name in ["checkpoint-00000009.safetensors", "validation.jsonl", "best.safetensors", "log.jsonl"] {
      #expect(bytes("whole/\(name)") != nil && bytes("whole/\(name)") == bytes("other/\(name)"), "\(name)")
    }
    let tensors = try ["whole", "part"].map {
      let file = try SafeTensors(path: "\(folder)/\($0)/checkpoint-00000009.safetensors")
      return try file.names.sorted().map { try file.tensor($0) }
    }
    #expect(tensors[0] == tensors[1])
  }

  @Test func listsAndTablesThatDoNotFitAreRefused() throws {
    try synthesize(12)
    let list = folder + "/held.txt"
    try Data("slide/slide_0001.avi slide\nzoom/zoom_0001.avi zooming\n".utf8).write(
      to: URL(fileURLWithPath: list))
    let unknown = try train("run", ["--epochs", "1", "--validate", list])
    #expect(
      unknown.code == 2 && unknown.errors.contains("'zooming' is none of the 6 classes"), "\(unknown.errors)")
    // What is validated with is not trained on.
    try Data("slide/slide_0001.avi slide\nzoom/zoom_0001.avi zoom\n".utf8).write(
      to: URL(fileURLWithPath: list))
    let held = try train("held", ["--steps", "1", "--validate", list])
    #expect(held.code == 0 && held.errors.contains("10 videos of 6 classes"), "\(held.errors)")
    #expect(held.errors.contains("2 more to validate with"), "\(held.errors)")
    let few = try train("run", ["--epochs", "1", "--set", "num_classes=4"])
    #expect(
      few.code == 2
        && few.errors.hasSuffix(
          "the videos have 6 classes, but the model 4; leave --set num_classes out, or give 6\n"),
      "\(few.errors)")
    let nothing = try train("run", ["--epochs", "1", "--validate", "nowhere"])
    #expect(nothing.code == 2 && nothing.errors.contains("it is no share such as 0.2, no list and no folder"))

    #expect(try train("run", ["--steps", "2"]).code == 0)
    // The same videos under other names of classes.
    try FileManager.default.moveItem(atPath: data + "/zoom", toPath: data + "/approach")
    let renamed = try train("run", ["--steps", "3", "--resume"])
    #expect(renamed.code == 2 && renamed.errors.contains("other classes"), "\(renamed.errors)")
    // Weights for another number of classes: all but the head.
    try FileManager.default.removeItem(atPath: data + "/approach")
    let tuned = try train(
      "tuned", ["--steps", "1", "--init", folder + "/run/checkpoint-00000002.safetensors"])
    #expect(tuned.code == 0, "\(tuned.errors)")
    #expect(
      tuned.errors.contains("of another number of classes, so that the model's own start anew"),
      "\(tuned.errors)")
  }

  /// Files that are no videos, too short or damaged: named, left out, and the run goes on, also when they fail later.
  @Test func badFilesAreNamedAndLeftOut() throws {
    try synthesize(12)
    func put(_ name: String, _ bytes: Data) throws {
      try bytes.write(to: URL(fileURLWithPath: "\(data)/\(name)"))
    }
    let whole = try #require(FileManager.default.contents(atPath: data + "/zoom/zoom_0000.avi"))
    try put("zoom/text.avi", Data("no video\n".utf8))
    try put("zoom/empty.avi", Data())
    try put("zoom/cut.avi", whole.prefix(whole.count / 3))
    var noise = whole
    for place in stride(from: 300, to: noise.count, by: 7) { noise[place] ^= 0x5a }
    try put("slide/noise.avi", noise)
    let run = try train("run", ["--steps", "6", "--validate", "0.3"])
    #expect(run.code == 0, "\(run.errors)")
    for name in ["zoom/text.avi", "zoom/empty.avi"] {
      #expect(run.errors.contains("mclc: skipped \(name): "), "\(name): \(run.errors)")
    }
    #expect(!run.errors.contains("Fatal") && validations("run").count >= 1)
    // Damaged since it was looked at: replaced, or left out of the validation.
    for name in ["circle/circle_0000.avi", "shake/shake_0001.avi"] { try put(name, Data("gone".utf8)) }
    let frames = folder + "/frames"
    let kept = try FileManager.default.subpathsOfDirectory(atPath: frames).filter { $0.hasSuffix(".frames") }
    #expect(kept.count >= 12)
    let again = try train("again", ["--steps", "6", "--validate", "0.3"])
    #expect(
      again.code == 0 && again.errors.contains("mclc: skipped circle/circle_0000.avi: "), "\(again.errors)")
  }

  /// A program that nothing in mclc knows of, with no file given but its own.
  @Test func twoViewsAreContrastedByTheirModelFileAlone() throws {
    try synthesize(12)
    let model = "Tests/Fixtures/contrast.mcl"
    let trained = try command.mclc([
      "train", model, "--data", data, "--out", folder + "/views", "--steps", "30", "--set", "batch=4",
      "--set",
      "size=32", "--set", "rate=0.2", "--schedule", "rate=linear to=0",
    ])
    #expect(trained.code == 0, "\(trained.errors)")
    #expect(
      trained.errors.contains("12 videos, 12 read for the first time, 0 skipped\n"), "\(trained.errors)")
    let records = RunFolder.lines(folder + "/views/log.jsonl", as: StepRecord.self)
    let losses = records.compactMap { $0.outputs["loss"] }
    #expect(losses.count == 30 && losses.suffix(10).reduce(0, +) < losses.prefix(10).reduce(0, +))
    let shown = try command.mclc(["compile", model])
    #expect(
      shown.output.contains("  one: f32[8,3,8,64,64] from clips.clip moment=\"one\" step=2 view=\"one\"\n"))
    let sheet = try command.mclc([
      "inspect", "--run", folder + "/views", "--samples", "1", "--out", folder + "/s.html",
    ])
    #expect(sheet.code == 0, "\(sheet.errors)")
  }
}
