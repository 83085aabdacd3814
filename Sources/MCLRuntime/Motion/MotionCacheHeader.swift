/// The first bytes of a cache file: what it was made from and how much of everything it holds (docs/MOTION-CACHE.md).
struct MotionCacheHeader: Equatable {
  static let magic: [UInt8] = Array("MCLMOTN\0".utf8)
  /// Raise it when the layout or what any number in it means changes.
  static let version: UInt32 = 2
  /// Bytes before the spans.
  static let fixedLength = 88
  /// Length, tolerance and checksum of a flow.
  static let flowRecordLength = 16
  static let checksumLength = 8

  var kind: FlowSource.Kind
  var frameCount: Int
  var width: Int
  var height: Int
  /// Pixels along a side of the square that one stored vector is for.
  var cell: Int
  var window: Int
  var shortSide: Int?
  var fingerprint: UInt64
  var identity: VideoIdentity
  var frameRate: FrameRate?
  var spans: [Int]

  var flowCount: Int { frameCount - 1 }
  /// Vectors of a stored flow along each side.
  var gridWidth: Int { (width + cell - 1) / cell }
  var gridHeight: Int { (height + cell - 1) / cell }

  /// Places of the index's parts, in bytes.
  var mapsOffset: Int { Self.fixedLength + 4 * spans.count }
  var mapsLength: Int { 4 * flowCount * MotionMaps.cells * MotionMaps.cells }
  func velocityCount(_ span: Int) -> Int { max(flowCount - span + 1, 0) }
  func velocitiesOffset(_ span: Int) -> Int {
    spans.prefix { $0 != span }.reduce(mapsOffset + mapsLength) { $0 + 4 * velocityCount($1) }
  }
  var recordsOffset: Int { spans.reduce(mapsOffset + mapsLength) { $0 + 4 * velocityCount($1) } }
  var checksumOffset: Int { recordsOffset + Self.flowRecordLength * flowCount }
  /// Where the flows begin.
  var indexLength: Int { checksumOffset + Self.checksumLength }

  static func == (a: Self, b: Self) -> Bool { a.bytes == b.bytes }

  /// The header and the spans.
  var bytes: [UInt8] {
    var bytes = Self.magic
    for number in [
      Int(Self.version), kind == .tvl1 ? 0 : 1, frameCount, width, height, cell, window, shortSide ?? 0,
      MotionMaps.cells, spans.count,
    ] { bytes.append(littleEndian: UInt32(clamping: number)) }
    for number in [fingerprint, identity.byteCount, identity.contentHash] {
      bytes.append(littleEndian: number)
    }
    for number in [frameRate?.numerator ?? 0, frameRate?.denominator ?? 0] {
      bytes.append(littleEndian: UInt32(clamping: number))
    }
    // Room to grow, zero.
    bytes.append(littleEndian: UInt64(0))
    for span in spans { bytes.append(littleEndian: UInt32(clamping: span)) }
    return bytes
  }

  /// Reads and checks a header, its counts against the length of the file.
  ///
  /// - Throws: `MotionError` that asks for preparation.
  init(_ file: MappedFile) throws {
    let path = file.path
    func damaged(_ what: String) -> MotionError {
      MotionError("\(path) is damaged (\(what)); prepare the video again", asksForPreparation: true)
    }
    func number<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type, at offset: Int) throws -> Number
    {
      try file.withBytes(offset..<offset + MemoryLayout<Number>.size) {
        Number(littleEndian: $0.loadUnaligned(as: Number.self))
      }
    }
    func count(_ offset: Int) throws -> Int { Int(try number(UInt32.self, at: offset)) }
    let start = min(Self.magic.count, file.count)
    guard try file.withBytes(0..<start, { $0.elementsEqual(Self.magic) }) else {
      throw damaged("it is no motion file")
    }
    guard file.count >= Self.fixedLength else { throw damaged("its header is cut off") }
    let version = try number(UInt32.self, at: 8)
    guard version == Self.version else {
      throw MotionError(
        "\(path) has version \(version) and this program reads \(Self.version); prepare the video again",
        asksForPreparation: true)
    }
    guard let kind = [0: FlowSource.Kind.tvl1, 1: .codec][try count(12)] else {
      throw damaged("its kind of flow is unknown")
    }
    self.kind = kind
    (frameCount, width, height) = (try count(16), try count(20), try count(24))
    (cell, window) = (try count(28), try count(32))
    let side = try count(36)
    shortSide = side == 0 ? nil : side
    let (cells, spanCount) = (try count(40), try count(44))
    fingerprint = try number(UInt64.self, at: 48)
    identity = VideoIdentity(
      byteCount: try number(UInt64.self, at: 56), contentHash: try number(UInt64.self, at: 64))
    frameRate = FrameRate(
      numerator: Int(try number(UInt32.self, at: 72)), denominator: Int(try number(UInt32.self, at: 76)))
    guard cells == MotionMaps.cells, frameCount > 0, window > 0, (1...128).contains(cell),
      cell.nonzeroBitCount == 1,
      (1...VideoLimits.side).contains(width), (1...VideoLimits.side).contains(height),
      width * height <= VideoLimits.area, spanCount <= 64, file.count >= Self.fixedLength + 4 * spanCount
    else { throw damaged("its counts contradict each other") }
    spans = try (0..<spanCount).map { try count(Self.fixedLength + 4 * $0) }
    guard spans.allSatisfy({ $0 > 0 }), zip(spans, spans.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw damaged("its clip spans are not in order")
    }
    // Sums of few products of 32-bit numbers: no overflow.
    guard indexLength <= file.count else { throw damaged("its index is cut off") }
    var hash = MotionHash()
    try file.withBytes(0..<checksumOffset) { hash.combine($0) }
    guard try number(UInt64.self, at: checksumOffset) == hash.value else {
      throw damaged("the checksum of its index is wrong")
    }
  }

  init(_ motion: VideoMotion) {
    let parameters = motion.parameters
    kind = parameters.source.kind
    (frameCount, width, height) = (motion.frameCount, motion.width, motion.height)
    (cell, window, shortSide) = (parameters.source.cell, parameters.window, parameters.shortSide)
    (fingerprint, identity, spans) = (parameters.fingerprint, motion.identity, parameters.clipSpans)
    frameRate = motion.frameRate
  }
}

extension [UInt8] {
  /// Appends a number, little-endian.
  mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }
}
