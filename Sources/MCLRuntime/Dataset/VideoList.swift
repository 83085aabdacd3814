import Foundation

/// A list of videos as the data sets' authors give them, read from text; which kind it is, its content says.
///
/// | kind | a line |
/// |---|---|
/// | UCF101 split | `Class/v_Class_g01_c01.avi 1`, or without the number; the folder is the label |
/// | HMDB51 split | in a file `CLASS_test_splitN.txt`: `video.avi 1`; 1 train, 2 test, 0 neither |
/// | Kinetics CSV | header `label,youtube_id,time_start,time_end,split`; files ID_000010_000020.* or ID.* |
/// | MCL authors' | header `duration_flow duration_rgb label video_class video_path vname`, space-separated |
/// | with frames | `path frames label`, three columns; paths may lack the extension |
/// | plain | `path`, or path and label separated by a tab or the last space |
///
/// A label of -1 or `none` is no label. Empty lines and those that begin with `#` are passed over.
public struct VideoList: Sendable {
  /// Which videos of a list that holds several parts are meant.
  public enum Part: String, Sendable, CaseIterable {
    case train, test, all
  }

  public enum Kind: String, Sendable {
    case ucf101 = "UCF101 split"
    case hmdb51 = "HMDB51 split"
    case kinetics = "Kinetics CSV"
    case authors = "MCL authors' list"
    case withFrames = "list with frame counts"
    case plain = "plain list"
  }

  /// A video as a list names it.
  public struct Item: Sendable, Hashable {
    /// A path in the data set, perhaps without its extension or its folder.
    public var path: String
    /// Other names that the file may have.
    public var others: [String] = []
    public var label: String?
    public var line: Int
  }

  public let path: String
  public let kind: Kind
  public let items: [Item]

  /// - Parameters:
  ///   - path: a list, or a folder of HMDB51's split files.
  ///   - part: of lists that hold several.
  ///   - split: the number of HMDB51's split where `path` is a folder.
  /// - Throws: `UsageError` for a file that is no such list.
  public init(path: String, part: Part = .train, split: Int = 1) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw UsageError("\(path): there is no such list; check the path")
    }
    self.path = path
    guard isFolder.boolValue else {
      let reader = try VideoListReader(path: path)
      (kind, items) = try reader.read(part)
      guard !items.isEmpty else {
        throw UsageError(
          "\(path): it lists no videos (\(kind.rawValue), part \(part.rawValue)); check --part")
      }
      return
    }
    let files = (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? []
    let suffix = "_test_split\(split).txt"
    let splits = files.filter { $0.hasSuffix(suffix) && !$0.hasPrefix(".") }
    guard !splits.isEmpty else {
      throw UsageError(
        "\(path): it is a folder without files CLASS\(suffix), HMDB51's split \(split); name a list or that folder"
      )
    }
    kind = .hmdb51
    items = try splits.flatMap {
      try VideoListReader(path: (path as NSString).appendingPathComponent($0)).read(part).items
    }
  }
}

/// One file of a list, as lines of words.
private struct VideoListReader {
  typealias Item = VideoList.Item

  let path: String
  private let lines: [(number: Int, text: String)]
  private static let largest = 1 << 30

  init(path: String) throws {
    self.path = path
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= Self.largest,
      let data = FileManager.default.contents(atPath: path)
    else { throw UsageError("\(path): it is no list that can be read; check the file") }
    guard !data.contains(0), let text = String(data: data, encoding: .utf8) else {
      throw UsageError("\(path): it is no text in UTF-8; name a list of videos")
    }
    lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
      .map { ($0 + 1, $1.trimmingCharacters(in: .whitespaces)) }
      .filter { !$0.1.isEmpty && !$0.1.hasPrefix("#") }
  }

