import Foundation
import MCLData
import MCLDataTestKit
import MCLMotion
import MCLRuntime
import MCLSupport
import MCLVideo
import Synchronization
import Testing

/// Videos that are prepared without motion.
@Suite struct FrameCatalogTests {
  private func videos(_ folder: VideoTestFolder, _ count: Int = 3, frames: Int = 40) throws -> VideoDataset {
    try VideoSynthesizer().synthesize(
      into: folder.path + "/data", videos: count, seed: 8, frames: frames, width: 64, height: 48)
    return try VideoDataset(directory: folder.path + "/data")
  }

  private func contents(_ cache: String) throws -> [String: Data] {
    let names = try FileManager.default.contentsOfDirectory(atPath: cache)
    return Dictionary(
      uniqueKeysWithValues: try names.map {
        ($0, try Data(contentsOf: URL(fileURLWithPath: cache + "/" + $0)))
      })
  }

  /// What a preparation finds, and the frames it had to read.
  private func prepare(
    _ catalog: FrameCatalog, _ dataset: VideoDataset
  ) throws -> (found: PreparedVideos, framesRead: Int) {
    var framesRead = 0
    let found = try catalog.prepare(dataset) { framesRead = max(framesRead, $0.allSteps) }
    return (found, framesRead)
  }

