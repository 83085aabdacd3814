import Foundation

/// A regular file that is read at any place by any thread. Nothing of it is kept in memory, and one that shrinks
/// meanwhile gives an error, where a mapped file would end the process.
package final class RandomAccessFile: Sendable {
  package let path: String
  /// Bytes at the time of opening.
  package let count: Int
  private let descriptor: Int32

  /// - Throws: `TensorFileError` when there is no such file, or it is a folder, a pipe or a device.
  package init(path: String) throws {
    self.path = path
    // O_NONBLOCK: opening a pipe must not wait for its writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw TensorFileError("\(path): there is no such file, or it may not be read; check the path")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw TensorFileError("\(path): it is no regular file; check the path")
    }
    // Last, as a class that is whole runs its deinit when init throws, which would close the file twice.
    count = Int(status.st_size)
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// `count` elements from byte `offset` on, as they stand in the file (little-endian, as is every machine that
  /// mclc runs on).
  /// - Throws: `TensorFileError` when the file ends before.
  package func elements<Element: BitwiseCopyable>(_: Element.Type, at offset: Int, count: Int) throws
    -> [Element]
  {
    guard count > 0 else { return [] }
    return try [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      let wanted = count * MemoryLayout<Element>.stride
      var done = 0
      while done < wanted {
        // Bound: `wanted` bytes are within the array's capacity of `count` elements.
        let got = pread(
          descriptor, bytes.baseAddress?.advanced(by: done), wanted - done, off_t(offset + done))
        if got < 0, errno == EINTR { continue }
        guard got > 0 else {
          throw TensorFileError(
            "\(path): reading it fails at byte \(offset + done) (\(got < 0 ? String(cString: strerror(errno)) : "it ends there")); "
              + "check that nothing else writes it")
        }
        done += got
      }
      initialized = count
    }
  }
}
