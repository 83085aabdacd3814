import Foundation

/// A folder for the work of one compilation.
struct TemporaryFolder {
  let path: String

  /// - Throws: `ModelLoadError` when none can be made.
  init() throws {
    let parent = FileManager.default.temporaryDirectory.path
    var template = Array("\(parent)/mclc-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw ModelLoadError(
        "cannot make a folder in \(parent): \(String(cString: strerror(errno))); set TMPDIR")
    }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  func write(_ name: String, _ text: String) throws -> String {
    let path = file(name)
    do { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) } catch {
      throw ModelLoadError("cannot write \(path): \((error as NSError).localizedDescription)\(wantOfSpace)")
    }
    return path
  }

  /// A clause for a failure where the disk may be full, with the space that is left; empty where there is enough.
  var wantOfSpace: String {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return "" }
    let free = UInt64(status.f_bavail) * UInt64(status.f_frsize)
    // File systems without a fixed number of files say that they have none at all.
    let isOutOfFiles = status.f_files > 0 && status.f_favail == 0
    guard free < Self.enough || isOutOfFiles else { return "" }
    let left = isOutOfFiles ? "room for no further file" : "only \(free >> 10) KiB free"
    return "; the disk of \(path) has \(left): make room, or name another folder in TMPDIR"
  }

  /// More than the compilation of a model takes.
  private static let enough: UInt64 = 16 << 20

  func remove() { try? FileManager.default.removeItem(atPath: path) }
}
