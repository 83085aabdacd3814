import Foundation
import MCLGraph
import MCLSupport
import MCLTestKit
import MCLWeights

/// A training of seconds, and what its tests need around it.
struct SmallRun {
  static let shape = ["batch=2", "size=32", "queue_size=12", "widths=8,8,8,8"]
  static let set = shape.flatMap { ["--set", $0] }

  let command = CommandLineTests()
  let folder: String
  var data: String { folder + "/videos" }
  var run: String { folder + "/run" }

  /// Makes four videos in a folder of its own.
  init(_ name: String) throws {
    folder = CommandLineTests.folder.appendingPathComponent("\(name)-\(UUID().uuidString)").path
    try SynthesizedVideos.copy(4, frames: 34, to: folder + "/videos")
  }

  /// `mclc train` of the tiny model, or of another one, with motion that all runs of this folder share.
  func train(
    _ more: [String], out: String? = nil, model: String = "models/tiny.mcl"
  ) throws -> CommandLineTests.Outcome {
    try command.mclc(
      ["train", model, "--data", data, "--out", out ?? run, "--cache", folder + "/motion"] + Self.set + more)
  }

  func goOn(_ more: [String] = [], in run: String? = nil) throws -> CommandLineTests.Outcome {
    try command.mclc(["train", "--resume", run ?? self.run] + more)
  }

  func checkpoint(_ step: Int, in run: String? = nil) -> String {
    "\(run ?? self.run)/checkpoint-\(String(repeating: "0", count: 8 - String(step).count))\(step).safetensors"
  }

  func bytes(_ path: String) -> Data? { FileManager.default.contents(atPath: path) }

  /// A file of two clips for `embed` and `encode`, as bytes.
  func clips(batch: Int = 2) throws -> String {
    let path = folder + "/clips-\(batch).safetensors"
    var random = RandomValues(seed: 9)
    let bytes = (0..<batch * 3 * 16 * 32 * 32).map { _ in UInt8(random.integer(below: 256)) }
    try SafeTensors.write(
      ["clip": HostTensor([batch, 3, 16, 32, 32], .uint8(bytes))], metadata: [:], to: path)
    return path
  }

  /// The models with one text replaced in one of their files, in a folder of their own.
  func models(_ file: String, _ old: String, with new: String) throws -> String {
    let models = folder + "/models-\(UUID().uuidString)"
    try FileManager.default.copyItem(
      atPath: repositoryFolder.appendingPathComponent("models").path, toPath: models)
    let text = try String(contentsOfFile: "\(models)/\(file)", encoding: .utf8)
    let changed = text.replacing(old, with: new)
    guard changed != text else { throw UsageError("\(file) does not hold '\(old)'") }
    try Data(changed.utf8).write(to: URL(fileURLWithPath: "\(models)/\(file)"))
    return models
  }
}
