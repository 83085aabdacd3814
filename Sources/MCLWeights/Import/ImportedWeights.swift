import MCLGraph
import MCLSupport

/// The weights of a PyTorch checkpoint under the names that models here know.
///
/// Only what is asked for is read: the tensors that fit a given model; or the network to inflate, with what else can be
/// read; or the whole state dict.
package struct ImportedWeights {
  /// What is asked of a checkpoint.
  package struct Request: Sendable {
    /// Where the state dict stands: a key of the root, or keys separated by dots; nil to find it.
    package var key: String?
    /// What stands before the network's names; nil to find it.
    package var prefix: String?
    /// The conversion of a two-dimensional network; nil to take the tensors as they are.
    package var inflation: Inflation.Variant?
    /// The model that is to start from the weights; nil to take every tensor.
    package var states: [Graph.State]?

    package init(
      key: String? = nil, prefix: String? = nil, inflation: Inflation.Variant? = nil,
      states: [Graph.State]? = nil
    ) {
      self.key = key
      self.prefix = prefix.map { $0.isEmpty || $0.hasSuffix(".") ? $0 : $0 + "." }
      self.inflation = inflation
      self.states = states
    }
  }

  package private(set) var tensors = NamedValues<HostTensor>()
  /// What a user should know, a sentence each.
  package private(set) var remarks: [String] = []
  /// What was taken off the names.
  package private(set) var prefix = ""
  /// The keys under which the state dict stood.
  package private(set) var keys: [String] = []
  /// How the tensors agree with the model, where there is one.
  package private(set) var comparison: WeightComparison?
  /// Tensors of the state dict, by its names, that are none of the model's.
  package private(set) var unexpected: [String] = []
  /// What the file holds that was not read, a phrase each; bounded.
  package private(set) var unread: [String] = []
  private let checkpoint: TorchCheckpoint

  /// - Throws: `TensorFileError` where the file holds no such state dict, nothing of it fits, or it is damaged.
  package init(_ checkpoint: TorchCheckpoint, key: String? = nil, inflate: Inflation.Variant? = nil) throws {
    try self.init(checkpoint, Request(key: key, inflation: inflate))
  }

  /// - Throws: `TensorFileError` where the file holds no such state dict, nothing of it fits, or it is damaged.
  package init(_ checkpoint: TorchCheckpoint, _ request: Request) throws {
    self.checkpoint = checkpoint
    let search = try StateDictSearch(checkpoint, request)
    keys = search.dictionary.keys
    prefix = search.prefix
    remarks = search.remarks
    if let variant = request.inflation {
      try inflate(search.dictionary, variant, request.states)
    } else if let states = request.states {
      try take(search, states)
    } else {
      try takeAll(search)
    }
    unread += checkpoint.unread
    if unread.count > Self.unreadLimit {
      unread = unread.prefix(Self.unreadLimit) + ["\(unread.count - Self.unreadLimit) more"]
    }
  }

  private static let unreadLimit = 12

  // MARK: Ways to take tensors

  private mutating func inflate(
    _ dictionary: TorchCheckpoint.StateDict, _ variant: Inflation.Variant, _ states: [Graph.State]?
  ) throws {
    // What is none of the network's may be of any kind; the network itself must be readable.
    func isOfNetwork(_ name: String) -> Bool { name.withoutPrefix(prefix).map(ResNetNames.contains) == true }
    let names = dictionary.names.filter { isOfNetwork($0) || isReadable($0, in: dictionary) }
    try checkpoint.checkSize(
      states == nil
        ? names
        : names.filter { isOfNetwork($0) || $0.withoutPrefix(prefix).map(ResNetNames.isHead) == true },
      in: dictionary)
    let inflated = try Inflation(
      names, under: prefix, variant: variant, path: checkpoint.path, keepingOthers: states == nil
    ) { try checkpoint.tensor($0, in: dictionary) }
    remarks += inflated.remarks
    guard let states else {
      tensors = inflated.tensors
      return
    }
    let shapes = inflated.tensors.map { (key: $0.key, value: Optional($0.value.shape)) }
    let match = PrefixMatch(shapes, ModelNames(states), prefix: nil)
    var targets = NamedValues<HostTensor>()
    for (name, tensor) in inflated.tensors {
      targets.updateValue(tensor, forKey: match?.chosen.renamed(name) ?? name)
    }
    let comparison = WeightComparison(states, shapes: targets.mapValues(\.shape))
    try expectFit(comparison, states, dictionary)
    for name in comparison.tensors.values {
      if let tensor = targets[name] { tensors.updateValue(tensor, forKey: name) }
    }
    unexpected = inflated.others + comparison.unexpected
    self.comparison = comparison
  }

  /// The tensors that fit a model.
  private mutating func take(_ search: StateDictSearch, _ states: [Graph.State]) throws {
    var sources = NamedValues<Source>()
    let names = ModelNames(states)
    for (name, shape) in search.dictionary.shapes {
      let target = search.renamed(name)
      guard let target, names.fit(target, shape: shape) != .unknown else {
        unexpected.append(name)
        continue
      }
      try add(Source(dictionary: search.dictionary, name: name), as: target, to: &sources)
    }
    try addCompanions(search, to: &sources)
    let shapes = sources.map { (key: $0.key, value: $0.value.shape) }
    let comparison = WeightComparison(states, shapes: shapes)
    try expectFit(comparison, states, search.dictionary)
    try read(sources, comparison.tensors.values)
    unexpected += comparison.unexpected
    for name in unexpected { _ = isReadable(name, in: search.dictionary) }
    self.comparison = comparison
  }

  /// Every tensor, under its name without the wrappers that PyTorch itself puts around modules.
  private mutating func takeAll(_ search: StateDictSearch) throws {
    var sources = NamedValues<Source>()
    for name in search.dictionary.names where isReadable(name, in: search.dictionary, orDamaged: true) {
      try add(
        Source(dictionary: search.dictionary, name: name), as: name.withoutPrefix(prefix) ?? name,
        to: &sources)
    }
    try addCompanions(search, to: &sources)
    try read(sources, sources.keys)
  }

  // MARK: Sources

  /// A tensor of the file.
  private struct Source {
    var dictionary: TorchCheckpoint.StateDict
    var name: String
    var shape: [Int] { dictionary.tensors[name]?.shape ?? [] }
  }

  private func add(_ source: Source, as target: String, to sources: inout NamedValues<Source>) throws {
    guard target != "__metadata__" else { return }
    guard sources.updateValue(source, forKey: target) == nil else {
      throw TensorFileError(
        "\(checkpoint.path): two tensors become \(TensorFileError.quoted(target)); say with --prefix what is to be taken off "
          + "the names")
    }
  }

  /// What MCL's own training script keeps beside the model: the momentum encoder and the queue.
  private mutating func addCompanions(_ search: StateDictSearch, to sources: inout NamedValues<Source>) throws
  {
    guard search.isFound, search.dictionary.keys == ["model"] else { return }
    if let momentum = checkpoint.stateDict(under: "model_ema") {
      for name in momentum.names {
        let target = search.renamed(name) ?? name.withoutPrefix(prefix) ?? name
        try add(Source(dictionary: momentum, name: name), as: "k." + target, to: &sources)
      }
      remarks.append("\(momentum.names.count) tensors of 'model_ema' are the momentum encoder's, 'k.'")
    }
    if let contrast = checkpoint.stateDict(under: "contrast"), contrast["memory"] != nil {
      try add(Source(dictionary: contrast, name: "memory"), as: "queue", to: &sources)
      remarks.append("'contrast.memory' is the queue; its cursor was never kept")
    }
  }

  private mutating func read(_ sources: NamedValues<Source>, _ names: [String]) throws {
    let wanted = names.compactMap { name in sources[name].map { (name, $0) } }
    try checkpoint.checkSize(wanted.map { ($1.name, $1.dictionary) })
    for (name, source) in wanted {
      tensors.updateValue(try checkpoint.tensor(source.name, in: source.dictionary), forKey: name)
    }
  }

  /// Whether a tensor can be read; what cannot is noted.
  /// - Parameter orDamaged: true also for what is damaged or unknown, so that reading it tells why.
  private mutating func isReadable(
    _ name: String, in dictionary: TorchCheckpoint.StateDict, orDamaged: Bool = false
  ) -> Bool {
    guard let obstacle = dictionary.tensors[name]?.obstacle else { return true }
    if case .type = obstacle {} else if orDamaged { return true }
    unread.append("\(TensorFileError.quoted(name)): \(obstacle)")
    return false
  }

  private func expectFit(
    _ comparison: WeightComparison, _ states: [Graph.State], _ dictionary: TorchCheckpoint.StateDict
  ) throws {
    guard comparison.tensors.isEmpty else { return }
    throw TensorFileError(
      StateDictSearch.nothingFits(
        checkpoint.path, dictionary, example: comparison.otherShapes.first, expected: ModelNames(states).names
      ))
  }
}
