import MCLSupport

/// All of a cache file but its flows, read at once and checked: header, maps, velocities, and where each flow lies. As it
/// is a copy, nothing that happens to the file changes it.
struct MotionIndex {
  /// Where a flow lies, and what it must be.
  struct Record {
    var range: Range<Int>
    var tolerance: Int
    var hash: UInt64
  }

  let header: MotionCacheHeader
  let records: [Record]
  private let bytes: [UInt8]

  /// - Throws: `MotionError` that asks for preparation.
  init(_ file: MotionFile) throws {
    func damaged(_ what: String) -> MotionError {
      MotionError(needsPreparation: "\(file.path) is damaged (\(what))")
    }
    let start = try file.read(upTo: MotionCacheHeader.longest, at: 0)
    let first = try MotionCacheHeader(start, of: file)
    let bytes = try file.bytes(0..<first.indexLength)
    // Once more, of the bytes that are kept: the file may be written meanwhile.
    header = try MotionCacheHeader(bytes, of: file)
    guard header == first else { throw damaged("it changes while it is read") }
    self.bytes = bytes
    var hash = ContentHash()
    hash.combine(bytes[..<header.checksumOffset])
    guard bytes.number(UInt64.self, at: header.checksumOffset) == hash.value else {
      throw damaged("the checksum of its index is wrong")
    }
    var end = header.indexLength
    let header = header
    records = (0..<header.flowCount).map { number in
      let offset = header.recordsOffset + number * MotionCacheHeader.flowRecordLength
      let length = Int(bytes.number(UInt32.self, at: offset))
      defer { end += length }
      return Record(
        range: end..<end + length, tolerance: Int(bytes.number(UInt32.self, at: offset + 4)),
        hash: bytes.number(UInt64.self, at: offset + 8))
    }
    guard end == file.byteCount else {
      throw damaged("it has \(file.byteCount) bytes and should have \(end)")
    }
    for (number, record) in records.enumerated() {
      guard
        PackedFlow.canHold(
          width: header.gridWidth, height: header.gridHeight, byteCount: record.range.count)
      else { throw damaged("flow \(number) is too short for \(header.width)x\(header.height)") }
      guard record.tolerance <= PackedFlow.largestTolerance else {
        throw damaged("flow \(number) has a tolerance of \(record.tolerance)")
      }
    }
    guard (maps + header.spans.flatMap { velocities(span: $0) ?? [] }).allSatisfy({ $0.isFinite && $0 >= 0 })
    else { throw damaged("a magnitude is not a number") }
  }

  /// Frame maps [n, 7, 7].
  var maps: [Float] { floats(header.mapsOffset, header.mapsLength / 4) }

  /// Clip velocities [max(n - span + 1, 0)]; nil where none are kept for this span.
  func velocities(span: Int) -> [Float]? {
    guard header.spans.contains(span) else { return nil }
    return floats(header.velocitiesOffset(span), header.velocityCount(span))
  }

  private func floats(_ offset: Int, _ count: Int) -> [Float] {
    (0..<count).map { Float(bitPattern: bytes.number(UInt32.self, at: offset + 4 * $0)) }
  }
}

extension [UInt8] {
  /// The little-endian number at a place, which is within the array.
  func number<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type, at offset: Int) -> Number {
    withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self)) }
  }
}
