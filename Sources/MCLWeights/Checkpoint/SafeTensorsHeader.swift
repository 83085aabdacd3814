import MCLSupport

/// The header of a safetensors file, checked against the length of the data that follows it.
///
/// The JSON is read by a parser of its own: the general ones let a later duplicate name win and follow any nesting.
/// This one knows the format's three levels only, keeps nothing that is not checked, and allocates no more than a small
/// multiple of the header's length.
struct SafeTensorsHeader {
  private(set) var metadata: [String: String] = [:]
  private(set) var entries = NamedValues<SafeTensors.Entry>()
  private let available: Int
  private let path: String

  /// - Parameter available: bytes of data that follow the header.
  /// - Throws: `TensorFileError` naming file, byte and tensor.
  init(_ bytes: [UInt8], available: Int, path: String) throws {
    self.available = available
    self.path = path
    var scanner = JSONScanner(bytes, path: path)
    var hasMetadata = false
    try scanner.object { scanner, name in
      scanner.place = name == "__metadata__" ? "the metadata" : "tensor \(TensorFileError.quoted(name))"
      if name == "__metadata__" {
        guard !hasMetadata else { throw scanner.error("it stands twice") }
        hasMetadata = true
        try readMetadata(&scanner)
      } else {
        let entry = try readEntry(&scanner, name)
        guard entries.updateValue(entry, forKey: name) == nil else { throw scanner.error("it stands twice") }
      }
      scanner.place = nil
    }
    guard scanner.isAtEnd else { throw scanner.error("something follows it") }
    try checkLayout()
  }

  private mutating func readMetadata(_ scanner: inout JSONScanner) throws {
    try scanner.object { scanner, key in
      guard metadata.updateValue(try scanner.string(), forKey: key) == nil else {
        // Metadata is looked up as Swift compares texts, so that two forms of one key cannot be kept apart.
        throw scanner.error("the key \(TensorFileError.quoted(key)) stands twice, or in two Unicode forms")
      }
    }
  }

  private func readEntry(_ scanner: inout JSONScanner, _ name: String) throws -> SafeTensors.Entry {
    var (dtype, shape, offsets): (String?, [Int]?, [Int]?)
    try scanner.object { scanner, key in
      switch key {
      case "dtype" where dtype == nil: dtype = try scanner.string()
      case "shape" where shape == nil: shape = try scanner.integers()
      case "data_offsets" where offsets == nil:
        offsets = try scanner.integers()
        guard offsets?.count == 2 else { throw scanner.error("it needs two offsets") }
      case "dtype", "shape", "data_offsets": throw scanner.error("its '\(key)' stands twice")
      default: throw scanner.error("it has the unknown field \(TensorFileError.quoted(key))")
      }
    }
    guard let dtype, let shape, let offsets else {
      let missing = dtype == nil ? "dtype" : shape == nil ? "shape" : "data_offsets"
      throw scanner.error("it has no '\(missing)'")
    }
    return try check(name, dtype, shape, offsets[0], offsets[1])
  }

  private func check(_ name: String, _ dtype: String, _ shape: [Int], _ start: Int, _ end: Int) throws
    -> SafeTensors.Entry
  {
    func wrong(_ what: String) -> TensorFileError {
      TensorFileError("\(path): tensor \(TensorFileError.quoted(name)) \(what)")
    }
    guard let element = SafeTensors.Element(rawValue: dtype) else {
      let known = SafeTensors.Element.allCases.map(\.rawValue).sorted().joined(separator: ", ")
      throw wrong("has the type \(TensorFileError.quoted(dtype)); known are \(known)")
    }
    var bytes = element.byteCount
    // A zero makes the whole product zero, wherever it stands.
    for dimension in shape.contains(0) ? [0] : shape {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: dimension)
      guard !overflow else { throw wrong("has the impossible shape \(shape)") }
      bytes = product
    }
    guard start <= end, end <= available else { throw wrong("lies outside the file; it is damaged") }
    guard end - start == bytes else {
      throw wrong("of shape \(shape) needs \(bytes) bytes but has \(end - start)")
    }
    guard start % element.byteCount == 0 else {
      throw wrong(
        "starts at byte \(start) of the data, no multiple of the \(element.byteCount) bytes of \(dtype); "
          + "write it anew with a current safetensors library")
    }
    return SafeTensors.Entry(element: element, shape: shape, range: start..<end)
  }

  /// The tensors, in order of their places, fill the data without overlap or gap.
  private func checkLayout() throws {
    var end = 0
    let ranges = entries.values.map(\.range)
    let order = ranges.indices.sorted { first, second in
      let (a, b) = (ranges[first], ranges[second])
      return (a.lowerBound, a.upperBound, first) < (b.lowerBound, b.upperBound, second)
    }
    for index in order {
      let (name, range) = (entries.keys[index], ranges[index])
      guard range.lowerBound == end else {
        let what = range.lowerBound < end ? "overlaps the tensor before it" : "leaves a gap before it"
        throw TensorFileError(
          "\(path): tensor \(TensorFileError.quoted(name)) \(what); the file is damaged")
      }
      end = range.upperBound
    }
    guard end == available else {
      throw TensorFileError(
        "\(path): its tensors take \(end) bytes, but \(available) follow the header; it is damaged")
    }
  }
}