  func read(_ part: VideoList.Part) throws -> (kind: VideoList.Kind, items: [Item]) {
    guard let first = lines.first else { return (.plain, []) }
    let columns = Self.fields(first.text).map { $0.lowercased() }
    if columns.contains("youtube_id") { return (.kinetics, try kinetics(columns, part)) }
    let words = first.text.split(separator: " ").map(String.init)
    if words.contains("video_path"), words.contains("label") { return (.authors, try authors(words)) }
    let name = (path as NSString).lastPathComponent
    if let range = name.range(of: #"_test_split[0-9]+\.txt$"#, options: .regularExpression) {
      return (.hmdb51, try hmdb51(String(name[..<range.lowerBound]), part))
    }
    let pattern = #"^[^/]+/v_[^/]*_g[0-9]+_c[0-9]+(\.[A-Za-z0-9]+)?( [0-9]+)?$"#
    if lines.allSatisfy({ $0.text.range(of: pattern, options: .regularExpression) != nil }) {
      return (.ucf101, lines.map { ucf101($0.text, $0.number) })
    }
    let frames = #"^\S+ +[0-9]+ +-?[0-9]+$"#
    if lines.allSatisfy({ $0.text.range(of: frames, options: .regularExpression) != nil }) {
      return (
        .withFrames,
        lines.map { line in
          let words = line.text.split(separator: " ").map(String.init)
          return Item(path: words[0], label: Self.label(words[2]), line: line.number)
        }
      )
    }
    return (.plain, try lines.map { try plain($0.text, $0.number) })
  }

  private func wrong(_ line: Int, _ what: String) -> UsageError {
    UsageError("\(path): line \(line): \(what)")
  }

  private static func label(_ text: String) -> String? {
    ["", "-1", "none"].contains(text.lowercased()) ? nil : text
  }

  private func ucf101(_ text: String, _ number: Int) -> Item {
    let file = String(text.split(separator: " ")[0])
    return Item(path: file, label: file.split(separator: "/").first.map(String.init), line: number)
  }

  private func hmdb51(_ label: String, _ part: VideoList.Part) throws -> [Item] {
    try lines.compactMap { line in
      guard let space = line.text.lastIndex(of: " "),
        let group = Int(line.text[line.text.index(after: space)...]), (0...2).contains(group)
      else { throw wrong(line.number, "a line of an HMDB51 split is 'video.avi' and 0, 1 or 2; mend it") }
      let wanted = part == .all ? true : group == (part == .train ? 1 : 2)
      let file = line.text[..<space].trimmingCharacters(in: .whitespaces)
      return wanted ? Item(path: "\(label)/\(file)", others: [file], label: label, line: line.number) : nil
    }
  }

  private func kinetics(_ columns: [String], _ part: VideoList.Part) throws -> [Item] {
    func place(_ name: String) -> Int? { columns.firstIndex(of: name) }
    guard let id = place("youtube_id") else { return [] }
    let rows = lines.dropFirst().map { ($0.number, Self.fields($0.text)) }
    let splits = Set(rows.compactMap { row in place("split").flatMap { $0 < row.1.count ? row.1[$0] : nil } })
    let wanted: Set<String>? =
      part == .all || splits.count <= 1
      ? nil : part == .train ? ["train", "training"] : ["val", "validate", "validation", "test"]
    return try rows.compactMap { number, fields in
      guard fields.count >= columns.count - 1, id < fields.count, !fields[id].isEmpty else {
        throw wrong(number, "it has \(fields.count) fields, the header \(columns.count); mend it")
      }
      func field(_ name: String) -> String? { place(name).flatMap { $0 < fields.count ? fields[$0] : nil } }
      if let wanted, let split = field("split"), !wanted.contains(split) { return nil }
      var names = [fields[id]]
      if let start = field("time_start").flatMap(Double.init),
        let end = field("time_end").flatMap(Double.init),
        (0...999_999).contains(start), (0...999_999).contains(end)
      {
        names.insert("\(fields[id])_\(String(format: "%06d_%06d", Int(start), Int(end)))", at: 0)
      }
      return Item(
        path: names[0], others: Array(names.dropFirst()), label: field("label").flatMap(Self.label),
        line: number)
    }
  }

  private func authors(_ columns: [String]) throws -> [Item] {
    guard let file = columns.firstIndex(of: "video_path"), let label = columns.firstIndex(of: "label") else {
      return []
    }
    let name = columns.firstIndex(of: "video_class")
    return try lines.dropFirst().map { line in
      let fields = line.text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
      guard fields.count == columns.count else {
        throw wrong(line.number, "it has \(fields.count) fields, the header \(columns.count); mend it")
      }
      let given = Self.label(fields[label])
      return Item(path: fields[file], label: given.map { name.map { fields[$0] } ?? $0 }, line: line.number)
    }
  }

