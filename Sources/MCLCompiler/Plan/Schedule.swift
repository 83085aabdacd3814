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
  /// The entry of every state that is read, by name.
  private let leaves: [String: Int]

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
    var leaves: [String: Int] = [:]
    for (index, entry) in graph.entries.enumerated() {
      if let leaf = entry.operation as? StateLeaf { leaves[leaf.leafName] = index }
    }
    self.leaves = leaves
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
      guard isComputed[writer], statesWritten[writer] == nil, !pinned.contains(leaf),
        canOverwrite(writer, leaf)
      else {
        copies.append((update.name, writer))
        continue
      }
      statesWritten[writer] = update.name
      waits[writer] = readers[leaf].subtracting([writer])
    }
    // A value copied last from a state that is overwritten before would be the new one.
    let copied = Set(copies.map(\.entry))
    for (writer, state) in statesWritten.sorted(by: { $0.key < $1.key }) {
      if let leaf = leafEntry(state), copied.contains(leaf) { demote(writer, &waits) }
    }
    run(isComputed, readers, dependencies, &waits, pinned)
  }

  private func leafEntry(_ state: String) -> Int? { leaves[state] }

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
    let bytes = graph.entries.map(\.type.byteCount)
    let kept = pinned.union(graph.updates.map { Self.storage($0.entry, in: graph) })
    // Writers in place wait for the readers of the old value, as they do for their operands.
    var waiters = [[Int]](repeating: [], count: graph.entries.count)
    var blocked = [Int](repeating: 0, count: graph.entries.count)
    for (writer, awaited) in waits {
      blocked[writer] = awaited.count
      for reader in awaited { waiters[reader].append(writer) }
    }

    func netCost(_ index: Int) -> Int {
      var cost = statesWritten[index] == nil ? bytes[index] : 0
      for operand in dependencies[index] where unread[operand] == 1 && !kept.contains(operand) {
        cost -= bytes[operand]
      }
      return cost
    }
    var pending = isComputed.count { $0 }
    var free: [Int: Int] = [:]
    var held = Set<Int>()
    func release(_ index: Int) {
      guard remaining[index] == 0 else { return }
      if blocked[index] == 0 {
        held.remove(index)
        free[index] = netCost(index)
      } else {
        held.insert(index)
      }
    }
    for index in graph.entries.indices where isComputed[index] { release(index) }
    while pending > 0 {
      guard let next = free.min(by: { $0.value != $1.value ? $0.value < $1.value : $0.key < $1.key })?.key
      else {
        // Only writers that wait for readers which wait for them: the first is copied instead.
        guard let stuck = held.min() else { break }
        demote(stuck, &waits)
        blocked[stuck] = 0
        release(stuck)
        continue
      }
      order.append(next)
      pending -= 1
      free[next] = nil
      for operand in dependencies[next] {
        unread[operand] -= 1
        guard unread[operand] == 1 else { continue }
        for reader in readers[operand] where free[reader] != nil { free[reader] = netCost(reader) }
      }
      for reader in readers[next] {
        remaining[reader] -= 1
        release(reader)
      }
      for writer in waiters[next] where blocked[writer] > 0 {
        blocked[writer] -= 1
        if blocked[writer] == 0 { release(writer) }
      }
    }
  }
}
