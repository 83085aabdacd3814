import Foundation
import MCLDataTestKit
import MCLVideo
import Testing

@Suite struct VideoDecoderTests {
  /// The bytes of a small video, 40 frames of 96 x 64.
  private func sampleVideo(_ folder: VideoTestFolder, _ name: String = "sample.avi") throws -> String {
    let path = folder.path + "/" + name
    try VideoEncoder.encode(sampleFrames(40, width: 96, height: 64), to: path)
    return path
  }

  @Test func rangesAreTheFramesOfTheWhole() throws {
    let folder = try VideoTestFolder()
    let path = try sampleVideo(folder)
    let all = try VideoDecoder.decode(path: path, frames: 0..<40)
    #expect(try VideoDecoder.decode(path: path, frames: 13..<21) == Array(all[13..<21]))
    #expect(try VideoDecoder.decode(path: path, frames: 39..<40) == Array(all[39...]))
    #expect(try VideoDecoder.decode(path: path, frames: 5..<5) == [])
    #expect(try VideoDecoder.decode(path: path, frames: 0..<40, threads: 3) == all)
    #expect(
      try videoErrorMessage { _ = try VideoDecoder.decode(path: path, frames: 38..<41) }
        == "\(path) has 40 frames, too few for frames 38..<41; ask for earlier ones.")
    let decoder = try VideoDecoder(path: path)
    #expect(try decoder.skip(38) == 38)
    #expect(try decoder.next() == all[38])
    #expect(try decoder.skip(5) == 1)
    #expect(try decoder.next() == nil)
    #expect(try decoder.next() == nil)
  }

  @Test(arguments: [
    ([96, 64], 32, [48, 32]), ([96, 64], 64, [96, 64]), ([96, 64], 100, [96, 64]), ([98, 64], 30, [45, 30]),
    ([50, 70], 32, [32, 44]),
  ])
  func scalesTheShortSide(size: [Int], shortSide: Int, expected: [Int]) throws {
    let folder = try VideoTestFolder()
    let path = folder.path + "/a.avi"
    try VideoEncoder.encode(sampleFrames(2, width: size[0], height: size[1]), to: path)
    let decoder = try VideoDecoder(path: path, shortSide: shortSide)
    #expect([decoder.width, decoder.height] == expected)
    let frame = try #require(try decoder.next())
    #expect([frame.width, frame.height] == expected)
    // The gradient is still where it was.
    let corner = 3 * (frame.width * frame.height - 1)
    #expect(abs(Int(frame.pixels[corner]) - 158) < 8 && abs(Int(frame.pixels[corner + 1]) - 157) < 8)
  }

  @Test func refusesWhatIsNoVideo() throws {
    let folder = try VideoTestFolder()
    func message(_ path: String) throws -> String {
      try videoErrorMessage { _ = try VideoDecoder(path: path) }
    }
    let missing = folder.path + "/missing.avi"
    #expect(try message(missing) == "There is no file at \"\(missing)\"; check the path.")
    #expect(try message("") == "There is no file at \"\"; check the path.")
    #expect(try message(folder.path) == "\(folder.path) is a folder, not a video; name a file in it.")
    #expect(
      try message("/dev/zero") == "/dev/zero is not a regular file; copy the video to a file first.")
    let empty = try folder.file("empty.avi", [])
    #expect(try message(empty) == "\(empty) is empty, 0 bytes long; copy the video again.")
    for (name, bytes) in [
      ("garbage.avi", (0..<50_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }),
      ("zeros.mp4", [UInt8](repeating: 0, count: 10_000)),
      (
        "truncated-header.mp4",
        Array(try Data(contentsOf: URL(fileURLWithPath: sampleVideo(folder, "a.mp4")))[..<200])
      ),
    ] {
      let path = try folder.file(name, bytes)
      #expect(
        try message(path)
          == "\(path) is not a video that FFmpeg can read (Invalid data found when processing input); "
          + "copy or convert it again.")
    }
    let text = try folder.file(
      "text.txt", Array(String(repeating: "Not a video, but prose.\n", count: 99).utf8))
    #expect(
      try message(text)
        == "\(text) is not a video that FFmpeg can read (it looks like text); copy or convert it again.")
    for (width, height) in [(17000, 100), (9000, 9000)] {
      let huge = try folder.file("huge.y4m", Array("YUV4MPEG2 W\(width) H\(height) F25:1\nFRAME\n".utf8))
      #expect(
        try message(huge)
          == "\(huge) has frames of \(width) x \(height) pixels, more than 16384 a side or 33554432 in all; scale "
          + "it down first.")
    }
    let valid = try sampleVideo(folder)
    #expect(
      try videoErrorMessage { _ = try VideoDecoder(path: valid, shortSide: 0) }
        == "Frames of \(valid) cannot be scaled to a short side of 0; give 1 or more.")
  }

  @Test func refusesSound() throws {
    let folder = try VideoTestFolder()
    // RIFF WAVE: 1 channel of 8000 16-bit samples a second.
    func little(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 255) } }
    let samples = (0..<8000).flatMap { little(Int(8000 * sin(Double($0) / 10)) & 65535, 2) }
    let format =
      little(1, 2) + little(1, 2) + little(8000, 4) + little(16000, 4) + little(2, 2) + little(16, 2)
    let wave =
      Array("RIFF".utf8) + little(36 + samples.count, 4) + Array("WAVEfmt ".utf8) + little(16, 4) + format
    let path = try folder.file("sound.wav", wave + Array("data".utf8) + little(samples.count, 4) + samples)
    #expect(
      try videoErrorMessage { _ = try VideoDecoder(path: path) }
        == "\(path) has no video stream, only sound or data; give a file with pictures.")
  }

  @Test func refusesAPlaylistThatNamesAnotherFile() throws {
    let folder = try VideoTestFolder()
    let path = try sampleVideo(folder)
    for (name, text) in [
      ("list.ffconcat", "ffconcat version 1.0\nfile \(path.split(separator: "/").last ?? "")\n"),
      ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:\(path)\n#EXT-X-ENDLIST\n"),
    ] {
      let list = try folder.file(name, Array(text.utf8))
      let message = try videoErrorMessage { _ = try VideoDecoder(path: list) }
      #expect(message.hasPrefix("\(list) "), "\(message)")
    }
  }

  @Test func refusesAnUnknownCodec() throws {
    let folder = try VideoTestFolder()
    var bytes = try Array(Data(contentsOf: URL(fileURLWithPath: sampleVideo(folder))))
    // The codec's four letters stand in the stream header (as the handler) and in the format (as the compression).
    for place in 0..<bytes.count - 4 where bytes[place..<place + 4].elementsEqual("FMP4".utf8) {
      bytes.replaceSubrange(place..<place + 4, with: "ZZZZ".utf8)
    }
    let path = try folder.file("unknown.avi", bytes)
    #expect(
      try videoErrorMessage { _ = try VideoDecoder(path: path) }
        == "\(path) is encoded with an unknown codec, which this FFmpeg cannot decode; re-encode it, for example as "
        + "H.264.")
  }

  @Test func refusesAVideoWithoutOneWholeFrame() throws {
    let folder = try VideoTestFolder()
    var bytes = try Array(Data(contentsOf: URL(fileURLWithPath: sampleVideo(folder))))
    // Everything after the first packet's tag is wiped out.
    let start = try #require((0..<bytes.count - 4).first { bytes[$0..<$0 + 4].elementsEqual("00dc".utf8) })
    for place in (start + 8)..<bytes.count { bytes[place] = 0xAA }
    let path = try folder.file("wiped.avi", bytes)
    #expect(
      try videoErrorMessage { _ = try VideoDecoder(path: path) }
        == "\(path) has a mpeg4 video stream, but not one frame of it can be decoded; copy or convert it again."
    )
  }

  @Test func truncatedFilesGiveTheFramesThatAreThere() throws {
    let folder = try VideoTestFolder()
    let path = try sampleVideo(folder)
    let video = try Interleave(path)
    let whole = try VideoDecoder.decode(path: path, frames: 0..<40)
    var counts: [Int] = []
    for tenths in 2...9 {
      let length = video.start + (video.end - video.start) * tenths / 10
      let cut = try folder.file("cut\(tenths).avi", Array(video.bytes[..<length]))
      let count = try VideoDecoder.frameCount(path: cut)
      counts.append(count)
      #expect(count > 1 && count < 40)
      // All but the last, which was cut through, are as they were.
      #expect(try VideoDecoder.decode(path: cut, frames: 0..<count - 1) == Array(whole[..<(count - 1)]))
    }
    #expect(counts == counts.sorted() && counts[0] < 12 && counts[7] > 30, "\(counts)")
  }

  @Test func framesOfAnotherSizeMidwayAreScaledToTheFirst() throws {
    let folder = try VideoTestFolder()
    var first = try Interleave(sampleVideo(folder))
    let otherPath = folder.path + "/other.avi"
    try VideoEncoder.encode(sampleFrames(10, width: 48, height: 80), to: otherPath)
    let other = try Interleave(otherPath)
    first.replacePackets(with: first.packets + other.packets)
    let path = try folder.file("joined.avi", first.bytes)
    #expect(try VideoDecoder.frameCount(path: path) == 50)
    let frames = try VideoDecoder.decode(path: path, frames: 0..<50)
    #expect(frames.allSatisfy { $0.width == 96 && $0.height == 64 })
    // The gradient of the second part fills the frame as that of the first does.
    #expect(signalToNoise(frames[30], frames[49]) > 15)
    #expect(try Array(frames[..<40]) == VideoDecoder.decode(path: sampleVideo(folder), frames: 0..<40))
  }

  @Test func givesUpAfterThousandsOfDamagedPackets() throws {
    let folder = try VideoTestFolder()
    var video = try Interleave(sampleVideo(folder))
    let damaged: [UInt8] = Array("00dc".utf8) + [4, 0, 0, 0, 0xAA, 0xAA, 0xAA, 0xAA]
    video.replacePackets(with: video.packets + (0..<5000).flatMap { _ in damaged })
    let path = try folder.file("hostile.avi", video.bytes)
    #expect(
      try videoErrorMessage { _ = try VideoDecoder.frameCount(path: path) }
        == "\(path) is damaged: 4096 packets in a row hold no frame that mpeg4 can decode; copy or convert it "
        + "again.")
  }

  /// Damage anywhere ends in frames or in one sentence, and in the same ones each time.
  @Test func damageNeverTrapsAndIsRepeatable() throws {
    let folder = try VideoTestFolder()
    for name in ["sample.avi", "sample.mp4"] {
      let bytes = try Array(Data(contentsOf: URL(fileURLWithPath: sampleVideo(folder, name))))
      var state: UInt64 = 12345
      for trial in 0..<60 {
        var damaged = bytes
        for _ in 0..<(1 + trial % 20) {
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          damaged[Int(state >> 33) % damaged.count] ^= UInt8(truncatingIfNeeded: state >> 24) | 1
        }
        let path = try folder.file("damaged-" + name, damaged)
        func outcome() -> [String] {
          do {
            let decoder = try VideoDecoder(path: path)
            var digests: [String] = []
            while let frame = try decoder.next() { digests.append("\(frame.pixels.hashValue)") }
            return digests
          } catch { return ["\(error)"] }
        }
        let first = outcome()
        #expect(first == outcome(), "\(name), trial \(trial)")
        #expect(!first.isEmpty)
      }
    }
  }

  /// Real clips, whose headers claim other counts or none; one of 720x576 pixels that are not square.
  @Test(
    .enabled(if: ProcessInfo.processInfo.environment["MCL_VIDEOS"] != nil),
    arguments: [
      ("g1.avi", 400, 300, 16), ("g2.avi", 400, 300, 16), ("Force_constante.avi", 400, 300, 26),
      ("balle-jbart.mp4", 768, 576, 255), ("balle1-vp9.avi", 320, 240, 295), ("race-1906.ogv", 214, 160, 288),
    ])
  func realClips(name: String, width: Int, height: Int, count: Int) throws {
    let path = (ProcessInfo.processInfo.environment["MCL_VIDEOS"] ?? "") + "/" + name
    #expect(try VideoDecoder.frameCount(path: path) == count)
    #expect(try VideoDecoder.frameCount(path: path, threads: 2) == count)
    let decoder = try VideoDecoder(path: path, shortSide: 128)
    #expect(decoder.height == 128 && decoder.width == 128 * width / height)
    let frame = try #require(try decoder.next())
    #expect(Set(frame.pixels).count > 20, "a picture, not one colour")
  }
}

/// The bytes of an AVI file, taken apart at its packets.
private struct Interleave {
  var bytes: [UInt8]
  /// Where the packets begin, after the tag "movi".
  let start: Int
  /// Where they end and the index begins.
  var end: Int

  init(_ path: String) throws {
    let bytes = try Array(Data(contentsOf: URL(fileURLWithPath: path)))
    func place(_ tag: String) -> Int? {
      (0..<bytes.count - 4).last { bytes[$0..<$0 + 4].elementsEqual(tag.utf8) }
    }
    self.bytes = bytes
    start = try #require(place("movi")) + 4
    end = try #require(place("idx1"))
  }

  var packets: [UInt8] { Array(bytes[start..<end]) }

  /// Puts other packets in their place, corrects the length of the list, and drops the index.
  mutating func replacePackets(with packets: [UInt8]) {
    bytes = bytes[..<start] + packets
    end = bytes.count
    for index in 0..<4 { bytes[start - 8 + index] = UInt8((packets.count + 4) >> (8 * index) & 255) }
  }
}
