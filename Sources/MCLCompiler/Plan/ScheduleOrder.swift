/// The order of computations: what decides how much memory is in use at once.
struct ScheduleOrder {
  /// The entries that compute.
  var computed: [Int]
  /// Computed operands of each entry, and its readers.
  var dependencies: [Set<Int>]
  var readers: [Set<Int>]
  /// For a writer into a state, the readers of the old value, which run before; for the barrier, which stands past all
  /// entries and is passed at once, those that run before whoever waits for it. No cycles.
  var waits: [Int: Set<Int>]
  var barrier: Int
  /// What each result takes of the arena.
  var bytes: [Int]
  /// Results that stay to the end.
  var kept: Set<Int>
  /// Maps of states and inputs, such as a kernel's packing. They could always be next and would only lie about, so
  /// each runs just before its first reader.
  var packings: Set<Int>

  /// Of the order made from the beginning, that made from the end, and those that start as the latter and go on as the
  /// former from a moment when little is in use, the one that needs least memory; the first of equals.
  func best() -> [Int] {
    let backward = fromTheEnd()
    var candidates = [fromTheBeginning(after: []), backward]
    for length in valleys(in: backward) {
      candidates.append(fromTheBeginning(after: Array(backward.prefix(length))))
    }
    let peaks = candidates.map { memory(of: $0).map(\.during).max() ?? 0 }
    return candidates[peaks.firstIndex(of: peaks.min() ?? 0) ?? 0]
  }

  /// Bytes in use during each computation of an order, and after it.
  private func memory(of order: [Int]) -> [(during: Int, after: Int)] {
    var unread = readers.map(\.count)
    var live = 0
    return order.map { entry in
      live += bytes[entry]
      let during = live
      if unread[entry] == 0, !kept.contains(entry) { live -= bytes[entry] }
      for operand in dependencies[entry] {
        unread[operand] -= 1
        if unread[operand] == 0, !kept.contains(operand) { live -= bytes[operand] }
      }
      return (during, live)
    }
  }

  /// Lengths of the parts of an order after which less is in use than ever after until the peak: of those before a
  /// climb, one for each halving.
  private func valleys(in order: [Int]) -> [Int] {
    let memory = memory(of: order)
    guard let peak = memory.indices.max(by: { memory[$0].during < memory[$1].during }) else { return [] }
    var least = memory[peak].during
    var result: [Int] = []
    for position in memory[..<peak].indices.reversed() where memory[position].after <= least / 2 {
      least = memory[position].after
      result.append(position + 1)
    }
    return result
  }

  /// Each computation is as soon as possible followed by those that free what it made: of those whose operands are
  /// there, the one goes next that takes least memory net of what it frees; ties by position.
  private func fromTheBeginning(after prefix: [Int]) -> [Int] {
    var waiters = [[Int]](repeating: [], count: bytes.count)
    let isPacking = flags(packings)
    let isKept = flags(kept)
    var missing = dependencies.map { $0.count { !isPacking[$0] } }
    for (writer, awaited) in waits {
      missing[writer] += awaited.count
      for reader in awaited { waiters[reader].append(writer) }
    }
    var unread = readers.map(\.count)
    var isDone = [Bool](repeating: false, count: bytes.count)
    var order: [Int] = []
    var free = FreeComputations(count: bytes.count)
    var packingsLeft = packings.sorted()[...]
    func cost(_ entry: Int) -> Int {
      dependencies[entry].reduce(bytes[entry]) { sum, operand in
        sum + (isPacking[operand] && !isDone[operand] ? bytes[operand] : 0)
          - (unread[operand] == 1 && !isKept[operand] ? bytes[operand] : 0)
      }
    }
    func release(_ entry: Int) {
      missing[entry] -= 1
      guard missing[entry] == 0 else { return }
      if entry == barrier {
        for writer in waiters[entry] { release(writer) }
      } else {
        free.set(entry, cost: cost(entry))
      }
    }
    func place(_ entry: Int) {
      free.remove(entry)
      order.append(entry)
      isDone[entry] = true
      for operand in dependencies[entry] {
        unread[operand] -= 1
        guard unread[operand] == 1 else { continue }
        for reader in readers[operand] where free.contains(reader) { free.set(reader, cost: cost(reader)) }
      }
      for reader in readers[entry] {
        if isPacking[entry] {
          if free.contains(reader) { free.set(reader, cost: cost(reader)) }
        } else {
          release(reader)
        }
      }
      for writer in waiters[entry] { release(writer) }
    }
    for entry in computed where missing[entry] == 0 && !isPacking[entry] {
      free.set(entry, cost: cost(entry))
    }
    for entry in prefix { place(entry) }
    while order.count < computed.count {
      guard let next = free.cheapest() else {
        // What is left waits for a packing whose own readers wait in turn.
        packingsLeft = packingsLeft.drop { isDone[$0] }
        guard let packing = packingsLeft.first else { break }
        place(packing)
        continue
      }
      for operand in dependencies[next].filter({ isPacking[$0] && !isDone[$0] }).sorted() {
        place(operand)
      }
      place(next)
    }
    return order
  }

