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
      throw ModelLoadError("cannot write \(path): \((error as NSError).localizedDescription)")
    }
    return path
  }

  func remove() { try? FileManager.default.removeItem(atPath: path) }
}
