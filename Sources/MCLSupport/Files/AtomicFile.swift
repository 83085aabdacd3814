import Foundation

/// Writes files that appear whole or not at all: a temporary file in the same folder, flushed, then renamed,
/// then the folder flushed.
package enum AtomicFile {
  /// What a test can let fail, in the order of a write.
  package enum Operation: Sendable, Equatable { case open, write, sync, rename, syncFolder }

  /// Asked before each operation; an error number makes it fail so, a write after half of its bytes.
  package typealias Fault = (Operation) -> Int32?

  /// - Throws: `TensorFileError` naming the path, and whatever `body` throws; the old file, if any, is then untouched.
  package static func write(
    to path: String, _ body: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws { try write(to: path, fault: nil, body) }

  package static func write(
    to path: String, fault: Fault?, _ body: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    func fails(_ operation: Operation) -> Bool {
      guard let code = fault?(operation) else { return false }
      errno = code
      return true
    }
    var existing = stat()
    if stat(path, &existing) == 0, existing.st_mode & S_IFMT != S_IFREG {
      throw TensorFileError("\(path) is no regular file and is not replaced; name another file")
    }
    let folder = (path as NSString).deletingLastPathComponent
    let part = path + ".part"
    func failure() -> TensorFileError { .cannotWrite(path, code: errno) }
    let file = fails(.open) ? -1 : open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw failure() }
    do {
      defer { close(file) }
      try body { bytes in
        var done = 0
        if let code = fault?(.write) {
          _ = Foundation.write(file, bytes.baseAddress, bytes.count / 2)
          errno = code
          throw failure()
        }
        while done < bytes.count {
          // Bound: the rest of the buffer given.
          let count = Foundation.write(file, bytes.baseAddress?.advanced(by: done), bytes.count - done)
          if count < 0, errno == EINTR { continue }
          guard count > 0 else { throw failure() }
          done += count
        }
      }
      guard !fails(.sync), fsync(file) == 0 else { throw failure() }
    } catch {
      unlink(part)
      throw error
    }
    guard !fails(.rename), rename(part, path) == 0 else {
      let error = failure()
      unlink(part)
      throw error
    }
    // The new name itself: without this, a power failure may bring the old file back.
    let directory = open(folder.isEmpty ? "." : folder, O_RDONLY | O_CLOEXEC)
    defer { if directory >= 0 { close(directory) } }
    guard directory >= 0, !fails(.syncFolder), fsync(directory) == 0 || errno == EINVAL else {
      throw failure()
    }
  }

  package static func write(_ text: String, to path: String) throws {
    try write(to: path) { append in try Array(text.utf8).withUnsafeBytes { try append($0) } }
  }
}
