import Foundation

/// Reading and atomically writing whole files, with one-sentence errors.
final class MotionFile {
  let path: String
  private let descriptor: Int32
  let byteCount: Int

  /// - Throws: `MotionError` where the file is missing (then preparation mends it) or cannot be read.
  init(reading path: String) throws {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw MotionError(
        "cannot read \(path) (\(Self.reason)); check the path and its permissions",
        asksForPreparation: errno == ENOENT)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw MotionError("\(path) is not a regular file; name a file")
    }
    byteCount = Int(status.st_size)
  }

  deinit {
    close(descriptor)
  }

  private static var reason: String { String(cString: strerror(errno)) }

  /// The bytes from `offset` on, fewer than `count` only at the end of the file.
  func read(upTo count: Int, at offset: Int) throws -> [UInt8] {
    let available = min(count, max(byteCount - offset, 0))
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: available) { buffer, initialized in
      while initialized < available {
        let got = pread(
          descriptor, buffer.baseAddress.map { $0 + initialized }, available - initialized,
          off_t(offset + initialized))
        if got < 0, errno == EINTR { continue }
        if got < 0 { failed = true }
        if got <= 0 { break }
        initialized += got
      }
    }
    guard !failed else { throw MotionError("reading \(path) failed (\(Self.reason)); check the disk") }
    return bytes
  }

  /// Writes to a temporary file in the same directory, syncs it and renames it, so that a reader sees the old file or
  /// the whole new one, even after a crash.
  ///
  /// - Throws: `MotionError` where any of it fails; nothing is left behind.
  static func write(_ bytes: [UInt8], to path: String) throws {
    let temporary = "\(path).\(getpid())-\(UInt64.random(in: 0 ... .max)).tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw MotionError(
        "cannot write \(temporary) (\(reason)); check that the directory exists and may be written")
    }
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        Foundation.write(descriptor, $0.baseAddress.map { $0 + written }, bytes.count - written)
      }
      if count < 0, errno == EINTR { continue }
      if count <= 0 { break }
      written += count
    }
    var complete = written == bytes.count && fsync(descriptor) == 0
    let failure = reason
    complete = close(descriptor) == 0 && complete
    guard complete, rename(temporary, path) == 0 else {
      unlink(temporary)
      throw MotionError("writing \(path) failed (\(failure)); free some space on its disk")
    }
    // The rename itself lasts only when the directory is synced too; a file system that cannot is no failure.
    let directory = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_CLOEXEC)
    if directory >= 0 {
      fsync(directory)
      close(directory)
    }
  }
}
