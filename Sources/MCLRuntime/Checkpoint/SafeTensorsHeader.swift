import Foundation

/// The JSON header of a safetensors file. A parser of its own, since the general ones let a later duplicate name win.
struct SafeTensorsHeader {
  struct Tensor {
    var dtype = ""
    var shape: [Int] = []
    var start = -1
    var end = -1
  }

  private(set) var tensors: [String: Tensor] = [:]
  private(set) var metadata: [String: String] = [:]
  private var bytes: [UInt8]
  private var position = 0
  private let path: String

  init(_ data: Data, path: String) throws {
    bytes = [UInt8](data)
    self.path = path
    try object { header, name in
      if name == "__metadata__" {
        try header.object { header, key in
          guard header.metadata.updateValue(try header.string(), forKey: key) == nil else {
            throw header.error("the metadata key '\(key)' stands twice")
          }
        }
        return
      }
      var tensor = Tensor()
      try header.object { header, key in
        switch key {
        case "dtype": tensor.dtype = try header.string()
        case "shape": tensor.shape = try header.integers()
        case "data_offsets":
          let offsets = try header.integers()
          guard offsets.count == 2 else { throw header.error("tensor '\(name)' needs two offsets") }
          (tensor.start, tensor.end) = (offsets[0], offsets[1])
        default: throw header.error("tensor '\(name)' has the unknown field '\(key)'")
        }
      }
      guard header.tensors.updateValue(tensor, forKey: name) == nil else {
        throw header.error("tensor '\(name)' stands twice")
      }
    }
    skipSpace()
    guard position == bytes.count else { throw error("something follows it") }
  }

  private func error(_ message: String) -> TensorFileError {
    TensorFileError("\(path): the header is damaged at byte \(position): \(message)")
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

  private mutating func object(_ member: (inout SafeTensorsHeader, String) throws -> Void) throws {
    try expect("{")
    if take("}") { return }
    repeat {
      let key = try string()
      try expect(":")
      try member(&self, key)
    } while take(",")
    try expect("}")
  }

  private mutating func integers() throws -> [Int] {
    try expect("[")
    var values: [Int] = []
    if take("]") { return values }
    repeat {
      skipSpace()
      let start = position
      while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
      guard let value = Int(String(decoding: bytes[start..<position], as: UTF8.self)), values.count < 64
      else {
        throw error("an integer is expected")
      }
      values.append(value)
    } while take(",")
    try expect("]")
    return values
  }

  private mutating func string() throws -> String {
    try expect("\"")
    let start = position
    var isEscaped = false
    while position < bytes.count, bytes[position] != 0x22 {
      if bytes[position] == 0x5c {
        isEscaped = true
        position += 1
      }
      position += 1
    }
    guard position < bytes.count else { throw error("a string is not closed") }
    let raw = bytes[start..<position]
    position += 1
    if !isEscaped {
      guard let text = String(validating: raw, as: UTF8.self) else { throw error("a string is not UTF-8") }
      return text
    }
    let quoted = Data([0x22] + raw + [0x22])
    guard let text = try? JSONSerialization.jsonObject(with: quoted, options: .fragmentsAllowed) as? String
    else {
      throw error("a string has an unknown escape")
    }
    return text
  }
}
