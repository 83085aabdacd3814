import Foundation
import MCLEvaluation
import MCLTestKit
import MCLWeights
import Testing

/// `mclc predict` as a user has it.
@Suite struct PredictTests {
  private let command = CommandLineTests()
  private static let folder = CommandLineTests.folder.appendingPathComponent("predict").path
  private var folder: String { Self.folder }
  private var data: String { folder + "/videos" }
  private var run: String { folder + "/run" }
  private static let shape = [
    "size=32", "batch=4", "frames=4", "frame_step=2", "widths=8,8,8,8", "layers=1,1,1,1", "stem=8",
  ].flatMap { ["--set", $0] }

  /// The run that all of them read, and none changes.
  private static let training = Result<Void, any Error> {
    let data = folder + "/videos"
    try SynthesizedVideos.copy(12, frames: 24, seed: 3, to: data)
    let trained = try CommandLineTests().mclc(
      ["train", "models/r2plus1d_18.mcl", "--data", data, "--out", folder + "/run", "--steps", "2"] + shape)
    #expect(trained.code == 0, "\(trained.errors)")
  }

  private func trained() throws { try Self.training.get() }

  private func object(_ outcome: CommandLineTests.Outcome) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
  }

  @Test func classesOfVideos() throws {
    try trained()
    let video = data + "/zoom/zoom_0000.avi"
    let one = try command.mclc(["predict", run, video])
    #expect(one.code == 0, "\(one.errors)")
    let lines = one.output.split(separator: "\n").map(String.init)
    #expect(
      lines.count == 6 && lines[0] == video && lines[1].wholeMatch(of: #/  [ \d.]{5} %  [a-z]+/#) != nil)

    // The same as the softmax of the mean scores that 'embed' gives.
    let features = folder + "/scores.safetensors"
    let embedded = try command.mclc([
      "embed", run, "--data", data, "--program", "validate", "--layer", "logits", "--views", "10x1", "-o",
      features,
    ])
    #expect(embedded.code == 0, "\(embedded.errors)")
    let table = try FeatureFile.read(features)
    let place = try #require(table.names.firstIndex(of: "zoom/zoom_0000.avi"))
    let scores = table.means[place * 6..<(place + 1) * 6]
    let total = scores.reduce(0.0) { $0 + exp(Double($1)) }
    let all = try object(try command.mclc(["predict", run, data, "--json"]))
    let videos = try #require(all["videos"] as? [[String: Any]])
    #expect(
      videos.count == 12 && all["views"] as? String == "10x1" && all["program"] as? String == "validate")
    let found = try #require(videos.first { $0["video"] as? String == video })
    let classes = try #require(found["classes"] as? [[String: Any]])
    #expect(classes.count == 5)
    for entry in classes {
      let (number, probability) = (entry["number"] as? Int ?? -1, entry["probability"] as? Double ?? -1)
      try #require(scores.indices.contains(scores.startIndex + number))
      #expect(abs(probability - exp(Double(scores[scores.startIndex + number])) / total) < 1e-9)
      #expect(entry["class"] as? String == table.classes[number])
    }
    let probabilities = classes.compactMap { $0["probability"] as? Double }
    #expect(probabilities == probabilities.sorted(by: >))

    // Exported weights bring classes and preparation.
    let weights = folder + "/w.safetensors"
    #expect(try command.mclc(["export", run, "-o", weights]).code == 0)
    let model = ["--model", "models/r2plus1d_18.mcl", "--set", "num_classes=6"] + Self.shape
    let exported = try command.mclc(["predict", weights, video] + model)
    #expect(exported.code == 0 && exported.output == one.output, "\(exported.errors)")
    // Without a table there are numbers.
    let file = try SafeTensors(path: weights)
    var tensors: [String: HostTensor] = [:]
    for name in file.names { tensors[name] = try file.tensor(name) }
    try SafeTensors.write(tensors, metadata: [:], to: weights)
    let numbered = try command.mclc(["predict", weights, video] + model)
    #expect(
      numbered.code == 0
        && numbered.errors.contains(
          "mclc: the weights do not say how classes are called; they are numbered from 0\n"),
      "\(numbered.errors)")
    #expect(numbered.output.contains(" %  class ") && !numbered.output.contains("wander"))
  }

  @Test func whatCannotBeReadIsNamedAndTheOthersGoOn() throws {
    try trained()
    let (good, text) = (data + "/zoom/zoom_0000.avi", folder + "/text.avi")
    try Data("no video\n".utf8).write(to: URL(fileURLWithPath: text))
    let outcome = try command.mclc(["predict", run, text, good, folder + "/missing.avi"])
    #expect(outcome.code == 1, "\(outcome.errors)")
    #expect(outcome.errors.contains("mclc: skipped \(text): "), "\(outcome.errors)")
    #expect(outcome.errors.contains("mclc: skipped \(folder)/missing.avi: "), "\(outcome.errors)")
    #expect(outcome.output.hasPrefix(good + "\n") && outcome.output.split(separator: "\n").count == 6)
    let printed = try object(try command.mclc(["predict", run, text, good, "--json"]))
    let unreadable = try #require(printed["unreadable"] as? [[String: String]])
    #expect(unreadable.map { $0["name"] } == [text])
    let none = try command.mclc(["predict", run, text])
    #expect(
      none.code == 2 && none.errors.contains("mclc: none of the 1 files can be used: "), "\(none.errors)")
  }

  @Test func aClipSlidesOverAVideo() throws {
    try trained()
    let video = data + "/slide/slide_0000.avi"
    // 24 frames; a clip spans 8 of them.
    let lines = try command.mclc(["predict", run, video, "--over-time"])
    #expect(lines.code == 0, "\(lines.errors)")
    let rows = lines.output.split(separator: "\n").map(String.init)
    #expect(rows.count == 4 && rows[0] == video)
    for row in rows.dropFirst() {
      #expect(row.wholeMatch(of: #/  \d+\.\d\d-\d+\.\d\d s [ \d.]{5} %  [a-z]+/#) != nil, "\(row)")
    }
    let (svg, png) = (folder + "/a.svg", folder + "/a.png")
    let printed = try command.mclc([
      "predict", run, video, "--over-time", "--every", "0.1", "--json", "--picture", svg,
    ])
    #expect(printed.code == 0 && printed.errors.isEmpty, "\(printed.errors)")
    let found = try #require((try object(printed)["videos"] as? [[String: Any]])?.first)
    let windows = try #require(found["windows"] as? [[String: Any]])
    let starts = windows.compactMap { $0["start"] as? Double }
    #expect(windows.count > 3 && starts == starts.sorted() && starts.first == 0)
    #expect(try String(contentsOfFile: svg, encoding: .utf8).contains("over time</title>"))
    let drawn = try command.mclc(["predict", run, video, "--over-time", "--picture", png])
    #expect(
      drawn.code == 0 && drawn.errors.hasSuffix("a.png: a row for each of the 6 main classes\n"),
      "\(drawn.errors)")
    #expect(FileManager.default.contents(atPath: png)?.starts(with: [0x89, 0x50, 0x4e, 0x47]) == true)

    let two = try command.mclc(["predict", run, data, "--over-time", "--picture", svg])
    #expect(
      two.code == 2 && two.errors == "mclc: --picture draws one video, but there are 12; name one\n",
      "\(two.errors)")
    for (arguments, sentence) in [
      (["--every", "1"], "--every and --picture go with --over-time"),
      (["--over-time", "--every", "0"], "--every takes seconds above 0, such as 0.5"),
      (["--over-time", "--picture", "a.gif"], "--picture a.gif: name a file that ends in .svg or .png"),
      (
        ["--over-time", "--views", "2x1"],
        "--views and --over-time exclude each other: one clip slides, in one crop"
      ),
    ] {
      let refused = try command.mclc(["predict", run, video] + arguments)
      #expect(
        refused.code == 2 && refused.errors.hasPrefix("mclc: \(sentence)\n"), "\(refused.errors)")
    }
  }
}
