import MCLGraph
import MCLSupport

/// Finds the state dict that is asked for and what stands before its names.
///
/// With a network to compare with, it is the dictionary of which the most names and shapes fit; otherwise the one under
/// the keys that training scripts use.
struct StateDictSearch {
  private(set) var dictionary: TorchCheckpoint.StateDict
  /// How the names were read; nil without a network to compare with.
  private(set) var match: PrefixMatch?
  /// How layers of other names were read by their order; nil where names tell.
  private(set) var order: LayerOrderMatch?
  /// Without such a network: what PyTorch's own wrappers put before all names.
  private(set) var wrapper = ""
  /// Whether the dictionary was found, not named by the user.
  let isFound: Bool
  private(set) var remarks: [String] = []

  /// Where training scripts put the state dict, the usual places first.
  private static let usualKeys = ["state_dict", "model", "model_state_dict", "net", "weights"]

  init(_ checkpoint: TorchCheckpoint, _ request: ImportedWeights.Request) throws {
    let isFound = request.key == nil
    self.isFound = isFound
    let candidates =
      request.key.map { checkpoint.stateDict(under: $0).map { [$0] } ?? [] }
      ?? Self.byUse(checkpoint.stateDicts())
    let isCompared = request.inflation != nil || request.states != nil
    // Without a comparison only the usual places are trusted.
    guard
      let usual = candidates.first(where: { !isFound || isCompared || Self.rank($0.keys) != nil })
    else { throw Self.noStateDict(checkpoint, request.key) }
    dictionary = usual
    if request.inflation != nil {
      try choose(candidates, ResNetNames(), request, checkpoint.path)
    } else if let states = request.states {
      try choose(candidates, ModelNames(states), request, checkpoint.path)
    } else {
      try takeWrappers(off: usual, request.prefix, checkpoint.path)
    }
  }

  // MARK: With a network to compare with

  private mutating func choose(
    _ candidates: [TorchCheckpoint.StateDict], _ expected: some ExpectedNames,
    _ request: ImportedWeights.Request, _ path: String
  ) throws {
    for candidate in candidates {
      guard let found = PrefixMatch(candidate.shapes, expected, prefix: request.prefix) else { continue }
      // The first of equals stays, as candidates come in order of use.
      if found.chosen.fitting > match?.chosen.fitting ?? -1 { (dictionary, match) = (candidate, found) }
    }
    takeOrder(candidates, request)
    guard order != nil || match.map({ $0.chosen.fitting > 0 || request.inflation == nil }) == true else {
      let example =
        request.inflation != nil
        ? ["conv1.weight", "layer1.0.conv1.weight"] : ModelNames(request.states ?? []).names
      throw TensorFileError(Self.nothingFits(path, dictionary, example: nil, expected: example, request))
    }
    if isFound, candidates.count > 1, !dictionary.keys.isEmpty {
      remarks.append("the state dict is the one under \(dictionary.place)")
    }
    remarks += order?.remarks ?? match?.remarks ?? []
  }

  /// Takes layers of other names by their order where names tell of less than half as many tensors.
  private mutating func takeOrder(
    _ candidates: [TorchCheckpoint.StateDict], _ request: ImportedWeights.Request
  ) {
    guard let states = request.states, request.inflation == nil else { return }
    for candidate in candidates {
      guard let found = LayerOrderMatch(candidate.shapes, states, prefix: request.prefix),
        found.names.count > order?.names.count ?? 2 * (match?.chosen.fitting ?? 0)
      else { continue }
      (dictionary, order) = (candidate, found)
    }
  }

  /// The network's name for one of the file's; nil where it has none.
  func renamed(_ name: String) -> String? {
    order.map { $0.names[name] } ?? match?.chosen.renamed(name)
  }

  /// What stands before the network's names.
  var prefix: String { order?.prefix ?? match?.chosen.file ?? wrapper }

