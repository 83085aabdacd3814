import MCLGraph
import MCLSupport

/// A network's layers under other names in a file: the same layers in the same order, each of the same tensors and shapes.
///
/// `nn.Sequential` numbers what had names (`0.0.weight` for `stem.0.weight`), and other authors name the same layers
/// otherwise. PyTorch keeps a state dict in the order in which modules were made, so that the order tells what is what. The
/// network's first layer must be there, and at least half of its layers after it; what is left of the network, such as
/// its head, starts new.
struct LayerOrderMatch {
  /// The network's name for one of the file's.
  let names: [String: String]
  /// What all names of the layers begin with in the file, up to a dot.
  let prefix: String
  /// The first layer and the last one, by the file's and the network's names.
  let ends: (first: (file: String, model: String), last: (file: String, model: String))
  let layerCount: Int
  /// Beginnings of other layers that are the same.
  let equals: [String]

  /// Tensors whose names differ only behind the last dot.
  private struct Layer {
    var name: String
    /// Of each tensor the last part of its name and its shape; counters are left out.
    var shapes: [String: [Int]] = [:]
    /// Whether a tensor's shape is not known.
    var isUnknown = false
    var counters: [String] = []

    func isSame(as other: Layer) -> Bool {
      !isUnknown && !other.isUnknown && !shapes.isEmpty && shapes == other.shapes
    }

    func tensor(_ part: String) -> String { name.isEmpty ? part : name + "." + part }
  }

  /// - Parameters:
  ///   - names: the file's, in its order, with their shapes where they are known.
  ///   - prefix: what the user says stands before the names; nil for any.
  /// - Returns: nil where the file has no such layers.
  init?(
    _ names: some Sequence<(key: String, value: [Int]?)>, _ states: [Graph.State], prefix: String?
  ) {
    let exported = WeightNames(states)
    var shapes: [(key: String, value: [Int]?)] = []
    for state in states where state.isWeight {
      guard let name = exported.exported(state.name) else { continue }
      let isCounter = state.type.element == .int64 && state.type.count == 1
      shapes.append((name, isCounter ? [] : state.type.shape))
    }
    let model = Self.layers(shapes)
    let file = Self.layers(names.filter { prefix.map($0.key.hasPrefix) ?? true })
    let least = max((model.count + 1) / 2, 2)
    guard let first = model.first, file.count >= least else { return nil }

    var runs: [(start: Int, count: Int)] = []
    for start in file.indices where file[start].isSame(as: first) {
      let count = zip(file[start...], model).prefix { $0.isSame(as: $1) }.count
      if count >= least { runs.append((start, count)) }
    }
    guard let most = runs.map(\.count).max() else { return nil }
    let candidates = runs.filter { $0.count == most }.map { run in
      (layers: file[run.start..<run.start + most], prefix: Self.beginning(file[run.start..<run.start + most]))
    }
    // The trained one of several encoders: that which no word calls a moving average, then the first.
    guard
      let chosen = candidates.first(where: { !PrefixMatch.isMovingAverage($0.prefix) }) ?? candidates.first,
      let start = chosen.layers.first, let end = chosen.layers.last
    else { return nil }
    var found: [String: String] = [:]
    for (layer, own) in zip(chosen.layers, model) {
      for part in own.shapes.keys { found[layer.tensor(part)] = own.tensor(part) }
      for part in own.counters where layer.counters.contains(part) {
        found[layer.tensor(part)] = own.tensor(part)
      }
    }
    self.names = found
    self.prefix = chosen.prefix
    ends = ((start.name, first.name), (end.name, model[most - 1].name))
    layerCount = most
    equals = candidates.map(\.prefix).filter { $0 != chosen.prefix }
  }

  private static func layers(_ names: some Sequence<(key: String, value: [Int]?)>) -> [Layer] {
    var layers: [Layer] = []
    for (name, shape) in names {
      let dot = name.lastIndex(of: ".")
      let layer = dot.map { String(name[..<$0]) } ?? ""
      let part = dot.map { String(name[name.index(after: $0)...]) } ?? name
      if layers.last?.name != layer { layers.append(Layer(name: layer)) }
      let place = layers.count - 1
      switch shape {
      case nil: layers[place].isUnknown = true
      case []?: layers[place].counters.append(part)
      case let shape?: layers[place].shapes[part] = shape
      }
    }
    return layers
  }

  /// What the names of layers begin with, up to a dot.
  private static func beginning(_ layers: ArraySlice<Layer>) -> String {
    guard let first = layers.first?.name else { return "" }
    var shared = first.split(separator: ".", omittingEmptySubsequences: false)
    for layer in layers.dropFirst() {
      let parts = layer.name.split(separator: ".", omittingEmptySubsequences: false)
      shared = Array(shared[..<zip(shared, parts).prefix { $0 == $1 }.count])
    }
    return shared.isEmpty ? "" : shared.joined(separator: ".") + "."
  }

  /// What was done, sentences for the user.
  var remarks: [String] {
    func quoted(_ name: String) -> String { TensorFileError.quoted(name) }
    let place = prefix.isEmpty ? "the file" : quoted(prefix)
    var remarks = [
      "\(place) holds the network's layers under other names, and is taken by their order and shapes: \(layerCount) layers, "
        + "from \(quoted(ends.first.file)) for \(quoted(ends.first.model)) to \(quoted(ends.last.file)) for "
        + "\(quoted(ends.last.model)); make sure that it is this network"
    ]
    if !equals.isEmpty {
      let others = equals.prefix(4).map(quoted).joined(separator: ", ")
      let isTrained = equals.allSatisfy(PrefixMatch.isMovingAverage) && !PrefixMatch.isMovingAverage(prefix)
      let reason =
        isTrained ? "no word in its name says that it is a moving average" : "it stands first in the file"
      remarks.append(
        "\(others) would fit as well: \(place) is taken for the trained network, as \(reason); choose another with --prefix"
      )
    }
    return remarks
  }
}
