import MCLSupport

/// NumPy's file of one array (format 1.0), of little-endian f32 in rows: a mark, a header in Python's form, the numbers.
enum NumpyFile {
  private static let mark: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
  private static let alignment = 64

  /// - Throws: `TensorFileError` where the file cannot be written.
  static func write(_ values: [Float], shape: [Int], to path: String) throws {
    let list = shape.map { "\($0)," }.joined(separator: " ")
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(list)), }"
    let length = mark.count + 2 + header.utf8.count + 1
    header += String(repeating: " ", count: (alignment - length % alignment) % alignment) + "\n"
    let size = UInt16(clamping: header.utf8.count)
    let start = mark + [UInt8(size & 255), UInt8(size >> 8)] + Array(header.utf8)
    try AtomicFile.write(to: path) { append in
      try start.withUnsafeBytes { try append($0) }
      try values.withUnsafeBytes { try append($0) }
    }
  }

  /// - Throws: `TensorFileError` for a file that is no such array, or has another length than it states.
  static func read(_ path: String) throws -> (values: [Float], shape: [Int]) {
    let file = try RandomAccessFile(path: path)
    let other = TensorFileError("\(path): it is no NumPy array of little-endian f32 in rows (format 1.0)")
    guard file.count >= mark.count + 2 else { throw other }
    let start = try file.elements(UInt8.self, at: 0, count: mark.count + 2)
    let length = Int(start[mark.count]) | Int(start[mark.count + 1]) << 8
    guard Array(start.prefix(mark.count)) == mark, file.count >= start.count + length else { throw other }
    let bytes = try file.elements(UInt8.self, at: start.count, count: length)
    guard let header = String(validating: bytes, as: UTF8.self), let shape = shape(header) else {
      throw other
    }
    var count = 1
    for size in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow, product <= file.count else { throw wrongLength(path, shape) }
      count = product
    }
    guard file.count == start.count + length + count * MemoryLayout<Float>.size else {
      throw wrongLength(path, shape)
    }
    return (try file.elements(Float.self, at: start.count + length, count: count), shape)
  }

  private static func wrongLength(_ path: String, _ shape: [Int]) -> TensorFileError {
    TensorFileError("\(path): it has another length than its shape \(shape) takes; it is damaged")
  }

  /// The shape in a header of exactly the three keys that NumPy writes; nil for any other.
  private static func shape(_ header: String) -> [Int]? {
    var rest = Substring(header.filter { !" \n".contains($0) })
    guard rest.hasPrefix("{"), rest.hasSuffix("}") else { return nil }
    rest = rest.dropFirst().dropLast()
    for word in ["'descr':'<f4'", "'fortran_order':False"] {
      guard let place = rest.firstRange(of: word) else { return nil }
      rest.removeSubrange(place)
    }
    rest = Substring(rest.drop { $0 == "," })
    guard rest.hasPrefix("'shape':("), let end = rest.firstIndex(of: ")") else { return nil }
    guard rest[rest.index(after: end)...].allSatisfy({ $0 == "," }) else { return nil }
    let sizes = rest[..<end].dropFirst("'shape':(".count).split(separator: ",")
    let numbers = sizes.compactMap { Int($0) }
    return numbers.count == sizes.count && numbers.allSatisfy { $0 >= 0 } && numbers.count <= 32
      ? numbers : nil
  }
}
