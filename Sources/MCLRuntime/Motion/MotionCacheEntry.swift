/// What one cache file says of a video, and its maps, velocities and flows on demand, from the mapped file. Nothing in
/// the file is trusted: every length is checked against the file's before anything is read or allocated for it.
public struct MotionCacheEntry: Sendable {
  public let path: String
  let header: MotionCacheHeader
  /// Bytes of the file.
  public let byteCount: Int

  public var identity: VideoIdentity { header.identity }
  public var kind: FlowSource.Kind { header.kind }
  public var frameCount: Int { header.frameCount }
  public var width: Int { header.width }
  public var height: Int { header.height }
  /// Flows of a frame map, short side of the frames (nil: as decoded), and flows of the clip velocities.
  public var window: Int { header.window }
  public var shortSide: Int? { header.shortSide }
  public var clipSpans: [Int] { header.spans }
  public var frameRate: FrameRate? { header.frameRate }
  public var flowCount: Int { header.flowCount }

  /// An entry by the name of its file.
  ///
  /// - Throws: as `MotionCache.open`, but for what it was made from.
  package init(file path: String) throws { try self.init(path: path) }

  /// Reads the header and checks the index.
  ///
  /// - Throws: `MotionError` where the file is missing, of another version or damaged.
  init(path: String) throws {
    self.path = path
    let file = try MappedFile(path: path)
    header = try MotionCacheHeader(file)
    byteCount = file.count
    var end = header.indexLength
    for number in 0..<header.flowCount {
      let record = try record(number, file)
      guard
        PackedFlow.canHold(
          width: header.gridWidth, height: header.gridHeight, byteCount: record.length)
      else { throw damaged("flow \(number) is too short for \(width)x\(height)") }
      guard record.tolerance <= PackedFlow.largestTolerance else {
        throw damaged("flow \(number) has a tolerance of \(record.tolerance)")
      }
      end += record.length
    }
    guard end == file.count else { throw damaged("it has \(file.count) bytes and should have \(end)") }
    guard
      try (maps(file) + header.spans.flatMap { try velocities($0, file) ?? [] }).allSatisfy({
        $0.isFinite && $0 >= 0
      })
    else { throw damaged("a magnitude is not a number") }
  }

  private func damaged(_ what: String) -> MotionError {
    MotionError("\(path) is damaged (\(what)); prepare the video again", asksForPreparation: true)
  }

  /// The file, checked to be what it was when this entry was opened: it may have been replaced since.
  private func reopened() throws -> MappedFile {
    let file = try MappedFile(path: path)
    guard file.count == byteCount, try MotionCacheHeader(file) == header else {
      throw MotionError("\(path) was replaced meanwhile; start again", asksForPreparation: true)
    }
    return file
  }

  // MARK: Maps and velocities

  /// Frame maps [n, 7, 7].
  ///
  /// - Throws: `MotionError` where the file is gone or damaged.
  public func maps() throws -> [Float] { try maps(reopened()) }

  /// Clip velocities [max(n - span + 1, 0)]; nil where none are kept for this span.
  ///
  /// - Throws: `MotionError` where the file is gone or damaged.
  public func velocities(span: Int) throws -> [Float]? { try velocities(span, reopened()) }

  private func maps(_ file: MappedFile) throws -> [Float] {
    try floats(header.mapsOffset, header.mapsLength / 4, file)
  }

  private func velocities(_ span: Int, _ file: MappedFile) throws -> [Float]? {
    guard header.spans.contains(span) else { return nil }
    return try floats(header.velocitiesOffset(span), header.velocityCount(span), file)
  }

  private func floats(_ offset: Int, _ count: Int, _ file: MappedFile) throws -> [Float] {
    try file.withBytes(offset..<offset + 4 * count) { bytes in
      (0..<count).map {
        Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
      }
    }
  }

  // MARK: Flows

  private struct Record {
    var length: Int
    var tolerance: Int
    var hash: UInt64
  }

  private func record(_ number: Int, _ file: MappedFile) throws -> Record {
    let offset = header.recordsOffset + number * MotionCacheHeader.flowRecordLength
    return try file.withBytes(offset..<offset + MotionCacheHeader.flowRecordLength) { bytes in
      Record(
        length: Int(UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))),
        tolerance: Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))),
        hash: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }
  }

  /// The flows with these numbers, counted from 0, at full size; only they are read.
  ///
  /// - Throws: `MotionError` where a number is outside 0 ..< flowCount, the file is gone, or a flow is damaged.
  public func flows(_ numbers: some Sequence<Int>) throws -> [QuantizedFlow] {
    let enlargement = GridEnlargement(width: width, height: height, cell: header.cell)
    return try packed(numbers).map { enlargement.enlarged(try $0.unpacked()) }
  }

  /// The flows with these numbers as they are stored, checksums verified.
  func packed(_ numbers: some Sequence<Int>) throws -> [PackedFlow] {
    let file = try reopened()
    let starts = try (0..<flowCount).reduce(into: [header.indexLength]) {
      $0.append(try $0[$1] + record($1, file).length)
    }
    return try numbers.map { try packed($0, starts, file) }
  }

  /// Verifies the checksum of every flow.
  ///
  /// - Throws: `MotionError` for the first that is damaged.
  public func check() throws {
    let file = try reopened()
    var start = header.indexLength
    for number in 0..<flowCount {
      let record = try record(number, file)
      try verify(number, record, start, file)
      start += record.length
    }
  }

  /// How many flows are not lossless, and the largest error of a value in units of 40/255 px.
  public func tolerances() throws -> (count: Int, largest: Int) {
    let file = try reopened()
    let all = try (0..<flowCount).map { try record($0, file).tolerance }
    return (all.count { $0 > 0 }, all.max() ?? 0)
  }

  private func verify(_ number: Int, _ record: Record, _ start: Int, _ file: MappedFile) throws {
    var hash = MotionHash()
    try file.withBytes(start..<start + record.length) { hash.combine($0) }
    guard hash.value == record.hash else { throw damaged("the checksum of flow \(number) is wrong") }
  }

  private func packed(_ number: Int, _ starts: [Int], _ file: MappedFile) throws -> PackedFlow {
    guard (0..<flowCount).contains(number) else {
      throw MotionError("\(path) has no flow \(number); ask for 0 to \(flowCount - 1)")
    }
    let record = try record(number, file)
    try verify(number, record, starts[number], file)
    return try PackedFlow(
      width: header.gridWidth, height: header.gridHeight, tolerance: record.tolerance,
      bytes: file.withBytes(starts[number]..<starts[number + 1]) { Array($0) })
  }
}
