import MCLVideo

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

  /// Clip spans of a file, at most.
  private static let mostSpans = 64
  /// Bytes of a header with all its spans, at most.
  static var longest: Int { fixedLength + 4 * mostSpans }

  /// Checks a header, its counts against the length of the file.
  ///
  /// - Parameter bytes: the file's first, as far as `longest` or its end.
  /// - Throws: `MotionError` that asks for preparation.
  init(_ bytes: [UInt8], of file: MotionFile) throws {
    func damaged(_ what: String) -> MotionError {
      MotionError(needsPreparation: "\(file.path) is damaged (\(what))")
    }
    func count(_ offset: Int) -> Int { Int(bytes.number(UInt32.self, at: offset)) }
    guard bytes.starts(with: Self.magic.prefix(bytes.count)) else { throw damaged("it is no motion file") }
    guard bytes.count >= Self.fixedLength else { throw damaged("its header is cut off") }
    let version = bytes.number(UInt32.self, at: 8)
    guard version == Self.version else {
      throw MotionError(
        needsPreparation: "\(file.path) has version \(version) and this program reads \(Self.version)")
    }
    guard let kind = [0: FlowSource.Kind.tvl1, 1: .codec][count(12)] else {
      throw damaged("its kind of flow is unknown")
    }
    self.kind = kind
    (frameCount, width, height) = (count(16), count(20), count(24))
    (cell, window) = (count(28), count(32))
    let side = count(36)
    shortSide = side == 0 ? nil : side
    let (cells, spanCount) = (count(40), count(44))
    fingerprint = bytes.number(UInt64.self, at: 48)
    identity = VideoIdentity(
      byteCount: bytes.number(UInt64.self, at: 56), contentHash: bytes.number(UInt64.self, at: 64))
    frameRate = FrameRate(numerator: count(72), denominator: count(76))
    guard cells == MotionMaps.cells, frameCount > 0, window > 0, (1...128).contains(cell),
      cell.nonzeroBitCount == 1,
      (1...VideoLimits.side).contains(width), (1...VideoLimits.side).contains(height),
      width * height <= VideoLimits.area, spanCount <= Self.mostSpans,
      bytes.count >= Self.fixedLength + 4 * spanCount
    else { throw damaged("its counts contradict each other") }
    spans = (0..<spanCount).map { count(Self.fixedLength + 4 * $0) }
    guard spans.allSatisfy({ $0 > 0 }), zip(spans, spans.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw damaged("its clip spans are not in order")
    }
    // Sums of few products of 32-bit numbers: no overflow.
    guard indexLength <= file.byteCount else { throw damaged("its index is cut off") }
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
  package mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }
}
