import Foundation
import MCLData
import MCLGraph
import MCLMotion
import MCLSupport
import MCLWeights

/// What the numbers of a run depend on, as short texts that a checkpoint keeps: a resumed run is the run that was
/// never stopped only where all of them are the same.
package enum RunIdentity {
  /// Where checkpoints and exports keep the table of classes.
  package static let classesKey = "classes"

  /// What may be otherwise than a checkpoint says.
  package struct Changes: Sendable {
    /// Settings of the model and inputs of the program, by name.
    package var settings: Set<String>
    /// Inputs whose schedules may.
    package var schedules: Set<String>

    package init(settings: Set<String> = [], schedules: Set<String> = []) {
      self.settings = settings
      self.schedules = schedules
    }

    mutating func merge(_ other: Changes) {
      settings.formUnion(other.settings)
      schedules.formUnion(other.schedules)
    }
  }

  /// The defaults of the program's inputs, which shape no kernel.
  package static func inputs(_ graph: Graph) -> String {
    graph.inputs.compactMap { input in input.defaultValue.map { "\(input.name)=\($0)" } }.joined(
      separator: " ")
  }

  static let schedulesKey = "schedules"
  /// An empty list.
  private static let nothing = "none"

  /// The schedules of a run's inputs, such as `alpha: constant 0.5; beta: linear from 0.0 to 1.0 over 3.0 epochs`.
  static func text(_ schedules: [String: Schedule]) -> String {
    schedules.isEmpty
      ? nothing
      : schedules.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "; ")
  }

  /// A hash of the program's text without the places in the model file, so that a comment there changes nothing, and
  /// without the defaults of its inputs, which stand for themselves.
  package static func program(_ graph: Graph) -> String {
    var graph = graph
    for index in graph.inputs.indices where graph.inputs[index].defaultValue != nil {
      graph.inputs[index].defaultValue = .float(0)
    }
    graph.chances = [:]
    for index in graph.entries.indices { graph.entries[index].location = nil }
    var hash = ContentHash()
    hash.combine(graph.text.utf8)
    return hexadecimal(hash)
  }

  /// How many videos there are, and a hash of their names within the data set, their order and their contents.
  package static func videos(_ videos: [PreparedVideo]) -> String {
    var hash = ContentHash()
    for video in videos {
      hash.combine(UInt64(video.video.name.bytes.count))
      hash.combine(video.video.name.bytes)
      hash.combine(video.identity.byteCount)
      hash.combine(video.identity.contentHash)
    }
    return "\(videos.count) of hash \(hexadecimal(hash))"
  }

  /// Where the videos' flow comes from, and how many flows a motion map takes in; `none` where they have none.
  package static func motion(_ videos: [PreparedVideo]) -> String {
    let entries = videos.compactMap(\.motion)
    guard !entries.isEmpty else { return "none" }
    let windows = Set(entries.map(\.window)).sorted().map(String.init).joined(separator: ",")
    let kinds = Set(entries.map(\.kind.rawValue)).sorted().joined(separator: ",")
    return "\(kinds) window \(windows)"
  }

  /// A hash of a file of weights: its tensors' names, shapes and numbers.
  /// - Throws: `TensorFileError` where it cannot be read.
  package static func weights(_ file: SafeTensors) throws -> String {
    var hash = ContentHash()
    for name in file.names.sorted() {
      let tensor = try file.tensor(name)
      hash.combine(UInt64(name.utf8.count))
      hash.combine(name.utf8)
      for size in tensor.shape { hash.combine(UInt64(size)) }
      switch tensor.storage {
      case .float32(let values): values.withUnsafeBytes { hash.combine($0) }
      case .float64(let values): values.withUnsafeBytes { hash.combine($0) }
      case .int64(let values): values.withUnsafeBytes { hash.combine($0) }
      case .uint8(let values): values.withUnsafeBytes { hash.combine($0) }
      }
    }
    return hexadecimal(hash)
  }

  /// What differs, such as `seed '3' (now '4') and settings 'size=32' (now 'size=64')`, and whether a part of it may be
  /// asked for; nil where nothing does.
  /// A checkpoint that keeps no record of something cannot be shown to be the same, so that differs as well.
  package static func difference(
    kept: [String: String], now: [String: String], allowing changes: Changes = Changes()
  ) -> (text: String, isChangeable: Bool)? {
    var differing: [String] = []
    var isChangeable = false
    // A setting that only gives an input's number stands there already.
    let inputs = Set((now["inputs"] ?? "").split(separator: " ").map { String($0.prefix { $0 != "=" }) })
    for (key, value) in now.sorted(by: { $0.key < $1.key }) where kept[key] != value {
      guard let old = kept[key] else {
        differing.append("\(key) (not recorded, now '\(value)')")
        continue
      }
      if let list = lists[key] {
        let names =
          switch key {
          case schedulesKey: changes.schedules
          case "settings": changes.settings.union(inputs)
          default: changes.settings
          }
        let (before, after) = list.differing(old, value, but: names)
        if before != after {
          isChangeable = isChangeable || key != "settings"
          let texts = [before, after].map { $0.isEmpty ? nothing : $0 }
          differing.append("\(list.words) '\(texts[0])' (now '\(texts[1])')")
        }
      } else {
        differing.append(readable(key, old, value))
      }
    }
    guard let last = differing.last else { return nil }
    let text = differing.count == 1 ? last : differing.dropLast().joined(separator: ", ") + " and " + last
    return (text, isChangeable)
  }

  /// An entry that lists values by name.
  private struct List {
    /// What it is called in messages.
    var words: String
    /// Between the parts.
    var separator: String
    /// Between a name and its value.
    var mark: Character

    /// Of two lists the parts that the other has not, but for some names.
    func differing(_ first: String, _ second: String, but names: Set<String>) -> (String, String) {
      func parts(_ text: String) -> [String] {
        text == nothing
          ? []
          : text.components(separatedBy: separator).filter { part in
            !part.isEmpty && !names.contains(String(part.prefix { $0 != mark }))
          }
      }
      let (a, b) = (parts(first), parts(second))
      func joined(_ parts: [String]) -> String { parts.joined(separator: separator) }
      return (joined(a.filter { !b.contains($0) }), joined(b.filter { !a.contains($0) }))
    }
  }

  private static let lists = [
    "settings": List(words: "settings", separator: " ", mark: "="),
    "inputs": List(words: "the model's numbers", separator: " ", mark: "="),
    schedulesKey: List(words: "schedules", separator: "; ", mark: ":"),
  ]

  /// A difference as people say it: hashes say nothing to them.
  private static func readable(_ key: String, _ old: String, _ new: String) -> String {
    func count(_ text: String) -> String { String(text.prefix { $0 != " " }) }
    switch key {
    case "program": return "another program: the model's text has changed"
    case "init": return "other initial weights"
    case "videos" where count(old) != count(new): return "\(count(old)) videos (now \(count(new)))"
    case "videos": return "videos of other names, order or content"
    case classesKey:
      guard let before = try? ClassTable(old), let now = try? ClassTable(new),
        let difference = now.difference(from: before)
      else { return "other classes" }
      return "other classes (\(difference))"
    default: return "\(key) '\(old)' (now '\(new)')"
    }
  }

  static func hexadecimal(_ hash: ContentHash) -> String {
    let digits = String(hash.value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
