import Foundation
import MCLData
import MCLDataTestKit
import MCLMotion
import MCLRuntime
import MCLSupport
import MCLVideo
import Testing

/// Files are what their bytes say, and one file's trouble is not another's.
@Suite struct FileNameTests {
  /// The same letter in two Unicode forms, equal as Swift strings.
  private static let composed: FilePath = "b/\u{e9}.avi"
  private static let decomposed: FilePath = "b/e\u{301}.avi"
  private static let odd: [FilePath] = [
    composed, decomposed, FilePath(bytes: Array("b/caf".utf8) + [0xe9] + Array(".avi".utf8)), "none/#1.avi",
    "-1/ x .avi ", "a\tb/%41\n.avi", "# c/# d\r.avi", "plain.avi", "e,f/\"g\".avi", "b\\c/d.avi",
  ]

  @Test func pathsAreComparedByTheirBytes() throws {
    #expect(Self.composed.description == Self.decomposed.description && Self.composed != Self.decomposed)
    #expect(Set(Self.odd).count == Self.odd.count)
    #expect(FilePath("b") < FilePath("b/") && FilePath("Z") < FilePath("a"))
    #expect(FilePath(bytes: [0x61, 0xe9, 0xc3, 0xa9, 0xc3]).description == "a\\xE9\u{e9}\\xC3")
    #expect(
      FilePath("a/.b").stem == "a/.b" && FilePath("a.b/c").stem == "a.b/c" && FilePath("a/b.C").ending == "c")
    let folder = try VideoTestFolder()
    for name in Self.odd { try folder.touch(name) }
    #expect(try VideoDataset(directory: folder.path).videos.map(\.name) == Self.odd.sorted())
  }

  /// What is written of names and labels is read back, all of it.
  @Test func preparedListsAreReadBackWhole() throws {
    let folder = try VideoTestFolder()
    for name in Self.odd { try folder.touch(FilePath("data").appending(name)) }
    let dataset = try VideoDataset(directory: folder.path + "/data")
    for labels in [nil, "none", "-1", "1.0", " x\t", "a,b", "None", "%41", "3"] as [String?] {
      let videos = dataset.videos.enumerated().map { number, video in
        VideoDataset.Video(path: video.path, name: video.name, label: number % 2 == 0 ? labels : video.label)
      }
      let list = try VideoList(path: folder.file("list.txt", Array(PreparedList.text(videos).utf8)))
      let read = try VideoDataset(directory: folder.path + "/data", list: list)
      #expect(list.kind == .prepared && read.skipped.isEmpty)
      #expect(read.videos == videos)
      #expect(zip(read.videos, videos).allSatisfy { $0.label?.utf8.map { $0 } == $1.label?.utf8.map { $0 } })
    }
    // As older versions wrote it.
    let old = try VideoList(
      path: folder.file("old.txt", Array("plain.avi\tnone\n#1.avi\tx\n-1/ x .avi \ty\n".utf8)))
    let read = try VideoDataset(directory: folder.path + "/data", list: old)
    #expect(read.videos.map(\.name) == ["plain.avi", "none/#1.avi", "-1/ x .avi "])
    #expect(read.videos.map(\.label) == [nil, "x", "y"])
  }

  /// Two colours, as many frames each: each sample must be of its own video.
  @Test func namesThatDifferInUnicodeFormShareNothing() throws {
    let folder = try VideoTestFolder()
    let data = folder.path + "/data"
    try FileManager.default.createDirectory(atPath: data + "/b", withIntermediateDirectories: true)
    for (channel, name) in [(0, Self.composed), (2, Self.decomposed)] {
      let frames = sampleFrames(36, width: 64, height: 48).map { frame in
        var frame = frame
        for place in frame.pixels.indices {
          frame.pixels[place] = frame.pixels[place] / 4 + (place % 3 == channel ? 150 : 30)
        }
        return frame
      }
      try VideoEncoder.encode(frames, to: data + "/" + name.description)
    }
    let odd = FilePath(data).appending(FilePath(bytes: [0xff, 0x2e, 0x61]))
    try FileManager.default.copyItem(
      atPath: data + "/" + Self.composed.description, toPath: data + "/copy.avi")
    #expect(FilePath(data + "/copy.avi").withCString { from in odd.withCString { rename(from, $0) } } == 0)
    let prepared = try MotionStore(directory: folder.path + "/motion").prepare(VideoDataset(directory: data))
    { _ in }
    #expect(
      prepared.videos.map(\.video.name) == [
        Self.decomposed, Self.composed, FilePath(bytes: [0xff, 0x2e, 0x61]),
      ])
    #expect(Set(prepared.videos.compactMap { $0.motion.map { FilePath($0.path) } }).count == 3)
    for budget in [1 << 30, 1000] {
      let batches = try DeclaredBatches(
        tubelets(batch: 3), from: .videos(prepared.videos), policy: .cropAndFlip, seed: 3,
        decodedBudget: budget, onFailure: { Issue.record("\($0): \($1)") })
      for index in 0..<4 { #expect(ColourVideos.drawn(try batches.batch(index)).sorted() == [0, 0, 2]) }
    }
  }

  @Test func longNamesAndDeepFoldersHaveMotion() throws {
    let folder = try VideoTestFolder()
    let data = folder.path + "/data"
    let part = String(repeating: "d", count: 120)
    let names = [
      String(repeating: "n", count: 246) + ".avi", String(repeating: "n", count: 245) + "m.avi",
      "\(part)/\(part)/\(part)/x.avi", String(repeating: "\u{e9}", count: 120) + ".avi", "a.avi",
    ]
    for (number, name) in names.enumerated() {
      let path = data + "/" + name
      try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try VideoEncoder.encode(sampleFrames(33 + number, width: 48, height: 32), to: data + "/new.avi")
      try FileManager.default.moveItem(atPath: data + "/new.avi", toPath: path)
    }
    let store = MotionStore(directory: folder.path + "/motion")
    let prepared = try store.prepare(VideoDataset(directory: data)) { _ in }
    #expect(prepared.videos.count == names.count && prepared.skipped.isEmpty)
    #expect(Set(prepared.videos.compactMap(\.motion?.path)).count == names.count)
    #expect(try store.prepare(VideoDataset(directory: data)) { _ in }.computed == 0)
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/motion")
    #expect(files.count == 2 * names.count && files.contains("a.avi.motion"), "an index beside each entry")
  }

  /// An entry that cannot be read or written is that video's trouble.
  @Test func oneEntryThatCannotBeWrittenLeavesTheOthers() throws {
    let folder = try VideoTestFolder()
    let (data, cache) = (folder.path + "/data", folder.path + "/motion")
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    for name in ["a", "b", "c"] {
      try VideoEncoder.encode(sampleFrames(33, width: 48, height: 32), to: "\(data)/\(name).avi")
    }
    try FileManager.default.createDirectory(
      atPath: cache + "/a.avi.motion", withIntermediateDirectories: true)
    try FileManager.default.createDirectory(
      atPath: cache + "/b.avi.frames", withIntermediateDirectories: true)
    let prepared = try MotionStore(directory: cache).prepare(VideoDataset(directory: data)) { _ in }
    #expect(prepared.videos.map(\.video.name) == ["b.avi", "c.avi"])
    #expect(prepared.skipped.map(\.reason) == ["\(cache)/a.avi.motion is not a regular file; name a file"])
  }
}
