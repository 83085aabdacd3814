import MCLSupport

/// The directory of a zip file whose entries are stored without compression, as `torch.save` writes them. Every place and
/// length is checked against the file; nothing is unpacked.
///
/// Source: PKWARE's APPNOTE.TXT, sections 4.3 and 4.5.3 (zip64).
struct ZipArchive {
  struct Entry: Equatable {
    /// Where its bytes stand in the file.
    var range: Range<Int>
    var checksum: UInt32
  }

  let file: RandomAccessFile
  private(set) var entries = NamedValues<Entry>()

  /// More names than any checkpoint has.
  private static let entryLimit = 1 << 20

  func error(_ message: String) -> TensorFileError { TensorFileError("\(file.path): the zip \(message)") }

  /// - Throws: `TensorFileError` for a directory that does not fit the file, compressed or encrypted entries, and names
  ///   that stand twice.
  init(_ file: RandomAccessFile) throws {
    self.file = file
    let directory = try findDirectory()
    var bytes = PickleBytes(file, directory.range)
    for _ in 0..<directory.count { try readEntry(&bytes, limit: directory.range.lowerBound) }
  }

  /// The central directory's place, by the record at the file's end.
  private func findDirectory() throws -> (range: Range<Int>, count: Int) {
    let tail = try file.elements(
      UInt8.self, at: max(0, file.count - 65_557), count: min(file.count, 65_557))
    let start = file.count - tail.count
    func number(_ place: Int, _ count: Int) -> Int {
      (0..<count).reduce(0) { $0 | Int(tail[place + $1]) << (8 * $1) }
    }
    guard
      let end = stride(from: tail.count - 22, through: 0, by: -1).first(where: {
        tail[$0..<$0 + 4].elementsEqual([0x50, 0x4b, 5, 6]) && number($0 + 20, 2) == tail.count - $0 - 22
      })
    else { throw error("has no directory; the file is cut short") }
    var (count, length, offset) = (number(end + 10, 2), number(end + 12, 4), number(end + 16, 4))
    if count == 0xffff || length == 0xffff_ffff || offset == 0xffff_ffff {
      // The locator stands before the end, and names the place of the 64-bit record.
      guard end >= 20, tail[end - 20..<end - 16].elementsEqual([0x50, 0x4b, 6, 7]) else {
        throw error("has no 64-bit directory; the file is damaged")
      }
      let place = try place(UInt64(bitPattern: Int64(number(end - 12, 8))), before: start + end - 20, 56)
      let record = try file.elements(UInt8.self, at: place, count: 56)
      guard record[0..<4].elementsEqual([0x50, 0x4b, 6, 6]) else {
        throw error("has no 64-bit directory; the file is damaged")
      }
      func wide(_ at: Int) -> UInt64 { (0..<8).reduce(0) { $0 | UInt64(record[at + $1]) << UInt64(8 * $1) } }
      guard let wideCount = Int(exactly: wide(32)), let wideLength = Int(exactly: wide(40)),
        let wideOffset = Int(exactly: wide(48))
      else { throw error("has an impossible directory; the file is damaged") }
      (count, length, offset) = (wideCount, wideLength, wideOffset)
    }
    let (directoryEnd, overflow) = offset.addingReportingOverflow(length)
    guard count <= Self.entryLimit, !overflow, directoryEnd <= start + end, count <= length / 46 else {
      throw error("has a directory outside of the file; it is damaged")
    }
    return (offset..<directoryEnd, count)
  }

  private func place(_ offset: UInt64, before end: Int, _ count: Int) throws -> Int {
    guard let place = Int(exactly: offset), place <= end - count else {
      throw error("names a place outside of the file; it is damaged")
    }
    return place
  }

  private mutating func readEntry(_ bytes: inout PickleBytes, limit: Int) throws {
    guard try bytes.number(4) == 0x0201_4b50 else { throw error("has a damaged directory") }
    _ = try bytes.number(4)
    let (flags, method) = (try bytes.number(2), try bytes.number(2))
    _ = try bytes.number(4)
    let checksum = UInt32(try bytes.number(4))
    var (packed, size) = (try bytes.number(4), try bytes.number(4))
    let (nameLength, extraLength, commentLength) = (
      Int(try bytes.number(2)), Int(try bytes.number(2)), Int(try bytes.number(2))
    )
    _ = try bytes.number(8)
    var offset = try bytes.number(4)
    let name = FilePath(bytes: try bytes.take(nameLength)).description
    let extra = try bytes.take(extraLength)
    _ = try bytes.take(commentLength)
    let quoted = TensorFileError.quoted(name)
    // The fields that are too large stand in the extra field 1, in this order.
    var wide = Self.zip64(extra)
    func widen(_ value: inout UInt64) throws {
      guard value == 0xffff_ffff else { return }
      guard !wide.isEmpty else { throw error("lacks the 64-bit length of \(quoted); it is damaged") }
      value = wide.removeFirst()
    }
    try widen(&size)
    try widen(&packed)
    try widen(&offset)
    guard flags & 1 == 0 else { throw error("has the encrypted entry \(quoted); save it without a password") }
    guard method == 0, packed == size else {
      throw error("has the compressed entry \(quoted); save it with torch.save, which does not compress")
    }
    let header = try place(offset, before: limit, 30)
    let lengths = try file.elements(UInt8.self, at: header, count: 30)
    guard lengths[0..<4].elementsEqual([0x50, 0x4b, 3, 4]) else {
      throw error("has no entry \(quoted) where its directory says; it is damaged")
    }
    let start =
      header + 30 + Int(lengths[26]) + Int(lengths[27]) << 8 + Int(lengths[28]) + Int(lengths[29]) << 8
    guard let count = Int(exactly: size), start <= limit, count <= limit - start else {
      throw error("has the entry \(quoted) reach outside of the file; it is damaged")
    }
    guard entries.updateValue(Entry(range: start..<start + count, checksum: checksum), forKey: name) == nil
    else { throw error("has the entry \(quoted) twice; it is damaged") }
  }

  private static func zip64(_ extra: [UInt8]) -> [UInt64] {
    var place = 0
    while place + 4 <= extra.count {
      let (kind, length) = (
        Int(extra[place]) | Int(extra[place + 1]) << 8, Int(extra[place + 2]) | Int(extra[place + 3]) << 8
      )
      let end = min(place + 4 + length, extra.count)
      if kind == 1 {
        return stride(from: place + 4, through: end - 8, by: 8).map { start in
          (0..<8).reduce(0) { $0 | UInt64(extra[start + $1]) << UInt64(8 * $1) }
        }
      }
      place = end
    }
    return []
  }

  /// Compares an entry's bytes with its checksum, a piece at a time.
  func verify(_ name: String, _ entry: Entry) throws {
    var checksum = CyclicChecksum.crc32
    var place = entry.range.lowerBound
    while place < entry.range.upperBound {
      let count = min(1 << 20, entry.range.upperBound - place)
      checksum.combine(try file.elements(UInt8.self, at: place, count: count))
      place += count
    }
    guard checksum.value == entry.checksum else {
      throw error("has the entry \(TensorFileError.quoted(name)) not fit its checksum; it is damaged")
    }
  }
}
