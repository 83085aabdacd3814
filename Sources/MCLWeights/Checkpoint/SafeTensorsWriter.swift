import MCLSupport

extension SafeTensors {
  /// Writes tensors, those of wide elements first, so that each is aligned, then in order of name: the same bytes for
  /// the same content. The file appears whole or not at all.
  /// - Throws: `TensorFileError` when it cannot be written, or a tensor's numbers do not fill its shape.
  public static func write(
    _ tensors: some Sequence<(key: String, value: HostTensor)>, metadata: [String: String], to path: String
  ) throws {
    try write(tensors, metadata: metadata, to: path, fault: nil)
  }

  /// - Parameter fault: what a test lets fail.
  package static func write(
    _ tensors: some Sequence<(key: String, value: HostTensor)>, metadata: [String: String], to path: String,
    fault: AtomicFile.Fault?
  ) throws {
    let order = tensors.sorted { first, second in
      let (a, b) = (first.value.storage.element.byteCount, second.value.storage.element.byteCount)
      return a == b ? first.key.precedesByBytes(second.key) : a > b
    }
    var header = "{\"__metadata__\":{"
    header += metadata.sorted { $0.key < $1.key }.map { "\(json($0.key)):\(json($0.value))" }.joined(
      separator: ",")
    header += "}"
    var offset = 0
    for (name, tensor) in order {
      guard name != "__metadata__" else {
        throw TensorFileError("\(path): no tensor can be called '__metadata__'; give it another name")
      }
      guard hasFittingCount(tensor) else {
        throw TensorFileError(
          "\(path): tensor \(TensorFileError.quoted(name)) of shape \(tensor.shape) cannot be written from "
            + "\(tensor.count) numbers")
      }
      let element = tensor.storage.element
      let end = offset + tensor.count * element.byteCount
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      header += ",\(json(name)):{\"dtype\":\"\(element.rawValue)\",\"shape\":[\(shape)]"
      header += ",\"data_offsets\":[\(offset),\(end)]}"
      offset = end
    }
    header += "}"
    header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    try AtomicFile.write(to: path, fault: fault) { append in
      let length = UInt64(header.utf8.count).littleEndian
      try withUnsafeBytes(of: length) { try append($0) }
      try Array(header.utf8).withUnsafeBytes { try append($0) }
      for (_, tensor) in order {
        switch tensor.storage {
        case .float32(let values): try values.withUnsafeBytes { try append($0) }
        case .float64(let values): try values.withUnsafeBytes { try append($0) }
        case .int64(let values): try values.withUnsafeBytes { try append($0) }
        case .uint8(let values): try values.withUnsafeBytes { try append($0) }
        }
      }
    }
  }

  private static func hasFittingCount(_ tensor: HostTensor) -> Bool {
    var product = 1
    for dimension in tensor.shape.contains(0) ? [0] : tensor.shape {
      let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
      guard dimension >= 0, !overflow else { return false }
      product = next
    }
    return product == tensor.count && tensor.shape.allSatisfy { $0 >= 0 }
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

extension HostTensor.Storage {
  /// The type that a file holds it as.
  var element: SafeTensors.Element {
    switch self {
    case .float32: .float32
    case .float64: .float64
    case .int64: .int64
    case .uint8: .uint8
    }
  }
}
