import Foundation
import MCLTestKit

/// Checkpoints made by hand and by PyTorch (Tests/Fixtures/make_torch_fixtures.py).
enum TorchFiles {
  static func fixture(_ name: String) -> String {
    repositoryFolder.appendingPathComponent("Tests/Fixtures/\(name)").path
  }

  static let magic: [UInt8] =
    [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]
    + [0x80, 2, 0x4d, 0xe9, 3, 0x2e]

  static func text(_ string: String) -> [UInt8] {
    [0x58] + (0..<4).map { UInt8(truncatingIfNeeded: string.utf8.count >> (8 * $0)) } + Array(string.utf8)
  }

  static func global(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }

  /// A file of the legacy format around a pickle's opcodes, which need neither start nor stop.
  /// - Parameter storages: key and bytes, with the count of elements.
  static func legacy(_ body: [UInt8], storages: [(key: String, count: Int, bytes: [UInt8])] = []) -> [UInt8] {
    var file = magic + [0x80, 2, 0x7d] as [UInt8]
    file += text("little_endian")
    file += [0x88, 0x73, 0x2e, 0x80, 2] as [UInt8]
    file += body
    file += [0x2e, 0x80, 2, 0x5d, 0x28] as [UInt8]
    for storage in storages { file += text(storage.key) }
    file += [0x65, 0x2e] as [UInt8]
    for storage in storages {
      for index in 0..<8 { file.append(UInt8(truncatingIfNeeded: storage.count >> (8 * index))) }
      file += storage.bytes
    }
    return file
  }

  /// A small number.
  static func integer(_ value: Int) -> [UInt8] {
    [0x4a] + (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  /// A tensor of a storage of floats.
  static func tensor(_ key: String, count: Int, offset: Int = 0, shape: [Int], strides: [Int]) -> [UInt8] {
    func tuple(_ values: [Int]) -> [UInt8] {
      var bytes: [UInt8] = [0x28]
      for value in values { bytes += integer(value) }
      return bytes + [0x74]
    }
    var bytes = global("torch._utils", "_rebuild_tensor_v2")
    bytes += [0x28, 0x28] as [UInt8]
    bytes += text("storage")
    bytes += global("torch", "FloatStorage")
    bytes += text(key)
    bytes += text("cpu")
    bytes += integer(count)
    bytes += [0x74, 0x51] as [UInt8]
    bytes += integer(offset)
    bytes += tuple(shape)
    bytes += tuple(strides)
    bytes.append(0x89)
    bytes += global("collections", "OrderedDict")
    bytes += [0x29, 0x52, 0x74, 0x52] as [UInt8]
    return bytes
  }

  /// A tensor of a type that has no storage class of its own.
  static func typedTensor(_ key: String, byteCount: Int, type: String, shape: [Int]) -> [UInt8] {
    func tuple(_ values: [Int]) -> [UInt8] {
      Array([[0x28], Array(values.map(integer).joined()), [0x74]].joined())
    }
    let storage = [
      [0x28], text("storage"), global("torch.storage", "UntypedStorage"), text(key), text("cpu"),
      integer(byteCount), [0x74, 0x51],
    ]
    let arguments = [
      integer(0), tuple(shape), tuple(strides(of: shape)), [0x89], global("collections", "OrderedDict"),
      [0x29, 0x52], global("torch", type),
    ]
    return Array(
      ([global("torch._utils", "_rebuild_tensor_v3"), [0x28]] + storage + arguments + [[0x74, 0x52]]).joined()
    )
  }

  static func strides(of shape: [Int]) -> [Int] {
    shape.indices.map { shape[($0 + 1)...].reduce(1, *) }
  }

  /// A dictionary of pairs that are opcodes for key and value.
  static func dictionary(_ pairs: [(key: String, value: [UInt8])]) -> [UInt8] {
    pairs.reduce(into: [0x7d]) { bytes, pair in
      bytes += text(pair.key)
      bytes += pair.value
      bytes.append(0x73)
    }
  }

  /// A file with a state dict of floats, each tensor filled with its place in the list.
  /// - Parameters:
  ///   - keys: where the state dict stands.
  ///   - others: opcodes of what stands in the state dict besides.
  ///   - beside: opcodes of what stands in the root besides; not together with an empty `keys`.
  static func stateDict(
    _ tensors: [(name: String, shape: [Int])], under keys: [String] = [],
    others: [(key: String, value: [UInt8])] = [], beside: [(key: String, value: [UInt8])] = [],
    storages more: [(key: String, count: Int, bytes: [UInt8])] = []
  ) -> [UInt8] {
    var pairs: [(key: String, value: [UInt8])] = []
    var storages: [(key: String, count: Int, bytes: [UInt8])] = []
    for (index, (name, shape)) in tensors.enumerated() {
      let count = shape.reduce(1, *)
      pairs.append((name, tensor("\(index)", count: count, shape: shape, strides: strides(of: shape))))
      let bits = withUnsafeBytes(of: Float(index).bitPattern.littleEndian) { Array($0) }
      storages.append(("\(index)", count, [[UInt8]](repeating: bits, count: count).flatMap { $0 }))
    }
    var body = dictionary(pairs + others)
    for (depth, key) in keys.reversed().enumerated() {
      body = dictionary([(key, body)] + (depth == keys.count - 1 ? beside : []))
    }
    return legacy(body, storages: storages + more)
  }

  /// The entries of a zip file whose entries are stored.
  static func entries(_ zip: [UInt8]) -> [(name: String, bytes: [UInt8])] {
    func number(_ place: Int, _ count: Int) -> Int {
      (0..<count).reduce(0) { $0 | Int(zip[place + $1]) << (8 * $1) }
    }
    var result: [(String, [UInt8])] = []
    var place = number(zip.count - 22 + 16, 4)
    while number(place, 4) == 0x0201_4b50 {
      let (size, name, extra, header) = (
        number(place + 24, 4), number(place + 28, 2), number(place + 30, 2), number(place + 42, 4)
      )
      let start = header + 30 + number(header + 26, 2) + number(header + 28, 2)
      result.append(
        (
          String(decoding: zip[place + 46..<place + 46 + name], as: UTF8.self),
          Array(zip[start..<start + size])
        ))
      place += 46 + name + extra + number(place + 32, 2)
    }
    return result
  }

  /// A zip file of stored entries.
  static func zip(_ entries: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    func number(_ value: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    var (data, directory): ([UInt8], [UInt8]) = ([], [])
    for (name, bytes) in entries {
      var facts = number(0, 8)
      facts += number(Int(crc32(bytes)), 4)
      for value in [bytes.count, bytes.count] { facts += number(value, 4) }
      facts += number(name.utf8.count, 2)
      facts += number(0, 2)
      directory += number(0x0201_4b50, 4)
      directory += number(0, 4)
      directory += facts
      directory += number(0, 10)
      directory += number(data.count, 4)
      directory += Array(name.utf8)
      data += number(0x0403_4b50, 4)
      data += number(0, 2)
      data += facts
      data += Array(name.utf8)
      data += bytes
    }
    var end = number(0x0605_4b50, 4)
    end += number(0, 4)
    end += number(entries.count, 2)
    end += number(entries.count, 2)
    end += number(directory.count, 4)
    end += number(data.count, 4)
    end += number(0, 2)
    return data + directory + end
  }

  /// By the definition, a bit at a time.
  static func crc32(_ bytes: [UInt8]) -> UInt32 {
    var value: UInt32 = .max
    for byte in bytes {
      value ^= UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 0 ? value >> 1 : value >> 1 ^ 0xedb8_8320 }
    }
    return ~value
  }
}
