import MCLSupport

/// A safetensors file: 8 bytes of header length, a JSON header with each tensor's type, shape and place, then the data.
///
/// Files are untrusted: every length is checked against the file before anything is allocated by it. Opening reads the
/// header only; each tensor is read when it is asked for, so a file larger than memory serves too.
public struct SafeTensors: Sendable {
  /// The free texts of the header.
  public let metadata: [String: String]
  /// The tensors' names in the order of the header.
  public var names: [String] { entries.keys }
  /// The tensors' types and places by name.
  public let entries: NamedValues<Entry>
  private let file: RandomAccessFile
  private let dataStart: Int

  /// The path that was opened.
  public var path: String { file.path }

  /// The longest header: that of the format's own library.
  private static let headerLimit = 100_000_000

  /// Opens the file, reads and checks its header.
  /// - Throws: `TensorFileError` that names the file and the tensor: for a header that is longer than the file or
  ///   100 MB, is not the JSON of the format or not UTF-8, for names that stand twice, types that are not known, shapes
  ///   whose product overflows, places that overlap, leave gaps, lie outside the file, do not fit their shape or are no
  ///   multiple of their element's size.
  public init(path: String) throws {
    file = try RandomAccessFile(path: path)
    if let kind = try FileKind(file) {
      throw TensorFileError("\(path): it is \(kind.description(convertibleAt: path))")
    }
    guard file.count >= 8 else { throw TensorFileError("\(path): it is too short to be a safetensors file") }
    let length = UInt64(littleEndian: try file.elements(UInt64.self, at: 0, count: 1)[0])
    guard length <= UInt64(file.count - 8) else {
      throw TensorFileError(
        "\(path): its header claims \(length) bytes, more than the file has; it is damaged")
    }
    guard length <= UInt64(Self.headerLimit) else {
      throw TensorFileError(
        "\(path): its header claims \(length) bytes, but \(Self.headerLimit) is the most the format allows; it is damaged"
      )
    }
    dataStart = 8 + Int(length)
    let header = try SafeTensorsHeader(
      try file.elements(UInt8.self, at: 8, count: Int(length)), available: file.count - dataStart, path: path)
    metadata = header.metadata
    entries = header.entries
  }

  /// Whether a file begins as those of this format do.
  static func isHeader(of file: RandomAccessFile) throws -> Bool {
    FileKind.isTensorHeader(
      try file.elements(UInt8.self, at: 0, count: min(9, file.count)), fileSize: file.count)
  }

  /// A tensor's type and shape.
  /// - Throws: `TensorFileError` when there is none of that name.
  public func entry(_ name: String) throws -> Entry {
    guard let entry = entries[name] else {
      throw TensorFileError("\(path): it has no tensor \(TensorFileError.quoted(name))")
    }
    return entry
  }

  /// The values, row-major, each exactly.
  /// - Throws: `TensorFileError` when there is no such tensor, or a 64-bit integer in it has no exact Double.
  public func doubles(_ name: String) throws -> [Double] {
    let entry = try entry(name)
    if entry.element == .int64 {
      return try converted(entry, Int64.self) { index, value in
        guard let exact = Double(exactly: value) else {
          throw TensorFileError(
            "\(path): tensor \(TensorFileError.quoted(name)) holds \(value) at element \(index), which is no exact Double; "
              + "read it as integers")
        }
        return exact
      }
    }
    return try read(entry, Double.self, float: { Double($0) }, double: { $0 }, integer: { Double($0) })
  }

  /// The values, row-major, rounded to the nearest Float where they have none of their own (F64, large integers).
  /// - Throws: `TensorFileError` when there is no such tensor.
  public func floats(_ name: String) throws -> [Float] {
    try read(try entry(name), Float.self, float: { $0 }, double: { Float($0) }, integer: { Float($0) })
  }

  /// The values, row-major; a tensor of floating point is taken where each value is a whole number.
  /// - Throws: `TensorFileError` when there is no such tensor, or a value is no whole number within 64 bits.
  public func integers(_ name: String) throws -> [Int64] {
    let entry = try entry(name)
    guard entry.element.isFloatingPoint else {
      return try read(entry, Int64.self, float: { _ in 0 }, double: { _ in 0 }, integer: { $0 })
    }
    return try doubles(name).enumerated().map { index, value in
      guard let whole = Int64(exactly: value) else {
        throw TensorFileError(
          "\(path): tensor \(TensorFileError.quoted(name)) holds \(value) at element \(index), which is no integer of 64 bits"
        )
      }
      return whole
    }
  }

  /// One tensor; F16 and BF16 become Float, integers but U8 become Int64, BOOL becomes UInt8.
  /// - Throws: `TensorFileError` when there is none of that name.
  public func tensor(_ name: String) throws -> HostTensor {
    let entry = try entry(name)
    let storage: HostTensor.Storage =
      switch entry.element {
      case .float64: .float64(try doubles(name))
      case .float32, .float16, .bfloat16: .float32(try floats(name))
      case .uint8, .bool:
        .uint8(
          try file.elements(UInt8.self, at: dataStart + entry.range.lowerBound, count: entry.range.count))
      default: .int64(try integers(name))
      }
    return HostTensor(entry.shape, storage)
  }

  // MARK: Conversion

  /// Every element type widened to one of three, then converted.
  private func read<Result>(
    _ entry: Entry, _: Result.Type, float: (Float) -> Result, double: (Double) -> Result,
    integer: (Int64) -> Result
  ) throws -> [Result] {
    switch entry.element {
    case .float64: try converted(entry, Double.self) { double($1) }
    case .float32: try converted(entry, Float.self) { float($1) }
    case .float16: try converted(entry, UInt16.self) { float(widened(halfPrecision: $1)) }
    case .bfloat16: try converted(entry, UInt16.self) { float(widened(brainFloat: $1)) }
    case .int64: try converted(entry, Int64.self) { integer($1) }
    case .int32: try converted(entry, Int32.self) { integer(Int64($1)) }
    case .int16: try converted(entry, Int16.self) { integer(Int64($1)) }
    case .int8: try converted(entry, Int8.self) { integer(Int64($1)) }
    case .uint32: try converted(entry, UInt32.self) { integer(Int64($1)) }
    case .uint16: try converted(entry, UInt16.self) { integer(Int64($1)) }
    case .uint8, .bool: try converted(entry, UInt8.self) { integer(Int64($1)) }
    }
  }

  /// A tensor's elements through `convert`, a piece at a time, so that only the result takes memory.
  private func converted<Raw: BitwiseCopyable, Result>(
    _ entry: Entry, _: Raw.Type, _ convert: (Int, Raw) throws -> Result
  ) throws -> [Result] {
    var result: [Result] = []
    result.reserveCapacity(entry.count)
    while result.count < entry.count {
      let piece = try file.elements(
        Raw.self, at: dataStart + entry.range.lowerBound + result.count * MemoryLayout<Raw>.size,
        count: min(entry.count - result.count, 1 << 16))
      for value in piece { result.append(try convert(result.count, value)) }
    }
    return result
  }
}