  /// Made from its end: of those that nothing still to be placed reads, the one goes last whose operands take least
  /// memory net of its own result; ties by position.
  ///
  /// What leaves little behind, such as the encoders of keys, so comes before what leaves much, such as a forward
  /// pass whose activations wait for the backward pass; an order made from the beginning cannot know.
  private func fromTheEnd() -> [Int] {
    var later = readers.map(\.count)
    var earlier = dependencies
    for (writer, awaited) in waits {
      for reader in awaited where earlier[writer].insert(reader).inserted { later[reader] += 1 }
    }
    var isLive = flags(kept)
    func cost(_ entry: Int) -> Int {
      dependencies[entry].reduce(-bytes[entry]) { isLive[$1] ? $0 : $0 + bytes[$1] }
    }
    var free = FreeComputations(count: bytes.count, prefersLater: true)
    for entry in computed where later[entry] == 0 { free.set(entry, cost: cost(entry)) }
    func release(_ entry: Int) {
      later[entry] -= 1
      guard later[entry] == 0 else { return }
      if entry == barrier {
        for number in earlier[entry] { release(number) }
      } else {
        free.set(entry, cost: cost(entry))
      }
    }
    var order: [Int] = []
    while let next = free.cheapest() {
      free.remove(next)
      order.append(next)
      for operand in dependencies[next] where !isLive[operand] {
        isLive[operand] = true
        for reader in readers[operand] where free.contains(reader) { free.set(reader, cost: cost(reader)) }
      }
      for entry in earlier[next] { release(entry) }
    }
    return order.reversed()
  }

  private func flags(_ entries: Set<Int>) -> [Bool] {
    var flags = [Bool](repeating: false, count: bytes.count)
    for entry in entries { flags[entry] = true }
    return flags
  }
}

/// Computations that may be next, each with what it costs.
private struct FreeComputations {
  private struct Offer: Comparable {
    var cost: Int
    /// The entry, or its negative where later ones are preferred.
    var rank: Int

    static func < (a: Offer, b: Offer) -> Bool { a.cost != b.cost ? a.cost < b.cost : a.rank < b.rank }
  }

  /// The cost of each entry that is free.
  private var costs: [Int?]
  /// What was offered; of an entry whose cost has changed since, the offer is void.
  private var offers = PriorityQueue<Offer>()
  private let sign: Int

  /// - Parameter prefersLater: which of equals comes first: the one of the highest position, or of the lowest.
  init(count: Int, prefersLater: Bool = false) {
    costs = [Int?](repeating: nil, count: count)
    sign = prefersLater ? -1 : 1
  }

  func contains(_ entry: Int) -> Bool { costs[entry] != nil }

  mutating func set(_ entry: Int, cost: Int) {
    guard costs[entry] != cost else { return }
    costs[entry] = cost
    offers.insert(Offer(cost: cost, rank: sign * entry))
  }

  mutating func remove(_ entry: Int) { costs[entry] = nil }

  /// The entry that costs least, which stays free; nil where none is.
  mutating func cheapest() -> Int? {
    while let offer = offers.popLeast() {
      let entry = sign * offer.rank
      if costs[entry] == offer.cost { return entry }
    }
    return nil
  }
}
