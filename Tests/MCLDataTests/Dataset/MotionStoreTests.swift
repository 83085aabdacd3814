import Foundation
import MCLData
import MCLDataTestKit
import MCLMotion
import MCLRuntime
import MCLSupport
import MCLVideo
import Testing

@Suite struct MotionStoreTests {
  /// Two videos that serve, and four files that do not.
  private func mixedFolder() throws -> VideoTestFolder {
    let folder = try VideoTestFolder()
    let data = folder.path + "/data"
    try VideoSynthesizer().synthesize(into: data, videos: 2, seed: 3, frames: 40, width: 64, height: 48)
    try VideoEncoder.encode(sampleFrames(20, width: 64, height: 48), to: data + "/short.avi")
    _ = try folder.file("data/empty.mp4", [])
    _ = try folder.file(
      "data/prose.txt", Array(String(repeating: "Not a video, but prose.\n", count: 99).utf8))
    _ = try folder.file("data/sound.wav", waveFile())
    return folder
  }

  /// A tenth of a second of silence.
  private func waveFile() -> [UInt8] {
    func number(_ value: Int, _ bytes: Int) -> [UInt8] {
      (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    let samples = [UInt8](repeating: 0, count: 1600)
    let format =
      number(1, 2) + number(1, 2) + number(8000, 4) + number(16000, 4) + number(2, 2) + number(16, 2)
    return Array("RIFF".utf8) + number(36 + samples.count, 4) + Array("WAVEfmt ".utf8) + number(16, 4)
      + format
      + Array("data".utf8) + number(samples.count, 4) + samples
  }

  private func prepare(
    _ folder: VideoTestFolder, cache: String, workers: Int = 2,
    progress: (MotionStore.Progress) throws -> Void = { _ in }
  ) throws -> MotionStore.Prepared {
    var store = MotionStore(directory: cache)
    store.workers = workers
    return try store.prepare(VideoDataset(directory: folder.path + "/data"), progress: progress)
  }

  @Test func whatServesIsPreparedAndTheRestNamed() throws {
    let folder = try mixedFolder()
    let (data, cache) = (folder.path + "/data", folder.path + "/motion")
    var last: MotionStore.Progress?
    let prepared = try prepare(folder, cache: cache) { last = $0 }
    #expect(prepared.videos.count == 2)
    #expect(prepared.videos.allSatisfy { $0.frameCount == 40 && $0.motion?.flowCount == 39 })
    #expect(prepared.videos.allSatisfy { $0.width == 64 && $0.height == 48 })
    #expect(
      prepared.videos.allSatisfy {
        $0.video.label != nil && $0.video.label == $0.video.name.folderName?.description
      })
    #expect(prepared.computed == 2, "no flow is computed of a video that is too short")
    #expect(!FileManager.default.fileExists(atPath: MotionCache(directory: cache).path(of: "short.avi")))
    let reasons = Dictionary(uniqueKeysWithValues: prepared.skipped.map { ($0.name, $0.reason) })
    #expect(
      reasons == [
        "empty.mp4": "\(data)/empty.mp4 is empty, 0 bytes long; copy the video again.",
        "prose.txt":
          "\(data)/prose.txt is not a video that FFmpeg can read (it looks like text); copy or convert it again.",
        "sound.wav":
          "\(data)/sound.wav has no video stream, only sound or data; give a file with pictures.",
        "short.avi":
          "\(data)/short.avi has 20 frames, fewer than the 32 a clip spans; use longer videos",
      ])
    #expect(last?.videoCount == 6)

    var flows = 0
    let again = try prepare(folder, cache: cache) { flows = max(flows, $0.allSteps) }
    #expect(again.computed == 0 && flows == 0)
    #expect(
      try again.videos.map { try $0.source(span: 32) } == prepared.videos.map { try $0.source(span: 32) })
    #expect(again.skipped.map(\.name) == prepared.skipped.map(\.name))

