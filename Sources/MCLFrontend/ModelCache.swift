import Foundation
import MCLSupport

/// Compiled model files and the graph texts they wrote, each in a file named by the SHA-256 of all it depends on.
///
/// An entry ends in a checksum; a damaged one counts as absent. Entries are written beside and renamed, so readers
/// see whole files only. A cache that cannot be written is no error: the work is then done each time.
struct ModelCache {
  /// nil keeps nothing.
  let folder: URL?

  init(folder: URL?) { self.folder = folder }

  /// MCL_CACHE (empty: no cache), else mclc in XDG_CACHE_HOME or ~/.cache; models are kept in a folder of their own.
  init(environment: [String: String]) {
    func absolute(_ key: String) -> URL? {
      environment[key].flatMap { $0.hasPrefix("/") ? URL(fileURLWithPath: $0) : nil }
    }
    let root: URL?
    if let named = environment["MCL_CACHE"] {
      root = named.isEmpty ? nil : URL(fileURLWithPath: named)
    } else {
      root =
        absolute("XDG_CACHE_HOME")?.appendingPathComponent("mclc")
        ?? absolute("HOME")?.appendingPathComponent(".cache/mclc")
    }
    folder = root?.appendingPathComponent("models")
  }

  private static let trailerMark = Array("\nmclc-sum ".utf8)

  /// FNV-1a over 64 bits: a guard against damage, not against malice.
  private static func trailer(_ content: some Sequence<UInt8>) -> [UInt8] {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in content { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let digits = String(hash, radix: 16)
    return trailerMark + String(repeating: "0", count: 16 - digits.count).utf8 + digits.utf8
  }

  func path(_ key: String, _ kind: String) -> String? {
    folder?.appendingPathComponent("\(SHA256.hexadecimal(key.utf8)).\(kind)").path
  }

  /// The content kept under a key; nil when there is none or it is damaged.
  func content(_ key: String, _ kind: String) -> [UInt8]? {
    guard let path = path(key, kind), let data = FileManager.default.contents(atPath: path) else {
      return nil
    }
    let bytes = [UInt8](data)
    let length = bytes.count - Self.trailerMark.count - 16
    guard length >= 0, Self.trailer(bytes[..<length]).elementsEqual(bytes[length...]) else { return nil }
    return Array(bytes[..<length])
  }

  /// Keeps content under a key; executables may carry the checksum too, since ELF ignores what follows its sections.
  @discardableResult
  func store(_ content: [UInt8], _ key: String, _ kind: String, isExecutable: Bool = false) -> Bool {
    guard let folder, let path = path(key, kind) else { return false }
    let part = folder.appendingPathComponent(".\(UUID().uuidString).part").path
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data(content + Self.trailer(content)).write(to: URL(fileURLWithPath: part))
    } catch { return false }
    guard chmod(part, isExecutable ? 0o700 : 0o600) == 0, rename(part, path) == 0 else {
      unlink(part)
      return false
    }
    return true
  }
}
