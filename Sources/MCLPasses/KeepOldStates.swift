import MCLGraph

/// Copies a state that is wanted as it was before the run - as an output, as a tap or as the new value of another
/// state - where the run changes it: by the time such a name is read, its storage holds the new value.
package struct KeepOldStates: DecidingPass {
  package let name = "keep-old-states"
  package let isRequired = true
  package let purpose =
    "States that are wanted as they were before the run are copied."

  package init() {}

  package func run(_ graph: Graph, decisions: inout [Decision]) throws -> Graph {
    var result = graph
    func state(_ entry: Int) -> String? {
      (graph.entries[graph.storage(of: entry)].operation as? StateLeaf)?.leafName
    }
    let changed = Set(graph.updates.filter { state($0.entry) != $0.name }.map(\.name))
    var copies: [Int: Int] = [:]
    func old(_ entry: Int) -> Int {
      if let known = copies[entry] { return known }
      result.entries.append(.copy(of: entry, in: graph))
      copies[entry] = result.entries.count - 1
      decisions.append(Decision(name, graph.entries[entry]))
      return result.entries.count - 1
    }
    func kept(_ list: [Graph.Named], isUpdate: Bool) -> [Graph.Named] {
      list.map { named in
        guard let state = state(named.entry), changed.contains(state), !(isUpdate && state == named.name)
        else { return named }
        return Graph.Named(named.name, old(named.entry))
      }
    }
    result.outputs = kept(graph.outputs, isUpdate: false)
    result.taps = kept(graph.taps, isUpdate: false)
    result.updates = kept(graph.updates, isUpdate: true)
    return result
  }
}
