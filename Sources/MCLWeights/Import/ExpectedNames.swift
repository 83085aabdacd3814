import MCLGraph
import MCLSupport

/// The tensor names that a network is known to have, without what a file may put before them.
protocol ExpectedNames {
  /// What the network's own names may begin with and a file's may lack: always the empty text, first.
  var prefixes: [String] { get }
  func fit(_ name: String, shape: [Int]?) -> NameFit
}

/// How a name and shape agree with what a network has.
enum NameFit { case unknown, otherShape, fits }

/// A two-dimensional ResNet's names, as torchvision and those who followed it spell them.
struct ResNetNames: ExpectedNames {
  let prefixes = [""]

  func fit(_ name: String, shape: [Int]?) -> NameFit {
    // A head is optional, and other networks have one of this name: it is no proof.
    Self.contains(name) ? .fits : Self.isHead(name) ? .otherShape : .unknown
  }

  /// The last layer, or the projection head in its place.
  static func isHead(_ name: String) -> Bool { name.withoutPrefix("fc.") != nil }

  /// `conv1.weight`, `bn1.*`, `layerL.B.convN.weight`, `layerL.B.bnN.*`, `layerL.B.downsample.{0,1}.*`.
  static func contains(_ name: String) -> Bool {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    switch parts.count {
    case 2: return parts[0] == "conv1" && isWeight(parts[1]) || parts[0] == "bn1" && isStatistic(parts[1])
    case 4...5:
      guard isNumbered(parts[0], "layer"), isNumbered(parts[1], "") else { return false }
      if parts.count == 4 {
        return isNumbered(parts[2], "conv") && isWeight(parts[3])
          || isNumbered(parts[2], "bn") && isStatistic(parts[3])
      }
      guard parts[2] == "downsample" else { return false }
      return parts[3] == "0" && isWeight(parts[4]) || parts[3] == "1" && isStatistic(parts[4])
    default: return false
    }
  }

  private static func isWeight(_ part: Substring) -> Bool { ["weight", "bias"].contains(part) }

  private static func isStatistic(_ part: Substring) -> Bool {
    ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"].contains(part)
  }

  private static func isNumbered(_ part: Substring, _ word: String) -> Bool {
    guard part.hasPrefix(word) else { return false }
    let digits = part.utf8.dropFirst(word.utf8.count)
    return !digits.isEmpty && digits.allSatisfy { (0x30...0x39).contains($0) }
  }
}

/// The names and shapes of a model's weights.
struct ModelNames: ExpectedNames {
  let prefixes: [String]
  private var states = NamedValues<Graph.State>()

  init(_ states: [Graph.State]) {
    let names = WeightNames(states)
    var groups = NamedValues<Void>()
    for state in states where state.isWeight {
      guard let name = names.exported(state.name) else { continue }
      self.states.updateValue(state, forKey: name)
      if let dot = name.firstIndex(of: ".") { groups.updateValue((), forKey: String(name[...dot])) }
    }
    prefixes = [""] + groups.keys
  }

  var names: [String] { states.keys }

  func fit(_ name: String, shape: [Int]?) -> NameFit {
    guard let state = states[name] else { return .unknown }
    return shape.map { WeightComparison.fits($0, state.type) } == false ? .otherShape : .fits
  }
}
