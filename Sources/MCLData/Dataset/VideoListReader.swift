import Foundation
import MCLMotion
import MCLSupport

/// One file of a list, as lines of bytes.
struct VideoListReader {
  typealias Item = VideoList.Item

  private let path: FilePath
  private let lines: [VideoListLine]
  private static let largest = 1 << 30

  /// - Throws: `UsageError` for what is no text.
  init(path: FilePath) throws {
    self.path = path
    guard let status = path.status(), status.st_mode & S_IFMT == S_IFREG, status.st_size <= Self.largest,
      let file = try? MotionFile(reading: path), let bytes = try? file.read(upTo: file.byteCount, at: 0)
    else { throw UsageError("\(path): it is no list that can be read; check the file") }
    guard !bytes.contains(0) else {
      throw UsageError("\(path): it is no text in UTF-8; name a list of videos")
    }
    lines = VideoListLine.lines(bytes)
  }

  /// - Throws: `UsageError` for a line that its kind of list cannot have.
  func read(_ part: VideoList.Part) throws -> (kind: VideoList.Kind, items: [Item]) {
    if let first = lines.first, PreparedList.begins(first.raw) {
      return (.prepared, lines.dropFirst().compactMap { PreparedList.item($0.raw, line: $0.number) })
    }
    let name = path.lastComponent.description
    if let range = name.range(of: #"_test_split[0-9]+\.txt$"#, options: .regularExpression) {
      return (.hmdb51, try hmdb51(String(name[..<range.lowerBound]), part))
    }
    let content = lines.filter { !$0.isPerhapsComment }
    guard let first = content.first else { return (.plain, plain(withFrames: false)) }
    let columns = first.fields(separator: ",").map { $0.text.lowercased() }
    if columns.contains("youtube_id") { return (.kinetics, try kinetics(columns, content.dropFirst(), part)) }
    if let header = Header(first) { return (.authors, try table(header, content.dropFirst())) }
    if content.allSatisfy({ $0.ucf101() != nil }) {
      let items = lines.map { line in
        line.ucf101().map { Item([$0] + $0.withSlashes, line: line.number) } ?? line.plain()
      }
      return (.ucf101, items)
    }
    let hasFrames = content.allSatisfy { $0.withFrames() != nil }
    return (hasFrames ? .withFrames : .plain, plain(withFrames: hasFrames))
  }

  private func wrong(_ line: Int, _ what: String) -> UsageError {
    UsageError("\(path): line \(line): \(what)")
  }

  private func plain(withFrames: Bool) -> [Item] {
    lines.map { line in
      var item = line.plain()
      if withFrames, let reading = line.withFrames() { item.readings.insert(reading, at: 0) }
      return item
    }
  }

  private func hmdb51(_ label: String, _ part: VideoList.Part) throws -> [Item] {
    try lines.compactMap { line in
      guard let (file, last) = line.split(atLast: [" ", "\t"]), let group = VideoList.number(last.text),
        let number = Int(group), (0...2).contains(number)
      else {
        if line.isPerhapsComment { return nil }
        throw wrong(line.number, "a line of an HMDB51 split is 'video.avi' and 0, 1 or 2; mend it")
      }
      guard part == .all || number == (part == .train ? 1 : 2) else { return nil }
      let paths = [FilePath(label).appending(file), file]
      return Item(paths.map { VideoList.Reading(path: $0, label: label) }, line: line.number)
    }
  }