  @Test func whatServesIsIndexedAndTheRestNamed() throws {
    let folder = try VideoTestFolder()
    _ = try videos(folder, 2)
    let data = folder.path + "/data"
    try VideoEncoder.encode(sampleFrames(20, width: 64, height: 48), to: data + "/short.avi")
    _ = try folder.file("data/empty.mp4", [])
    _ = try folder.file(
      "data/prose.txt", Array(String(repeating: "Not a video, but prose.\n", count: 99).utf8))
    let noise = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
    _ = try folder.file("data/noise.avi", noise)
    mkfifo(data + "/fifo.avi", 0o600)
    let dataset = try VideoDataset(directory: data)
    let catalog = FrameCatalog(directory: folder.path + "/cache", minimumFrames: 32, workers: 2)
    let (first, read) = try prepare(catalog, dataset)
    #expect(first.videos.map(\.video) == dataset.videos.filter { $0.label != nil })
    #expect(
      first.videos.allSatisfy {
        ($0.frameCount, $0.width, $0.height) == (40, 64, 48) && $0.motion == nil
          && $0.frameRate?.framesPerSecond == 25
      })
    #expect(first.computed == 3 && first.computedFrames == 100 && read == 100)
    let reasons = Dictionary(uniqueKeysWithValues: first.skipped.map { ($0.name, $0.reason) })
    #expect(Set(reasons.keys) == ["short.avi", "empty.mp4", "prose.txt", "noise.avi", "fifo.avi"])
    #expect(
      reasons["short.avi"] == "\(data)/short.avi has 20 frames, fewer than the 32 wanted; use longer videos")
    #expect(reasons["empty.mp4"] == "\(data)/empty.mp4 is empty, 0 bytes long; copy the video again.")

    let (second, readAgain) = try prepare(catalog, dataset)
    #expect(second.computed == 0 && readAgain == 0, "a second start decodes nothing")
    #expect(second.videos.map(\.identity) == first.videos.map(\.identity))
    #expect(second.videos.map(\.frameCount) == [40, 40])
    #expect(second.skipped.map(\.name) == first.skipped.map(\.name) && second.rebuilt.isEmpty)
    #expect(try contents(folder.path + "/cache").keys.allSatisfy { $0.hasSuffix(".frames") })
  }

  /// Either of motion and frames finds the index that the other wrote.
  @Test(arguments: [FlowSource.Kind.tvl1, .codec]) func indicesAreThoseOfMotion(kind: FlowSource.Kind) throws
  {
    let folder = try VideoTestFolder()
    let dataset = try videos(folder, 2)
    let store = MotionStore(
      directory: folder.path + "/a",
      parameters: MotionParameters(shortSide: 256, source: kind == .tvl1 ? .tvl1(TVL1Flow()) : .codec))
    let moved = try store.prepare(dataset) { _ in }
    #expect(
      try prepare(FrameCatalog(directory: folder.path + "/a"), dataset).framesRead == (kind == .tvl1 ? 0 : 80)
    )
    let alone = try prepare(FrameCatalog(directory: folder.path + "/b"), dataset).found
    #expect(
      try contents(folder.path + "/b") == contents(folder.path + "/a").filter { $0.key.hasSuffix(".frames") })
    for (one, other) in zip(alone.videos, moved.videos) {
      #expect((one.identity, one.frameCount) == (other.identity, other.frameCount))
      #expect((one.width, one.height) == (other.width, other.height) && one.frameRate == other.frameRate)
      #expect(
        (one.indexPath as NSString).lastPathComponent == (other.indexPath as NSString).lastPathComponent)
    }
  }

  @Test func sizesAreThoseTheDecoderGives() throws {
    let folder = try VideoTestFolder()
    let data = folder.path + "/data"
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    let frames = sampleFrames(5, width: 64, height: 48)
    var wide = VideoFormat(container: "mp4")
    wide.pixelAspect = (16, 15)
    try VideoEncoder.encode(frames, to: data + "/wide.mp4", format: wide)
    var turned = VideoFormat(container: "mp4")
    turned.displayMatrix = [0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30]
    try VideoEncoder.encode(frames, to: data + "/turned.mp4", format: turned)
    let dataset = try VideoDataset(directory: data)
    for shortSide in [nil, 256, 30] {
      var catalog = FrameCatalog(directory: folder.path + "/cache")
      catalog.shortSide = shortSide
      let found = try prepare(catalog, dataset).found
      #expect(found.videos.map(\.video.name) == ["turned.mp4", "wide.mp4"])
      for video in found.videos {
        let decoder = try VideoDecoder(path: video.video.path, shortSide: shortSide)
        #expect((video.width, video.height) == (decoder.width, decoder.height))
      }
      if shortSide == nil { #expect(found.videos.map(\.width) == [48, 68]) }
    }
  }

  @Test func aDamagedIndexIsMadeAnew() throws {
    let folder = try VideoTestFolder()
    let dataset = try videos(folder, 2)
    let catalog = FrameCatalog(directory: folder.path + "/cache")
    let path = try prepare(catalog, dataset).found.videos[0].indexPath
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    var damaged = [whole.prefix(0), whole.prefix(20), whole.dropLast(), whole + [0]]
    for offset in [0, 8, 12, 16, 24, 32, 40, 43, 44, 48, 52, 60, whole.count - 1] {
      damaged.append(whole)
      damaged[damaged.count - 1][offset] ^= 0x81
    }
    for bytes in damaged {
      try bytes.write(to: URL(fileURLWithPath: path))
      let (found, framesRead) = try prepare(catalog, dataset)
      #expect(found.computed == 1 && framesRead == 40 && found.videos.count == 2)
      #expect(found.rebuilt.map(\.name) == [dataset.videos[0].name.description])
      #expect(found.rebuilt.allSatisfy { $0.reason.hasPrefix(path + " ") })
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == whole)
    }
  }

  /// A video that changed is found by its bytes, by the size and times of its file where there is much to look at.
  @Test(arguments: [4e9, 0]) func aVideoThatChangedIsReadAnew(quickLimit: Double) throws {
    let folder = try VideoTestFolder()
    let dataset = try videos(folder)
    var catalog = FrameCatalog(directory: folder.path + "/cache")
    (catalog.verification, catalog.quickLimit) = (.quickWhereLarge, quickLimit)
    let before = try prepare(catalog, dataset).found
    // As many bytes as before.
    let path = dataset.videos[1].path.description
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[bytes.count / 2] ^= 1
    Thread.sleep(forTimeInterval: 0.05)
    try bytes.write(to: URL(fileURLWithPath: path))
    // Another length.
    Thread.sleep(forTimeInterval: 0.05)
    try VideoEncoder.encode(sampleFrames(9, width: 32, height: 64), to: dataset.videos[2].path.description)
    let changed = try prepare(catalog, dataset).found
    #expect(changed.computed == 2)
    #expect(
      changed.rebuilt.map(\.reason)
        == changed.videos[1...].map { "\($0.indexPath) was made from another version of the video" })
    #expect(changed.videos[0].identity == before.videos[0].identity)
    #expect(changed.videos[1].identity != before.videos[1].identity)
    #expect((changed.videos[2].frameCount, changed.videos[2].width, changed.videos[2].height) == (9, 32, 64))
    #expect(try prepare(catalog, dataset).framesRead == 0)

    try FileManager.default.removeItem(atPath: path)
    #expect(try prepare(catalog, dataset).found.skipped.map(\.name) == [dataset.videos[1].name.description])
  }

  /// The quick look believes the times of files: it reads no video at all.
  @Test func theQuickLookBelievesTimes() throws {
    let folder = try VideoTestFolder()
    let dataset = try videos(folder, 2)
    var catalog = FrameCatalog(directory: folder.path + "/cache")
    let path = try prepare(catalog, dataset).found.videos[0].indexPath
    // An index as of another video of this size, newer than the video.
    let names = dataset.videos.map { catalog.cache.indexPath(of: $0.name) }
    var bytes = try Data(contentsOf: URL(fileURLWithPath: names[1]))
    bytes.replaceSubrange(16..<24, with: try Data(contentsOf: URL(fileURLWithPath: path))[16..<24])
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes.dropLast(8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    bytes.replaceSubrange(
      bytes.count - 8..<bytes.count, with: (0..<8).map { UInt8(truncatingIfNeeded: hash >> (8 * $0)) })
    try bytes.write(to: URL(fileURLWithPath: path))
    (catalog.verification, catalog.quickLimit) = (.quickWhereLarge, 0)
    #expect(try prepare(catalog, dataset).framesRead == 0)
    // The full look finds it out.
    catalog.quickLimit = 4e9
    #expect(try prepare(catalog, dataset).framesRead == 40)
  }

  @Test func aStoppedPreparationKeepsWhatIsComplete() throws {
    struct Stop: Error {}
    let folder = try VideoTestFolder()
    let data = folder.path + "/data"
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    for (name, count) in [("a.avi", 34), ("b.avi", 400)] {
      try VideoEncoder.encode(sampleFrames(count, width: 48, height: 32), to: "\(data)/\(name)")
    }
    let dataset = try VideoDataset(directory: data)
    let catalog = FrameCatalog(directory: folder.path + "/cache", workers: 1)
    #expect(throws: Stop.self) {
      _ = try catalog.prepare(dataset) { if $0.video == 1 { throw Stop() } }
    }
    #expect(try contents(folder.path + "/cache").keys.contains("a.avi.frames"))
    let (found, framesRead) = try prepare(catalog, dataset)
    #expect(framesRead == 400 * found.computed && found.videos.map(\.frameCount) == [34, 400])
    #expect(try prepare(catalog, dataset).framesRead == 0)
  }

  @Test func severalAtWorkOnOneCacheShareTheWork() throws {
    let folder = try VideoTestFolder()
    let dataset = try videos(folder, 6)
    _ = try prepare(FrameCatalog(directory: folder.path + "/alone"), dataset)
    let together = folder.path + "/together"
    let computed = Mutex(0)
    DispatchQueue.concurrentPerform(iterations: 3) { number in
      do {
        let catalog = FrameCatalog(directory: together, workers: number + 1)
        let prepared = try catalog.prepare(dataset) { _ in }
        #expect(prepared.videos.map(\.video) == dataset.videos)
        computed.withLock { $0 += prepared.computed }
      } catch { Issue.record("\(error)") }
    }
    #expect(computed.withLock { $0 } == 6)
    #expect(try contents(folder.path + "/alone") == contents(together))
  }

  @Test func aCacheThatCannotBeUsed() throws {
    let folder = try VideoTestFolder()
    let dataset = try videos(folder, 2)
    let file = try folder.file("file.txt", [1]) + "/cache"
    let error = #expect(throws: UsageError.self) {
      _ = try prepare(FrameCatalog(directory: file), dataset)
    }
    #expect(error?.description.contains(file) == true)
    // One index that cannot be read or written is that video's trouble.
    let catalog = FrameCatalog(directory: folder.path + "/cache")
    let path = catalog.cache.indexPath(of: dataset.videos[0].name)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let found = try prepare(catalog, dataset).found
    #expect(found.videos.map(\.video) == [dataset.videos[1]])
    #expect(found.skipped.map(\.reason) == ["\(path) is not a regular file; name a file"])

    let none = #expect(throws: UsageError.self) {
      _ = try prepare(FrameCatalog(directory: folder.path + "/new", minimumFrames: 41), dataset)
    }
    #expect(none?.description.hasPrefix("none of the 2 files can be used: ") == true)
  }

  // MARK: Reading

  @Test(arguments: [0, 1 << 30]) func framesAreReadWithoutMotion(budget: Int) throws {
    let folder = try VideoTestFolder()
    let found = try prepare(FrameCatalog(directory: folder.path + "/cache"), try videos(folder, 1)).found
    let video = found.videos[0]
    let whole = try VideoDecoder.decode(path: video.video.path, frames: 0..<40)
    let window = Crop(x: 10, y: 7, width: 30, height: 20)
    for hasIndex in [true, false] {
      if !hasIndex { try FileManager.default.removeItem(atPath: video.indexPath) }
      let clip = try #require(
        try FrameStore(budget: budget, shortSide: 256).clips(video, [(numbers: [3, 30, 39], window: window)])
          .first)
      let shown = clip.window
      #expect(shown == (budget == 0 ? window : Crop(x: 0, y: 0, width: 64, height: 48)))
      for (frame, number) in zip(clip.frames, [3, 30, 39]) {
        var expected: [UInt8] = []
        for y in shown.y..<shown.y + shown.height {
          let first = 3 * (64 * y + shown.x)
          expected += whole[number].pixels[first..<first + 3 * shown.width]
        }
        #expect(frame.pixels == expected)
      }
    }
    #expect(FileManager.default.fileExists(atPath: video.indexPath), "what is missing is kept again")
    try VideoEncoder.encode(sampleFrames(40, width: 64, height: 48), to: video.video.path.description)
    #expect(throws: VideoError.self) {
      _ = try FrameStore(budget: budget, shortSide: 256).clips(video, [(numbers: [3], window: window)])
    }
  }

  @Test func motionIsAskedForWhereItIsNeeded() throws {
    let folder = try VideoTestFolder()
    let video = try prepare(FrameCatalog(directory: folder.path + "/cache"), try videos(folder, 1)).found
      .videos[0]
    let error = #expect(throws: MotionError.self) { _ = try video.source(span: 32) }
    #expect(error?.asksForPreparation == true)
    #expect(
      error?.description == "\(video.video.path) was prepared without motion; prepare its motion too")
    #expect(RunIdentity.motion([video]) == "none")
  }
}
