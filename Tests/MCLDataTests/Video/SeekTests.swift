import Foundation
import MCLDataTestKit
import MCLEngineTestKit
import MCLSupport
import MCLTestKit
import MCLVideo
import Testing

/// Frames read by number are those of a decoding from the start, whatever the file.
@Suite struct SeekTests {
  /// A kind of video that seeks go wrong in.
  struct Kind: Sendable, CustomTestStringConvertible {
    var name: String
    var format: VideoFormat
    var size = (width: 64, height: 48)
    var groupLength = 12
    var bFrames = 0
    /// Whether a frame in the middle must be found without decoding from the start.
    var mustSeek = true
    var testDescription: String { name }
  }

  static let kinds: [Kind] = {
    var kinds = VideoFormat.zoo.map {
      // GIF and bare H.264 have nothing to seek by; in short program streams and ASF files the demuxer finds only the
      // start.
      Kind(
        name: $0.name, format: $0.format,
        mustSeek: !["gif.gif", "h264.h264", "mpeg1.mpg", "wmv2.asf"].contains($0.name))
    }
    func h264(_ name: String, _ options: String, bFrames: Int = 3, _ change: (inout Kind) -> Void = { _ in })
    {
      var options = options.split(separator: " ").reduce(into: ["preset": "ultrafast"]) {
        let pair = $1.split(separator: "=", maxSplits: 1)
        $0[String(pair[0])] = String(pair[1])
      }
      let pixels = options.removeValue(forKey: "pixels") ?? "yuv420p"
      let container = options.removeValue(forKey: "container") ?? "mp4"
      var kind = Kind(
        name: name,
        format: .init(container: container, encoder: "libx264", pixelFormat: pixels, options: options),
        bFrames: bFrames)
      change(&kind)
      kinds.append(kind)
    }
    h264("open GOP", "x264-params=open-gop=1:b-pyramid=normal:keyint=12:scenecut=0")
    h264("open GOP in MPEG-TS", "container=mpegts x264-params=open-gop=1:keyint=12:scenecut=0")
    h264("intra refresh", "x264-params=intra-refresh=1:keyint=12", bFrames: 0) { $0.mustSeek = false }
    h264("long groups", "x264-params=keyint=250:scenecut=0") {
      $0.groupLength = 250; $0.mustSeek = false
    }
    h264("4:4:4", "pixels=yuv444p")
    h264("10 bit", "pixels=yuv420p10le")
    h264("4:2:2 full range", "pixels=yuvj422p") { $0.format.isFullRange = true }
    h264("odd size", "pixels=yuv444p") { $0.size = (61, 47) }
    h264("variable rate", "container=matroska") {
      $0.format.timeBase = (1, 1000)
      $0.format.times = { 40 * $0 + ($0 % 3) * 7 + ($0 / 20) * 400 }
    }
    h264("odd time base", "container=nut") {
      $0.format.timeBase = (417, 78125)
      $0.format.times = { 7 * $0 }
    }
    h264("edit list that cuts", "") {
      $0.format.times = { $0 - 15 }
      $0.format.keepsNegativeTimes = true
    }
    h264("negative times", "container=mpegts") {
      $0.format.times = { $0 - 100 }
      $0.format.keepsNegativeTimes = true
    }
    kinds.append(
      Kind(name: "MPEG-4 with B frames in AVI", format: .init(container: "avi"), bFrames: 2))
    kinds.append(
      Kind(
        name: "MPEG-2 with open groups",
        format: .init(container: "matroska", encoder: "mpeg2video"), bFrames: 2))
    return kinds.filter { $0.format.isAvailable }
  }()

  /// As a decoding in sequence gives them.
  private static func sequence(_ path: String, shortSide: Int?) throws -> [VideoFrame] {
    let decoder = try VideoDecoder(path: path, shortSide: shortSide)
    var frames: [VideoFrame] = []
    while let frame = try decoder.next() { frames.append(frame) }
    return frames
  }

  @Test(arguments: kinds) func anyOrderGivesTheFramesOfTheSequence(kind: Kind) throws {
    let folder = try VideoTestFolder()
    let path = folder.path + "/video"
    try VideoEncoder.encode(
      movingFrames(75, width: kind.size.width, height: kind.size.height), to: path,
      groupLength: kind.groupLength, bFrames: kind.bFrames, format: kind.format)
    let expected = try Self.sequence(path, shortSide: nil)
    #expect(expected.count > 50 && expected[0].width == kind.size.width)
    let index = try FrameIndex(decoding: path)
    #expect(index.count == expected.count)
    if kind.name == "negative times" { #expect(try #require(index.frames[0].time) < 0) }
    #expect(try FrameIndex(decoding: path, threads: 3) == index)

    var random = CounterRandom(seed: 3, purpose: "numbers")
    for threads in [1, 3] {
      let reader = try ClipReader(path: path, index: index, threads: threads)
      for number in random.permutation(expected.count).prefix(threads == 1 ? 75 : 12) {
        #expect(try reader.frames([number]) == [expected[number]], "frame \(number)")
      }
      let numbers = [50, 3, 52, 20, 3].filter { $0 < expected.count }
      #expect(try reader.frames(numbers) == numbers.map { expected[$0] })
    }
    // A clip from the middle.
    let reader = try ClipReader(path: path, index: index)
    let clip = Array(stride(from: expected.count / 2, to: expected.count - 4, by: 2))
    #expect(try reader.frames(clip) == clip.map { expected[$0] })
    print(
      "\(kind.name): \(reader.decoded) frames decoded for \(clip[0])...\(clip.last ?? 0), \(reader.startsOver) from the start"
    )
    if kind.mustSeek { #expect(reader.startsOver == 0 && reader.decoded < expected.count / 2 + 8) }
  }

  /// An index whose file has since been changed gives an error, never another frame.
  @Test func aChangedFileGivesNoFrames() throws {
    let folder = try VideoTestFolder()
    let path = folder.path + "/video.avi"
    try VideoEncoder.encode(movingFrames(60, width: 64, height: 48), to: path)
    let index = try FrameIndex(decoding: path)
    try VideoEncoder.encode(movingFrames(62, width: 64, height: 48).dropFirst(2), to: path)
    #expect(try FrameIndex(decoding: path).count == index.count)
    let reader = try ClipReader(path: path, index: index)
    #expect(
      try videoErrorMessage { _ = try reader.frames([40]) }
        == "\(path) is not the video its frames were indexed of (frame 40 has other pixels); do not change videos "
        + "while training.")
    #expect(
      try videoErrorMessage { _ = try reader.frames([60]) }
        == "\(path) has 60 frames and no frame 60; ask for 0 to 59.")
  }

