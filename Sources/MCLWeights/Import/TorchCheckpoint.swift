import MCLSupport

/// A file of PyTorch's `torch.save`, in its zip format or the legacy one, read as data: nothing in it is executed.
///
/// Opening reads the description; each tensor is read when it is asked for, and only then must be readable. Every
/// length is checked against the file before anything is allocated by it.
package struct TorchCheckpoint {
  package enum Format: String, Sendable { case zip, legacy }

  package let format: Format
  package var path: String { file.path }
  private let file: RandomAccessFile
  let heap: PickleHeap
  let root: PickleValue
  /// Where each storage's numbers stand, or why they cannot be found, in order of the heap's storages.
  private let places: [Result<Range<Int>, TensorFileError>]
  private let archive: (zip: ZipArchive, prefix: String)?
  private let verified = VerifiedStorages()

  /// Those whose checksums were compared, so that many views of one cost no more than one.
  private final class VerifiedStorages { var places: Set<Int> = [] }

  /// - Throws: `TensorFileError` for a file of another kind, a damaged one, and one whose pickle is nothing but an object
  ///   of an unknown class.
  package init(path: String) throws {
    file = try RandomAccessFile(path: path)
    switch try FileKind(file) {
    case .torchZip, .zip, .numpyArchive:
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
      places = heap.storages.map { storage in Self.place(storage, zip, prefix) }
    case .torchLegacy, .pickle:
      (format, archive) = (.legacy, nil)
      let legacy = try LegacyTorchFile(file)
      (root, heap, places) = (legacy.root, legacy.heap, legacy.places)
    case let kind:
      let isTensorFile = try SafeTensors.isHeader(of: file)
      let what = kind.map { ", but \($0.name)" } ?? (isTensorFile ? ", but safetensors" : "")
      throw TensorFileError("\(path): it is no file of torch.save\(what); give a .pth or .pth.tar")
    }
    if case .opaque(let index) = root {
      throw TensorFileError("\(path): \(Self.refusal(heap.opaques[index].description))")
    }
  }

  /// Why an object is not read that an unknown class or function would make.
  static func refusal(_ what: String) -> String {
    "it asks for \(what), which is no tensor, container or number, so nothing is read; save the state dict alone with "
      + "torch.save"
  }

  private static func checkByteOrder(_ zip: ZipArchive, _ prefix: String) throws {
    guard let entry = zip.entries[prefix + "byteorder"], entry.range.count <= 16 else { return }
    let order = try zip.file.elements(UInt8.self, at: entry.range.lowerBound, count: entry.range.count)
    guard order == Array("little".utf8) else {
      throw zip.error("holds big-endian numbers; save it on a little-endian machine")
    }
  }

  private static func place(_ storage: TorchStorage, _ zip: ZipArchive, _ prefix: String)
    -> Result<Range<Int>, TensorFileError>
  {
    let quoted = TensorFileError.quoted(storage.key)
    guard let entry = zip.entries["\(prefix)data/\(storage.key)"] else {
      return .failure(zip.error("lacks storage \(quoted); it is damaged"))
    }
    let (bytes, overflow) = storage.count.multipliedReportingOverflow(by: storage.type.byteCount ?? 0)
    guard storage.type.byteCount == nil || !overflow && bytes == entry.range.count else {
      return .failure(
        zip.error(
          "has storage \(quoted) of \(entry.range.count) bytes, not the \(storage.count) numbers its pickle says; it is "
            + "damaged"))
    }
    return .success(entry.range)
  }

  // MARK: Content

  /// The root's keys, for messages.
  package var keys: [String] { heap.dictionary(root)?.keys ?? [] }

  /// What the file holds beside containers, numbers and tensors, a phrase each kind; at most eight.
  package var unread: [String] {
    let phrases = heap.opaques.prefix(8).map { "\($0.count) of \($0.description)" }
    return phrases + (heap.opaques.count > 8 ? ["\(heap.opaques.count - 8) other kinds"] : [])
  }

  /// The most bytes that the tensors asked for may take: views of one storage, such as tied weights, and tensors that
  /// repeat a number (`expand`) are more than the file, but not without bound.
  private var limit: Int { 16 * file.count + 1 << 20 }

  func checkSize(_ names: [String], in dictionary: StateDict) throws {
    try checkSize(names.lazy.map { ($0, dictionary) })
  }

  /// - Throws: `TensorFileError` where the tensors would take more memory than the file's size justifies.
  func checkSize(_ names: some Sequence<(name: String, dictionary: StateDict)>) throws {
    var bytes = 0
    for (name, dictionary) in names {
      guard let tensor = dictionary.tensors[name], tensor.obstacle == nil else { continue }
      let (sum, overflow) = bytes.addingReportingOverflow(tensor.cost ?? .max)
      guard !overflow, sum <= limit else {
        throw TensorFileError(
          "\(path): its tensors share or repeat their numbers so often that with \(TensorFileError.quoted(name)) they would "
            + "take over 16 times the file's size and 1 MiB; save the state dict with clones")
      }
      bytes = sum
    }
  }

  /// A tensor's numbers, row-major: F16 and BF16 become Float, integers but U8 become Int64, BOOL becomes UInt8.
  /// - Throws: `TensorFileError` where the file has none of the name, it cannot be read, or is damaged.
  package func tensor(_ name: String, in dictionary: StateDict) throws -> HostTensor {
    guard let tensor = dictionary.tensors[name] else {
      throw TensorFileError("\(path): it has no tensor \(TensorFileError.quoted(name))")
    }
    switch tensor.obstacle {
    case nil: break
    case .unknown(let what): throw TensorFileError("\(path): \(Self.refusal(what))")
    case let obstacle?:
      throw TensorFileError("\(path): tensor \(TensorFileError.quoted(name)) cannot be read: \(obstacle)")
    }
    try checkSize([name], in: dictionary)
    let place = try places[tensor.storage].get()
    if let archive, verified.places.insert(tensor.storage).inserted {
      let entry = "\(archive.prefix)data/\(heap.storages[tensor.storage].key)"
      if let place = archive.zip.entries[entry] { try archive.zip.verify(entry, place) }
    }
    guard tensor.count > 0 else { return HostTensor(tensor.shape, try numbers(tensor.element, 0, 0)) }
    let start = place.lowerBound + tensor.offset * tensor.element.byteCount
    return HostTensor(
      tensor.shape,
      try numbers(tensor.element, start, tensor.reach).gathered(tensor.shape, tensor.strides))
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