  private func plain(_ text: String, _ number: Int) throws -> Item {
    guard let split = text.lastIndex(of: "\t") ?? text.lastIndex(of: " ") else {
      return Item(path: text, label: Self.folder(text), line: number)
    }
    let (file, last) = (
      text[..<split].trimmingCharacters(in: .whitespaces), String(text[text.index(after: split)...])
    )
    // The last word of a name with spaces.
    if text[split] == " ", last.contains("/") || last.contains(".") {
      return Item(path: text, label: Self.folder(text), line: number)
    }
    return Item(path: file, others: [text], label: Self.label(last), line: number)
  }

  private static func folder(_ path: String) -> String? {
    let parts = path.split(separator: "/")
    return parts.count > 1 ? String(parts[parts.count - 2]) : nil
  }

  /// The fields of a CSV line; one in quotes may hold commas, and quotes twice (RFC 4180).
  private static func fields(_ line: String) -> [String] {
    var (fields, field) = ([String](), "")
    var isQuoted = false
    var characters = line.makeIterator()
    var held: Character?
    while let character = held ?? characters.next() {
      held = nil
      if isQuoted, character == "\"" {
        let next = characters.next()
        if next == "\"" {
          field.append("\"")
        } else {
          isQuoted = false
          held = next
        }
      } else if isQuoted {
        field.append(character)
      } else if character == "\"" {
        isQuoted = true
      } else if character == "," {
        fields.append(field)
        field = ""
      } else {
        field.append(character)
      }
    }
    return (fields + [field]).map { $0.trimmingCharacters(in: .whitespaces) }
  }
}

extension VideoDataset {
  /// The videos of a list that stand below a folder. One that is not there is skipped by name; one that is listed twice
  /// counts once.
  ///
  /// - Throws: `UsageError` when the folder cannot be read, or holds none of them.
  public init(directory: String, list: VideoList) throws {
    let all = try VideoDataset(directory: directory)
    let index = FileIndex(all.videos)
    var (videos, skipped) = ([Video](), [(name: String, reason: String)]())
    var seen: Set<String> = []
    for item in list.items {
      do {
        var video = try index.find(item, list.path)
        guard seen.insert(video.name).inserted else { continue }
        video.label = item.label
        videos.append(video)
      } catch let missing as UsageError { skipped.append((item.path, missing.description)) }
    }
    guard !videos.isEmpty else {
      let first = skipped.first?.reason ?? ""
      throw UsageError(
        "\(directory): it holds none of the \(list.items.count) videos of \(list.path), read as a \(list.kind.rawValue) (\(first))"
      )
    }
    self.init(videos: videos, skipped: skipped)
  }

  /// The files of a folder by path, by path without extension, and by name.
  private struct FileIndex {
    private var byPath: [String: Video] = [:]
    private var byStem: [String: [Video]] = [:]
    private var byName: [String: [Video]] = [:]

    init(_ videos: [Video]) {
      for video in videos {
        byPath[video.name] = video
        byPath[video.path] = video
        let file = (video.name as NSString).lastPathComponent
        byStem[(video.name as NSString).deletingPathExtension, default: []].append(video)
        byName[file, default: []].append(video)
        let stem = (file as NSString).deletingPathExtension
        if stem != file { byName[stem, default: []].append(video) }
      }
    }

    func find(_ item: VideoList.Item, _ list: String) throws -> Video {
      for path in [item.path] + item.others {
        if let video = byPath[path] ?? only(byStem[path]) { return video }
        let name = (path as NSString).lastPathComponent
        guard let same = byName[name] else { continue }
        if let video = only(same) { return video }
        if let label = item.label, let video = only(same.filter { Self.isSame($0.label, label) }) {
          return video
        }
        throw UsageError(
          "line \(item.line) of \(list) fits \(same.count) files, such as \(same[0].name) and \(same[1].name); give its folder"
        )
      }
      throw UsageError(
        "it is in line \(item.line) of \(list), but not in the folder; add it or remove the line")
    }

    private func only(_ videos: [Video]?) -> Video? { videos?.count == 1 ? videos?.first : nil }

    /// Folders of Kinetics are named with spaces, underscores or neither parentheses.
    private static func isSame(_ folder: String?, _ label: String) -> Bool {
      func letters(_ text: String) -> String { text.lowercased().filter { $0.isLetter || $0.isNumber } }
      return folder.map(letters) == letters(label)
    }
  }
}
