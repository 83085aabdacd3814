import Foundation

/// A path, or the name of a file, as the file system has it: bytes, compared and ordered one by one.
///
/// Swift takes two strings as equal that differ only in their Unicode form (NFC, NFD), but they name different files;
/// and a file's name need not be UTF-8 at all.
public struct FilePath: Hashable, Comparable, Sendable {
  /// The bytes of the path, without a zero at their end.
  public let bytes: [UInt8]

  /// The path that a text is in UTF-8.
  public init(_ text: String) { bytes = Array(text.utf8) }

  /// The path of these bytes, which need not be UTF-8.
  public init(bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  /// - Parameter components: joined by slashes.
  package init(components: some Sequence<FilePath>) {
    bytes = Array(components.map(\.bytes).joined(separator: [0x2f]))
  }

  /// Whether the bytes of `a` come before those of `b` in lexicographic order.
  public static func < (a: FilePath, b: FilePath) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }

  /// The names between the slashes; empty ones and `.` are left out.
  package var components: [FilePath] {
    bytes.split(separator: 0x2f).map { FilePath(bytes: $0) }.filter { $0.bytes != [0x2e] }
  }

  package var isAbsolute: Bool { bytes.first == 0x2f }

  package var lastComponent: FilePath { components.last ?? self }

  /// The name of the folder that a file stands in; nil where the path has no folder.
  package var folderName: FilePath? {
    let components = components
    return components.count > 1 ? components[components.count - 2] : nil
  }

  /// The path without the ending of its last name: `a/b.avi` gives `a/b`. A dot that begins a name begins no ending.
  package var stem: FilePath {
    guard let dot = bytes.lastIndex(of: 0x2e), dot > 0, bytes[dot - 1] != 0x2f,
      !bytes[dot...].contains(0x2f)
    else { return self }
    return FilePath(bytes: bytes[..<dot])
  }

  /// What follows the last dot of the last name, in small letters; empty where there is none.
  package var ending: String {
    let length = stem.bytes.count
    return length == bytes.count ? "" : String(decoding: bytes[(length + 1)...], as: UTF8.self).lowercased()
  }

  /// The path of a file in the folder that this path names.
  public func appending(_ name: FilePath) -> FilePath {
    guard !bytes.isEmpty else { return name }
    return FilePath(bytes: bytes + (bytes.last == 0x2f ? [] : [0x2f]) + name.bytes)
  }

  /// Gives `body` the bytes with a zero at their end, as the system's functions want them.
  package func withCString<Result>(_ body: (UnsafePointer<CChar>) throws -> Result) rethrows -> Result {
    try (bytes.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer {
      // Bound: the array ends with a zero and is not empty, so that its address is not nil.
      try body($0.baseAddress.unsafelyUnwrapped)
    }
  }
}

extension FilePath: CustomStringConvertible, ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
  /// The path that a string literal is in UTF-8.
  public init(stringLiteral value: String) { self.init(value) }

  /// For people: bytes that are no UTF-8 are written as `\xE9`.
  public var description: String {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    return bytes.reduce(into: UTF8Text()) { $0.append($1) }.finished
  }
}

/// A text that is put together from bytes of which some may be no UTF-8.
private struct UTF8Text {
  private var text = ""
  private var pending: [UInt8] = []

  mutating func append(_ byte: UInt8) {
    // A byte that begins a character ends what was begun before it.
    if byte & 0xc0 != 0x80 { escapePending() }
    pending.append(byte)
    if let whole = String(validating: pending, as: UTF8.self) {
      text += whole
      pending = []
    } else if pending.count >= 4 {
      escapePending()
    }
  }

  private mutating func escapePending() {
    for byte in pending { text += "\\x" + String(byte, radix: 16, uppercase: true) }
    pending = []
  }

  var finished: String {
    var copy = self
    copy.escapePending()
    return copy.text
  }
}

/// What names a file: a `FilePath`, or a text that is one in UTF-8.
public protocol PathConvertible {
  /// The path of the file.
  var filePath: FilePath { get }
}

extension FilePath: PathConvertible {
  /// The path itself.
  public var filePath: FilePath { self }
}

extension String: PathConvertible {
  /// The path that the text is in UTF-8.
  public var filePath: FilePath { FilePath(self) }
}
