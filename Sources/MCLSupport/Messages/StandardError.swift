import Synchronization

/// Standard error, for people: what happens and what went wrong.
///
/// Whether anybody reads it changes nothing about the work.
package enum StandardError {
  private static let stream = Mutex(MessageStream(2))

  /// Writes the text, or drops it where it cannot be written.
  package static func write(_ text: String) { stream.withLock { $0.write(text) } }
}
