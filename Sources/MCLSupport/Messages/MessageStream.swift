import Foundation

/// A file that messages for people go to, and that need not take them.
///
/// A message is dropped where it cannot be written: the work that it tells of goes on. A pipe that is full, as nobody reads
/// it, is waited for a moment, and not again before it has room.
package struct MessageStream: Sendable {
  private let descriptor: Int32
  private let patience: Duration
  /// Messages that could not be written since the last that was.
  private var dropped = 0

  /// - Parameter patience: how long a message waits for room.
  package init(_ descriptor: Int32, patience: Duration = .seconds(1)) {
    self.descriptor = Self.withoutBlocking(descriptor)
    self.patience = patience
  }

  package mutating func write(_ text: String) {
    if dropped > 0 {
      let note = "[\(dropped) \(dropped == 1 ? "message" : "messages") could not be written here]\n"
      guard put(note, patience: .zero) else { return dropped += 1 }
      dropped = 0
    }
    if !put(text, patience: patience) { dropped += 1 }
  }

  /// Writes all of it, or as much as there is room for within the time.
  private func put(_ text: String, patience: Duration) -> Bool {
    let bytes = Array(text.utf8)
    let deadline = ContinuousClock.now + patience
    var done = 0
    while done < bytes.count {
      let left = max(.zero, deadline - .now).components
      let milliseconds = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000
      var end = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      let ready = poll(&end, 1, Int32(clamping: milliseconds))
      if ready > 0 {
        let count = bytes[done...].withUnsafeBytes {
          // Bound: the rest of the bytes. No more than a pipe that has room takes at once, so that this does not wait.
          Foundation.write(descriptor, $0.baseAddress, min($0.count, Self.atOnce))
        }
        if count >= 0 {
          done += count
          continue
        }
        guard errno == EINTR || errno == EAGAIN else { return false }
      } else if ready < 0, errno != EINTR {
        return false
      }
      if ContinuousClock.now >= deadline { return false }
    }
    return true
  }

  /// POSIX's PIPE_BUF on Linux: a pipe that `poll` says has room takes so many bytes.
  private static let atOnce = 4096

  /// The same pipe by a descriptor of its own that never blocks: several processes may write to the pipe, so that the room
  /// `poll` told of may be gone. The descriptor given stays as it is, for it may be shared with processes that want it so.
  private static func withoutBlocking(_ descriptor: Int32) -> Int32 {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else { return descriptor }
    let own = open("/proc/self/fd/\(descriptor)", O_WRONLY | O_NONBLOCK | O_CLOEXEC)
    return own >= 0 ? own : descriptor
  }
}
