import Foundation
import MCLSupport

/// Reads the JSON that safetensors headers are made of: objects, strings and lists of unsigned integers.
struct JSONScanner {
  /// What is being read, for messages.
  var place: String?
  private let bytes: [UInt8]
  private var position = 0
  private let path: String

  init(_ bytes: [UInt8], path: String) {
    self.bytes = bytes
    self.path = path
  }

  func error(_ message: String) -> TensorFileError {
    TensorFileError(
      "\(path): the header is damaged at byte \(position)\(place.map { ", in \($0)" } ?? ""): \(message)")
  }

  var isAtEnd: Bool {
    mutating get {
      skipSpace()
      return position == bytes.count
    }
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
  }

  private mutating func take(_ symbol: Character) -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == symbol.asciiValue else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ symbol: Character) throws {
    guard take(symbol) else { throw error("'\(symbol)' is expected") }
  }

  mutating func object(_ member: (inout JSONScanner, String) throws -> Void) throws {
    try expect("{")
    if take("}") { return }
    repeat {
      let key = try string()
      try expect(":")
      try member(&self, key)
    } while take(",")
    try expect("}")
  }

  mutating func integers() throws -> [Int] {
    try expect("[")
    var values: [Int] = []
    if take("]") { return values }
    repeat {
      skipSpace()
      let start = position
      while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
      let hasLeadingZero = position > start + 1 && bytes[start] == 0x30
      guard !hasLeadingZero, let value = Int(String(decoding: bytes[start..<position], as: UTF8.self)) else {
        throw error("an integer from 0 to 2^63-1 is expected")
      }
      guard values.count < 64 else { throw error("there are more than 64 numbers in a list") }
      values.append(value)
    } while take(",")
    try expect("]")
    return values
  }

  mutating func string() throws -> String {
    try expect("\"")
    let start = position
    var isEscaped = false
    while position < bytes.count, bytes[position] != 0x22 {
      guard bytes[position] >= 0x20 else { throw error("a string holds a control character") }
      if bytes[position] == 0x5c {
        isEscaped = true
        position += 1
      }
      position += 1
    }
    guard position < bytes.count else { throw error("a string is not closed") }
    let raw = bytes[start..<position]
    guard let text = String(validating: raw, as: UTF8.self) else { throw error("a string is not UTF-8") }
    position += 1
    guard isEscaped else { return text }
    let quoted = Data([0x22] + raw + [0x22])
    guard let text = try? JSONSerialization.jsonObject(with: quoted, options: .fragmentsAllowed) as? String
    else { throw error("a string has an unknown escape") }
    return text
  }
}
