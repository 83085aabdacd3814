import Foundation
import MCLSupport

/// A line of a list: bytes, and the ways to read them.
struct VideoListLine {
  let number: Int
  /// Without its end.
  let raw: [UInt8]
  /// Without blanks at both ends.
  let trimmed: [UInt8]

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }

  static func trim(_ bytes: some BidirectionalCollection<UInt8>) -> [UInt8] {
    Array(bytes.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
  }

  /// The lines that hold something. They end with LF or CR LF; with CR where there is no LF.
  static func lines(_ bytes: [UInt8]) -> [VideoListLine] {
    let mark: [UInt8] = [0xef, 0xbb, 0xbf]
    let content = bytes.starts(with: mark) ? bytes.dropFirst(mark.count) : bytes[...]
    let end: UInt8 = content.contains(0x0a) ? 0x0a : 0x0d
    return content.split(separator: end, omittingEmptySubsequences: false).enumerated().compactMap {
      number, line in
      let raw = line.last == 0x0d ? line.dropLast() : line
      let trimmed = trim(raw)
      return trimmed.isEmpty ? nil : VideoListLine(number: number + 1, raw: Array(raw), trimmed: trimmed)
    }
  }

  /// Whether it begins with `#` and a blank, or holds nothing else.
  var isPerhapsComment: Bool {
    trimmed.first == UInt8(ascii: "#") && trimmed.dropFirst().first.map(Self.isBlank) ?? true
  }

  // MARK: Parts

  /// What stands before and after the last of some characters, without blanks around them; nil where there is none, or
  /// nothing before it.
  func split(atLast separators: [Character]) -> (before: FilePath, after: FilePath)? {
    let wanted = separators.compactMap(\.asciiValue)
    guard let place = trimmed.lastIndex(where: wanted.contains) else { return nil }
    let before = Self.trim(trimmed[..<place])
    guard !before.isEmpty else { return nil }
    return (FilePath(bytes: before), FilePath(bytes: Self.trim(trimmed[(place + 1)...])))
  }

  /// The fields of a table's row; in a CSV one in quotes may hold commas, and quotes twice (RFC 4180).
  func fields(separator: Character) -> [FilePath] {
    let end = separator.asciiValue ?? 0
    let quote: UInt8? = separator == "," ? UInt8(ascii: "\"") : nil
    var (fields, field) = ([[UInt8]](), [UInt8]())
    var isQuoted = false
    var place = trimmed.startIndex
    while place < trimmed.endIndex {
      let byte = trimmed[place]
      place += 1
      if byte == quote {
        let isDoubled = isQuoted && place < trimmed.endIndex && trimmed[place] == quote
        if isDoubled {
          field.append(byte)
          place += 1
        } else {
          isQuoted.toggle()
        }
      } else if byte == end, !isQuoted {
        fields.append(field)
        field = []
      } else {
        field.append(byte)
      }
    }
    return (fields + [field]).map { FilePath(bytes: Self.trim($0)) }
  }

  // MARK: Readings

  /// `Class/v_Class_g01_c01.avi 1`; nil for a line of another form. Blanks may stand in the folder.
  func ucf101() -> VideoList.Reading? {
    let slashed = trimmed.map { $0 == UInt8(ascii: "\\") ? UInt8(ascii: "/") : $0 }
    guard let slash = slashed.lastIndex(of: UInt8(ascii: "/")) else { return nil }
    let file = String(decoding: slashed[(slash + 1)...], as: UTF8.self)
    guard
      let match = file.wholeMatch(of: /(v_.*_g[0-9]+_c[0-9]+(?:\.[A-Za-z0-9]+)?)(?:[ \t,]+[0-9]+(?:\.0+)?)?/)
    else { return nil }
    let path = FilePath(bytes: trimmed[...slash] + Array(match.1.utf8))
    let folder = FilePath(bytes: slashed[...slash] + Array(match.1.utf8)).folderName
    guard let folder else { return nil }
    return VideoList.Reading(path: path, label: folder.description)
  }

  /// `path frames label`; nil for a line of another form.
  func withFrames() -> VideoList.Reading? {
    guard let (rest, label) = split(atLast: [" "]), VideoList.number(label.text) != nil else { return nil }
    let line = VideoListLine(number: number, raw: rest.bytes, trimmed: rest.bytes)
    guard let (path, frames) = line.split(atLast: [" "]),
      VideoList.number(frames.text).flatMap({ Int($0) }).map({ $0 >= 0 }) == true
    else { return nil }
    return VideoList.Reading(path: path, label: VideoList.label(label.text))
  }

  /// Every way to read the line as a path, or as a path and a label.
  func plain() -> VideoList.Item {
    var readings: [VideoList.Reading] = []
    func add(_ path: FilePath, _ label: String?) { readings.append(.init(path: path, label: label)) }
    for whole in [FilePath(bytes: raw), FilePath(bytes: trimmed)] {
      add(whole, whole.folderName?.description)
    }
    if let tab = raw.lastIndex(of: UInt8(ascii: "\t")), tab > 0 {
      let label = VideoList.label(FilePath(bytes: Self.trim(raw[(tab + 1)...])).text)
      for path in [Array(raw[..<tab]), Self.trim(raw[..<tab])] where !path.isEmpty {
        add(FilePath(bytes: path), label)
      }
    }
    if let (path, label) = split(atLast: [" "]), Self.isLabel(label) {
      add(path, VideoList.label(label.text))
    }
    let fields = fields(separator: ",")
    if fields.count > 1, let path = fields.first, let label = fields.last, !path.bytes.isEmpty,
      Self.isLabel(label)
    {
      add(path, VideoList.label(label.text))
    }
    if let (path, label) = split(atLast: [","]), Self.isLabel(label) {
      add(path, VideoList.label(label.text))
    }
    var item = VideoList.Item(
      (readings + readings.flatMap(\.withSlashes)).reduce(into: []) { if !$0.contains($1) { $0.append($1) } },
      line: number)
    (item.isPerhapsComment, item.isFreeForm) = (isPerhapsComment, true)
    return item
  }

  /// Whether a last word is a label, not the end of a path with a blank or a comma in it.
  private static func isLabel(_ word: FilePath) -> Bool {
    VideoList.number(word.text) != nil
      || !word.bytes.contains { [UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: ".")].contains($0) }
  }
}

extension FilePath {
  /// As text for people and for labels.
  var text: String { description }
}
