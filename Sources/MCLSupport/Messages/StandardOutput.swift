import Foundation

/// Standard output, for results: all of a result is written, or its command fails.
package enum StandardOutput {
  /// Writes the text, waiting for a pipe that is full.
  /// - Throws: `StandardOutputError` where it could not all be written.
  package static func write(_ text: String) throws { try write(text, to: STDOUT_FILENO) }

  package static func write(_ text: String, to descriptor: Int32) throws {
    let bytes = Array(text.utf8)
    var done = 0
    while done < bytes.count {
      let count = bytes[done...].withUnsafeBytes {
        // Bound: the rest of the bytes.
        Foundation.write(descriptor, $0.baseAddress, $0.count)
      }
      if count >= 0 {
        done += count
      } else if errno == EAGAIN {
        var end = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&end, 1, -1)
      } else if errno != EINTR {
        throw StandardOutputError(code: errno)
      }
    }
  }

  /// Ends it: some file systems tell only then that they could not keep what was written.
  /// - Throws: `StandardOutputError` in that case.
  package static func close() throws {
    // In its place comes a file that takes nothing: no file opened later may become standard output.
    let copy = dup(STDOUT_FILENO)
    guard copy >= 0 else { return }
    guard Foundation.close(copy) == 0 || errno == EINTR else { throw StandardOutputError(code: errno) }
  }
}

/// Why a result could not be written.
package struct StandardOutputError: Error, Sendable, CustomStringConvertible {
  /// The system's number of the error.
  package let code: Int32

  /// Whether the reader is gone, as with `| head`: it has what it wanted, and needs no message.
  package var isBrokenPipe: Bool { code == EPIPE }

  package var description: String {
    "standard output cannot be written (\(String(cString: strerror(code)))), so the result is not complete; free room or "
      + "send it elsewhere"
  }
}