    // A damaged entry is made anew, with the bytes it had.
    let name = prepared.videos[1].video.name
    let entry = MotionCache(directory: cache).path(of: name)
    let whole = try Data(contentsOf: URL(fileURLWithPath: entry))
    for offset in [20, whole.count - 1] {
      var damaged = whole
      damaged[offset] ^= 1
      try damaged.write(to: URL(fileURLWithPath: entry))
      var computing: Set<String> = []
      let mended = try prepare(folder, cache: cache) { if $0.steps > 0 { computing.insert($0.name) } }
      #expect(mended.computed == 1)
      #expect(computing == [name.description])
      #expect(try Data(contentsOf: URL(fileURLWithPath: entry)) == whole)
    }
  }

  /// A clip of 20 frames at step 2 spans 40: one start, no velocity; of 16 frames, 9 starts and 8 velocities.
  @Test func theSpanIsTheModels() throws {
    let folder = try VideoTestFolder()
    let data = folder.path + "/data"
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    for count in [31, 32, 40] {
      try VideoEncoder.encode(sampleFrames(count, width: 48, height: 32), to: "\(data)/\(count).avi")
    }
    func prepare(_ span: Int) throws -> MotionStore.Prepared {
      let prepared = try MotionStore(directory: folder.path + "/motion", clipSpan: span).prepare(
        VideoDataset(directory: data)
      ) { _ in }
      let frames = span / 2
      let batches = try DeclaredBatches(
        tubelets(batch: 2, frames: frames), from: .videos(prepared.videos), policy: .cropAndFlip, seed: 1,
        onFailure: { Issue.record("\($0): \($1)") })
      #expect(try batches.batch(0).xq.count == 2 * 3 * frames * 32 * 32)
      return prepared
    }
    let short = try prepare(32)
    #expect(short.videos.map(\.video.name) == ["32.avi", "40.avi"])
    #expect(try short.videos.map { try $0.source(span: 32).velocities.count } == [0, 8])
    #expect(short.skipped.map(\.name) == ["31.avi"])
    let long = try prepare(40)
    #expect(long.videos.map(\.video.name) == ["40.avi"])
    #expect(try long.videos.map { try $0.source(span: 40).velocities.count } == [0])
    #expect(
      long.skipped.map(\.reason)
        == [31, 32].map {
          "\(data)/\($0).avi has \($0) frames, fewer than the 40 a clip spans; use longer videos"
        })
  }

  @Test func aStoppedPreparationKeepsWhatIsComplete() throws {
    struct Stop: Error {}
    let folder = try VideoTestFolder()
    for (name, count) in [("a.avi", 34), ("b.avi", 120)] {
      try FileManager.default.createDirectory(
        atPath: folder.path + "/data", withIntermediateDirectories: true)
      try VideoEncoder.encode(sampleFrames(count, width: 48, height: 32), to: "\(folder.path)/data/\(name)")
    }
    let cache = folder.path + "/motion"
    #expect(throws: Stop.self) {
      _ = try prepare(folder, cache: cache, workers: 1) {
        if $0.name == "b.avi", $0.steps > 3 { throw Stop() }
      }
    }
    #expect(try prepare(folder, cache: cache).computed == 1)
    #expect(try prepare(folder, cache: cache).computed == 0)
  }

  @Test func nothingUsableIsAnError() throws {
    let folder = try VideoTestFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path + "/data", withIntermediateDirectories: true)
    let empty = try folder.file("data/a.avi", [])
    let sound = try folder.file("data/b.wav", waveFile())
    let error = #expect(throws: UsageError.self) {
      _ = try prepare(folder, cache: folder.path + "/motion")
    }
    #expect(
      error?.description
        == "none of the 2 files can be used: \(empty) is empty, 0 bytes long; copy the video again.; "
        + "\(sound) has no video stream, only sound or data; give a file with pictures.")
  }

  @Test func aCacheThatCannotBeWrittenStopsEverything() throws {
    let folder = try VideoTestFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path + "/data", withIntermediateDirectories: true)
    try VideoEncoder.encode(sampleFrames(34, width: 48, height: 32), to: "\(folder.path)/data/a.avi")
    let cache = try folder.file("file.txt", [1]) + "/motion"
    let error = #expect(throws: UsageError.self) { _ = try prepare(folder, cache: cache) }
    #expect(error?.description.contains(cache) == true)
  }
}
