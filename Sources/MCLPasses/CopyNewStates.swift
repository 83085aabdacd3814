import MCLGraph

/// Copies a state's new value into the state by a computation of its own, where a sum that reads the old value makes it: such
/// a sum does not write over what it reads, and its result would stay in memory until all states are copied at the end of
/// the run. So it is free as soon as the old value was read for the last time.
package struct CopyNewStates: DecidingPass {
  package let name = "copy-new-states"
  package let purpose =
    "New values of states that cannot be written in place are copied there early."
  /// States of fewer bytes are not worth a launch.
  static let leastBytes = 1 << 16

  package init() {}

  package func run(_ graph: Graph, decisions: inout [Decision]) throws -> Graph {
    var result = graph
    result.updates = graph.updates.map { update in
      let entry = graph.entries[update.entry]
      guard let compute = entry.operation as? Compute, compute.comprehension.reduction != .none,
        entry.type.byteCount >= Self.leastBytes,
        entry.operands.contains(where: { Self.isState(update.name, $0, graph) })
      else { return update }
      decisions.append(Decision(name, entry))
      result.entries.append(.copy(of: update.entry, in: graph))
      return Graph.Named(update.name, result.entries.count - 1)
    }
    return result
  }

  /// Whether an entry is the old value of a state.
  static func isState(_ name: String, _ entry: Int, _ graph: Graph) -> Bool {
    (graph.entries[graph.storage(of: entry)].operation as? StateLeaf)?.leafName == name
  }
}

extension Graph.Entry {
  /// A computation that stores a value's elements once more.
  static func copy(of entry: Int, in graph: Graph) -> Graph.Entry {
    let (original, type) = (graph.entries[entry], graph.entries[entry].type)
    let copy = Comprehension(
      axes: type.shape, accesses: [.identity(operand: 0, shape: type.shape, rank: type.rank)],
      body: .load(0), element: type.element)
    return Graph.Entry(
      Compute(copy, shape: type.shape, parts: [Compute.Part("copy", path: original.path, type: type)]),
      [graph.storage(of: entry)], type, path: original.path, location: original.location)
  }
}
