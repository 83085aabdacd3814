import Foundation

/// Why a tensor file cannot be read or written, in one sentence.
public struct TensorFileError: Error, Sendable, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}

/// A safetensors file: 8 bytes of header length, a JSON header with each tensor's type, shape and place, then the data.
///
/// Files are untrusted: every length is checked against the file before anything is allocated by it.
public struct SafeTensors: Sendable {
  public struct Entry: Sendable {
    public var dtype: String
    public var shape: [Int]
    /// Bytes of the data section.
    public var range: Range<Int>
  }

  public private(set) var entries: [String: Entry] = [:]
  public private(set) var metadata: [String: String] = [:]
  private let path: String
  private let data: Data

  private static let headerLimit = 100 << 20
  private static let byteCounts = [
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "U8": 1, "BOOL": 1,
  ]

  /// Reads and checks the header; the data stays mapped.
  /// - Throws: `TensorFileError` that names the file and the tensor.
  public init(path: String) throws {
    self.path = path
    do { data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped) } catch {
      throw TensorFileError("\(path): there is no such file, or it may not be read; check the path")
    }
    guard data.count >= 8 else { throw TensorFileError("\(path): it is too short to be a safetensors file") }
    let length = data.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(Self.headerLimit), length <= UInt64(data.count - 8) else {
      throw TensorFileError(
        "\(path): its header claims \(length) bytes, more than the file has; it is damaged")
    }
    let header = try SafeTensorsHeader(data.subdata(in: 8..<8 + Int(length)), path: path)
    metadata = header.metadata
    let available = data.count - 8 - Int(length)
    for (name, raw) in header.tensors.sorted(by: { $0.key < $1.key }) {
      entries[name] = try Self.check(name, raw, available, path)
    }
    var end = 0
    func place(_ entry: (key: String, value: Entry)) -> (Int, Int, String) {
      (entry.value.range.lowerBound, entry.value.range.upperBound, entry.key)
    }
    for (name, entry) in entries.sorted(by: { place($0) < place($1) }) {
      guard entry.range.lowerBound == end || entry.range.isEmpty else {
        throw TensorFileError(
          "\(path): tensor '\(name)' overlaps another or leaves a gap before it; the file is damaged")
      }
      end = max(end, entry.range.upperBound)
    }
    guard end == available else {
      throw TensorFileError(
        "\(path): its tensors take \(end) bytes, but \(available) follow the header; it is damaged")
    }
  }

  private static func check(
    _ name: String, _ raw: SafeTensorsHeader.Tensor, _ available: Int, _ path: String
  ) throws -> Entry {
    guard let size = byteCounts[raw.dtype] else {
      throw TensorFileError(
        "\(path): tensor '\(name)' has the type \(raw.dtype); known are \(byteCounts.keys.sorted().joined(separator: ", "))"
      )
    }
    var bytes = size
    for dimension in raw.shape {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: dimension)
      guard dimension >= 0, !overflow else {
        throw TensorFileError("\(path): tensor '\(name)' has the impossible shape \(raw.shape)")
      }
      bytes = product
    }
    guard raw.start >= 0, raw.start <= raw.end, raw.end <= available else {
      throw TensorFileError("\(path): tensor '\(name)' lies outside the file; it is damaged")
    }
    guard raw.end - raw.start == bytes else {
      throw TensorFileError(
        "\(path): tensor '\(name)' of shape \(raw.shape) needs \(bytes) bytes but has \(raw.end - raw.start)")
    }
    return Entry(dtype: raw.dtype, shape: raw.shape, range: raw.start..<raw.end)
  }

  /// One tensor; F16, BF16 and I32 become wider.
  /// - Throws: `TensorFileError` when there is none of that name.
  public func tensor(_ name: String) throws -> HostTensor {
    guard let entry = entries[name] else { throw TensorFileError("\(path): it has no tensor '\(name)'") }
    let start = data.count - (entries.values.map(\.range.upperBound).max() ?? 0)
    let bytes = data.subdata(
      in: data.startIndex + start + entry.range.lowerBound..<data.startIndex + start + entry.range.upperBound)
    // Bound: whole elements of `bytes`, whose length was checked against the shape.
    func read<Element: BitwiseCopyable>(_: Element.Type) -> [Element] {
      bytes.withUnsafeBytes { buffer in
        (0..<buffer.count / MemoryLayout<Element>.size).map {
          buffer.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Element>.size, as: Element.self)
        }
      }
    }
    let storage: HostTensor.Storage =
      switch entry.dtype {
      case "F32": .float32(read(Float.self))
      case "F64": .float64(read(Double.self))
      case "F16": .float32(read(UInt16.self).map(Self.halfPrecision))
      case "BF16": .float32(read(UInt16.self).map { Float(bitPattern: UInt32($0) << 16) })
      case "I64": .int64(read(Int64.self))
      case "I32": .int64(read(Int32.self).map { Int64($0) })
      default: .uint8([UInt8](bytes))
      }
    return HostTensor(entry.shape, storage)
  }

  /// IEEE half precision: 1 sign, 5 exponent, 10 fraction bits.
  private static func halfPrecision(_ bits: UInt16) -> Float {
    let sign: Float = bits >> 15 == 0 ? 1 : -1
    let exponent = Int(bits >> 10) & 0x1f
    let fraction = Float(bits & 0x3ff)
    switch exponent {
    case 0: return sign * fraction * 0x1p-24
    case 31: return fraction == 0 ? sign * .infinity : .nan
    default:
      return sign * (1 + fraction * 0x1p-10) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
    }
  }

  // MARK: Writing

  /// Writes tensors in order of name: the same bytes for the same content. The file appears whole or not at all.
  /// - Throws: `TensorFileError` when it cannot be written.
  public static func write(_ tensors: [String: HostTensor], metadata: [String: String], to path: String)
    throws
  {
    let names = tensors.keys.sorted()
    var header = "{\"__metadata__\":{"
    header += metadata.sorted { $0.key < $1.key }.map { "\(json($0.key)):\(json($0.value))" }.joined(
      separator: ",")
    header += "}"
    var offset = 0
    for name in names {
      guard let tensor = tensors[name] else { continue }
      let (dtype, size) =
        switch tensor.storage {
        case .float32: ("F32", 4)
        case .float64: ("F64", 8)
        case .int64: ("I64", 8)
        case .uint8: ("U8", 1)
        }
      let end = offset + tensor.count * size
      header +=
        ",\(json(name)):{\"dtype\":\"\(dtype)\",\"shape\":[\(tensor.shape.map(String.init).joined(separator: ","))]"
      header += ",\"data_offsets\":[\(offset),\(end)]}"
      offset = end
    }
    header += "}"
    while header.utf8.count % 8 != 0 { header += " " }
    try AtomicFile.write(to: path) { append in
      let length = UInt64(header.utf8.count).littleEndian
      try withUnsafeBytes(of: length) { try append($0) }
      try Array(header.utf8).withUnsafeBytes { try append($0) }
      for name in names {
        switch tensors[name]?.storage {
        case .float32(let values)?: try values.withUnsafeBytes { try append($0) }
        case .float64(let values)?: try values.withUnsafeBytes { try append($0) }
        case .int64(let values)?: try values.withUnsafeBytes { try append($0) }
        case .uint8(let values)?: try values.withUnsafeBytes { try append($0) }
        case nil: break
        }
      }
    }
  }

  private static func json(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
