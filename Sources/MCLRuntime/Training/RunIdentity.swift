import MCLGraph

/// What the numbers of a run depend on, as short texts that a checkpoint keeps: a resumed run is the run that was
/// never stopped only where all of them are the same.
public enum RunIdentity {
  /// A hash of the program's text without the places in the model file, so that a comment there changes nothing.
  public static func program(_ graph: Graph) -> String {
    var graph = graph
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
      hash.combine(video.motion.identity.byteCount)
      hash.combine(video.motion.identity.contentHash)
    }
    return "\(videos.count) of hash \(hexadecimal(hash))"
  }

  /// Where the videos' flow comes from, and how many flows a motion map takes in.
  public static func motion(_ videos: [PreparedVideo]) -> String {
    let windows = Set(videos.map(\.motion.window)).sorted().map(String.init).joined(separator: ",")
    let kinds = Set(videos.map(\.motion.kind.rawValue)).sorted().joined(separator: ",")
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

  /// What differs, such as `seed '3' (now '4') and settings 'size=32' (now 'size=64')`; nil where nothing does.
  /// A checkpoint that keeps no record of something cannot be shown to be the same, so that differs as well.
  package static func difference(kept: [String: String], now: [String: String]) -> String? {
    let differing = now.sorted { $0.key < $1.key }.filter { kept[$0.key] != $0.value }.map { key, value in
      guard let old = kept[key] else { return "\(key) (not recorded, now '\(value)')" }
      let (before, after) = key == "settings" ? differingWords(old, value) : (old, value)
      return "\(key) '\(before)' (now '\(after)')"
    }
    guard let last = differing.last else { return nil }
    return differing.count == 1 ? last : differing.dropLast().joined(separator: ", ") + " and " + last
  }

  /// Of two lists of words, those that the other has not.
  private static func differingWords(_ first: String, _ second: String) -> (String, String) {
    let (a, b) = (first.split(separator: " "), second.split(separator: " "))
    return (
      a.filter { !b.contains($0) }.joined(separator: " "), b.filter { !a.contains($0) }.joined(separator: " ")
    )
  }

  private static func hexadecimal(_ hash: MotionHash) -> String {
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
