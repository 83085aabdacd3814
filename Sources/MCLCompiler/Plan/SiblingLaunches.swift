import MCLGraph
import MCLKernelForms
import MCLPasses

/// Launches of one kernel on the same states and on different inputs, such as those of the encodings of a step's three
/// keys: none needs what another makes, so they stand next to each other and run as one, the tasks of one batch.
///
/// Each keeps its own statistics and its own results where they would be without the others, and what has to take turns,
/// such as the updates of running statistics, has a launch of its own; so the bits are those of single launches. What is
/// gained is that no thread waits at the end of each, and that weights are read once for all of them.
///
/// It costs memory, since all of their results are there at once: only those run together whose results stay in the last
/// cache, and only while no more memory is in use at the fullest step.
struct SiblingLaunches {
  static let rule = "run-together"
  static let purpose =
    "Launches of one kernel with the same weights and different inputs, such as encodings of several keys, run as one."
  /// Bytes of results of siblings, at most.
  static let mostBytes = 16 << 20

  /// What is equal for launches that are alike but for what they read: the code, and where in its operands it begins.
  struct Kernel: Hashable {
    var symbol: String
    var places: [OperandOffsets.Place]
  }

  /// The entries computed, a step each, siblings next to each other.
  private(set) var order: [Int]
  /// Every step in its place, those that run together as one range.
  private(set) var calls: [Range<Int>]
  private(set) var decisions: [Decision] = []

  private let graph: Graph
  private let schedule: Schedule
  private let besides: [Int: [Int]]
  private let stored: [Int]
  private let bytes: [Int]

  /// - Parameters:
  ///   - recomputation: the order so far.
  ///   - kernels: for each computed entry what is equal for those that the same kernel carries out.
  ///   - besides: the entries that an entry's launch makes besides.
  ///   - temporaries: bytes that an entry's kernel needs while it runs.
  init(
    _ graph: Graph, _ schedule: Schedule, _ recomputation: Recomputation, kernels: [Int: Kernel],
    besides: [Int: [Int]], temporaries: [Int]
  ) {
    self.graph = graph
    self.schedule = schedule
    self.besides = besides
    order = recomputation.order
    calls = order.indices.map { $0..<$0 + 1 }
    stored = graph.entries.indices.map { graph.storage(of: $0) }
    bytes = recomputation.bytes
    let groups = groups(kernels)
    guard !groups.isEmpty else { return }
    let before = recomputation.lifetimes
    let most = before.bytesInUse(bytes, temporaries: temporaries).max() ?? 0
    let precedence = StepPrecedence(before, order: order, waits: waits, barrier: schedule.barrier)
    let sizes = groups.map(made)
    var limit = Self.mostBytes
    var tried: Int?
    while limit > 0 {
      let chosen = groups.indices.filter { sizes[$0] <= limit }.map { groups[$0] }
      defer {
        tried = chosen.count
        limit /= 2
      }
      // Fewer bytes that leave out no group change nothing.
      if tried == chosen.count { continue }
      if let (steps, calls) = precedence.arrange(chosen) {
        let order = steps.map { self.order[$0] }
        let after = recomputation.lifetimes(order: order, calls: calls)
        if after.bytesInUse(bytes, temporaries: temporaries).max() ?? 0 <= most {
          decide(groups, chosen: Set(chosen), isFull: limit < Self.mostBytes)
          (self.order, self.calls) = (order, calls)
          return
        }
      }
    }
    decide(groups, chosen: [], isFull: true)
  }

  /// For a launch that writes into a state, those that run before it: those that the schedule knows, and what is computed
  /// again from the old value.
  private var waits: [Int: Set<Int>] {
    let writers = Dictionary(
      schedule.statesWritten.map { ($1, schedule.launch(of: $0)) }, uniquingKeysWith: { first, _ in first })
    var waits = schedule.waits
    for entry in order {
      for operand in graph.entries[entry].operands {
        guard let leaf = graph.entries[stored[operand]].operation as? StateLeaf,
          let writer = writers[leaf.leafName], writer != entry
        else { continue }
        waits[writer, default: []].insert(entry)
      }
    }
    return waits
  }

  /// Bytes that the steps of a group make.
  private func made(by group: [Int]) -> Int {
    group.reduce(0) { sum, step in
      ([order[step]] + (besides[order[step]] ?? [])).reduce(sum) { $0 + bytes[$1] }
    }
  }

  private mutating func decide(_ groups: [[Int]], chosen: Set<[Int]>, isFull: Bool) {
    for group in groups {
      let members = group.map { graph.entries[order[$0]] }
      let reason =
        chosen.contains(group)
        ? nil
        : isFull && made(by: group) <= Self.mostBytes
          ? "more memory would be in use at the fullest step"
          : "their results together would leave the caches"
      decisions.append(
        Decision(Self.rule, members[members.count - 1], targets: Array(members.dropLast()), reason: reason))
    }
  }

  // MARK: Which are siblings

  /// What a launch reads, as far as siblings have it in common.
  private enum Source: Hashable {
    /// A state or a constant: the same for all.
    case value(Int)
    case input(TensorType)
    /// The result of that number of a launch of some kind.
    case made(kind: Int, result: Int)
  }

  private struct Kind: Hashable {
    var kernel: Kernel?
    var sources: [Source]
  }

  /// The steps of each kind that has several. Launches of a kind are as many launches away from what the program is given,
  /// so that none needs another.
  private func groups(_ kernels: [Int: Kernel]) -> [[Int]] {
    let writers = schedule.writers
    var numbers: [Kind: Int] = [:]
    var kindOfMaker: [Int: (kind: Int, result: Int)] = [:]
    var steps: [[Int]] = []
    for (step, entry) in order.enumerated() {
      let sources = graph.entries[entry].operands.map { operand in
        let value = stored[operand]
        if let made = kindOfMaker[value] { return Source.made(kind: made.kind, result: made.result) }
        return graph.entries[value].operation is InputLeaf
          ? .input(graph.entries[value].type) : .value(value)
      }
      let kind = Kind(kernel: kernels[entry], sources: sources)
      let number = numbers[kind] ?? steps.count
      if number == steps.count {
        numbers[kind] = number
        steps.append([])
      }
      let isAgain = kindOfMaker[entry] != nil
      for (result, made) in ([entry] + (besides[entry] ?? [])).enumerated() {
        kindOfMaker[made] = (number, result)
      }
      // What is computed again stands where it is needed; states are written in turn.
      if step >= schedule.preparationCount, !isAgain, !writers.contains(entry) {
        steps[number].append(step)
      }
    }
    let repeated = Dictionary(grouping: order, by: { $0 }).filter { $1.count > 1 }
    return steps.filter { group in
      group.count > 1 && group.allSatisfy { repeated[order[$0]] == nil }
    }
  }
}
