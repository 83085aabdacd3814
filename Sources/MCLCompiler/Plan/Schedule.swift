import MCLGraph
import MCLPasses

/// The order in which a lowered graph's computations run, and which of them write straight into a state.
struct Schedule {
  /// Entries that compute, in the order they run.
  private(set) var order: [Int] = []
  /// So many of them, the first ones, make what stays the same until a state is set from outside (`FixedValues`).
  private(set) var preparationCount = 0
  /// For a computing entry, the state whose storage its result is written to.
  private(set) var statesWritten: [Int: String] = [:]
  /// The entries whose launches write into states.
  var writers: Set<Int> { Set(statesWritten.keys.map { launch(of: $0) }) }
  /// For a launch that writes into a state, those that run before it: readers of the old value, and the barrier; for the
  /// barrier, makers of outputs of one number.
  private(set) var waits: [Int: Set<Int>] = [:]
  /// What all writers wait for that make no output of one number themselves, in place of as many pairs: the number after the
  /// entries'.
  let barrier: Int
  /// Updates whose value stands elsewhere when all is computed, and is copied then: (state, entry).
  private(set) var copies: [(state: String, entry: Int)] = []

  /// Which updates are written in place, and why others are copied.
  private(set) var decisions: [Decision] = []

  private let graph: Graph
  private let hosts: [Int: Int]
  /// The entries that an entry's launch makes besides its own, ascending.
  private let guests: [Int: [Int]]
  /// The entry of every state that is read, by name.
  private let leaves: [String: Int]

  /// Orders the computations (see `ScheduleOrder`). An update is written in place when every other reader of the old
  /// value has run before; where that cannot be, it is copied last.
  ///
  /// - Parameter hosts: entries that another one's launch makes, which have none of their own.
  init(_ graph: Graph, hosts: [Int: Int] = [:]) {
    self.graph = graph
    self.hosts = hosts
    barrier = graph.entries.count
    guests = Dictionary(grouping: hosts.keys.sorted()) { hosts[$0] ?? $0 }
    var leaves: [String: Int] = [:]
    for (index, entry) in graph.entries.enumerated() {
      if let leaf = entry.operation as? StateLeaf { leaves[leaf.leafName] = index }
    }
    self.leaves = leaves
    let values = graph.entries.indices.map { graph.storage(of: $0) }
    let stored = values.map { hosts[$0] ?? $0 }
    let isComputed = graph.entries.indices.map { index in
      guard hosts[index] == nil else { return false }
      return graph.entries[index].operation is any LaunchedOperation
    }
    var readers = [Set<Int>](repeating: [], count: graph.entries.count)
    var dependencies = [Set<Int>](repeating: [], count: graph.entries.count)
    for (index, entry) in graph.entries.enumerated() where isComputed[index] {
      for operand in entry.operands {
        readers[stored[operand]].insert(index)
        if isComputed[stored[operand]], stored[operand] != index {
          dependencies[index].insert(stored[operand])
        }
      }
    }
    let pinned = Set((graph.outputs + graph.taps).map { values[$0.entry] })

    // Which updates may be written in place, and what must run before them.
    var waits = [Int: Set<Int>]()
    var copyReasons: [String: String] = [:]
    for update in graph.updates {
      let (writer, launch) = (values[update.entry], stored[update.entry])
      guard let leaf = leafEntry(update.name) else {
        if isComputed[launch], statesWritten[writer] == nil, !pinned.contains(writer) {
          statesWritten[writer] = update.name
        } else {
          copies.append((update.name, writer))
        }
        continue
      }
      guard leaf != writer else { continue }
      guard isComputed[launch], statesWritten[writer] == nil, !pinned.contains(leaf),
        canOverwrite(launch, leaf)
      else {
        copyReasons[update.name] =
          !isComputed[launch]
          ? "its new value is one that is stored already"
          : statesWritten[writer] != nil
            ? "its new value is another state's too"
            : pinned.contains(leaf)
              ? "the old value is wanted under a name"
              : ((graph.entries[writer].operation as? Compute)?.comprehension.reduction ?? Reduction.none)
                != .none
                ? "made by a sum, whose kernel does not write over what it reads"
                : "reads the old value at other places than it writes"
        copies.append((update.name, writer))
        continue
      }
      statesWritten[writer] = update.name
      waits[launch, default: []].formUnion(readers[leaf].subtracting([launch]))
    }
    // Every output of one number is known before the first state changes, so that a run can still be stopped there.
    let numbers = Set(
      graph.outputs.filter { graph.entries[$0.entry].type.count == 1 }.map { stored[$0.entry] }
    ).filter { isComputed[$0] }
    if !numbers.isEmpty { waits[barrier] = numbers }
    for writer in writers where !numbers.isEmpty {
      waits[writer, default: []].formUnion(
        numbers.contains(writer) ? numbers.subtracting([writer]) : [barrier])
    }
    // A value copied last from a state that is overwritten before would be the new one.
    let copied = Set(copies.map(\.entry))
    for (writer, state) in statesWritten.sorted(by: { $0.key < $1.key }) {
      if let leaf = leafEntry(state), copied.contains(leaf) { demote([writer], &waits) }
    }
    let computed = graph.entries.indices.filter { isComputed[$0] }
    breakCycles(computed, readers, dependencies, &waits)
    // Nobody may be left to wait for the barrier, and then it waits for nobody.
    if !waits.values.contains(where: { $0.contains(barrier) }) { waits[barrier] = nil }
    self.waits = waits
    let writers = writers
    let inState = Set(statesWritten.keys)
    let kept = Set(pinned.union(copies.map(\.entry)).map { hosts[$0] ?? $0 })
    order = ScheduleOrder(
      computed: computed, dependencies: dependencies + [[]], readers: readers + [[]], waits: waits,
      barrier: barrier,
      bytes: graph.entries.indices.map { inState.contains($0) ? 0 : graph.entries[$0].type.byteCount } + [0],
      kept: kept,
      packings: Set(
        computed.filter { entry in
          dependencies[entry].isEmpty && !readers[entry].isEmpty && !kept.contains(entry)
            && !writers.contains(entry)
            && (graph.entries[entry].operation as? Compute)?.comprehension.reduction == Reduction.none
        })
    ).best()
    let fixed = FixedValues(graph).isFixed
    let preparation = order.filter { fixed[$0] && !writers.contains($0) }
    order = preparation + order.filter { !fixed[$0] || writers.contains($0) }
    preparationCount = preparation.count
    let written = Set(statesWritten.values)
    for update in graph.updates where leafEntry(update.name) != values[update.entry] {
      decisions.append(
        Decision(
          "update-in-place", graph.entries[values[update.entry]],
          reason: written.contains(update.name)
            ? nil : copyReasons[update.name] ?? "what reads the old value waits for the new one"))
    }
  }

