import Foundation
import MCLDataTestKit
import MCLMotion
import MCLTestKit
import MCLVideo
import Testing

/// Damaged cache files are read or refused with a sentence, fast and in little memory.
@Suite struct MotionCacheFuzzTests {
  @Test(.enabled(if: !Fuzzing.isChild)) func damagedMotionFiles() throws {
    for line in try Fuzzing.run(child: "damagedMotionFilesChild") { print(line) }
  }

  private static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
  }

  private static func number(_ bytes: [UInt8], _ offset: Int) -> Int {
    (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
  }

  /// Makes the checksums of a file right again where its counts allow it, or else nothing behind them would be tried.
  private static func mended(_ original: [UInt8]) -> [UInt8] {
    var bytes = original
    guard bytes.count > 96 else { return bytes }
    func put(_ value: UInt64, at offset: Int) {
      for i in 0..<8 { bytes[offset + i] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(i))) }
    }
    let (frames, spans) = (number(bytes, 16), number(bytes, 44))
    guard (1...1000).contains(frames), spans <= 64, bytes.count > 88 + 4 * spans else { return bytes }
    let flows = frames - 1
    let velocities = (0..<spans).reduce(0) { $0 + max(flows - number(bytes, 88 + 4 * $1) + 1, 0) }
    let records = 88 + 4 * spans + 196 * flows + 4 * velocities
    let end = records + 16 * flows
    guard end + 8 <= bytes.count else { return bytes }
    var start = end + 8
    for flow in 0..<flows {
      let length = number(bytes, records + 16 * flow)
      guard start + length <= bytes.count else { break }
      put(hash(bytes[start..<start + length]), at: records + 16 * flow + 8)
      start += length
    }
    put(hash(bytes[..<end]), at: end)
    return bytes
  }

  @Test(.enabled(if: Fuzzing.isChild)) func damagedMotionFilesChild() throws {
    let folder = try VideoTestFolder()
    let cache = MotionCache(directory: folder.path + "/corpus")
    try cache.store(MotionCacheTests.motion(), as: "a")
    try VideoEncoder.encode(sampleFrames(9, width: 64, height: 48), to: folder.path + "/b.avi")
    let codec = MotionParameters(shortSide: 40, clipSpans: [4, 6], source: .codec)
    try cache.store(
      MotionPreparation(parameters: codec).analyze(
        path: folder.path + "/b.avi", identity: MotionCacheTests.identity), as: "b")
    let corpus = [
      try folder.bytes("corpus/a.motion"), try folder.bytes("corpus/b.codec-motion"),
    ]
    let target = MotionCache(directory: folder.path + "/target")
    try target.store(MotionCacheTests.motion(), as: "v")
    let path = target.path(of: "v")
    for bytes in corpus {
      guard Self.mended(bytes) == bytes else { throw Fuzzing.Failure(description: "a whole file was mended") }
    }
    try Fuzzing.explore(ByteMutator(corpus: corpus, words: ["MCLMOTN\0"])) { _, original in
      let bytes = original.reduce(0, &+) & 3 == 0 ? original : Self.mended(original)
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      do {
        let entry = try MotionCacheEntry(file: path)
        guard try entry.maps().count == 49 * entry.flowCount else {
          throw Fuzzing.Failure(description: "a map is lost")
        }
        for span in entry.clipSpans { _ = try entry.velocities(span: span) }
        try entry.check()
        for flow in try entry.flows([0, entry.flowCount - 1].filter { $0 >= 0 && $0 < entry.flowCount }) {
          guard flow.width == entry.width, flow.height == entry.height else {
            throw Fuzzing.Failure(description: "a flow has another size")
          }
        }
        return true
      } catch let error as MotionError {
        guard !error.description.contains("\n"), error.asksForPreparation else {
          throw Fuzzing.Failure(description: "the refusal is no sentence that asks for preparation: \(error)")
        }
        return false
      }
    }
  }
}
