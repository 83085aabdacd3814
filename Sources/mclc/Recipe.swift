import Foundation
import MCLCommandSupport
import MCLGraph
import MCLSupport
import Yams

/// A file of hyper-parameters.
///
/// YAML of five keys: `about`, a sentence; `training`, `schedules` and `model`, settings of the run, schedules of the
/// program's inputs, and settings of the model; `test`, how `evaluate` tests what was trained; each `key: value`, or `key: {value: …, from: …}` to say where the value
/// comes from.
struct Recipe {
  struct Entry: Equatable {
    var key: String
    var value: String
    /// Where the value comes from, where the recipe says it.
    var source: String?
  }

  let path: String
  private(set) var about = ""
  private(set) var training: [Entry] = []
  /// By the keys of `TrainingSettings`.
  private(set) var schedules: [Entry] = []
  private(set) var model: [Entry] = []
  /// Views and settings of the model that `evaluate` tests with; `train` does not look at them.
  private(set) var test: [Entry] = []

  private static let byteLimit = 1 << 20

  /// - Parameter name: a file, or the name of one of `recipes/`.
  /// - Throws: `UsageError` where there is none, or it is no recipe.
  init(_ name: String) throws {
    path = try Self.find(name)
    guard let data = FileManager.default.contents(atPath: path), data.count <= Self.byteLimit,
      let text = String(validating: data, as: UTF8.self)
    else { throw UsageError("\(path): it is no text of at most 1 MiB; give a recipe") }
    let root: Node?
    do { root = try Yams.compose(yaml: text) } catch {
      let reason = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ").replacing(
        ": error: ", with: ": ")
      throw UsageError("\(path): it is no YAML: \(reason)")
    }
    for (key, node) in try pairs(root, "it") {
      switch key {
      case "about": about = node.scalar?.string ?? ""
      case "training": training = try entries(node, key)
      case "schedules":
        schedules = try entries(node, key).map {
          Entry(key: TrainingSettings.scheduleKey($0.key), value: $0.value, source: $0.source)
        }
      case "model": model = try entries(node, key)
      case "test": test = try entries(node, key)
      default: throw unknown(key, ["about", "training", "schedules", "model", "test"], node)
      }
    }
  }

  /// The file itself, then `recipes/NAME.yaml` here and in the folders above the program.
  private static func find(_ name: String) throws -> String {
    if name.hasSuffix(".yaml") || name.contains("/") {
      guard FileManager.default.fileExists(atPath: name) else {
        throw UsageError("\(name): there is no such recipe; check the path")
      }
      return name
    }
    var folders = ["."]
    var folder = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
    for _ in 0..<4 {
      folder?.deleteLastPathComponent()
      if let folder { folders.append(folder.path) }
    }
    var known: [String] = []
    for folder in folders {
      let recipes = folder == "." ? "recipes" : folder + "/recipes"
      let names = (try? FileManager.default.contentsOfDirectory(atPath: recipes)) ?? []
      if names.contains(name + ".yaml") { return "\(recipes)/\(name).yaml" }
      known += names.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }
    }
    let names = Set(known).sorted()
    let list = names.isEmpty ? "none is beside the program" : "there are \(names.joined(separator: ", "))"
    throw UsageError("--recipe \(name): there is no such recipe; \(list); or name a file that ends in .yaml")
  }

  private func wrong(_ what: String, _ node: Node?) -> UsageError {
    let line = node?.mark.map { ":\($0.line)" } ?? ""
    return UsageError("\(path)\(line): \(what)")
  }

  private func unknown(_ key: String, _ known: [String], _ node: Node) -> UsageError {
    let nearest = nearestName(to: key, in: known).map { "; did you mean '\($0)'?" } ?? ""
    return wrong(
      "there is no key '\(key)' here\(nearest.isEmpty ? ";" : nearest) there are \(known.joined(separator: ", "))",
      node)
  }

  private func pairs(_ node: Node?, _ what: String) throws -> [(String, Node)] {
    guard let node, let mapping = node.mapping else {
      throw wrong("\(what) is no mapping of keys to values", node)
    }
    return try mapping.map { key, value in
      guard let name = key.scalar?.string else { throw wrong("a key is no text", key) }
      return (name, value)
    }
  }

  private func entries(_ node: Node, _ section: String) throws -> [Entry] {
    try pairs(node, "'\(section)'").map { key, node in
      if section == "training", !TrainingSettings.keys.contains(key) {
        if let hint = TrainingSettings.hint(key) {
          throw wrong("there is no key '\(key)' any more\(hint), in the section 'schedules'", node)
        }
        throw unknown(key, TrainingSettings.keys, node)
      }
      var (value, source): (String?, String?)
      func text(_ node: Node) -> String? {
        node.scalar?.string ?? node.sequence.map { $0.map { $0.scalar?.string ?? "" }.joined(separator: ",") }
      }
      guard node.mapping != nil else {
        guard let value = text(node), !value.isEmpty else {
          throw wrong("'\(key)' has no value; write '\(key): VALUE'", node)
        }
        return Entry(key: key, value: value, source: nil)
      }
      for (field, node) in try pairs(node, "'\(key)'") {
        switch field {
        case "value": value = text(node)
        case "from": source = node.scalar?.string
        default: throw unknown(field, ["value", "from"], node)
        }
      }
      guard let value else { throw wrong("'\(key)' has no value; write {value: …, from: …}", node) }
      return Entry(key: key, value: value, source: source)
    }
  }
}
