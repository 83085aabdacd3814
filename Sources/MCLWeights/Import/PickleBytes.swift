import MCLSupport

/// The bytes of a pickle, read in order through a small window, so that a damaged length takes no memory and one in
/// front of gigabytes of numbers is read alone.
struct PickleBytes {
  let file: RandomAccessFile
  /// The place of the next byte in the file.
  private(set) var position: Int
  /// Where the pickle must have ended.
  let end: Int
  private var window: [UInt8] = []
  private var windowStart = 0

  init(_ file: RandomAccessFile, _ range: Range<Int>) {
    self.file = file
    position = range.lowerBound
    end = range.upperBound
  }

  func error(_ message: String) -> TensorFileError {
    TensorFileError("\(file.path): the pickle is damaged before byte \(position): \(message)")
  }

  mutating func byte() throws -> UInt8 {
    guard position < end else { throw error("it ends too early") }
    if !(windowStart..<windowStart + window.count).contains(position) {
      windowStart = position
      window = try file.elements(UInt8.self, at: position, count: min(1 << 16, end - position))
    }
    defer { position += 1 }
    return window[position - windowStart]
  }

  /// - Parameter count: checked against what is left before anything is allocated.
  mutating func take(_ count: Int) throws -> [UInt8] {
    guard count >= 0, count <= end - position else {
      throw error("a text of \(count) bytes is announced, more than are left")
    }
    if position >= windowStart, position + count <= windowStart + window.count {
      defer { position += count }
      return Array(window[position - windowStart..<position - windowStart + count])
    }
    guard count > 1 << 12 else { return try (0..<count).map { _ in try byte() } }
    let bytes = try file.elements(UInt8.self, at: position, count: count)
    position += count
    return bytes
  }

  /// Goes on after `count` bytes, which the caller knows to be there.
  mutating func skip(_ count: Int) { position += count }

  /// A little-endian number of up to eight bytes.
  mutating func number(_ count: Int) throws -> UInt64 {
    var value: UInt64 = 0
    for index in 0..<count { value |= UInt64(try byte()) << UInt64(8 * index) }
    return value
  }

  /// A text up to a line feed, as the names of globals are.
  mutating func line() throws -> String {
    var bytes: [UInt8] = []
    while true {
      let next = try byte()
      if next == 0x0a { return String(decoding: bytes, as: UTF8.self) }
      guard bytes.count < 512 else { throw error("a name is longer than 512 bytes") }
      bytes.append(next)
    }
  }
}
