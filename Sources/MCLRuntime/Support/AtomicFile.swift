import Foundation

/// Writes files that appear whole or not at all: a temporary file in the same folder, flushed, then renamed.
public enum AtomicFile {
  /// - Throws: `TensorFileError` naming the path, and whatever `body` throws; the old file, if any, is then untouched.
  public static func write(
    to path: String, _ body: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    let folder = (path as NSString).deletingLastPathComponent
    let part = path + ".part"
    func failure() -> TensorFileError {
      TensorFileError(
        "\(path) cannot be written (\(String(cString: strerror(errno)))); free room or choose another folder")
    }
    let file = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw failure() }
    do {
      defer { close(file) }
      try body { bytes in
        var done = 0
        while done < bytes.count {
          // Bound: the rest of the buffer given.
          let count = Foundation.write(file, bytes.baseAddress?.advanced(by: done), bytes.count - done)
          if count < 0, errno == EINTR { continue }
          guard count > 0 else { throw failure() }
          done += count
        }
      }
      guard fsync(file) == 0 else { throw failure() }
    } catch {
      unlink(part)
      throw error
    }
    guard rename(part, path) == 0 else {
      unlink(part)
      throw failure()
    }
    let directory = open(folder.isEmpty ? "." : folder, O_RDONLY | O_CLOEXEC)
    if directory >= 0 {
      fsync(directory)
      close(directory)
    }
  }

  public static func write(_ text: String, to path: String) throws {
    try write(to: path) { append in try Array(text.utf8).withUnsafeBytes { try append($0) } }
  }
}