  /// Entries whose values stay to the end: those under a name, and those copied into states.
  func kept(in graph: Graph) -> Set<Int> {
    Set(((graph.outputs + graph.taps).map(\.entry) + copies.map(\.entry)).map { graph.storage(of: $0) })
  }

  /// The entry whose launch makes a value.
  func launch(of entry: Int) -> Int { hosts[entry] ?? entry }

  private func leafEntry(_ state: String) -> Int? { leaves[state] }

  /// Whether a computation may write over an operand it reads: a map that reads it at the point itself alone, or
  /// an update of its rows.
  private func canOverwrite(_ writer: Int, _ leaf: Int) -> Bool {
    let entry = graph.entries[writer]
    if entry.operation is UpdateRows {
      return graph.storage(of: entry.operands[0]) == leaf
        && entry.operands.dropFirst().allSatisfy { graph.storage(of: $0) != leaf }
    }
    guard let comprehension = (entry.operation as? Compute)?.comprehension else { return false }
    let positions = entry.operands.indices.filter { graph.storage(of: entry.operands[$0]) == leaf }
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

  /// Lets values be copied into their states.
  private mutating func demote(_ values: [Int], _ waits: inout [Int: Set<Int>]) {
    for value in values {
      guard let state = statesWritten.removeValue(forKey: value) else { continue }
      copies.append((state, value))
    }
    for launch in Set(values.map { launch(of: $0) }) where !made(by: launch).contains(where: isWritten) {
      waits[launch] = nil
    }
  }

  private func isWritten(_ value: Int) -> Bool { statesWritten[value] != nil }

  /// The values that an entry's launch makes.
  private func made(by launch: Int) -> [Int] { [launch] + (guests[launch] ?? []) }

  /// Where writers wait for readers that wait for them, what the first such writer makes is copied instead.
  private mutating func breakCycles(
    _ computed: [Int], _ readers: [Set<Int>], _ dependencies: [Set<Int>], _ waits: inout [Int: Set<Int>]
  ) {
    var remaining = dependencies.map(\.count)
    var waiters = [[Int]](repeating: [], count: graph.entries.count + 1)
    var blocked = [Int](repeating: 0, count: graph.entries.count + 1)
    for (writer, awaited) in waits {
      blocked[writer] = awaited.count
      for reader in awaited { waiters[reader].append(writer) }
    }
    var ready = computed.filter { remaining[$0] == 0 && blocked[$0] == 0 }
    var held = Set(computed.filter { remaining[$0] == 0 && blocked[$0] > 0 })
    while true {
      guard let next = ready.popLast() else {
        guard let stuck = held.min() else { return }
        held.remove(stuck)
        demote(made(by: stuck).filter(isWritten).sorted(), &waits)
        blocked[stuck] = 0
        ready.append(stuck)
        continue
      }
      for reader in readers[next] {
        remaining[reader] -= 1
        guard remaining[reader] == 0 else { continue }
        if blocked[reader] == 0 { ready.append(reader) } else { held.insert(reader) }
      }
      var freed = [next]
      while let waited = freed.popLast() {
        for writer in waiters[waited] where blocked[writer] > 0 {
          blocked[writer] -= 1
          guard blocked[writer] == 0 else { continue }
          if writer == barrier { freed.append(barrier) }
          if held.remove(writer) != nil { ready.append(writer) }
        }
      }
    }
  }
}
