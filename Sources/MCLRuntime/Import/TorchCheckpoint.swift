/// A file of PyTorch's `torch.save`, in its zip format or the legacy one, read as data: nothing in it is executed.
///
/// Opening reads the description; each tensor is read when it is asked for. Every length is checked against the file
/// before anything is allocated by it.
public struct TorchCheckpoint {
  public enum Format: String, Sendable { case zip, legacy }

  public let format: Format
  public var path: String { file.path }
  private let file: RandomAccessFile
  private let heap: PickleHeap
  private let root: PickleValue
  /// Where each storage's numbers stand, in order of the heap's storages.
  private let places: [Range<Int>]
  private let archive: (zip: ZipArchive, prefix: String)?

  /// - Throws: `TensorFileError` for a file of another kind, a damaged one, and one whose pickle names anything but
  ///   tensors, containers and numbers.
  public init(path: String) throws {
    file = try RandomAccessFile(path: path)
    let start = try file.elements(UInt8.self, at: 0, count: min(4, file.count))
    if start == [0x50, 0x4b, 3, 4] {
      format = .zip
      let zip = try ZipArchive(file)
      let names = zip.entries.keys.filter { $0.hasSuffix("/data.pkl") && $0.split(separator: "/").count == 2 }
      guard names.count == 1, let name = names.first, let entry = zip.entries[name] else {
        throw zip.error("has no 'data.pkl' in one folder; save it with torch.save")
      }
      let prefix = String(name.dropLast("data.pkl".count))
      archive = (zip, prefix)
      try Self.checkByteOrder(zip, prefix)
      try zip.verify(name, entry)
      var unpickler = Unpickler(PickleBytes(file, entry.range))
      root = try unpickler.value()
      heap = unpickler.heap
      places = try Self.places(heap, zip, prefix)
    } else if start.starts(with: [0x80]) {
      (format, archive) = (.legacy, nil)
      let legacy = try LegacyTorchFile(file)
      (root, heap, places) = (legacy.root, legacy.heap, legacy.places)
    } else {
      throw TensorFileError("\(path): it is no file of torch.save; give a .pth or .pth.tar")
    }
    try checkSize()
  }

  private static func checkByteOrder(_ zip: ZipArchive, _ prefix: String) throws {
    guard let entry = zip.entries[prefix + "byteorder"], entry.range.count <= 16 else { return }
    let order = try zip.file.elements(UInt8.self, at: entry.range.lowerBound, count: entry.range.count)
    guard order == Array("little".utf8) else {
      throw zip.error("holds big-endian numbers; save it on a little-endian machine")
    }
  }

  private static func places(_ heap: PickleHeap, _ zip: ZipArchive, _ prefix: String) throws -> [Range<Int>] {
    try heap.storages.map { storage in
      guard let entry = zip.entries["\(prefix)data/\(storage.key)"] else {
        throw zip.error("lacks storage \(TensorFileError.quoted(storage.key)); it is damaged")
      }
      guard storage.count == entry.range.count / storage.element.byteCount,
        entry.range.count % storage.element.byteCount == 0
      else {
        throw zip.error(
          "has storage \(TensorFileError.quoted(storage.key)) of \(entry.range.count) bytes, not the \(storage.count) "
            + "numbers its pickle says; it is damaged")
      }
      return entry.range
    }
  }

  /// Tied weights are views of one storage, so tensors may be more than the file; not without bound.
  private func checkSize() throws {
    var bytes = 0
    for tensor in heap.tensors {
      let (sum, overflow) = bytes.addingReportingOverflow(
        tensor.count * heap.storages[tensor.storage].element.byteCount)
      guard !overflow, sum <= 16 * file.count else {
        throw TensorFileError(
          "\(path): its tensors share their numbers so often that they would take over 16 times the file's size; save the "
            + "state dict with clones")
      }
      bytes = sum
    }
  }

  // MARK: Content

  /// The root's keys, for messages.
  public var keys: [String] { heap.dictionary(root)?.map(\.key) ?? [] }

