import MCLGraph
import MCLPasses

/// Computes maps a second time, before they are read again late, instead of keeping them until then: a layer's activations,
/// which a forward pass makes from values that the backward pass needs anyway, take no memory between the two. So it is
/// with large products of few terms, such as a shortcut's convolution from few channels to many.
///
/// It looks at the step during which most memory is in use. Of the maps that wait there for a later reader, the one that is
/// the cheapest for its size is computed again as late as it can be; then the fullest step is looked for anew, until no
/// map can be spared there. A map can be computed again where all that it reads is in use then anyway, or small, and no
/// state it reads has changed. The same kernel reads the same values, so the bits are the same.
struct Recomputation {
  static let rule = "recompute"
  /// Maps of less cost more by another launch than they give.
  static let leastBytes = 1 << 16
  /// Bytes read and written for each byte spared, at most; for products, with their work as so many bytes as are moved in
  /// its time.
  static let mostTraffic = 4
  static let mostTrafficOfProducts = 8
  static let multiplyAddsPerByte = 3
  /// An operand of so small a part of the result may be kept for it.
  static let smallShare = 16
  /// The share of the memory that must be saved, or all stays as it is.
  static let leastShare = 16

  /// The schedule's order, in which an entry that is computed again stands twice.
  private(set) var order: [Int]
  private(set) var decisions: [Decision] = []

  private let graph: Graph
  private let schedule: Schedule
  private let besides: [Int: [Int]]
  /// Maps that contractions make besides.
  private let operandMaps: Set<Int>
  private let stored: [Int]
  private let kept: Set<Int>
  /// What each entry's value takes of the arena.
  let bytes: [Int]
  private let temporaries: [Int]
  /// The entry that writes over a state's old value.
  private let writers: [Int: Int]
  /// The step of the schedule's order that computes an entry.
  private let firstStep: [Int: Int]

