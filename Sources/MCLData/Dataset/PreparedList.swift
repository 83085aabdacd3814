import MCLSupport

/// The list that `mclc prepare` writes of the videos it could use: a line that names the form, then a name, a tab and a
/// label a line.
///
/// A byte that a line could not carry is written as `%` and two hexadecimal digits: `%` itself, those below a blank, those
/// that are no UTF-8, blanks at the ends, and a leading `#`. `none` is no label; one that reads so has its first letter
/// escaped. Lists without the first line, which older versions wrote, are plain lists.
package enum PreparedList {
  private static let mark = "# mclc video list 2"
  private static let header = mark + ": name, tab, label or none; %09 is the byte 9"
  private static let noLabel = "none"

  static func begins(_ line: [UInt8]) -> Bool { line.starts(with: mark.utf8) }

  package static func text(_ videos: [VideoDataset.Video]) -> String {
    videos.reduce(into: header + "\n") { text, video in
      text += escaped(video.name) + "\t" + (video.label.map(escapedLabel) ?? noLabel) + "\n"
    }
  }

  /// A line below the first; nil for a comment. One without a tab, as written by hand, has its folder's label.
  static func item(_ line: [UInt8], line number: Int) -> VideoList.Item? {
    guard line.first != UInt8(ascii: "#") else { return nil }
    let parts = line.split(separator: UInt8(ascii: "\t"), maxSplits: 1, omittingEmptySubsequences: false)
    let name = FilePath(bytes: unescaped(parts[0]))
    guard parts.count > 1 else {
      return VideoList.Item(name, label: name.folderName?.description, line: number)
    }
    let isUnlabelled = parts[1].elementsEqual(noLabel.utf8)
    let label = isUnlabelled ? nil : FilePath(bytes: unescaped(parts[1])).description
    return VideoList.Item(name, label: label, line: number)
  }

  private static func escapedLabel(_ label: String) -> String {
    // One that reads as no label.
    if VideoList.label(label) == nil, let first = label.utf8.first {
      return hexadecimal(first) + escaped(FilePath(bytes: label.utf8.dropFirst()))
    }
    return escaped(FilePath(label))
  }

  private static func escaped(_ path: FilePath) -> String {
    let isText = String(validating: path.bytes, as: UTF8.self) != nil
    let last = path.bytes.count - 1
    var bytes: [UInt8] = []
    for (place, byte) in path.bytes.enumerated() {
      let isAtEnd = place == 0 || place == last
      let needsEscape =
        byte == UInt8(ascii: "%") || byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !isText)
        || (isAtEnd && byte == UInt8(ascii: " ")) || (place == 0 && byte == UInt8(ascii: "#"))
      if needsEscape { bytes += hexadecimal(byte).utf8 } else { bytes.append(byte) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "%" + (digits.count < 2 ? "0" : "") + digits
  }

  private static func unescaped(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var rest = bytes
    while let byte = rest.popFirst() {
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      if byte == UInt8(ascii: "%"), digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit),
        let value = UInt8(digits, radix: 16)
      {
        result.append(value)
        rest = rest.dropFirst(2)
      } else {
        result.append(byte)
      }
    }
    return result
  }
}
