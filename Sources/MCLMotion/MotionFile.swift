import Foundation
import MCLSupport

/// Reading a file piece by piece, with one-sentence errors. It is never mapped: a file that another program cuts short
/// meanwhile would end the process.
package final class MotionFile: Sendable {
  let path: FilePath
  /// Bytes at the time of opening.
  package let byteCount: Int
  private let descriptor: Int32

  /// - Parameter mendMissing: what helps where there is no such file.
  /// - Throws: `MotionError` where the file is missing (then preparation mends it) or cannot be read.
  package init(reading path: FilePath, mendMissing: String = "check the path and its permissions") throws {
    self.path = path
    let descriptor = path.openForReading()
    guard descriptor >= 0 else {
      let what = "cannot read \(path) (\(systemReason))"
      throw errno == ENOENT
        ? MotionError(needsPreparation: what, mend: mendMissing)
        : MotionError(what + "; check the path and its permissions")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw MotionError("\(path) is not a regular file; name a file")
    }
    byteCount = Int(status.st_size)
    // Last, as a class that is whole runs its deinit when init throws, which would close the file twice.
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// The bytes from `offset` on, fewer than `count` only at the end of the file.
  package func read(upTo count: Int, at offset: Int) throws -> [UInt8] {
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
    guard !failed else { throw MotionError("reading \(path) failed (\(systemReason)); check the disk") }
    return bytes
  }

  /// All bytes of a range.
  ///
  /// - Throws: `MotionError` where the range is not within the file, or no longer.
  package func bytes(_ range: Range<Int>) throws -> [UInt8] {
    guard range.lowerBound >= 0, range.upperBound <= byteCount,
      case let bytes = try read(upTo: range.count, at: range.lowerBound), bytes.count == range.count
    else { throw MotionError(needsPreparation: "\(path) is damaged (it ends too early)") }
    return bytes
  }
}
