import MCLSupport
import MCLVideo

/// What one cache file says of a video, and its maps, velocities and flows on demand, read from the file. Nothing in the
/// file is trusted: every length is checked against the file's before anything is read or allocated for it.
package struct MotionCacheEntry: Sendable {
  package let path: String
  let header: MotionCacheHeader
  /// Bytes of the file.
  package let byteCount: Int

  package var identity: VideoIdentity { header.identity }
  package var kind: FlowSource.Kind { header.kind }
  package var frameCount: Int { header.frameCount }
  package var width: Int { header.width }
  package var height: Int { header.height }
  /// Flows of a frame map, short side of the frames (nil: as decoded), and flows of the clip velocities.
  package var window: Int { header.window }
  package var shortSide: Int? { header.shortSide }
  package var clipSpans: [Int] { header.spans }
  package var frameRate: FrameRate? { header.frameRate }
  package var flowCount: Int { header.flowCount }

  /// An entry by the name of its file.
  ///
  /// - Throws: as `MotionCache.open`, but for what it was made from.
  package init(file path: String) throws { try self.init(path: path) }

  /// Reads and checks the index.
  ///
  /// - Throws: `MotionError` where the file is missing, of another version or damaged.
  package init(path: String) throws {
    self.path = path
    let file = try Self.opened(path)
    header = try MotionIndex(file).header
    byteCount = file.byteCount
  }

  private static func opened(_ path: String) throws -> MotionFile {
    try MotionFile(reading: FilePath(path), mendMissing: "prepare the video")
  }

  /// The file, checked to be what it was when this entry was opened: it may have been replaced or written since.
  private func reopened() throws -> (file: MotionFile, index: MotionIndex) {
    let file = try Self.opened(path)
    let index = try MotionIndex(file)
    guard file.byteCount == byteCount, index.header == header else {
      throw MotionError(needsPreparation: "\(path) was replaced meanwhile", mend: "start again")
    }
    return (file, index)
  }

  // MARK: Maps and velocities

  /// Frame maps [n, 7, 7].
  ///
  /// - Throws: `MotionError` where the file is gone or damaged.
  package func maps() throws -> [Float] { try reopened().index.maps }

  /// Clip velocities [max(n - span + 1, 0)]; nil where none are kept for this span.
  ///
  /// - Throws: `MotionError` where the file is gone or damaged.
  package func velocities(span: Int) throws -> [Float]? { try reopened().index.velocities(span: span) }

  // MARK: Flows

  /// The flows with these numbers, counted from 0, at full size; only they are read.
  ///
  /// - Throws: `MotionError` where a number is outside 0 ..< flowCount, the file is gone, or a flow is damaged.
  package func flows(_ numbers: some Sequence<Int>) throws -> [QuantizedFlow] {
    let enlargement = GridEnlargement(width: width, height: height, cell: header.cell)
    return try packed(numbers).map { enlargement.enlarged(try $0.unpacked()) }
  }

  /// The flows with these numbers as they are stored, checksums verified.
  func packed(_ numbers: some Sequence<Int>) throws -> [PackedFlow] {
    let (file, index) = try reopened()
    return try numbers.map { number in
      guard index.records.indices.contains(number) else {
        throw MotionError("\(path) has no flow \(number); ask for 0 to \(flowCount - 1)")
      }
      return try PackedFlow(
        width: header.gridWidth, height: header.gridHeight, tolerance: index.records[number].tolerance,
        bytes: bytes(number, index, file))
    }
  }

  /// Verifies the checksum of every flow.
  ///
  /// - Throws: `MotionError` for the first that is damaged.
  package func check() throws {
    let (file, index) = try reopened()
    for number in index.records.indices { _ = try bytes(number, index, file) }
  }

  /// How many flows are not lossless, and the largest error of a value in units of 40/255 px.
  package func tolerances() throws -> (count: Int, largest: Int) {
    let all = try reopened().index.records.map(\.tolerance)
    return (all.count { $0 > 0 }, all.max() ?? 0)
  }

  /// The bytes of a flow, its checksum verified.
  private func bytes(_ number: Int, _ index: MotionIndex, _ file: MotionFile) throws -> [UInt8] {
    let bytes = try file.bytes(index.records[number].range)
    var hash = ContentHash()
    hash.combine(bytes)
    guard hash.value == index.records[number].hash else {
      throw MotionError(needsPreparation: "\(path) is damaged (the checksum of flow \(number) is wrong)")
    }
    return bytes
  }
}
