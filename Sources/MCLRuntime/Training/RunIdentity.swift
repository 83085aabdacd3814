import MCLGraph

/// What the numbers of a run depend on, as short texts that a checkpoint keeps: a resumed run is the run that was
/// never stopped only where all of them are the same.
public enum RunIdentity {
  /// Where checkpoints and exports keep the table of classes.
  public static let classesKey = "classes"

  /// What may be otherwise than a checkpoint says.
  public struct Changes: Sendable {
    /// Settings of the model and inputs of the program, by name.
    public var settings: Set<String>
    /// Whole entries of the identity, such as `schedule`.
    public var entries: Set<String>

    public init(settings: Set<String> = [], entries: Set<String> = []) {
      self.settings = settings
      self.entries = entries
    }

    mutating func merge(_ other: Changes) {
      settings.formUnion(other.settings)
      entries.formUnion(other.entries)
    }
  }

  /// The defaults of the program's inputs, which shape no kernel.
  public static func inputs(_ graph: Graph) -> String {
    graph.inputs.compactMap { input in input.defaultValue.map { "\(input.name)=\($0)" } }.joined(
      separator: " ")
  }

  /// A hash of the program's text without the places in the model file, so that a comment there changes nothing, and
  /// without the defaults of its inputs, which stand for themselves.
  public static func program(_ graph: Graph) -> String {
    var graph = graph
    for index in graph.inputs.indices where graph.inputs[index].defaultValue != nil {
      graph.inputs[index].defaultValue = .float(0)
    }
    graph.chances = [:]
    for index in graph.entries.indices { graph.entries[index].location = nil }
    var hash = MotionHash()
    hash.combine(graph.text.utf8)
    return hexadecimal(hash)
  }

  /// How many videos there are, and a hash of their names within the data set, their order and their contents.
  public static func videos(_ videos: [PreparedVideo]) -> String {
    var hash = MotionHash()
    for video in videos {
      hash.combine(UInt64(video.video.name.bytes.count))
      hash.combine(video.video.name.bytes)
      hash.combine(video.identity.byteCount)
      hash.combine(video.identity.contentHash)
    }
    return "\(videos.count) of hash \(hexadecimal(hash))"
  }

  /// Where the videos' flow comes from, and how many flows a motion map takes in; `none` where they have none.
  public static func motion(_ videos: [PreparedVideo]) -> String {
    let entries = videos.compactMap(\.motion)
    guard !entries.isEmpty else { return "none" }
    let windows = Set(entries.map(\.window)).sorted().map(String.init).joined(separator: ",")
    let kinds = Set(entries.map(\.kind.rawValue)).sorted().joined(separator: ",")
    return "\(kinds) window \(windows)"
  }

  /// A hash of a file of weights: its tensors' names, shapes and numbers.
  /// - Throws: `TensorFileError` where it cannot be read.
  public static func weights(_ file: SafeTensors) throws -> String {
    var hash = MotionHash()
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
      guard !changes.entries.contains(key) else { continue }
      if ["schedule", "loss weights", "inputs"].contains(key) { isChangeable = true }
      guard let old = kept[key] else {
        differing.append("\(key) (not recorded, now '\(value)')")
        continue
      }
      if let words = wordKeys[key] {
        let (before, after) = differingWords(
          old, value, but: key == "settings" ? changes.settings.union(inputs) : changes.settings)
        if before != after { differing.append("\(words) '\(before)' (now '\(after)')") }
      } else {
        differing.append(readable(key, old, value))
      }
    }
    guard let last = differing.last else { return nil }
    let text = differing.count == 1 ? last : differing.dropLast().joined(separator: ", ") + " and " + last
    return (text, isChangeable)
  }

  /// Entries that are words `name=value`.
  private static let wordKeys = ["settings": "settings", "inputs": "the model's numbers"]

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

  /// Of two lists of words `name=value`, those that the other has not, but for some names.
  private static func differingWords(
    _ first: String, _ second: String, but names: Set<String>
  ) -> (String, String) {
    func words(_ text: String) -> [Substring] {
      text.split(separator: " ").filter { word in !names.contains(String(word.prefix { $0 != "=" })) }
    }
    let (a, b) = (words(first), words(second))
    return (
      a.filter { !b.contains($0) }.joined(separator: " "), b.filter { !a.contains($0) }.joined(separator: " ")
    )
  }

  static func hexadecimal(_ hash: MotionHash) -> String {
    let digits = String(hash.value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

extension LearningRateSchedule: CustomStringConvertible {
  /// All that the rates depend on.
  public var description: String {
    let start = warmup > 0 ? "base \(base) after \(warmup) steps from base/\(multiplier), " : "base \(base), "
    return switch decay {
    case .constant: "constant \(base)"
    case .cosine(let length): start + "cosine over \(length) steps"
    case .step(let milestones, let rate): start + "times \(rate) after \(milestones) steps"
    }
  }
}
