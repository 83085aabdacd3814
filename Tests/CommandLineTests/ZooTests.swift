import Foundation
import MCLEngineTestKit
import MCLTestKit
import MCLVideo
import Testing

/// `mclc prepare` and `mclc train` on a folder of all kinds of videos, and among them files that are none.
@Suite struct ZooTests {
  private let command = CommandLineTests()
  private let folder = CommandLineTests.folder.appendingPathComponent("zoo-\(UUID().uuidString)").path

  /// The clip that the zoo is made of: a real one where there are some.
  private func frames() throws -> [VideoFrame] {
    if let videos = ProcessInfo.processInfo.environment["MCL_VIDEOS"] {
      return try VideoDecoder.decode(path: videos + "/race-1906.ogv", shortSide: 48, frames: 100..<140)
    }
    return (0..<40).map { t in
      let pixels = (0..<48 * 64).flatMap { place -> [UInt8] in
        let (x, y) = (place % 64, place / 64)
        let light: UInt8 = ((x - t) % 64 + 64) % 64 < 12 && (y - 20).magnitude < 8 ? 60 : 0
        return [UInt8(2 * x) + light, UInt8(2 * y) + light, 60 + light]
      }
      return VideoFrame(width: 64, height: 48, pixels: pixels)
    }
  }

  @Test func allKindsArePreparedAndTrained() throws {
    try FileManager.default.createDirectory(atPath: folder + "/videos", withIntermediateDirectories: true)
    let kinds = VideoFormat.zoo.filter { $0.format.isAvailable }
    #expect(kinds.count >= 13)
    let frames = try frames()
    for (name, format) in kinds {
      try VideoEncoder.encode(frames, to: "\(folder)/videos/\(name)", format: format)
    }
    try Data().write(to: URL(fileURLWithPath: folder + "/videos/empty.mp4"))
    try Data("prose\n".utf8).write(to: URL(fileURLWithPath: folder + "/videos/prose.txt"))
    let sizes = Data("YUV4MPEG2 W9000 H9000 F25:1\nFRAME\n".utf8)
    try sizes.write(to: URL(fileURLWithPath: folder + "/videos/huge.y4m"))
    let prepared = try command.mclc(
      ["prepare", "--data", folder + "/videos", "--cache", folder + "/motion", "--json"])
    #expect(prepared.code == 0, "\(prepared.errors)")
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(prepared.output.utf8)) as? [String: Any])
    #expect(report["usable"] as? Int == kinds.count, "\(prepared.errors)")
    let skipped = try #require(report["skipped"] as? [[String: String]])
    #expect(skipped.compactMap { $0["name"] }.sorted() == ["empty.mp4", "huge.y4m", "prose.txt"])
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder + "/motion").count {
        $0.hasSuffix(".frames")
      }
        == kinds.count)
    // One is cut off after that: it is looked at again, named, and the run goes on without it.
    let cut = "\(folder)/videos/mpeg4.avi"
    try Data(contentsOf: URL(fileURLWithPath: cut)).prefix(3000).write(to: URL(fileURLWithPath: cut))
    let trained = try command.mclc(
      [
        "train", "models/tiny.mcl", "--data", folder + "/videos", "--cache", folder + "/motion", "--out",
        folder + "/run", "--epochs", "1", "--decoded-memory", "1", "--max-failed", "0.9",
      ] + SmallRun.set)
    #expect(trained.code == 0, "\(trained.errors)")
    #expect(trained.errors.contains("mpeg4.avi"), "\(trained.errors)")
    print("zoo: \(kinds.count) kinds prepared and trained: \(kinds.map(\.name).joined(separator: " "))")
  }

  @Test func aShareIsFrom0To1() throws {
    let outcome = try command.mclc(
      [
        "train", "models/tiny.mcl", "--data", folder, "--out", folder + "/run", "--steps", "1",
        "--max-failed", "1.5",
      ])
    #expect(
      outcome.code == 2 && outcome.errors.contains("--max-failed '1.5': give a share from 0 to 1"),
      "\(outcome.errors)")
  }
}
