import Foundation
import MCLDataTestKit
import MCLEngineTestKit
import MCLTestKit
import MCLVideo
import Testing

/// A picture that stands still takes next to no bytes, and is a video all the same; frames out of nothing are not.
@Suite struct StillVideoTests {
  @Test func aStillPictureOfManyPixelsAByteIsAVideo() throws {
    let folder = try VideoTestFolder()
    guard let format = VideoFormat.zoo.first(where: { $0.name == "av1.mp4" })?.format, format.isAvailable
    else { return }
    let (width, height, count) = (4096, 2304, 64)
    let frame = VideoFrame(
      width: width, height: height, pixels: [UInt8](repeating: 90, count: 3 * width * height))
    let path = folder.path + "/still.mp4"
    try VideoEncoder.encode(repeatElement(frame, count: count), to: path, groupLength: 1000, format: format)
    let byteCount = try folder.bytes("still.mp4").count
    print("still picture: \(count * width * height / byteCount) pixels a byte")
    #expect(count * width * height / byteCount > 1 << 16)
    #expect(try VideoDecoder.frameCount(path: path) == count)
  }

  /// 2,000 chunks of 8 frames that all lie at one place: 16,000 frames in 20 KB.
  @Test func framesThatShareTheirBytesAreRefused() throws {
    let folder = try VideoTestFolder()
    let path = try folder.file("shared.mov", Self.shared(chunks: 2000, samples: 8))
    let byteCount = try folder.bytes("shared.mov").count
    let message = try videoErrorMessage { _ = try VideoDecoder.frameCount(path: path) }
    #expect(
      message
        == "\(path) blows \(byteCount) bytes up to \(1025 + byteCount / 4) frames and more, which no video does; copy or "
        + "convert it again.")
    let few = try folder.file("few.mov", Self.shared(chunks: 100, samples: 8))
    #expect(try VideoDecoder.frameCount(path: few) == 800)
  }

  /// A QuickTime file of raw 16x16 pictures whose chunks all begin at one byte.
  private static func shared(chunks: Int, samples: Int) -> [UInt8] {
    func big(_ value: Int, _ count: Int = 4) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * (count - 1 - $0))) }
    }
    func box(_ type: String, _ parts: [UInt8]...) -> [UInt8] {
      let content = parts.flatMap { $0 }
      return big(content.count + 8) + Array(type.utf8) + content
    }
    let (side, zeros) = (16, { [UInt8](repeating: 0, count: $0) })
    let size = side * side * 3
    let matrix = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x4000_0000].flatMap { big($0) }
    let total = chunks * samples
    let type = box("ftyp", Array("qt  ".utf8), big(0), Array("qt  ".utf8))
    let data = box("mdat", (0..<samples * size).map { UInt8(truncatingIfNeeded: $0) })
    let description = box(
      "raw ", zeros(6), big(1, 2), zeros(16), big(side, 2), big(side, 2), big(0x480000), big(0x480000),
      big(0),
      big(1, 2), zeros(32), big(24, 2), big(-1, 2))
    let table = box(
      "stbl", box("stsd", big(0), big(1), description), box("stts", big(0), big(1), big(total), big(1)),
      box("stsc", big(0), big(1), big(1), big(samples), big(1)), box("stsz", big(0), big(size), big(total)),
      box("stco", big(0), big(chunks), (0..<chunks).flatMap { _ in big(type.count + 8) }))
    let media = box(
      "mdia", box("mdhd", zeros(12), big(25), big(total), zeros(4)),
      box("hdlr", zeros(4), Array("mhlrvide".utf8), zeros(13)),
      box("minf", box("vmhd", big(1), zeros(8)), table))
    let track = box(
      "trak",
      box(
        "tkhd", big(7), zeros(8), big(1), zeros(4), big(total), zeros(16), matrix, big(side << 16),
        big(side << 16)),
      media)
    let movie = box(
      "mvhd", zeros(12), big(25), big(total), big(0x10000), big(0x100, 2), zeros(10), matrix, zeros(24),
      big(2))
    return type + data + box("moov", movie, track)
  }
}
