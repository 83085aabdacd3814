import CFFmpeg
import Foundation

/// The frames of a video as one decoding from its start gave them: times, which are coded on their own, hashes.
///
/// Nothing in it comes from what a header claims. `ClipReader` seeks by it, and gives no frame that is not the one it
/// names.
public struct FrameIndex: Sendable, Equatable {
  /// One decoded frame.
  package struct Frame: Sendable, Equatable {
    /// In the stream's time base; nil where the file states none.
    package var time: Int64?
    package var isKey: Bool
    /// `PixelHash` of the picture before scaling.
    package var hash: UInt64
  }

  /// Pixels of the first frame as decoded.
  let width: Int
  let height: Int
  package let frames: [Frame]
  /// Times can say which frame one is: those known are in order, without equals.
  let hasOrderedTimes: Bool
  private let keys: [Int]
  /// Frames with a time, by it.
  private let timed: [(time: Int64, number: Int)]

  public var count: Int { frames.count }

  init(width: Int, height: Int, frames: [Frame]) {
    (self.width, self.height, self.frames) = (width, height, frames)
    keys = frames.indices.filter { frames[$0].isKey }
    timed = frames.indices.compactMap { number in frames[number].time.map { ($0, number) } }
    hasOrderedTimes = !timed.isEmpty && zip(timed, timed.dropFirst()).allSatisfy { $0.time < $1.time }
  }

  public static func == (a: FrameIndex, b: FrameIndex) -> Bool {
    a.width == b.width && a.height == b.height && a.frames == b.frames
  }

  /// The last frame coded on its own that is not after this one and has a time; nil where there is none.
  func key(upTo number: Int) -> Int? {
    keys[..<Self.firstIndex(0..<keys.count) { keys[$0] > number }].last { frames[$0].time != nil }
  }

  /// The number of the frame that has this time.
  func number(at time: Int64) -> Int? {
    let place = Self.firstIndex(0..<timed.count) { timed[$0].time >= time }
    return place < timed.count && timed[place].time == time ? timed[place].number : nil
  }

  /// By halving: the first place where `isAfter` holds, which then does for all that follow.
  private static func firstIndex(_ range: Range<Int>, isAfter: (Int) -> Bool) -> Int {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
      let middle = (low + high) / 2
      if isAfter(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Decodes a video once, from its first frame to its last.
  ///
  /// - Throws: as `VideoDecoder`.
  public init(decoding path: some PathConvertible, threads: Int = 1) throws {
    let decoder = try VideoDecoder(path: path, threads: threads, keepsIndex: true)
    try decoder.skip(.max)
    self = try decoder.index()
  }
}

extension FrameIndex {
  /// What decodes: another FFmpeg may give other pixels, and then its index is another.
  private static var decoderVersion: UInt32 { avcodec_version() }
  private static let magic: [UInt8] = Array("MCLFRMS\0".utf8)
  private static let version: UInt32 = 1
  private static let fixedLength = 48
  private static let frameLength = 17
  private static let checksumLength = 8

  /// The index as a file (docs/MOTION-CACHE.md), for the video with this identity.
  func bytes(_ identity: VideoIdentity) -> [UInt8] {
    var bytes = Self.magic
    for number in [Self.version, Self.decoderVersion] { bytes.append(littleEndian: number) }
    for number in [identity.byteCount, identity.contentHash] { bytes.append(littleEndian: number) }
    for number in [width, height, frames.count, 0] { bytes.append(littleEndian: UInt32(clamping: number)) }
    for frame in frames {
      bytes.append(littleEndian: frame.time ?? Int64.min)
      bytes.append(littleEndian: frame.hash)
      bytes.append(frame.isKey ? 1 : 0)
    }
    var hash = MotionHash()
    hash.combine(bytes)
    bytes.append(littleEndian: hash.value)
    return bytes
  }

  /// nil for bytes that are no index of the video with this identity, made by this decoder.
  init?(_ bytes: [UInt8], _ identity: VideoIdentity) {
    guard bytes.count >= Self.fixedLength + Self.checksumLength, bytes.starts(with: Self.magic) else {
      return nil
    }
    // Bound: `offset` + 8 is at most `bytes.count` in every call below, as the guards make sure.
    func number<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type, _ offset: Int) -> Number {
      bytes.withUnsafeBytes {
        Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self))
      }
    }
    let end = bytes.count - Self.checksumLength
    let count = Int(number(UInt32.self, 40))
    var hash = MotionHash()
    hash.combine(bytes[..<end])
    guard number(UInt32.self, 8) == Self.version, number(UInt32.self, 12) == Self.decoderVersion,
      identity.byteCount == number(UInt64.self, 16), identity.contentHash == number(UInt64.self, 24),
      end == Self.fixedLength + count * Self.frameLength, hash.value == number(UInt64.self, end)
    else { return nil }
    let (width, height) = (Int(number(UInt32.self, 32)), Int(number(UInt32.self, 36)))
    guard count > 0, (1...VideoLimits.side).contains(width), (1...VideoLimits.side).contains(height) else {
      return nil
    }
    self.init(
      width: width, height: height,
      frames: (0..<count).map {
        let offset = Self.fixedLength + $0 * Self.frameLength
        let time = number(Int64.self, offset)
        return Frame(
          time: time == .min ? nil : time, isKey: bytes[offset + 16] != 0,
          hash: number(UInt64.self, offset + 8))
      })
  }

  /// Where the index of a video lies, by the path of its motion.
  static func path(beside motion: String) -> String {
    FilePath(motion).stem.description + ".frames"
  }

  /// The index beside a video's motion; nil where there is none that holds for it.
  init?(beside motion: MotionCacheEntry) {
    guard let file = try? MotionFile(reading: FilePath(Self.path(beside: motion.path))),
      let bytes = try? file.read(upTo: file.byteCount, at: 0)
    else { return nil }
    self.init(bytes, motion.identity)
  }

  /// Keeps the index beside a video's motion, in one step.
  ///
  /// - Throws: `TensorFileError` where the folder cannot be written.
  func store(beside motion: String, _ identity: VideoIdentity) throws {
    let bytes = bytes(identity)
    try AtomicFile.write(to: Self.path(beside: motion)) { append in
      try bytes.withUnsafeBytes { try append($0) }
    }
  }
}
