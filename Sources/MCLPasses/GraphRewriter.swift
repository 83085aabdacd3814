import MCLGraph

/// Builds a new graph from an old one, entry by entry; equal operations on equal operands become one entry.
struct GraphRewriter {
  let source: Graph
  private(set) var result: Graph
  /// For every entry of the source, its place in the result; -1 where it has none.
  private(set) var mapping: [Int]
  /// The last entry of the result with each hash of its key. Keys themselves are not kept: in a large program they would
  /// take more memory than the entries.
  private var latest: [Int: Int] = [:]
  /// For every entry of the result, the one before it with the same hash; -1 where there is none.
  private var previous: [Int] = []

  init(_ source: Graph) {
    self.source = source
    result = source
    result.entries = []
    mapping = [Int](repeating: -1, count: source.entries.count)
    latest.reserveCapacity(source.entries.count)
    previous.reserveCapacity(source.entries.count)
    result.entries.reserveCapacity(source.entries.count)
  }

  /// Adds an operation on entries of the result, or finds the one that is there.
  mutating func append(
    _ operation: any Operation, _ operands: [Int], like entry: Graph.Entry
  ) throws -> Int {
    let key = EntryKey(operation, operands)
    var candidate = latest[key.fingerprint] ?? -1
    while candidate >= 0 {
      let entry = result.entries[candidate]
      if EntryKey(entry.operation, entry.operands) == key { return candidate }
      candidate = previous[candidate]
    }
    let type = try operation.infer(operands.map { result.entries[$0].type })
    result.entries.append(
      Graph.Entry(operation, operands, type, path: entry.path, location: entry.location))
    previous.append(latest.updateValue(result.entries.count - 1, forKey: key.fingerprint) ?? -1)
    return result.entries.count - 1
  }

  /// Says which entry of the result stands for an entry of the source.
  mutating func map(_ index: Int, to target: Int) { mapping[index] = target }

  /// Copies an entry, its operands mapped.
  mutating func copy(_ index: Int) throws {
    let entry = source.entries[index]
    map(index, to: try append(entry.operation, entry.operands.map { mapping[$0] }, like: entry))
  }

  /// The result, with every name pointing to where its value is now.
  func finish() -> Graph {
    var graph = result
    func renamed(_ list: [Graph.Named]) -> [Graph.Named] {
      list.map { Graph.Named($0.name, mapping[$0.entry]) }
    }
    graph.outputs = renamed(source.outputs)
    graph.updates = renamed(source.updates)
    graph.taps = renamed(source.taps)
    return graph
  }
}
