import Foundation

/// Why a file, such as one of tensors, cannot be read or written, in one sentence.
public struct TensorFileError: Error, Sendable, CustomStringConvertible {
  /// The sentence to show to a user.
  public let description: String
  package init(_ description: String) { self.description = description }

  /// - Parameter code: the system's number of the error.
  package static func cannotWrite(_ path: String, code: Int32) -> TensorFileError {
    let remedy =
      code == EFBIG
      ? "raise the limit on the size of files, as 'ulimit -f' shows it" : "free room or choose another folder"
    return TensorFileError("\(path) cannot be written (\(String(cString: strerror(code)))); \(remedy)")
  }

  /// A name out of a file between quotation marks, fit for a message: control characters escaped, and not too long.
  package static func quoted(_ name: String) -> String {
    var text = ""
    for (index, scalar) in name.unicodeScalars.enumerated() {
      guard index < 120 else { return "'\(text)…'" }
      let isControl = scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
      text += isControl ? scalar.escaped(asASCII: true) : String(scalar)
    }
    return "'\(text)'"
  }
}
