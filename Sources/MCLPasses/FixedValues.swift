import MCLGraph

/// Which values of a program stay the same from run to run until somebody sets a state: those made of constants and of
/// states that the program never changes.
package struct FixedValues {
  /// One answer an entry.
  package let isFixed: [Bool]

  package init(_ graph: Graph) {
    let changed = Set(graph.updates.map(\.name))
    var isFixed = [Bool](repeating: false, count: graph.entries.count)
    for (index, entry) in graph.entries.enumerated() {
      switch entry.operation {
      case let leaf as any Leaf: isFixed[index] = leaf.role == .state && !changed.contains(leaf.leafName)
      default: isFixed[index] = entry.operands.allSatisfy { isFixed[$0] }
      }
    }
    self.isFixed = isFixed
  }
}
