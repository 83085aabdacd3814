import MCLGraph
import MCLSupport

/// How the tensors of a file agree with the weights of a model, by name and shape.
package struct WeightComparison: Sendable {
  /// A tensor of a known name that has not the state's shape.
  package struct OtherShape: Sendable, Equatable {
    package var tensor: String
    package var shape: [Int]
    package var state: String
    package var expected: TensorType
  }

  /// The weights whose names begin alike.
  package struct Group: Sendable, Equatable {
    package var name: String
    /// Weights that start from the file.
    package var fitting = 0
    package var count = 0
    /// The others, by PyTorch's names.
    package var missing: [String] = []
  }

  /// The tensor of each state that has one.
  package private(set) var tensors = NamedValues<String>()
  package private(set) var otherShapes: [OtherShape] = []
  package private(set) var unexpected: [String] = []
  /// The model's weights by the first part of their names, in the model's order.
  package private(set) var groups: [Group] = []

  /// Weights that the file does not have, by PyTorch's names; those that start as a copy of one that it has are none.
  package var missing: [String] { groups.flatMap(\.missing) }

  /// Counters stand alone or in a list of one.
  static func fits(_ shape: [Int], _ type: TensorType) -> Bool {
    shape == type.shape || type.count == 1 && shape.allSatisfy { $0 == 1 }
  }

  /// - Parameter shapes: the file's tensors, by PyTorch's names or the states'.
  package init(_ states: [Graph.State], shapes: some Sequence<(key: String, value: [Int])>) {
    var declared = NamedValues<Graph.State>()
    for state in states { declared.updateValue(state, forKey: state.name) }
    let names = WeightNames(states)
    for (tensor, shape) in shapes.sorted(by: { $0.key.precedesByBytes($1.key) }) {
      guard let state = names.states(tensor).lazy.compactMap({ declared[$0] }).first else {
        unexpected.append(tensor)
        continue
      }
      if Self.fits(shape, state.type) {
        tensors.updateValue(tensor, forKey: state.name)
      } else {
        otherShapes.append(
          OtherShape(tensor: tensor, shape: shape, state: state.name, expected: state.type))
      }
    }
    var places = NamedValues<Int>()
    for state in states where state.isWeight {
      guard let name = names.exported(state.name) else { continue }
      let first = String(name.prefix { $0 != "." })
      let place = places[first] ?? groups.count
      if place == groups.count {
        places.updateValue(place, forKey: first)
        groups.append(Group(name: first))
      }
      groups[place].count += 1
      if tensors[state.name] != nil || isCopied(state) {
        groups[place].fitting += 1
      } else {
        groups[place].missing.append(name)
      }
    }
  }

  private func isCopied(_ state: Graph.State) -> Bool {
    guard case .copy(let origin) = state.initializer else { return false }
    return tensors[origin] != nil
  }

  /// What starts from the file, what starts new, and what has another shape, in a few lines.
  package var summary: [String] {
    var lines: [String] = []
    for group in groups where group.fitting == group.count {
      lines.append("\(group.name) complete: \(group.fitting) of \(group.count)")
    }
    for group in groups where group.fitting > 0 && group.fitting < group.count {
      lines.append(
        "\(group.name): \(group.fitting) of \(group.count); missing: \(Self.list(group.missing, most: 6))")
    }
    let new = groups.filter { $0.fitting == 0 }
    if !new.isEmpty {
      let count = new.reduce(0) { $0 + $1.count }
      lines.append("\(Self.list(new.map(\.name), most: 20)): start new (\(count))")
    }
    if !otherShapes.isEmpty {
      lines.append(
        "of another shape, left out: "
          + Self.list(
            otherShapes.map { "\(TensorFileError.quoted($0.tensor)) \($0.shape) for \($0.expected.shape)" },
            most: 6))
    }
    return lines
  }

  private static func list(_ items: [String], most: Int) -> String {
    items.prefix(most).joined(separator: ", ")
      + (items.count > most ? " and \(items.count - most) more" : "")
  }
}
