import Foundation
import MCLSupport

/// A list of videos as the data sets' authors give them, read from text; which kind it is, its content says.
///
/// | kind | a line |
/// |---|---|
/// | UCF101 split | `Class/v_Class_g01_c01.avi 1`, or without the number; the folder is the label |
/// | HMDB51 split | in a file `CLASS_test_splitN.txt`: `video.avi 1`; 1 train, 2 test, 0 neither |
/// | Kinetics CSV | header `label,youtube_id,time_start,time_end,split`; files ID_000010_000020.* or ID.* |
/// | MCL authors' | header `duration_flow duration_rgb label video_class video_path vname`, space-separated |
/// | with frames | `path frames label`; paths may lack the extension |
/// | prepared | what `mclc prepare` writes (`PreparedList`) |
/// | plain | `path`, or path and label separated by a tab, a comma or the last space |
///
/// A label of -1 or `none` is no label. Empty lines are passed over, and lines that begin with `#` and a blank where no
/// file has that name. Lines are bytes, as names of files are.
public struct VideoList: Sendable {
  /// Which videos of a list that holds several parts are meant.
  public enum Part: String, Sendable, CaseIterable {
    case train, test, all
  }

  package enum Kind: String, Sendable {
    case ucf101 = "UCF101 split"
    case hmdb51 = "HMDB51 split"
    case kinetics = "Kinetics CSV"
    case authors = "MCL authors' list"
    case withFrames = "list with frame counts"
    case prepared = "list of 'mclc prepare'"
    case plain = "plain list"
  }

  /// One way to understand a line.
  package struct Reading: Sendable, Hashable {
    /// A path in the data set, perhaps without its extension or its folder.
    package var path: FilePath
    package var label: String?
  }

  /// A video as a list names it.
  package struct Item: Sendable, Hashable {
    /// The likeliest first; which one holds, the files that are there say.
    package var readings: [Reading]
    package var line: Int
    /// Whether the line says nothing where no file has its name.
    var isPerhapsComment = false
    /// Whether one reading is as good as another, rather than better than those after it.
    var isFreeForm = false

    package var path: FilePath { readings.first?.path ?? FilePath("") }

    init(_ readings: [Reading], line: Int) { (self.readings, self.line) = (readings, line) }

    init(_ path: FilePath, label: String?, line: Int) {
      self.init([Reading(path: path, label: label)], line: line)
    }
  }

  /// The forms of lines, for messages.
  static let forms =
    "lists are UCF101's or HMDB51's split files, Kinetics' CSV, the MCL authors' CSV, or lines 'path', 'path label', "
    + "'path,label' or 'path frames label'"

  /// The list, or the folder of split files, as it was given.
  public let path: String
  package let kind: Kind
  package let items: [Item]

  /// Reads a list.
  ///
  /// - Parameters:
  ///   - path: a list, or a folder of HMDB51's or UCF101's split files.
  ///   - part: of lists that hold several.
  ///   - split: the number of the split where `path` is a folder.
  /// - Throws: `UsageError` for a file that is no such list.
  public init(path: String, part: Part = .train, split: Int = 1) throws {
    guard let status = FilePath(path).status() else {
      throw UsageError("\(path): there is no such list; check the path")
    }
    self.path = path
    guard status.st_mode & S_IFMT == S_IFDIR else {
      (kind, items) = try VideoListReader(path: FilePath(path)).read(part)
      guard !items.isEmpty else {
        throw UsageError(
          "\(path): it lists no videos (\(kind.rawValue), part \(part.rawValue)); check --part")
      }
      return
    }
    let (suffix, entries) = ("_test_split\(split).txt", FilePath(path).entries() ?? [])
    let parts = Part.allCases.filter { part == .all ? $0 != .all : $0 == part }
    let lists = parts.map { FilePath("\($0.rawValue)list" + (split < 10 ? "0" : "") + "\(split).txt") }
    if lists.allSatisfy(entries.contains) {
      kind = .ucf101
      items = try lists.flatMap { try VideoListReader(path: FilePath(path).appending($0)).read(part).items }
      guard !items.isEmpty else {
        throw UsageError("\(path): its \(lists[0]) lists no videos; check the file")
      }
      return
    }
    let splits = entries.filter {
      $0.bytes.reversed().starts(with: suffix.utf8.reversed()) && $0.bytes.first != UInt8(ascii: ".")
    }
    guard !splits.isEmpty else {
      throw UsageError(
        "\(path): it is a folder without files CLASS\(suffix), HMDB51's split \(split), or \(lists[0]), UCF101's; name a "
          + "list or that folder")
    }
    kind = .hmdb51
    items = try splits.flatMap { try VideoListReader(path: FilePath(path).appending($0)).read(part).items }
  }
}

extension VideoList {
  /// The numbers of the splits in a folder: of HMDB51 (`CLASS_test_splitN.txt`), or of UCF101 (`trainlist0N.txt` with
  /// `testlist0N.txt`), in their order; none for another folder, or a file.
  package static func splits(in folder: String) -> [Int] {
    let names = Set((FilePath(folder).entries() ?? []).map(\.description))
    let numbers = names.compactMap { name -> Int? in
      if let match = name.wholeMatch(of: /[^.].*_test_split([0-9]+)\.txt/) { return Int(match.1) }
      guard let match = name.wholeMatch(of: /trainlist([0-9]{2})\.txt/),
        names.contains("testlist\(match.1).txt")
      else { return nil }
      return Int(match.1)
    }
    return Set(numbers).sorted()
  }
}

extension VideoDataset {
  /// The videos of a list that stand below a folder. One that is not there is skipped by name; one that is listed twice
  /// counts once.
  ///
  /// - Throws: `UsageError` when the folder cannot be read, or holds none of them.
  public init(directory: String, list: VideoList) throws {
    let folder = try VideoDataset(directory: directory)
    let finder = VideoFinder(folder, list)
    var (videos, skipped) = ([Video](), [(name: String, reason: String)]())
    var seen: Set<FilePath> = []
    for item in list.items {
      do {
        guard let video = try finder.find(item), seen.insert(video.name).inserted else { continue }
        videos.append(video)
      } catch let missing as UsageError { skipped.append((item.path.description, missing.description)) }
    }
    guard !videos.isEmpty else {
      let first = skipped.prefix(3).map(\.reason).joined(separator: "; ")
      throw UsageError(
        "\(directory): it holds none of the \(skipped.count) videos of \(list.path), read as a "
          + "\(list.kind.rawValue) (\(first)); \(VideoList.forms)")
    }
    self.init(of: folder, videos: videos, skipped: skipped)
  }
}
