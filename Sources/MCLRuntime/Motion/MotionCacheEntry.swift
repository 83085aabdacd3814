/// The index of one cache file, and its flows on demand. Nothing in the file is trusted: every length is checked against
/// the file's before anything is allocated for it.
public struct MotionCacheEntry: Sendable {
  public let path: String
  public let identity: VideoIdentity
  public let frameCount: Int
  public let width: Int
  public let height: Int
  /// Flows of a frame map, short side of the frames (nil: as decoded), and flows of a clip velocity.
  public let window: Int
  public let shortSide: Int?
  public let clipSpan: Int
  /// Frame maps [n, 7, 7].
  public let maps: [Float]
  /// Clip velocities [max(n - clipSpan + 1, 0)].
  public let velocities: [Float]

  let fingerprint: UInt64
  private struct Segment {
    var offset: Int
    var length: Int
    var hash: UInt64
  }
  private let segments: [Segment]

  public var flowCount: Int { segments.count }

  /// - Throws: `MotionError` where the file is missing, of another version or damaged.
  init(path: String) throws {
    self.path = path
    let file = try MotionFile(reading: path)
    func damaged(_ what: String) -> MotionError {
      MotionError("\(path) is damaged (\(what)); prepare the video again", asksForPreparation: true)
    }
    let fixed = 8 + 8 * 4 + 3 * 8 + 2 * 4
    var header = Fields(try file.read(upTo: fixed, at: 0))
    guard header.bytes.starts(with: MotionCache.magic) else { throw damaged("it is no motion file") }
    guard header.bytes.count == fixed else { throw damaged("its header is cut off") }
    header.position = MotionCache.magic.count
    let version = header.next(UInt32.self)
    guard version == MotionCache.version else {
      throw MotionError(
        "\(path) has version \(version) and this program reads \(MotionCache.version); prepare the video again",
        asksForPreparation: true)
    }
    frameCount = Int(header.next(UInt32.self))
    width = Int(header.next(UInt32.self))
    height = Int(header.next(UInt32.self))
    window = Int(header.next(UInt32.self))
    let side = Int(header.next(UInt32.self))
    shortSide = side == 0 ? nil : side
    clipSpan = Int(header.next(UInt32.self))
    let cells = Int(header.next(UInt32.self))
    fingerprint = header.next(UInt64.self)
    identity = VideoIdentity(byteCount: header.next(UInt64.self), contentHash: header.next(UInt64.self))
    let flows = Int(header.next(UInt32.self))
    let starts = Int(header.next(UInt32.self))
    // Sums of products of 32-bit numbers: no overflow.
    guard cells == MotionMaps.cells, frameCount == flows + 1, starts == max(flows - clipSpan + 1, 0),
      width > 0,
      height > 0
    else { throw damaged("its counts contradict each other") }
    let body = 4 * flows * cells * cells + 4 * starts + 12 * flows
    guard fixed + body + 8 <= file.byteCount else { throw damaged("its index is cut off") }
    var index = Fields(try file.read(upTo: fixed + body + 8, at: 0))
    guard index.bytes.count == fixed + body + 8 else { throw damaged("its index is cut off") }
    var hash = MotionHash()
    hash.combine(index.bytes[..<(fixed + body)])
    index.position = fixed + body
    guard index.next(UInt64.self) == hash.value else { throw damaged("the checksum of its index is wrong") }
    index.position = fixed
    maps = (0..<flows * cells * cells).map { _ in Float(bitPattern: index.next(UInt32.self)) }
    velocities = (0..<starts).map { _ in Float(bitPattern: index.next(UInt32.self)) }
    guard (maps + velocities).allSatisfy({ $0.isFinite && $0 >= 0 }) else {
      throw damaged("a magnitude is not a number")
    }
    var offset = fixed + body + 8
    var segments: [Segment] = []
    for _ in 0..<flows {
      let segment = Segment(
        offset: offset, length: Int(index.next(UInt32.self)), hash: index.next(UInt64.self))
      guard PackedFlow.canHold(width: width, height: height, byteCount: segment.length) else {
        throw damaged("a flow is too short for \(width)x\(height)")
      }
      segments.append(segment)
      offset += segment.length
    }
    self.segments = segments
    guard offset == file.byteCount else {
      throw damaged("it has \(file.byteCount) bytes and should have \(offset)")
    }
  }

  /// The map [7, 7] of flow `i`, counted from 0.
  public func map(_ i: Int) -> [Float] {
    let cells = MotionMaps.cells * MotionMaps.cells
    return Array(maps[i * cells..<(i + 1) * cells])
  }

  /// The flows with these numbers, counted from 0; only they are read.
  ///
  /// - Throws: `MotionError` where a number is outside 0 ..< flowCount, the file is gone, or a flow is damaged.
  public func flows(_ numbers: some Sequence<Int>) throws -> [QuantizedFlow] {
    let file = try MotionFile(reading: path)
    return try numbers.map { try packed($0, file).unpacked() }
  }

  /// Verifies the checksum of every flow.
  ///
  /// - Throws: `MotionError` for the first that is damaged.
  public func check() throws {
    let file = try MotionFile(reading: path)
    for i in segments.indices { _ = try packed(i, file) }
  }

  private func packed(_ number: Int, _ file: MotionFile) throws -> PackedFlow {
    guard segments.indices.contains(number) else {
      throw MotionError("\(path) has no flow \(number); ask for 0 to \(segments.count - 1)")
    }
    let segment = segments[number]
    let bytes = try file.read(upTo: segment.length, at: segment.offset)
    var hash = MotionHash()
    hash.combine(bytes)
    guard bytes.count == segment.length, hash.value == segment.hash else {
      throw MotionError(
        "\(path) is damaged (the checksum of flow \(number) is wrong); prepare the video again",
        asksForPreparation: true)
    }
    return try PackedFlow(width: width, height: height, bytes: bytes)
  }
}

/// Little-endian numbers of a header, read in order; the caller has checked that they are there.
private struct Fields {
  let bytes: [UInt8]
  var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func next<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type) -> Number {
    let number = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: Number.self) }
    position += MemoryLayout<Number>.size
    return Number(littleEndian: number)
  }
}
