import Foundation

/// Reading a file piece by piece, with one-sentence errors.
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
}
