import MCLSupport

/// What stands before a network's names in a file, found by trying: of all beginnings of the file's names, the one after
/// which the most names and shapes are the network's.
///
/// Wrappers (`module.`, `_orig_mod.`), training modules (`model.`) and methods with several networks (`encoder_q.`) are
/// all found so; none is known by name.
struct PrefixMatch {
  /// A way to read the file's names: `file` is replaced by `model`.
  struct Choice: Equatable {
    var file: String
    /// What the network's names begin with where the file's do not; empty as a rule.
    var model: String
    var fitting = 0
    /// Of a known name but another shape.
    var otherShape = 0
    /// The place of the first such name in the file.
    var first: Int

    /// The network's name for one of the file.
    func renamed(_ name: String) -> String? { name.withoutPrefix(file).map { model + $0 } }
  }

  let chosen: Choice
  /// Other beginnings after which just as many names fit, as of a second encoder.
  let equals: [Choice]

  /// Longer or deeper names are no network's; without a bound they would take quadratic time.
  private static let lengthLimit = 1024
  private static let depthLimit = 32

  /// - Parameters:
  ///   - names: the file's, in its order, with their shapes where they are known.
  ///   - prefix: what the user says stands before the names; nil to find it.
  /// - Returns: nil where no name is known.
  init?(_ names: some Sequence<(key: String, value: [Int]?)>, _ expected: some ExpectedNames, prefix: String?)
  {
    var choices = NamedValues<Choice>()
    for (index, (name, shape)) in names.enumerated() {
      for file in prefix.map({ [$0] }) ?? Self.beginnings(name) {
        guard let rest = name.withoutPrefix(file) else { continue }
        for model in expected.prefixes {
          let fit = expected.fit(model + rest, shape: shape)
          guard fit != .unknown else { continue }
          // No name holds a zero byte that another part could be taken for: both parts end with a dot or are empty.
          let key = file + "\0" + model
          var choice = choices[key] ?? Choice(file: file, model: model, first: index)
          if fit == .fits { choice.fitting += 1 } else { choice.otherShape += 1 }
          choices.updateValue(choice, forKey: key)
        }
      }
    }
    guard let best = choices.values.max(by: { Self.isBetter($1, $0) }) else { return nil }
    chosen = best
    equals = choices.values.filter { other in
      other.model == best.model && other.file != best.file && other.fitting == best.fitting
        && best.fitting > 0
    }.sorted { $0.first < $1.first }
  }

  private static func beginnings(_ name: String) -> [String] {
    guard name.utf8.count <= lengthLimit else { return [""] }
    let dots = name.indices.filter { name[$0] == "." }
    guard dots.count < depthLimit else { return [""] }
    return [""] + dots.map { String(name[...$0]) }
  }

  /// More that fits, then more of a known name, then the network's names as they are, then the trained one of several
  /// encoders: that which no word calls a moving average, then that which stands first.
  private static func isBetter(_ a: Choice, _ b: Choice) -> Bool {
    if a.fitting != b.fitting { return a.fitting > b.fitting }
    if a.otherShape != b.otherShape { return a.otherShape > b.otherShape }
    if a.model.isEmpty != b.model.isEmpty { return a.model.isEmpty }
    let (aAverage, bAverage) = (isMovingAverage(a.file), isMovingAverage(b.file))
    if aAverage != bAverage { return bAverage }
    return (a.first, a.file.utf8.count) < (b.first, b.file.utf8.count)
  }

  /// Words by which the literature calls an encoder that follows another one instead of being trained.
  private static let movingAverageWords: Set<String> = [
    "k", "key", "keys", "momentum", "target", "teacher", "ema", "average", "averaged", "mean", "shadow",
    "slow",
  ]

  static func isMovingAverage(_ name: String) -> Bool {
    name.lowercased().split(whereSeparator: { ".-_ ".contains($0) }).contains {
      movingAverageWords.contains(String($0))
    }
  }

  /// Which was taken and why, sentences for the user.
  var remarks: [String] {
    let file = TensorFileError.quoted(chosen.file)
    var remarks: [String] = []
    if !chosen.file.isEmpty {
      remarks.append(
        chosen.model.isEmpty
          ? "\(file) is taken off the names"
          : "\(file) becomes \(TensorFileError.quoted(chosen.model)) in the names")
    } else if !chosen.model.isEmpty {
      remarks.append("\(TensorFileError.quoted(chosen.model)) is put before the names")
    }
    if !equals.isEmpty {
      let others = equals.prefix(4).map { TensorFileError.quoted($0.file) }.joined(separator: ", ")
      let reason =
        equals.allSatisfy({ Self.isMovingAverage($0.file) }) && !Self.isMovingAverage(chosen.file)
        ? "no word in its name says that it is a moving average" : "it stands first in the file"
      remarks.append(
        "\(others) would fit as well: \(file) is taken for the trained network, as \(reason); choose another with --prefix"
      )
    }
    return remarks
  }
}
