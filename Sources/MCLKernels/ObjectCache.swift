import Foundation
import MCLSupport

/// Compiled objects on disk, one file each, named by the SHA-256 of their key.
///
/// An entry holds its whole key, so that a collision is a miss, and a checksum, so that a damaged one is. Entries are
/// written beside and renamed, so that readers and other processes see whole files only. A cache that cannot be
/// written is no error: kernels are then compiled each time.
package struct ObjectCache: Sendable {
  /// The folder; nil keeps nothing.
  package let directory: URL?

  /// The magic bytes of an entry's file.
  private static let magic = Array("mclobj1\n".utf8)

  package init(directory: URL?) { self.directory = directory }

  /// The folder named by MCL_CACHE, else mclc in XDG_CACHE_HOME or ~/.cache; an empty MCL_CACHE keeps nothing.
  package static var standard: ObjectCache {
    let environment = ProcessInfo.processInfo.environment
    if let path = environment["MCL_CACHE"] {
      return ObjectCache(directory: path.isEmpty ? nil : URL(fileURLWithPath: path))
    }
    if let path = environment["XDG_CACHE_HOME"], path.hasPrefix("/") {
      return ObjectCache(directory: URL(fileURLWithPath: path).appendingPathComponent("mclc"))
    }
    if let path = environment["HOME"], path.hasPrefix("/") {
      return ObjectCache(directory: URL(fileURLWithPath: path).appendingPathComponent(".cache/mclc"))
    }
    return ObjectCache(directory: nil)
  }

  private func file(_ key: String) -> URL? {
    directory?.appendingPathComponent(SHA256.hexadecimal(key.utf8) + ".mclobj")
  }

  /// The object kept under a key; nil when there is none, or the entry is damaged or of another key.
  func object(_ key: String) -> [UInt8]? {
    guard let file = file(key), let data = try? Data(contentsOf: file) else { return nil }
    let bytes = [UInt8](data)
    let head = Self.magic.count + 8 + 32
    guard bytes.count >= head, bytes.starts(with: Self.magic) else { return nil }
    let length = bytes[Self.magic.count..<(Self.magic.count + 8)].reversed().reduce(UInt64(0)) {
      $0 << 8 | UInt64($1)
    }
    guard length <= UInt64(bytes.count - head) else { return nil }
    let content = bytes[head...]
    guard SHA256.hash(content) == Array(bytes[(head - 32)..<head]) else { return nil }
    guard content.prefix(Int(length)).elementsEqual(key.utf8) else { return nil }
    return Array(content.dropFirst(Int(length)))
  }

  /// Keeps an object; gives whether it could.
  func store(_ object: [UInt8], _ key: String) -> Bool {
    guard let directory, let file = file(key) else { return false }
    var content = Array(key.utf8)
    let length = UInt64(content.count)
    content += object
    let bytes =
      Self.magic + (0..<8).map { UInt8(truncatingIfNeeded: length >> UInt64(8 * $0)) } + SHA256.hash(content)
      + content
    do {
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
      let part = directory.appendingPathComponent(".\(UUID().uuidString).part")
      try Data(bytes).write(to: part)
      guard rename(part.path, file.path) == 0 else {
        try? FileManager.default.removeItem(at: part)
        return false
      }
      return true
    } catch {
      return false
    }
  }
}
