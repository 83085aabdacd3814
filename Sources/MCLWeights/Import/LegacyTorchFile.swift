import MCLSupport

/// The format of `torch.save` before 1.6: five pickles, then each storage's count and numbers.
struct LegacyTorchFile {
  let root: PickleValue
  let heap: PickleHeap
  /// Where each storage's numbers stand, or why that is not known.
  let places: [Result<Range<Int>, TensorFileError>]

  /// 0x1950a86a20f9469cfc6c as a pickled number, the whole of the first pickle but its protocol.
  private static let magic: [UInt8] = [
    0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e,
  ]

  /// Where the magic number begins: protocols from 4 on may frame it, with an opcode and eight bytes.
  private static func magicPlace(_ start: [UInt8]) -> Int? {
    guard start.count > 2, start[0] == 0x80 else { return nil }
    let place = start[2] == 0x95 ? 11 : 2
    return start.dropFirst(place).starts(with: magic) ? place : nil
  }

  /// Whether a file that begins so is of this format.
  static func isStart(_ bytes: [UInt8]) -> Bool { magicPlace(bytes) != nil }

  init(_ file: RandomAccessFile) throws {
    func error(_ message: String) -> TensorFileError { TensorFileError("\(file.path): \(message)") }
    guard let place = Self.magicPlace(try file.elements(UInt8.self, at: 0, count: min(32, file.count))) else {
      throw error("it is no file of torch.save, or of before PyTorch 0.2; save it with a current PyTorch")
    }
    var version = Unpickler(PickleBytes(file, place + Self.magic.count..<file.count))
    guard try version.value() == .integer(1001) else {
      throw error("it is of another version of the legacy format than 1001; save it with a current PyTorch")
    }
    var system = Unpickler(PickleBytes(file, version.bytes.position..<file.count))
    let facts = try system.value()
    guard
      system.heap.dictionary(facts)?.contains(where: { $0.key == "little_endian" && $0.value == .bool(true) })
        == true
    else { throw error("it holds big-endian numbers; save it on a little-endian machine") }

    var content = Unpickler(PickleBytes(file, system.bytes.position..<file.count))
    root = try content.value()
    heap = content.heap

    var order = Unpickler(PickleBytes(file, content.bytes.position..<file.count))
    let list = try order.value()
    guard case .container(let index) = list, case .list(let keys) = order.heap.containers[index] else {
      throw error("it has no list of storages; it is damaged")
    }
    places = try Self.places(keys, heap, order.bytes)
  }

  /// - Throws: `TensorFileError` for a list of storages that does not fit the pickle, and numbers that are cut short.
  private static func places(_ keys: [PickleValue], _ heap: PickleHeap, _ start: PickleBytes) throws
    -> [Result<Range<Int>, TensorFileError>]
  {
    var bytes = start
    func error(_ message: String) -> TensorFileError { TensorFileError("\(bytes.file.path): \(message)") }
    var storages = NamedValues<TorchStorage>()
    for storage in heap.storages { storages.updateValue(storage, forKey: storage.key) }
    var found = NamedValues<Range<Int>>()
    var obstacle: String?
    for key in keys {
      guard case .text(let key) = key, let storage = storages[key] else {
        throw error("it lists a storage that no tensor has; it is damaged")
      }
      guard let size = storage.type.byteCount else {
        // How long its elements are is not known, so what follows cannot be found.
        obstacle = "its numbers stand at or after storage \(TensorFileError.quoted(key)) of \(storage.type)"
        break
      }
      let count = try bytes.number(8)
      let (length, overflow) = storage.count.multipliedReportingOverflow(by: size)
      guard count == UInt64(storage.count), !overflow, length <= bytes.end - bytes.position else {
        throw error(
          "storage \(TensorFileError.quoted(key)) has \(count) numbers or fewer, not the \(storage.count) its pickle says; "
            + "it is damaged")
      }
      guard found.updateValue(bytes.position..<bytes.position + length, forKey: key) == nil else {
        throw error("storage \(TensorFileError.quoted(key)) stands twice; it is damaged")
      }
      bytes.skip(length)
    }
    return heap.storages.map { storage in
      guard let place = found[storage.key] else {
        return .failure(
          error(obstacle ?? "it lacks storage \(TensorFileError.quoted(storage.key)); it is damaged"))
      }
      return .success(place)
    }
  }
}
