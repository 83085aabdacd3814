import MCLMotion
import MCLSupport
import MCLVideo

/// An index of frames as a cache keeps it, with the identity of the video that it was made of. docs/MOTION-CACHE.md is
/// its format. Nothing in the file is trusted.
struct FrameIndexFile {
  var identity: VideoIdentity
  var index: FrameIndex

  init(_ index: FrameIndex, of identity: VideoIdentity) {
    (self.index, self.identity) = (index, identity)
  }

  private static let magic: [UInt8] = Array("MCLFRMS\0".utf8)
  private static let version: UInt32 = 2
  private static let fixedLength = 60
  private static let frameLength = 17
  private static let checksumLength = 8

  var bytes: [UInt8] {
    var bytes = Self.magic
    for number in [Self.version, FrameIndex.decoderVersion] { bytes.append(littleEndian: number) }
    for number in [identity.byteCount, identity.contentHash] { bytes.append(littleEndian: number) }
    let rate = (index.frameRate?.numerator ?? 0, index.frameRate?.denominator ?? 0)
    for number in [
      index.width, index.height, index.count, index.shown.width, index.shown.height, rate.0, rate.1,
    ] {
      bytes.append(littleEndian: UInt32(clamping: number))
    }
    for frame in index.frames {
      bytes.append(littleEndian: frame.time ?? Int64.min)
      bytes.append(littleEndian: frame.hash)
      bytes.append(frame.isKey ? 1 : 0)
    }
    var hash = ContentHash()
    hash.combine(bytes)
    bytes.append(littleEndian: hash.value)
    return bytes
  }

  /// - Throws: `MotionError`, with `asksForPreparation` where the file is missing, damaged or was made by another
  ///   version of this program or of FFmpeg.
  init(reading path: String) throws {
    let file = try MotionFile(reading: FilePath(path), mendMissing: "prepare the video")
    let header = try file.read(upTo: Self.fixedLength, at: 0)
    func damaged(_ what: String) -> MotionError {
      MotionError(needsPreparation: "\(path) is damaged (\(what))")
    }
    guard header.count == Self.fixedLength, header.starts(with: Self.magic) else {
      throw damaged("it does not begin as an index does")
    }
    guard Self.number(UInt32.self, header, 8) == Self.version,
      Self.number(UInt32.self, header, 12) == FrameIndex.decoderVersion
    else {
      throw MotionError(
        needsPreparation: "\(path) was made by another version of mclc or FFmpeg", mend: "prepare it again")
    }
    func size(_ offset: Int) -> Int { Int(Self.number(UInt32.self, header, offset)) }
    let count = size(40)
    // The length is checked before anything is allocated for it.
    let end = Self.fixedLength + count * Self.frameLength
    guard count > 0, file.byteCount == end + Self.checksumLength else {
      throw damaged("it has another length than it states")
    }
    let bytes = try file.bytes(0..<file.byteCount)
    var hash = ContentHash()
    hash.combine(bytes[..<end])
    guard hash.value == Self.number(UInt64.self, bytes, end), bytes.starts(with: header) else {
      throw damaged("its checksum is wrong")
    }
    guard [32, 36, 44, 48].allSatisfy({ (1...VideoLimits.side).contains(size($0)) }) else {
      throw damaged("frames of \(size(32))x\(size(36)), shown as \(size(44))x\(size(48))")
    }
    identity = VideoIdentity(
      byteCount: Self.number(UInt64.self, bytes, 16), contentHash: Self.number(UInt64.self, bytes, 24))
    index = FrameIndex(
      width: size(32), height: size(36), shown: (size(44), size(48)),
      frameRate: FrameRate(numerator: size(52), denominator: size(56)),
      frames: (0..<count).map {
        let offset = Self.fixedLength + $0 * Self.frameLength
        let time = Self.number(Int64.self, bytes, offset)
        return FrameIndex.Frame(
          time: time == .min ? nil : time, isKey: bytes[offset + 16] != 0,
          hash: Self.number(UInt64.self, bytes, offset + 8))
      })
  }

  private static func number<Number: FixedWidthInteger & BitwiseCopyable>(
    _: Number.Type, _ bytes: [UInt8], _ offset: Int
  ) -> Number {
    // Bound: the initialiser asks for no number that ends beyond `bytes.count`; an unsafe load of one would trap.
    bytes.withUnsafeBytes {
      Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
  }

  /// Keeps the index, in one step.
  ///
  /// - Throws: `TensorFileError` where the folder cannot be written.
  func store(to path: String) throws {
    let bytes = bytes
    try AtomicFile.write(to: path) { append in try bytes.withUnsafeBytes { try append($0) } }
  }
}

extension FrameIndex {
  /// Where the index of a video lies, by the path of its motion: one for all kinds of flow.
  static func path(beside motion: String) -> String {
    FilePath(motion).stem.description + ".frames"
  }
}
