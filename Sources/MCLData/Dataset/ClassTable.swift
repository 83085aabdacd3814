import Foundation
import MCLGraph
import MCLSupport

/// The classes of a data set in a fixed order: a label's place in it is the number that a program is given for it.
///
/// The order is that of the names' bytes; where all names are whole numbers, that of the numbers. It depends on nothing
/// else, so that the same classes have the same places in every run. Names that differ in their Unicode form only (NFC,
/// NFD) are one class.
public struct ClassTable: Sendable, Equatable {
  /// The name of each class, at least two.
  public let names: [String]
  private let places: [String: Int]

  /// The number of classes.
  public var count: Int { names.count }

  /// The classes that the labels of some videos name.
  ///
  /// - Throws: `UsageError` where a video has no label, or there are fewer than two classes.
  public init(_ videos: some Sequence<VideoDataset.Video>) throws {
    var labels: Set<String> = []
    var (videoCount, unlabelled) = (0, [FilePath]())
    for video in videos {
      videoCount += 1
      if let label = video.label { labels.insert(label) } else { unlabelled.append(video.name) }
    }
    if let first = unlabelled.first {
      throw UsageError(
        "\(first) has no label" + (unlabelled.count > 1 ? ", nor have \(unlabelled.count - 1) others" : "")
          + "; put each video into a folder named after its class, or give a list with labels")
    }
    guard labels.count > 1 else {
      let what =
        labels.first.map { "all \(videoCount) videos are of the class '\($0)'" } ?? "there are no videos"
      throw UsageError("\(what), but classes take at least two; add videos of another class")
    }
    self.init(names: Self.ordered(Set(labels.map(\.precomposedStringWithCanonicalMapping))))
  }

  private init(names: [String]) {
    self.names = names
    places = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
  }

  private static func ordered(_ labels: Set<String>) -> [String] {
    let byName = labels.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let numbered = byName.compactMap { name in Int(name).map { (number: $0, name: name) } }
    guard numbered.count == byName.count else { return byName }
    // `7` and `07` stay in the order of their bytes.
    return numbered.enumerated().sorted { ($0.element.number, $0.offset) < ($1.element.number, $1.offset) }
      .map(\.element.name)
  }

  /// The place of a class, from 0.
  ///
  /// - Throws: `UsageError` for a label that is no class of the table.
  public func index(of label: String) throws -> Int {
    if let place = places[label] { return place }
    let nearest = nearestName(to: label, in: names).map { "; did you mean '\($0)'?" }
    throw UsageError(
      "'\(label)' is none of the \(count) classes"
        + (nearest ?? ", which begin with '\(names[0])'; mend the label"))
  }

  // MARK: Comparison

  /// In one sentence, how this table differs from the one that a run began with; nil where it does not.
  public func difference(from old: ClassTable) -> String? {
    guard names != old.names else { return nil }
    let (new, gone) = (names.filter { old.places[$0] == nil }, old.names.filter { places[$0] == nil })
    let changes = [Self.listed(new, "new"), Self.listed(gone, "gone")].compactMap { $0 }
    if changes.isEmpty, let place = names.indices.first(where: { names[$0] != old.names[$0] }) {
      return
        "the classes stand in another order: number \(place) was '\(old.names[place])' and is '\(names[place])'"
    }
    let counts =
      count == old.count ? "there are other classes" : "there are \(count) classes instead of \(old.count)"
    return "\(counts): " + changes.joined(separator: ", ")
  }

  private static func listed(_ names: [String], _ what: String) -> String? {
    guard let first = names.first else { return nil }
    return names.count == 1 ? "'\(first)' is \(what)" : "'\(first)' and \(names.count - 1) more are \(what)"
  }
}

extension ClassTable: Codable, CustomStringConvertible {
  /// Reads the names from a list of strings.
  ///
  /// - Throws: `DecodingError` for what is no list of at least two different names.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let names = try container.decode([String].self)
    guard names.count > 1, Set(names).count == names.count else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "a table of classes is a list of at least two different names")
    }
    self.init(names: names)
  }

  /// Writes the names in their order, as a list of strings.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(names)
  }

  /// The names as a JSON array, in one line.
  public var description: String {
    let quoted = names.map { name in
      name.unicodeScalars.reduce(into: "\"") { text, scalar in
        switch scalar {
        case "\"", "\\": text += "\\" + String(scalar)
        // Controls, and what some readers take for the end of a line.
        case "\0"..<" ", "\u{7f}"..."\u{9f}", "\u{2028}", "\u{2029}":
          let digits = String(scalar.value, radix: 16)
          text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: text.unicodeScalars.append(scalar)
        }
      } + "\""
    }
    return "[" + quoted.joined(separator: ",") + "]"
  }

  /// The table that a `description` is of.
  ///
  /// - Throws: `UsageError` for a text that is none.
  public init(_ description: String) throws {
    do { self = try JSONDecoder().decode(ClassTable.self, from: Data(description.utf8)) } catch {
      throw UsageError(
        "'\(description.prefix(40))' is no table of classes; give at least two names as a JSON array")
    }
  }
}