  /// Why nothing was imported, and how to mend it.
  static func nothingFits(
    _ path: String, _ dictionary: TorchCheckpoint.StateDict, example: WeightComparison.OtherShape?,
    expected: [String], _ request: ImportedWeights.Request? = nil
  ) -> String {
    func list(_ names: [String]) -> String {
      names.prefix(4).map(TensorFileError.quoted).joined(separator: ", ") + (names.count > 4 ? ", …" : "")
    }
    let place = dictionary.keys.isEmpty ? "" : " under \(dictionary.place)"
    let prefix = request?.prefix.map { " after the prefix \(TensorFileError.quoted($0))" } ?? ""
    if let example {
      return
        "\(path): none of its \(dictionary.names.count) tensors\(place) has the shape that the model gives to its name, "
        + "such as \(TensorFileError.quoted(example.tensor)) \(example.shape), in the model \(example.expected.shape); give the "
        + "model the settings of these weights with --set"
        + (example.shape.count == 4 && example.expected.shape.count == 5
          ? ", or convert a 2-D network with --inflate" : "")
    }
    return
      "\(path): none of its \(dictionary.names.count) tensors\(place) is called as one of the network's\(prefix): it holds "
      + "\(list(dictionary.names)), the network has \(list(expected)); say with --prefix what stands before the names, or "
      + "choose a state dict with --key"
  }

  // MARK: Without

  /// `DistributedDataParallel` and `AveragedModel` call what they wrap `module`, `torch.compile` calls it `_orig_mod`.
  private static let wrappers = ["module.", "_orig_mod."]

  /// Takes off the wrappers' names where every module's name begins so; counters beside them (`n_averaged`) have no dot.
  private mutating func takeWrappers(
    off dictionary: TorchCheckpoint.StateDict, _ prefix: String?, _ path: String
  ) throws {
    if let prefix {
      guard dictionary.names.contains(where: { $0.withoutPrefix(prefix) != nil }) else {
        let groups = NameGroups(dictionary.names).description
        throw TensorFileError(
          "\(path): no tensor's name begins with \(TensorFileError.quoted(prefix)); there are \(groups): choose another --prefix"
        )
      }
      wrapper = prefix
    } else {
      var names = dictionary.names.filter { $0.contains(".") }
      while let next = Self.wrappers.first(where: { wrapper in
        !names.isEmpty && names.allSatisfy { $0.withoutPrefix(wrapper) != nil }
      }) {
        names = names.compactMap { $0.withoutPrefix(next) }
        wrapper += next
      }
    }
    guard !wrapper.isEmpty else { return }
    remarks.append("\(TensorFileError.quoted(wrapper)) is taken off the names")
    let others = dictionary.names.filter { $0.withoutPrefix(wrapper) == nil }
    if !others.isEmpty {
      remarks.append("kept under their own names: \(NameGroups(others, beyond: wrapper).description)")
    }
  }

  // MARK: Where state dicts stand

  /// A lower number for a more usual place; nil for one that no training script is known for.
  private static func rank(_ keys: [String]) -> Int? {
    let places = keys.map { usualKeys.firstIndex(of: $0) }
    guard places.allSatisfy({ $0 != nil }) else { return nil }
    // One key, then keys within keys, then the root.
    if keys.isEmpty { return .max }
    return places.reduce(keys.count * 1000) { $0 * usualKeys.count + ($1 ?? 0) }
  }

  /// The usual places, then those that no word calls a moving average, then the others, each in the file's order.
  private static func byUse(_ dictionaries: [TorchCheckpoint.StateDict]) -> [TorchCheckpoint.StateDict] {
    func order(_ dictionary: TorchCheckpoint.StateDict) -> (Int, Int) {
      if let rank = rank(dictionary.keys) { return (0, rank) }
      return (dictionary.keys.contains(where: PrefixMatch.isMovingAverage) ? 2 : 1, 0)
    }
    return dictionaries.enumerated().sorted { first, second in
      let (a, b) = (order(first.element), order(second.element))
      return (a.0, a.1, first.offset) < (b.0, b.1, second.offset)
    }.map(\.element)
  }

  private static func noStateDict(_ checkpoint: TorchCheckpoint, _ key: String?) -> TensorFileError {
    let known = checkpoint.keys.prefix(12).map(TensorFileError.quoted).joined(separator: ", ")
    let place = key.map { "under \(TensorFileError.quoted($0))" } ?? "in it"
    if let object = checkpoint.unknownObject(), key == nil || key == object.key {
      return TensorFileError(
        "\(checkpoint.path): there is no state dict \(place), and \(TensorFileError.quoted(object.key)) "
          + TorchCheckpoint.refusal(object.what).replacing("it asks", with: "asks"))
    }
    return TensorFileError(
      "\(checkpoint.path): there is no state dict \(place); "
        + (known.isEmpty ? "save one with torch.save" : "its keys are \(known): choose one with --key"))
  }
}
