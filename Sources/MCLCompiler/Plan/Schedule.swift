import MCLGraph

/// The order in which a lowered graph's computations run, and which of them write straight into a state.
struct Schedule {
  /// Entries that compute, in the order they run.
  private(set) var order: [Int] = []
  /// For a computing entry, the state whose storage its result is written to.
  private(set) var statesWritten: [Int: String] = [:]
  /// Updates whose value stands elsewhere when all is computed, and is copied then: (state, entry).
  private(set) var copies: [(state: String, entry: Int)] = []

  private let graph: Graph

  /// The entry that stores a value: a reshape's operand, all others themselves.
  static func storage(_ entry: Int, in graph: Graph) -> Int {
    var entry = entry
    while graph.entries[entry].operation is Reshape { entry = graph.entries[entry].operands[0] }
    return entry
  }

  /// Orders the computations so that each is as soon as possible followed by those that free what it made: among
  /// the ready ones, the one that frees most memory net of what it takes; ties by position. An update is written
  /// in place when every other reader of the old value has run before; where that cannot be, it is copied last.
  init(_ graph: Graph) {
    self.graph = graph
    let stored = graph.entries.indices.map { Self.storage($0, in: graph) }
    let isComputed = graph.entries.indices.map { index in
      graph.entries[index].operation is Compute || graph.entries[index].operation is UpdateRows
    }
    var readers = [Set<Int>](repeating: [], count: graph.entries.count)
    var dependencies = [Set<Int>](repeating: [], count: graph.entries.count)
    for (index, entry) in graph.entries.enumerated() where isComputed[index] {
      for operand in entry.operands {
        readers[stored[operand]].insert(index)
        if isComputed[stored[operand]] { dependencies[index].insert(stored[operand]) }
      }
    }
    let pinned = Set((graph.outputs + graph.taps).map { stored[$0.entry] })

    // Which updates may be written in place, and what must run before them.
    var waits = [Int: Set<Int>]()
    for update in graph.updates {
      let writer = stored[update.entry]
      guard let leaf = leafEntry(update.name) else {
        if isComputed[writer], statesWritten[writer] == nil, !pinned.contains(writer) {
          statesWritten[writer] = update.name
        } else {
          copies.append((update.name, writer))
        }
        continue
      }
      guard leaf != writer else { continue }
      guard isComputed[writer], statesWritten[writer] == nil, !pinned.contains(leaf), canOverwrite(writer, leaf) else {
        copies.append((update.name, writer))
        continue
      }
      statesWritten[writer] = update.name
      waits[writer] = readers[leaf].subtracting([writer])
    }
    // A value copied last from a state that is overwritten before would be the new one.
    for copy in copies {
      for (writer, state) in statesWritten where leafEntry(state) == copy.entry { demote(writer, &waits) }
    }
    run(isComputed, readers, dependencies, &waits, pinned)
  }

  private func leafEntry(_ state: String) -> Int? {
    graph.entries.firstIndex { ($0.operation as? StateLeaf)?.leafName == state }
  }

  /// Whether a computation may write over an operand it reads: a map that reads it at the point itself alone, or
  /// an update of its rows.
  private func canOverwrite(_ writer: Int, _ leaf: Int) -> Bool {
    let entry = graph.entries[writer]
    if entry.operation is UpdateRows {
      return Self.storage(entry.operands[0], in: graph) == leaf
        && entry.operands.dropFirst().allSatisfy { Self.storage($0, in: graph) != leaf }
    }
    guard let comprehension = (entry.operation as? Compute)?.comprehension else { return false }
    let positions = entry.operands.indices.filter { Self.storage(entry.operands[$0], in: graph) == leaf }
    if positions.isEmpty { return true }
    guard comprehension.reduction == .none else { return false }
    return comprehension.accesses.allSatisfy { access in
      guard positions.contains(access.operand) else { return true }
      let strides = rowMajorStrides(access.indices.map(\.extent))
      var flat = [Int](repeating: 0, count: comprehension.axes.count)
      for (index, stride) in zip(access.indices, strides) {
        guard index.offset == 0, index.divisor == 1 else { return false }
        for axis in flat.indices { flat[axis] += index.coefficients[axis] * stride }
      }
      let own = rowMajorStrides(comprehension.axes)
      return flat.indices.allSatisfy { comprehension.axes[$0] == 1 || flat[$0] == own[$0] }
    }
  }

  private mutating func demote(_ writer: Int, _ waits: inout [Int: Set<Int>]) {
    guard let state = statesWritten.removeValue(forKey: writer) else { return }
    waits[writer] = nil
    copies.append((state, writer))
  }

  private mutating func run(
    _ isComputed: [Bool], _ readers: [Set<Int>], _ dependencies: [Set<Int>], _ waits: inout [Int: Set<Int>],
    _ pinned: Set<Int>
  ) {
    var remaining = dependencies.map(\.count)
    var unread = readers.map(\.count)
    var isDone = [Bool](repeating: false, count: graph.entries.count)
    var pending = Set(graph.entries.indices.filter { isComputed[$0] })
    var ready = Set(pending.filter { remaining[$0] == 0 })
    let bytes = graph.entries.map(\.type.byteCount)
    let kept = pinned.union(graph.updates.map { Self.storage($0.entry, in: graph) })

    func netCost(_ index: Int) -> Int {
      var cost = statesWritten[index] == nil ? bytes[index] : 0
      for operand in dependencies[index] where unread[operand] == 1 && !kept.contains(operand) {
        cost -= bytes[operand]
      }
      return cost
    }
    while !pending.isEmpty {
      let free = ready.filter { index in (waits[index] ?? []).allSatisfy { isDone[$0] } }
      let best = free.min { a, b in
        let (costA, costB) = (netCost(a), netCost(b))
        return costA != costB ? costA < costB : a < b
      }
      guard let next = best else {
        // Only writers that wait for readers which wait for them: the first is copied instead.
        guard let stuck = ready.min() else { break }
        demote(stuck, &waits)
        continue
      }
      order.append(next)
      isDone[next] = true
      pending.remove(next)
      ready.remove(next)
      for operand in dependencies[next] { unread[operand] -= 1 }
      for reader in readers[next] {
        remaining[reader] -= 1
        if remaining[reader] == 0 { ready.insert(reader) }
      }
    }
  }
}
