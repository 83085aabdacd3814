/// Reads the words of one line of the text form.
struct LineScanner {
  private let bytes: [UInt8]
  private var position = 0
  private let line: Int

  init(_ text: Substring.UTF8View, line: Int) {
    bytes = Array(text)
    self.line = line
  }

  func error(_ message: String) -> ModelError {
    ModelError([Diagnostic("line \(line), column \(position + 1) of the graph text: \(message)")])
  }

  var isAtEnd: Bool {
    mutating get {
      skipSpace()
      return position == bytes.count
    }
  }

  private mutating func skipSpace() {
    while position < bytes.count, bytes[position] == UInt8(ascii: " ") { position += 1 }
  }

  /// Takes `symbol` if it comes next.
  mutating func take(_ symbol: Character) -> Bool {
    skipSpace()
    guard let byte = symbol.asciiValue, position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  mutating func expect(_ symbol: Character) throws {
    guard take(symbol) else { throw error("'\(symbol)' is expected") }
  }

  mutating func word() throws -> String {
    skipSpace()
    let start = position
    while position < bytes.count {
      guard Self.isWordByte(bytes[position]) else { break }
      position += 1
    }
    guard position > start else { throw error("a word is expected") }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  static func isWordByte(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
  }

  mutating func expect(word: String) throws {
    guard try self.word() == word else { throw error("'\(word)' is expected") }
  }

  private mutating func numeral() throws -> String {
    skipSpace()
    let start = position
    while position < bytes.count, "+-.0123456789einfa".utf8.contains(bytes[position]) { position += 1 }
    guard position > start else { throw error("a number is expected") }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  mutating func integer() throws -> Int {
    let text = try numeral()
    guard let value = Int(text) else { throw error("'\(text)' is not an integer") }
    return value
  }

  mutating func number() throws -> Double {
    let text = try numeral()
    guard let value = Double(text) else { throw error("'\(text)' is not a number") }
    return value
  }

  /// A number: an integer unless it shows a point, an exponent or more digits than 64 bits hold.
  mutating func scalar() throws -> Scalar {
    let text = try numeral()
    if let value = Int64(text) { return .integer(value) }
    guard let value = Double(text) else { throw error("'\(text)' is not a number") }
    return .float(value)
  }

  mutating func integers() throws -> [Int] {
    try expect("[")
    var values: [Int] = []
    if take("]") { return values }
    repeat { values.append(try integer()) } while take(",")
    try expect("]")
    return values
  }

  mutating func text() throws -> String {
    try expect("\"")
    var result: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: result, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard position < bytes.count else { throw error("a text ends within an escape") }
        let escaped = bytes[position]
        position += 1
        switch escaped {
        case UInt8(ascii: "n"): result.append(10)
        case UInt8(ascii: "u"):
          try expect("{")
          let digits = try word()
          try expect("}")
          guard digits.count <= 6, let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value)
          else {
            throw error("'\(digits)' is no character")
          }
          result += Array(String(Character(scalar)).utf8)
        case UInt8(ascii: "\\"), UInt8(ascii: "\""): result.append(escaped)
        default: throw error("an unknown escape")
        }
      default: result.append(byte)
      }
    }
    throw error("a text is not closed")
  }

  mutating func attribute() throws -> Attribute {
    skipSpace()
    guard position < bytes.count else { throw error("a value is expected") }
    switch bytes[position] {
    case UInt8(ascii: "["): return .integers(try integers())
    case UInt8(ascii: "\""): return .text(try text())
    default:
      let text = try numeral()
      if let value = Int(text) { return .integer(value) }
      guard let value = Double(text) else { throw error("'\(text)' is not a number") }
      return .number(value)
    }
  }

  /// `key=value`, into a list that has not that key yet.
  mutating func attribute(into values: inout [String: Attribute]) throws {
    let key = try word()
    try expect("=")
    guard values.updateValue(try attribute(), forKey: key) == nil else {
      throw error("the attribute '\(key)' stands twice")
    }
  }

  mutating func type() throws -> TensorType {
    let name = try word()
    guard let element = ElementType(rawValue: name) else { throw error("'\(name)' is no element type") }
    let shape = try integers()
    do { return try checkedLeafType(TensorType(element, shape), "type") } catch {
      throw self.error("\(error)")
    }
  }

  mutating func reference() throws -> Int {
    try expect("%")
    return try integer()
  }
}
