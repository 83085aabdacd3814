/// Which steps of an order have to stay before which, and orders that keep to it.
struct StepPrecedence {
  /// The steps that come after each step, some of them several times; last of all those after the barrier, which is passed
  /// as soon as may be.
  private var successors: [[Int]]
  /// For each step, how often others name it so.
  private var predecessorCounts: [Int]

  /// - Parameters:
  ///   - lifetimes: of the order's values.
  ///   - order: the entries computed, a step each.
  ///   - waits: for a writer into a state, and for the barrier, the entries that are computed before it, the barrier perhaps
  ///     among them.
  init(_ lifetimes: Lifetimes, order: [Int], waits: [Int: Set<Int>], barrier: Int) {
    successors = [[Int]](repeating: [], count: order.count + 1)
    predecessorCounts = [Int](repeating: 0, count: order.count + 1)
    var steps = [barrier: [order.count]]
    for (step, entry) in order.enumerated() { steps[entry, default: []].append(step) }
    var latest: [Int: Lifetimes.Value] = [:]
    for value in lifetimes.values.sorted(by: { $0.first < $1.first }) {
      for reader in value.readers { demand(value.first, before: reader) }
      // Who reads an earlier value has read it before it is made again.
      if let earlier = latest.updateValue(value, forKey: value.entry) {
        for step in [earlier.first] + earlier.readers where step != value.first {
          demand(step, before: value.first)
        }
      }
    }
    for (writer, awaited) in waits {
      for step in awaited.flatMap({ steps[$0] ?? [] }) {
        for own in steps[writer] ?? [] where own != step { demand(step, before: own) }
      }
    }
  }

  private mutating func demand(_ step: Int, before later: Int) {
    successors[step].append(later)
    predecessorCounts[later] += 1
  }

  /// The steps in an order that is as it was but for groups, each of which waits for its last step, and for what follows
  /// from them: the steps, and the ranges of those that belong together, every other step being one of its own; nil where a
  /// group would wait for itself.
  func arrange(_ groups: [[Int]]) -> (steps: [Int], calls: [Range<Int>])? {
    var groupOfStep: [Int: Int] = [:]
    for (number, group) in groups.enumerated() {
      for step in group { groupOfStep[step] = number }
    }
    var unready = groups.map(\.count)
    var missing = predecessorCounts
    let barrier = missing.count - 1
    var hasCome = [Bool](repeating: false, count: missing.count)
    hasCome[barrier] = true
    var steps: [Int] = []
    var calls: [Range<Int>] = []
    // Calls that may be placed, by their first steps.
    var ready = PriorityQueue<Int>()
    func offer(_ step: Int) {
      guard let group = groupOfStep[step] else { return ready.insert(step) }
      unready[group] -= 1
      if unready[group] == 0 { ready.insert(groups[group][0]) }
    }
    func pass(_ step: Int) {
      for later in successors[step] {
        missing[later] -= 1
        guard missing[later] == 0, hasCome[later] else { continue }
        if later == barrier { pass(barrier) } else { offer(later) }
      }
    }
    for step in 0..<barrier {
      hasCome[step] = true
      if missing[step] == 0 { offer(step) }
      while let next = ready.popLeast() {
        let call = groupOfStep[next].map { groups[$0] } ?? [next]
        calls.append(steps.count..<steps.count + call.count)
        steps += call
        for step in call { pass(step) }
      }
    }
    return steps.count == barrier ? (steps, calls) : nil
  }
}
