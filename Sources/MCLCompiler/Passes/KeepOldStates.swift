import MCLGraph

/// Copies a state that is wanted as it was before the run - as an output, as a tap or as the new value of another
/// state - where the run changes it: by the time such a name is read, its storage holds the new value.
public struct KeepOldStates: DecidingPass {
  public let name = "keep-old-states"
  public let purpose =
    "States that are wanted as they were before the run are copied."

  public init() {}

  public func run(_ graph: Graph, decisions: inout [Decision]) throws -> Graph {
    var result = graph
    func state(_ entry: Int) -> String? {
      (graph.entries[Schedule.storage(entry, in: graph)].operation as? StateLeaf)?.leafName
    }
    let changed = Set(graph.updates.filter { state($0.entry) != $0.name }.map(\.name))
    var copies: [Int: Int] = [:]
    func old(_ entry: Int) -> Int {
      if let known = copies[entry] { return known }
      let (original, type) = (graph.entries[entry], graph.entries[entry].type)
      let copy = Comprehension(
        axes: type.shape, accesses: [.identity(operand: 0, shape: type.shape, rank: type.rank)],
        body: .load(0), element: type.element)
      result.entries.append(
        Graph.Entry(
          Compute(
            copy, shape: type.shape, parts: [Compute.Part("copy", path: original.path, type: type)]),
          [Schedule.storage(entry, in: graph)], type,
          path: original.path, location: original.location))
      copies[entry] = result.entries.count - 1
      decisions.append(Decision(name, original))
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