  private func kinetics(_ columns: [String], _ rows: ArraySlice<VideoListLine>, _ part: VideoList.Part) throws
    -> [Item]
  {
    func place(_ name: String) -> Int? { columns.firstIndex(of: name) }
    guard let id = place("youtube_id") else { return [] }
    let rows = rows.map { ($0.number, $0.fields(separator: ",")) }
    let splits = Set(
      rows.compactMap { row in place("split").flatMap { $0 < row.1.count ? row.1[$0].text : nil } })
    let wanted: Set<String>? =
      part == .all || splits.count <= 1
      ? nil : part == .train ? ["train", "training"] : ["val", "validate", "validation", "test"]
    return try rows.compactMap { number, fields in
      guard fields.count >= columns.count - 1, id < fields.count, !fields[id].bytes.isEmpty else {
        throw wrong(number, "it has \(fields.count) fields, the header \(columns.count); mend it")
      }
      func field(_ name: String) -> String? {
        place(name).flatMap { $0 < fields.count ? fields[$0].text : nil }
      }
      if let wanted, let split = field("split"), !wanted.contains(split) { return nil }
      var names = [fields[id]]
      if let start = field("time_start").flatMap(Double.init),
        let end = field("time_end").flatMap(Double.init),
        (0...999_999).contains(start), (0...999_999).contains(end)
      {
        let times = "_" + String(format: "%06d_%06d", Int(start), Int(end))
        names.insert(FilePath(bytes: fields[id].bytes + times.utf8), at: 0)
      }
      let label = field("label").flatMap(VideoList.label)
      return Item(names.map { VideoList.Reading(path: $0, label: label) }, line: number)
    }
  }

  // MARK: Tables with a header

  /// Which columns of a table hold path and label.
  private struct Header {
    let separator: Character
    let count: Int
    let path: Int
    let label: Int
    /// The label as a word, where there is one.
    let name: Int?

    private static let paths = ["video_path", "path", "file_path", "filename", "file_name", "file", "video"]
    private static let labels = ["label", "class"]

    /// nil for a line that names no such columns.
    init?(_ line: VideoListLine) {
      for separator in [",", "\t", " "] as [Character] {
        let columns = line.fields(separator: separator).map { $0.text.lowercased() }
        // Words with blanks between them may be the name of a file.
        guard separator != " " || columns.contains("video_path") else { continue }
        guard let path = Self.paths.lazy.compactMap({ columns.firstIndex(of: $0) }).first,
          let label = Self.labels.lazy.compactMap({ columns.firstIndex(of: $0) }).first
        else { continue }
        (self.separator, count, self.path, self.label) = (separator, columns.count, path, label)
        name = columns.firstIndex(of: "video_class")
        return
      }
      return nil
    }
  }

  private func table(_ header: Header, _ rows: ArraySlice<VideoListLine>) throws -> [Item] {
    try rows.map { line in
      let fields = line.fields(separator: header.separator)
      guard fields.count == header.count else {
        throw wrong(line.number, "it has \(fields.count) fields, the header \(header.count); mend it")
      }
      let given = VideoList.label(fields[header.label].text)
      let reading = VideoList.Reading(
        path: fields[header.path], label: given.map { header.name.map { fields[$0].text } ?? $0 })
      return Item([reading] + reading.withSlashes, line: line.number)
    }
  }
}

extension VideoList {
  /// nil where a list says that there is no label. Tables of floating-point numbers write 1 as `1.0`.
  static func label(_ text: String) -> String? {
    let text = number(text) ?? text
    return ["", "-1", "none"].contains(text.lowercased()) ? nil : text
  }

  /// `3` for `3` and `3.0`; nil for what is no whole number.
  static func number(_ text: String) -> String? {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first, Int(whole) != nil,
      parts.count == 1 || (!parts[1].isEmpty && parts[1].allSatisfy { $0 == "0" })
    else { return nil }
    return String(whole)
  }
}

extension VideoList.Reading {
  /// The same for a list that was written where `\` separates folders; none for a path without it.
  var withSlashes: [VideoList.Reading] {
    guard path.bytes.contains(UInt8(ascii: "\\")) else { return [] }
    let slashed = FilePath(bytes: path.bytes.map { $0 == UInt8(ascii: "\\") ? UInt8(ascii: "/") : $0 })
    // A label that was the folder's name is so again.
    return [
      .init(path: slashed, label: label ?? (path.folderName == nil ? slashed.folderName?.description : nil))
    ]
  }
}