  /// - Parameters:
  ///   - besides: the entries that an entry's launch makes besides.
  ///   - operandMaps: those of them that are maps with kernels of their own.
  ///   - temporaries: bytes that an entry's kernel needs while it runs.
  init(_ graph: Graph, _ schedule: Schedule, besides: [Int: [Int]], operandMaps: Set<Int>, temporaries: [Int])
  {
    self.graph = graph
    self.operandMaps = operandMaps
    self.schedule = schedule
    self.besides = besides
    self.temporaries = temporaries
    order = schedule.order
    stored = graph.entries.indices.map { graph.storage(of: $0) }
    kept = schedule.kept(in: graph)
    bytes = graph.entries.indices.map {
      schedule.statesWritten[$0] == nil ? graph.entries[$0].type.byteCount : 0
    }
    var writers: [Int: Int] = [:]
    let written = Dictionary(
      schedule.statesWritten.map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    for (index, entry) in graph.entries.enumerated() {
      if let leaf = entry.operation as? StateLeaf {
        writers[index] = written[leaf.leafName].map { schedule.launch(of: $0) }
      }
    }
    self.writers = writers
    firstStep = Dictionary(
      schedule.order.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    choose()
  }

  var lifetimes: Lifetimes { lifetimes(order: order) }

  /// From when to when every value of an order is in use.
  /// - Parameter calls: the steps in ranges of those that run together; without, each runs alone.
  func lifetimes(order: [Int], calls: [Range<Int>]? = nil) -> Lifetimes {
    Lifetimes(
      graph, order: order, calls: calls, stored: stored, besides: besides, kept: kept,
      preparationCount: schedule.preparationCount)
  }

  /// Why a map that waits for a late reader is kept.
  private enum Refusal: String {
    case isDear = "to compute it again costs more than to keep it"
    case operandIsGone = "what it is computed from is gone by then"
    case stateHasChanged = "a state that it reads has its new value by then"
    case isRepeated = "it is computed twice already"
    case savesLittle = "too little memory would be spared"
  }

  private enum Answer {
    case before(place: Int, readers: [Int])
    case no(Refusal)
  }

  private func standing(_ order: [Int]) -> StandingValues {
    StandingValues(
      graph, order: order, stored: stored, besides: besides, kept: kept,
      preparationCount: schedule.preparationCount, bytes: bytes, temporaries: temporaries)
  }

  private mutating func choose() {
    let made = schedule.order[schedule.preparationCount...].flatMap { entry in
      [entry] + (besides[entry] ?? []).filter(operandMaps.contains)
    }
    let maps = made.filter { isMap($0) || isProduct($0) }
    var waiting = maps.filter(isCheap).map { (entry: $0, traffic: relativeTraffic($0)) }.enumerated().sorted {
      a, b in
      a.element.traffic != b.element.traffic
        ? a.element.traffic < b.element.traffic : a.offset > b.offset
    }.map(\.element.entry)
    guard !maps.isEmpty else { return }
    var standing = standing(order)
    var done: [(entry: Int, readers: [Int])] = []
    while true {
      let peak = standing.fullestPlace
      var choice: (position: Int, place: Int, readers: [Int])?
      for (position, entry) in waiting.enumerated() {
        guard case .before(let place, let readers) = answer(entry, at: peak, standing) else { continue }
        choice = (position, place, readers)
        break
      }
      guard let choice else { break }
      let entry = waiting.remove(at: choice.position)
      done.append((entry, choice.readers))
      standing.insert(entry, at: choice.place)
    }
    if !done.isEmpty { order = standing.order }
    let before =
      lifetimes(order: schedule.order).bytesInUse(bytes, temporaries: temporaries).max() ?? 0
    let after = lifetimes.bytesInUse(bytes, temporaries: temporaries).max() ?? 0
    let isWorthIt = after <= before - before / Self.leastShare
    if !isWorthIt, !done.isEmpty {
      order = schedule.order
      standing = self.standing(order)
    }
    for (entry, readers) in done {
      decide(entry, readers, isWorthIt ? nil : .savesLittle)
    }
    let chosen = Set(done.map(\.entry))
    record(maps.filter { !chosen.contains($0) }, standing)
  }

  /// Decisions about maps that wait during the fullest step.
  private mutating func record(_ maps: [Int], _ standing: StandingValues) {
    let peak = standing.fullestPlace
    for entry in maps {
      guard let answer = answer(entry, at: peak, standing) else { continue }
      if !isCheap(entry) {
        if isMap(entry) { decide(entry, [], .isDear) }
      } else if case .no(let refusal) = answer {
        decide(entry, [], refusal)
      }
    }
  }

  private mutating func decide(_ entry: Int, _ readers: [Int], _ refusal: Refusal?) {
    decisions.append(
      Decision(
        Self.rule, graph.entries[entry], targets: readers.map { graph.entries[$0] },
        reason: refusal?.rawValue))
  }

  /// A map whose result is large, in the arena and under no name.
  private func isMap(_ entry: Int) -> Bool {
    guard let comprehension = (graph.entries[entry].operation as? Compute)?.comprehension else {
      return false
    }
    return comprehension.reduction == .none && besides[entry] == nil && !kept.contains(entry)
      && bytes[entry] >= Self.leastBytes
  }

  /// A sum of products whose result is larger than what it is made of; what its launch makes besides is no state.
  private func isProduct(_ entry: Int) -> Bool {
    let (made, operands) = (graph.entries[entry], graph.entries[entry].operands)
    guard let comprehension = (made.operation as? Compute)?.comprehension, comprehension.reduction == .sum,
      case .binary(.multiply, .load, .load) = comprehension.body
    else { return false }
    return !kept.contains(entry) && bytes[entry] >= Self.leastBytes
      && operands.allSatisfy { graph.entries[$0].type.byteCount < bytes[entry] }
      && (besides[entry] ?? []).allSatisfy {
        schedule.statesWritten[$0] == nil && !kept.contains($0) && !operandMaps.contains($0)
      }
  }

  private func isCheap(_ entry: Int) -> Bool {
    guard let comprehension = (graph.entries[entry].operation as? Compute)?.comprehension else {
      return false
    }
    let most = comprehension.reduction == .none ? Self.mostTraffic : Self.mostTrafficOfProducts
    return !comprehension.isExpensive && relativeTraffic(entry) <= most
  }

  /// How many times its own size is moved to compute it, or could be meanwhile, rounded.
  private func relativeTraffic(_ entry: Int) -> Int {
    let made = graph.entries[entry]
    let moved = Set(made.operands).reduce(bytes[entry]) { $0 + graph.entries[$1].type.byteCount }
    let terms = (made.operation as? Compute)?.comprehension.reductionCount ?? 1
    let work = terms > 1 ? made.type.count * terms / Self.multiplyAddsPerByte : 0
    return (moved + work + bytes[entry] / 2) / max(bytes[entry], 1)
  }

  /// Whether a map waits during a step and where it is computed again, and for which entries; nil where it does not wait.
  private func answer(_ entry: Int, at peak: Int, _ standing: StandingValues) -> Answer? {
    guard standing.isInUse(entry, across: peak) else { return nil }
    let made = standing.values(of: entry)
    let waiting = made.first {
      let span = standing.span($0)
      return span.first < peak && peak < span.last
    }
    guard let value = waiting else { return nil }
    let readers = value.readers.map { standing.place($0) }
    guard !readers.contains(peak) else { return nil }
    guard made.count == 1 else { return .no(.isRepeated) }
    let late = readers.filter { $0 > peak }
    guard var step = late.first else { return nil }
    // Before any state it reads is written, and before the last that reads what it is computed from.
    let operands = Set(graph.entries[entry].operands.map { stored[$0] }).sorted()
    for operand in operands {
      if let writer = writers[operand], let written = firstStep[writer] {
        step = min(step, standing.place(written))
      }
    }
    guard step > peak else { return .no(.stateHasChanged) }
    let large = operands.filter { bytes[$0] * Self.smallShare > bytes[entry] }
    var limit = step
    repeat {
      step = limit
      for operand in large {
        let value = standing.values(of: operand).last { standing.span($0).first < step }
        limit = min(limit, value.map { standing.span($0).last } ?? limit)
      }
    } while limit < step
    guard step > peak else { return .no(.operandIsGone) }
    return .before(place: step, readers: late.map { standing.entry(at: $0) })
  }
}
