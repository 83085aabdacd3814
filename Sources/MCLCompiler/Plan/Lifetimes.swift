import MCLGraph

/// From when to when every value of a schedule is in use. An entry that is computed twice makes a value each time; whoever
/// reads it reads the latest.
package struct Lifetimes {
  struct Value {
    var entry: Int
    /// The steps, both included, during which it is in use.
    var first: Int
    var last: Int
    /// The steps that read it, ascending.
    var readers: [Int] = []
  }

  /// What each step makes, in the order of the steps, then the by-products.
  private(set) var values: [Value]
  /// The by-products' values of each step that makes some.
  private(set) var byProducts: [Int: [Int]] = [:]
  /// The steps during which what a step needs for itself is in use: those that run together with it.
  private(set) var spans: [ClosedRange<Int>]

  /// - Parameters:
  ///   - order: the entries computed, a step each.
  ///   - calls: the steps in ranges of those that run together; without, each runs alone.
  ///   - stored: for every entry the one that stores its value.
  ///   - besides: the entries that an entry's step makes besides.
  ///   - kept: entries whose values stay to the end.
  ///   - preparationCount: so many steps, the first, run once; what later ones read of them stays, and so do all by-products.
  package init(
    _ graph: Graph, order: [Int], calls: [Range<Int>]? = nil, stored: [Int], besides: [Int: [Int]],
    kept: Set<Int>, preparationCount: Int
  ) {
    let end = order.count
    spans =
      calls?.flatMap { call in call.map { _ in call.lowerBound...call.upperBound - 1 } }
      ?? order.indices.map { $0...$0 }
    values = order.enumerated().map { Value(entry: $1, first: $0, last: $0) }
    var latest = [Int](repeating: -1, count: graph.entries.count)
    for (step, entry) in order.enumerated() {
      for operand in graph.entries[entry].operands {
        let value = latest[stored[operand]]
        guard value >= 0, values[value].readers.last != step else { continue }
        values[value].readers.append(step)
        values[value].last = max(values[value].last, step)
      }
      latest[entry] = step
      for made in besides[entry] ?? [] {
        latest[made] = values.count
        byProducts[step, default: []].append(values.count)
        values.append(Value(entry: made, first: step, last: step))
      }
    }
    for index in values.indices {
      let value = values[index]
      values[index].first = spans[value.first].lowerBound
      values[index].last = spans[value.last].upperBound
      let isPrepared = value.first < preparationCount && (value.last >= preparationCount || index >= end)
      if isPrepared || kept.contains(value.entry) { values[index].last = end }
    }
  }

  /// Bytes in use during each step.
  /// - Parameters:
  ///   - bytes: what each entry's value takes.
  ///   - temporaries: what an entry's computation takes besides while it runs.
  package func bytesInUse(_ bytes: [Int], temporaries: [Int]) -> [Int] {
    var changes = [Int](repeating: 0, count: spans.count + 2)
    for value in values {
      changes[value.first] += bytes[value.entry]
      changes[value.last + 1] -= bytes[value.entry]
    }
    for (step, span) in spans.enumerated() {
      changes[span.lowerBound] += temporaries[values[step].entry]
      changes[span.upperBound + 1] -= temporaries[values[step].entry]
    }
    var sum = 0
    return spans.indices.map { step in
      sum += changes[step]
      return sum
    }
  }
}
