import Foundation
import MCLSupport
import MCLVideo

/// A file of scalars and images by step that TensorBoard reads: records of `tensorflow.Event`.
///
/// A record is its length, the length's checksum, the message, its checksum; a checksum is CRC-32C, rotated right by 15
/// and plus 0xa282ead8 (TensorFlow's record format).
package final class EventFile {
  package let path: String
  private let descriptor: Int32

  /// - Parameters:
  ///   - folder: of the run; a new file each time, as TensorBoard expects.
  ///   - step: where the run goes on: later events of earlier files count as not there.
  /// - Throws: `TensorFileError` where it cannot be written.
  package init(folder: String, step: Int) throws {
    let name = "events.out.tfevents.\(Int(Date().timeIntervalSince1970)).\(getpid())"
    var path = (folder as NSString).appendingPathComponent(name)
    var number = 1
    while FileManager.default.fileExists(atPath: path) {
      path = (folder as NSString).appendingPathComponent("\(name).\(number)")
      number += 1
    }
    self.path = path
    descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw TensorFileError.cannotWrite(path, code: errno)
    }
    var version = event(step: 0)
    version.text(3, "brain.Event:2")
    try append(version)
    if step > 0 {
      var session = ProtobufMessage()
      session.integer(1, 1)
      var start = event(step: step + 1)
      start.message(7, session)
      try append(start)
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  private func event(step: Int) -> ProtobufMessage {
    var event = ProtobufMessage()
    event.double(1, Date().timeIntervalSince1970)
    event.integer(2, step)
    return event
  }

  /// The tag under which TensorBoard shows a number: `loss/inter` for `loss.inter`, in the group `loss`.
  package static func tag(_ name: String) -> String { name.replacing(".", with: "/", maxReplacements: 1) }

  /// - Throws: `TensorFileError` where it cannot be written, as all that follow.
  package func write(step: Int, scalars: [String: Float]) throws {
    try write(
      step,
      scalars.sorted { $0.key < $1.key }.map { name, value in
        var message = ProtobufMessage()
        message.text(1, name)
        message.float(2, value)
        return message
      })
  }

  /// - Parameter images: by tag.
  package func write(step: Int, images: [String: JPEGImage]) throws {
    try write(
      step,
      images.sorted { $0.key < $1.key }.map { name, image in
        var content = ProtobufMessage()
        content.integer(1, image.height)
        content.integer(2, image.width)
        content.integer(3, 3)
        content.bytes(4, image.bytes)
        var message = ProtobufMessage()
        message.text(1, name)
        message.message(4, content)
        return message
      })
  }

  private func write(_ step: Int, _ values: [ProtobufMessage]) throws {
    guard !values.isEmpty else { return }
    var summary = ProtobufMessage()
    for value in values { summary.message(1, value) }
    var event = event(step: step)
    event.message(5, summary)
    try append(event)
  }

  private func append(_ message: ProtobufMessage) throws {
    func bytes<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
      withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
    func masked(_ bytes: [UInt8]) -> UInt32 {
      var checksum = CyclicChecksum.crc32c
      checksum.combine(bytes)
      return (checksum.value >> 15 | checksum.value << 17) &+ 0xa282_ead8
    }
    let length = bytes(UInt64(message.bytes.count))
    let record = length + bytes(masked(length)) + message.bytes + bytes(masked(message.bytes))
    // One call, so that a kill leaves whole records, but for the last.
    // Where less is written than given, for want of room, there is no error.
    errno = ENOSPC
    guard Foundation.write(descriptor, record, record.count) == record.count else {
      throw TensorFileError.cannotWrite(path, code: errno)
    }
  }
}