  /// Damage: what a seek gives is what a decoding from the start gives, or no frame at all.
  @Test func damagedFilesGiveTheFramesOfTheSequence() throws {
    let folder = try VideoTestFolder()
    for (name, format) in VideoFormat.zoo
    where ["h264.mp4", "mpeg4.avi", "mpeg2.ts", "vp9.webm"].contains(name) {
      guard format.isAvailable else { continue }
      let path = "\(folder.path)/\(name)"
      try VideoEncoder.encode(movingFrames(60, width: 64, height: 48), to: path, format: format)
      let bytes = try folder.bytes(name)
      for trial in 0..<6 {
        var random = CounterRandom(seed: UInt64(trial), purpose: "damage")
        var damaged = bytes
        for _ in 0..<4 { damaged[bytes.count / 4 + random.integer(below: bytes.count / 2)] ^= 0x55 }
        let path = try folder.file("damaged-" + name, damaged)
        guard let expected = try? Self.sequence(path, shortSide: nil), !expected.isEmpty else { continue }
        let reader = try ClipReader(path: path, index: FrameIndex(decoding: path))
        for number in random.permutation(expected.count).prefix(12) {
          #expect(
            try reader.frames([number]) == [expected[number]], "\(name), trial \(trial), frame \(number)")
        }
      }
    }
  }

  /// Real clips and their truncated copies have the frames that another program with an FFmpeg of its own gives
  /// (Tests/Fixtures/make_frame_hashes.py), in sequence and by seeks in any order.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["MCL_VIDEOS"] != nil))
  func realClipsHaveTheCommittedHashes() throws {
    let folder = try VideoTestFolder()
    let videos = ProcessInfo.processInfo.environment["MCL_VIDEOS"] ?? ""
    let lines = try String(
      contentsOf: repositoryFolder.appendingPathComponent("Tests/Fixtures/frame-hashes.txt"), encoding: .utf8
    ).split(separator: "\n")
    #expect(lines.count == 16)
    for line in lines {
      let parts = line.split(separator: " ")
      let (name, length) = (String(parts[0]), try #require(Int(parts[1])))
      let expected = try parts.dropFirst(2).map { try #require(UInt64($0, radix: 16)) }
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: videos + "/" + name)))
      let path = try folder.file(name, Array(bytes.prefix(length)))
      guard !expected.isEmpty else {
        #expect(throws: VideoError.self) { _ = try FrameIndex(decoding: path) }
        continue
      }
      let index = try FrameIndex(decoding: path)
      #expect(
        index.frames.map(\.hash) == expected,
        "\(name), \(length) bytes: \(index.count) frames, not \(expected.count)")
      guard length == bytes.count else { continue }
      let sequence = try Self.sequence(path, shortSide: 128)
      let reader = try ClipReader(path: path, shortSide: 128, index: index)
      var random = CounterRandom(seed: 1, purpose: "numbers")
      for number in random.permutation(sequence.count).prefix(60) {
        #expect(try reader.frames([number]) == [sequence[number]], "\(name), frame \(number)")
      }
      print("\(name): \(index.count) frames, \(reader.seeks) seeks, \(reader.startsOver) from the start")
    }
  }

  /// What a clip of a long video costs, from its start and by its index.
  @Test(.enabled(if: soakFactor > 1)) func aClipFromTheMiddleOfAMinute() throws {
    let folder = try VideoTestFolder()
    let frames = movingFrames(300, width: 320, height: 240)
    for name in ["h264.mp4", "mpeg4.avi", "mpeg2.ts", "vp9.webm"] {
      guard let format = VideoFormat.zoo.first(where: { $0.name == name })?.format, format.isAvailable else {
        continue
      }
      let path = folder.path + "/" + name
      try VideoEncoder.encode((0..<1500).lazy.map { frames[$0 % 300] }, to: path, format: format)
      let index = try FrameIndex(decoding: path)
      func milliseconds(_ body: () throws -> [VideoFrame]) rethrows -> (Double, [VideoFrame]) {
        let start = ContinuousClock.now
        let frames = try body()
        return (start.duration(to: .now) / .milliseconds(1), frames)
      }
      let clip = Array(stride(from: 734, to: 766, by: 2))
      let (before, expected) = try milliseconds {
        let all = try VideoDecoder.decode(path: path, frames: 734..<766)
        return clip.map { all[$0 - 734] }
      }
      let (after, found) = try milliseconds { try ClipReader(path: path, index: index).frames(clip) }
      #expect(found == expected)
      #expect(after < before / 3)
      print(
        "\(name): clip of 32 frames from the middle of 1500, \(before) ms from the start, \(after) ms by index"
      )
    }
  }
}
