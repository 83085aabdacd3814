import MCLGraph

/// The lifetimes of an order into which computations are inserted one by one, and the bytes in use during each step: the
/// same as `Lifetimes` of the order so far, without making all of them anew.
package struct StandingValues {
  struct Value {
    var entry: Int
    /// The step that makes it and those that read it, ascending, by their numbers in `steps`.
    var maker: Int
    var readers: [Int] = []
    /// Whether it is in use to the end of the run, whatever reads it.
    var staysToEnd = false
    var isByProduct = false
  }

  /// The entry of each step, by a number that the step keeps.
  private var entries: [Int]
  /// The steps' numbers in order, and the place of each in it.
  private(set) var steps: [Int]
  private var places: [Int]
  private(set) var values: [Value] = []
  /// The values of each entry in the order of `Lifetimes.values`.
  private var valuesOfEntry: [[Int]]
  /// The values that a step makes, by its number.
  private var made: [[Int]] = []
  /// Bytes in use during each step, in order.
  package private(set) var inUse: [Int]

  private let graph: Graph
  private let stored: [Int]
  private let besides: [Int: [Int]]
  private let kept: Set<Int>
  private let preparationCount: Int
  private let bytes: [Int]
  private let temporaries: [Int]

  /// - Parameters:
  ///   - order: the entries computed, each once.
  ///   - stored: for every entry the one that stores its value.
  ///   - besides: the entries that an entry's step makes besides.
  ///   - kept: entries whose values stay to the end.
  ///   - bytes: what each entry's value takes.
  ///   - temporaries: what an entry's computation takes besides while it runs.
  package init(
    _ graph: Graph, order: [Int], stored: [Int], besides: [Int: [Int]], kept: Set<Int>,
    preparationCount: Int, bytes: [Int], temporaries: [Int]
  ) {
    self.graph = graph
    self.stored = stored
    self.besides = besides
    self.kept = kept
    self.preparationCount = preparationCount
    self.bytes = bytes
    self.temporaries = temporaries
    entries = order
    steps = Array(order.indices)
    places = steps
    valuesOfEntry = [[Int]](repeating: [], count: graph.entries.count)
    inUse = []
    var latest = [Int](repeating: -1, count: graph.entries.count)
    for (step, entry) in order.enumerated() {
      for operand in graph.entries[entry].operands {
        let value = latest[stored[operand]]
        guard value >= 0, values[value].readers.last != step else { continue }
        values[value].readers.append(step)
      }
      made.append([])
      for (number, entry) in ([entry] + (besides[entry] ?? [])).enumerated() {
        latest[entry] = add(entry, maker: step, isByProduct: number > 0)
      }
    }
    for value in values.indices { settle(value) }
    var changes = [Int](repeating: 0, count: order.count + 1)
    for value in values.indices {
      let range = range(value)
      changes[range.lowerBound] += bytes[values[value].entry]
      changes[range.upperBound] -= bytes[values[value].entry]
    }
    var sum = 0
    inUse = order.indices.map { step in
      sum += changes[step]
      return sum + temporaries[order[step]]
    }
  }

  /// The entries computed, in order.
  package var order: [Int] { steps.map { entries[$0] } }

  /// The place in the order of a step.
  func place(_ step: Int) -> Int { places[step] }

  /// The entry computed at a place.
  func entry(at place: Int) -> Int { entries[steps[place]] }

  /// The values of an entry.
  func values(of entry: Int) -> [Value] { valuesOfEntry[entry].map { values[$0] } }

  /// Whether a value of an entry is in use before and after a place.
  func isInUse(_ entry: Int, across place: Int) -> Bool {
    valuesOfEntry[entry].contains { number in
      let span = span(values[number])
      return span.first < place && place < span.last
    }
  }

  /// The first and the last place at which a value is in use; the number of steps where that is the end.
  func span(_ value: Value) -> (first: Int, last: Int) {
    let last = value.staysToEnd ? steps.count : places[value.readers.last ?? value.maker]
    return (places[value.maker], last)
  }

  /// The first place at which most is in use.
  var fullestPlace: Int {
    var fullest = 0
    for place in inUse.indices where inUse[place] > inUse[fullest] { fullest = place }
    return fullest
  }

  /// Computes an entry once more, before what now stands at a place after the preparation.
  package mutating func insert(_ entry: Int, at place: Int) {
    let operands = Set(graph.entries[entry].operands.compactMap { latest(stored[$0], before: place) })
    let results = [entry] + (besides[entry] ?? [])
    let earlier = results.compactMap { latest($0, before: place) }
    let affected = operands.union(earlier)
    for value in affected { count(value, -1) }
    // What is in use before and at the place is in use between them.
    let next = steps[place]
    let through = made[next].reduce(inUse[place] - temporaries[entries[next]]) {
      affected.contains($1) ? $0 : $0 - bytes[values[$1].entry]
    }
    let step = entries.count
    entries.append(entry)
    made.append([])
    places.append(place)
    steps.insert(step, at: place)
    inUse.insert(through + temporaries[entry], at: place)
    for later in place + 1..<steps.count { places[steps[later]] = later }

    for value in operands {
      let position = values[value].readers.firstIndex { places[$0] > place } ?? values[value].readers.endIndex
      values[value].readers.insert(step, at: position)
    }
    for (number, result) in results.enumerated() {
      let old = latest(result, before: place)
      let value = add(result, maker: step, isByProduct: number > 0)
      guard let old else { continue }
      let readers = values[old].readers
      values[old].readers = readers.filter { places[$0] <= place }
      values[value].readers = readers.filter { places[$0] > place }
      settle(value)
      count(value, 1)
    }
    for value in affected {
      settle(value)
      count(value, 1)
    }
  }

  private mutating func add(_ entry: Int, maker: Int, isByProduct: Bool) -> Int {
    let number = values.count
    values.append(Value(entry: entry, maker: maker, isByProduct: isByProduct))
    made[maker].append(number)
    let place = places[maker]
    let own = valuesOfEntry[entry]
    let position =
      own.firstIndex {
        let other = values[$0]
        return other.isByProduct != isByProduct ? other.isByProduct : places[other.maker] > place
      } ?? own.endIndex
    valuesOfEntry[entry].insert(number, at: position)
    return number
  }

  /// The value of an entry that a step at a place would read.
  private func latest(_ entry: Int, before place: Int) -> Int? {
    valuesOfEntry[entry].filter { places[values[$0].maker] < place }.max {
      places[values[$0].maker] < places[values[$1].maker]
    }
  }

  /// Says whether a value stays to the end.
  private mutating func settle(_ number: Int) {
    let value = values[number]
    let isPrepared =
      places[value.maker] < preparationCount
      && (value.isByProduct || places[value.readers.last ?? value.maker] >= preparationCount)
    values[number].staysToEnd = isPrepared || kept.contains(value.entry)
  }

  private func range(_ number: Int) -> Range<Int> {
    let span = span(values[number])
    return span.first..<min(span.last + 1, steps.count)
  }

  /// Adds a value's bytes to what is in use, or takes them away.
  private mutating func count(_ number: Int, _ sign: Int) {
    let change = sign * bytes[values[number].entry]
    if change == 0 { return }
    for place in range(number) { inUse[place] += change }
  }
}
