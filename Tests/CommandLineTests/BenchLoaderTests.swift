import Foundation
import MCLBenchmark
import MCLSupport
import MCLTestKit
import MCLVideo
import MCLWeights
import Testing

/// `mclc bench loader`: what it counts and what it refuses; its times are nobody's to test.
@Suite struct BenchLoaderTests {
  private let command = CommandLineTests()
  private let folder = CommandLineTests.folder.appendingPathComponent("loader-\(UUID().uuidString)").path

  private func video(_ frames: Int) throws -> String {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let path = "\(folder)/\(frames).avi"
    let pictures = (0..<frames).map { t -> VideoFrame in
      var pixels: [UInt8] = []
      for place in 0..<64 * 48 * 3 {
        let value = place * 7 + place / 192 * 3 + t * 5
        pixels.append(UInt8(value % 256))
      }
      return VideoFrame(width: 64, height: 48, pixels: pixels)
    }
    try VideoEncoder.encode(pictures, to: path)
    return path
  }

  @Test func clipsAreCountedAndTimed() throws {
    let video = try video(40)
    let outcome = try command.mclc(
      ["bench", "loader", video, "--size", "32", "--size", "48", "--clips", "3", "--rounds", "1", "--json"])
    #expect(outcome.code == 0, "\(outcome.errors)")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    let sizes = try #require(object["sizes"] as? [[String: Any]])
    #expect(sizes.compactMap { $0["size"] as? Int } == [32, 48])
    for size in sizes {
      #expect(size["clips"] as? Int == 3)
      #expect(try #require(size["clipsPerSecond"] as? Double) > 0)
      #expect(try #require(size["decodeMillisecondsPerClip"] as? Double) > 0)
      #expect(try #require(size["resizeMillisecondsPerClip"] as? Double) > 0)
    }
    let saved = folder + "/clips.safetensors"
    #expect(
      try command.mclc(["bench", "loader", video, "--size", "32", "--clips", "2", "--save", saved]).code == 0)
    let file = try SafeTensors(path: saved)
    #expect(file.entries.keys.sorted() == ["clip0", "clip1"])
    let clips = try JSONDecoder().decode(
      [LoaderBenchmark.Clip].self, from: Data(try #require(file.metadata["clips"]).utf8))
    let bench = try LoaderBenchmark(videos: [video], count: 2, size: 32, threads: 1)
    #expect(clips.map(\.augmentation) == bench.clips.map(\.augmentation))
    #expect(try file.floats("clip1") == bench.load(bench.clips[1]))
  }

  @Test func wrongUse() throws {
    let (short, good) = (try video(20), try video(40))
    let table: [([String], String)] = [
      (
        [short],
        "mclc: video \(short) has 20 frames, fewer than the 32 a clip spans: leave it out of the list or sample shorter clips\n"
      ),
      ([folder + "/none.avi"], "mclc: There is no file at \"\(folder)/none.avi\"; check the path.\n"),
    ]
    for (arguments, message) in table {
      let outcome = try command.mclc(["bench", "loader"] + arguments)
      #expect(outcome.code == 2)
      #expect(outcome.errors == message)
    }
    #expect(try command.mclc(["bench", "loader", good, "--size", "8"]).code != 0)
    #expect(try command.mclc(["bench", "loader"]).code != 0)
  }
}
