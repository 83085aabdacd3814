import Foundation
import MCLTestKit
import Testing

/// Evaluations of a small network with random weights, for tests of what is made of them.
struct EvaluationFolders {
  let command = CommandLineTests()
  let folder = CommandLineTests.folder.appendingPathComponent("evaluations-\(UUID().uuidString)").path
  var data: String { folder + "/videos" }
  /// What each call has: the videos, and how they are seen.
  let common: [String]

  /// Makes the videos; with lists where each has a class of its own among `classes`.
  init(videos: Int = 18, classes: Int? = nil) throws {
    let data = folder + "/videos"
    try SynthesizedVideos.copy(videos, frames: 20, seed: 3, to: data)
    var split = ["--validate", "0.34", "--seed", "1"]
    if let classes {
      let names = (FileManager.default.enumerator(atPath: data)?.allObjects as? [String] ?? []).filter {
        $0.hasSuffix(".avi")
      }.sorted()
      for (list, part) in [("train", names.prefix(videos / 2)), ("test", names.suffix(videos / 2))] {
        let lines = part.enumerated().map { "\($1) c\($0 % classes)\n" }
        try Data(lines.joined().utf8).write(to: URL(fileURLWithPath: "\(folder)/\(list).txt"))
      }
      split = ["--train-list", folder + "/train.txt", "--test-list", folder + "/test.txt", "--seed", "1"]
    }
    common =
      ["--protocol", "knn,retrieval", "--data", data, "--views", "2x1", "--cache", folder + "/cache"] + split
  }

  /// Runs `evaluate` of random weights.
  func evaluate(_ out: String, _ more: [String] = []) throws -> CommandLineTests.Outcome {
    try command.mclc(
      ["evaluate", "--model", "models/tiny.mcl", "--init", "none"] + SmallRun.set + common + [
        "--out", "\(folder)/\(out)",
      ] + more)
  }

  func bytes(_ path: String) -> Data? { FileManager.default.contents(atPath: "\(folder)/\(path)") }

  func text(_ path: String) throws -> String {
    String(decoding: try #require(bytes(path)), as: UTF8.self)
  }
}