  /// Tensors by name, in the file's order.
  public struct StateDict: Sendable {
    public var names: [String] = []
    var tensors: [String: TorchTensor] = [:]
    public subscript(name: String) -> [Int]? { tensors[name]?.shape }
  }

  /// The state dict under a key of the root; nil where there is none with a tensor.
  public func stateDict(under key: String?) -> StateDict? {
    var value = root
    if let key {
      guard let found = heap.dictionary(root)?.first(where: { $0.key == key }) else { return nil }
      value = found.value
    }
    var result = StateDict()
    for (name, value) in heap.dictionary(value) ?? [] {
      guard case .tensor(let index) = value else { continue }
      result.names.append(name)
      result.tensors[name] = heap.tensors[index]
    }
    return result.names.isEmpty ? nil : result
  }

  /// A tensor's numbers, row-major: F16 and BF16 become Float, integers but U8 become Int64, BOOL becomes UInt8.
  /// - Throws: `TensorFileError` where the file has none of the name or is damaged.
  public func tensor(_ name: String, in dictionary: StateDict) throws -> HostTensor {
    guard let tensor = dictionary.tensors[name] else {
      throw TensorFileError("\(path): it has no tensor \(TensorFileError.quoted(name))")
    }
    let storage = heap.storages[tensor.storage]
    if let archive {
      let entry = "\(archive.prefix)data/\(storage.key)"
      if let place = archive.zip.entries[entry] { try archive.zip.verify(entry, place) }
    }
    guard tensor.count > 0 else { return HostTensor(tensor.shape, try numbers(storage.element, 0, 0)) }
    let reach = zip(tensor.shape, tensor.strides).reduce(1) { $0 + ($1.0 - 1) * $1.1 }
    let start = places[tensor.storage].lowerBound + tensor.offset * storage.element.byteCount
    return HostTensor(
      tensor.shape, try numbers(storage.element, start, reach).gathered(tensor.shape, tensor.strides))
  }

  private func numbers(_ element: SafeTensors.Element, _ place: Int, _ count: Int) throws
    -> HostTensor.Storage
  {
    func read<Raw: BitwiseCopyable>(_: Raw.Type) throws -> [Raw] {
      try file.elements(Raw.self, at: place, count: count)
    }
    return switch element {
    case .float64: .float64(try read(Double.self))
    case .float32: .float32(try read(Float.self))
    case .float16: .float32(try read(UInt16.self).map(widened(halfPrecision:)))
    case .bfloat16: .float32(try read(UInt16.self).map(widened(brainFloat:)))
    case .int64: .int64(try read(Int64.self))
    case .int32: .int64(try read(Int32.self).map(Int64.init))
    case .int16: .int64(try read(Int16.self).map(Int64.init))
    case .int8: .int64(try read(Int8.self).map(Int64.init))
    case .uint32: .int64(try read(UInt32.self).map(Int64.init))
    case .uint16: .int64(try read(UInt16.self).map(Int64.init))
    case .uint8, .bool: .uint8(try read(UInt8.self))
    }
  }
}

extension HostTensor.Storage {
  /// The elements of a strided view in row-major order.
  fileprivate func gathered(_ shape: [Int], _ strides: [Int]) -> Self {
    var dense = 1
    let isDense = zip(shape, strides).reversed().allSatisfy { size, stride in
      defer { dense *= size }
      return size == 1 || stride == dense
    }
    guard !isDense else { return self }
    func gather<Number>(_ values: [Number]) -> [Number] {
      var (index, place) = ([Int](repeating: 0, count: shape.count), 0)
      return (0..<shape.reduce(1, *)).map { _ in
        let value = values[place]
        for axis in shape.indices.reversed() {
          index[axis] += 1
          place += strides[axis]
          if index[axis] < shape[axis] { break }
          place -= strides[axis] * shape[axis]
          index[axis] = 0
        }
        return value
      }
    }
    return switch self {
    case .float32(let values): .float32(gather(values))
    case .float64(let values): .float64(gather(values))
    case .int64(let values): .int64(gather(values))
    case .uint8(let values): .uint8(gather(values))
    }
  }
}
