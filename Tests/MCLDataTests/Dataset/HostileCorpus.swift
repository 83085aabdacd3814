import Foundation
import MCLDataTestKit
import MCLEngineTestKit
import MCLSupport
import MCLTestKit
import MCLVideo

/// Files that no reader of videos may trip over, in a folder that lasts as long as this value.
final class HostileCorpus {
  let folder: VideoTestFolder
  /// Name and path of each.
  private(set) var files: [(name: String, path: String)] = []
  /// Where a thread makes and removes a file all the time.
  var vanishing: String { folder.path + "/vanishing.avi" }
  let whole: [UInt8]

  /// - Parameters:
  ///   - flips: how many files have one byte changed.
  ///   - truncation: every so many truncations one is taken.
  ///   - turn: which of them; another one each time.
  init(flips: Int, truncation: Int, turn: Int) throws {
    folder = try VideoTestFolder()
    let bases = try Self.bases(folder)
    whole = bases.first { $0.name == "mpeg4.avi" }?.bytes ?? []
    for (number, base) in bases.enumerated() {
      let places = Array(stride(from: 4096, to: base.bytes.count, by: 4096))
      for (place, length) in places.enumerated() where (place + number + turn) % truncation == 0 {
        try add("cut-\(length)-\(base.name)", Array(base.bytes[..<length]))
      }
    }
    for flip in 0..<flips {
      var random = CounterRandom(seed: UInt64(turn), sample: flip, purpose: "flips")
      let base = bases[flip % bases.count]
      var bytes = base.bytes
      // Half of them where the headers are.
      let place = random.integer(below: random.bernoulli(0.5) ? min(bytes.count, 1024) : bytes.count)
      bytes[place] ^= UInt8(1 + random.integer(below: 255))
      try add("flip-\(flip)-\(base.name)", bytes)
    }
    // Just within the limit: seconds of decoding, so only in the whole corpus.
    try addAbsurdSizes(bases, claims: flips >= 1000 ? [5600] : [])
    try add("zero-bytes.mp4", [])
    try add("zeros.mp4", [UInt8](repeating: 0, count: 1 << 20))
    try add("prose.avi", Array(String(repeating: "Not a video, but prose.\n", count: 999).utf8))
    try add("sound.wav", Self.wave)
    let fifo = folder.path + "/fifo.avi"
    guard mkfifo(fifo, 0o600) == 0 else { throw CocoaError(.fileWriteUnknown) }
    files.append(("fifo.avi", fifo))
    try FileManager.default.createDirectory(
      atPath: folder.path + "/directory.avi", withIntermediateDirectories: true)
    files.append(("directory.avi", folder.path + "/directory.avi"))
    symlink("loop.avi", folder.path + "/loop.avi")
    files.append(("loop.avi", folder.path + "/loop.avi"))
    files.append(("missing.avi", folder.path + "/missing.avi"))
    files.append(("vanishing.avi", vanishing))
  }

  private func add(_ name: String, _ bytes: [UInt8]) throws {
    files.append((name, try folder.file(name, bytes)))
  }

  /// Good videos, 40 frames with noise so that they have some length.
  private static func bases(_ folder: VideoTestFolder) throws -> [(name: String, bytes: [UInt8])] {
    let frames = movingFrames(40, width: 96, height: 64).enumerated().map { number, frame in
      var (frame, random) = (frame, CounterRandom(seed: 1, sample: number, purpose: "noise"))
      for place in frame.pixels.indices where place % 4 == 0 {
        frame.pixels[place] = UInt8(clamping: Int(frame.pixels[place]) + random.integer(in: -20...20))
      }
      return frame
    }
    let kinds = [
      "h264.mp4", "mpeg4.avi", "vp9.webm", "mpeg2.ts", "theora.ogv", "gif.gif", "ffv1.mkv", "mjpeg.mov",
    ]
    return try VideoFormat.zoo.filter { kinds.contains($0.name) && $0.format.isAvailable }.map {
      let path = folder.path + "/base"
      defer { try? FileManager.default.removeItem(atPath: path) }
      try VideoEncoder.encode(frames, to: path, format: $0.format)
      return ($0.name, [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))))
    }
  }

  /// Headers that claim pictures of any size.
  private func addAbsurdSizes(_ bases: [(name: String, bytes: [UInt8])], claims: [UInt32]) throws {
    for (width, height) in [(17000, 100), (8191, 8191), (0, 0), (1, 100_000)] {
      try add(
        "\(width)x\(height).y4m",
        Array("YUV4MPEG2 W\(width) H\(height) F25:1\nFRAME\n".utf8) + [UInt8](repeating: 7, count: 999))
    }
    func little(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    for base in bases {
      for (number, sides) in [(96, 64), (40, 96)].enumerated()
      where base.name.hasSuffix("avi") || base.name.hasSuffix("gif") {
        for claim in [0xFFFF_FFFF, 0x7FFF_FFFF, 16384, 8191] + claims {
          var bytes = base.bytes
          let size = base.name.hasSuffix("gif") ? 2 : 4
          let wanted = little(UInt32(sides.0)).prefix(size) + little(UInt32(sides.1)).prefix(size)
          for place in 0..<max(min(bytes.count, 4096) - 2 * size, 0)
          where bytes[place..<place + 2 * size].elementsEqual(wanted) {
            bytes.replaceSubrange(
              place..<place + 2 * size, with: little(claim).prefix(size) + little(claim).prefix(size))
          }
          try add("claims-\(claim)-\(number)-\(base.name)", bytes)
        }
      }
    }
  }

  /// RIFF WAVE: a second of 16-bit samples.
  private static var wave: [UInt8] {
    func little(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 255) } }
    let samples = (0..<8000).flatMap { little(Int(8000 * sin(Double($0) / 10)) & 65535, 2) }
    let format =
      little(1, 2) + little(1, 2) + little(8000, 4) + little(16000, 4) + little(2, 2) + little(16, 2)
    return Array("RIFF".utf8) + little(36 + samples.count, 4) + Array("WAVEfmt ".utf8) + little(16, 4)
      + format
      + Array("data".utf8) + little(samples.count, 4) + samples
  }

  /// Descriptors of this process that are open on files of the corpus.
  var openDescriptors: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []).compactMap {
      try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + $0)
    }.filter { $0.hasPrefix(folder.path) }
  }
}
