import Foundation

/// A regular file, mapped read-only. It is as long as it was when it was opened; entries of a cache are replaced by
/// renaming, never written in place, so that a mapped one keeps its bytes.
final class MappedFile: Sendable {
  let path: String
  /// Bytes of the file.
  let count: Int
  // Never written; unmapped when the last user of this object is gone.
  nonisolated(unsafe) private let address: UnsafeMutableRawPointer?

  /// - Throws: `MotionError` where the file is missing (then preparation mends it) or cannot be mapped.
  init(path: String) throws {
    self.path = path
    // O_NONBLOCK: opening a pipe must not wait for its writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let isMissing = errno == ENOENT
      throw MotionError(
        "cannot read \(path) (\(String(cString: strerror(errno)))); "
          + (isMissing ? "prepare the video" : "check its permissions"), asksForPreparation: isMissing)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw MotionError("\(path) is not a regular file; name a file")
    }
    count = Int(status.st_size)
    // An empty file cannot be mapped.
    guard count > 0 else {
      address = nil
      return
    }
    let mapped = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let mapped, mapped != MAP_FAILED else {
      throw MotionError(
        "cannot map \(path) (\(String(cString: strerror(errno)))); free memory or prepare the video again")
    }
    address = mapped
  }

  deinit {
    if let address { munmap(address, count) }
  }

  /// Gives `body` the bytes of a range.
  ///
  /// - Throws: `MotionError` where the range is not within the file, and what `body` throws.
  func withBytes<Result>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result) throws
    -> Result
  {
    guard range.lowerBound >= 0, range.upperBound <= count else {
      throw MotionError(
        "\(path) is damaged (it ends too early); prepare the video again", asksForPreparation: true)
    }
    // Bound: the range is within the mapping, which lives as long as self.
    return try withExtendedLifetime(self) {
      try body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(start: address, count: count)[range]))
    }
  }
}
