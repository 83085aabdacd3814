import MCLGraph
import MCLKernelForms
import MCLPasses

/// Sums that are made where the values they sum are made or first read, instead of by a sweep of their own: the mean of
/// a contraction's results along its rows, and the mean of squared deviations from it, as batch norm needs them.
///
/// The graph stays as it is: `mean = sum(x) / n` and `sum((x - mean)^2)` are entries as before, but the launch that makes
/// x, or else the one that makes the mean, makes them too, where its kernel can (`ByProduct`). So it is with new values of
/// states (`findSharedMaps`).
struct ByProducts {
  /// The entry whose launch makes an entry.
  private(set) var hosts: [Int: Int] = [:]
  /// The last entry that makes one of the first ones, for any number of them.
  private var lastHosts: PrefixMaximum
  /// Of the program as it was given. An entry that reads other operands since then makes what it read itself, of that one's
  /// operands, which it reads now: paths to what no other launch makes still hold.
  private let forest: OperandForest
  /// What an entry's kernel makes besides its result, and which entries these are.
  var requests: [Int: (request: ByProduct, entries: [Int])] = [:]
  /// Which map an entry's kernel makes before it reads it.
  var operandMaps: [Int: (map: OperandMap, entry: Int)] = [:]
  /// The maps of `operandMaps`, which have kernels of their own, should they be computed again.
  var madeMaps: [Int] { operandMaps.values.map(\.entry).sorted() }
  /// The entries that an entry's launch makes besides its result, in the order of its arguments.
  var besides: [Int: [Int]] {
    requests.mapValues(\.entries).merging(operandMaps.mapValues { [$0.entry] }) { $0 + $1 }
  }
  /// Which sums are made besides, and why others have a launch of their own.
  var decisions: [Decision] = []
  /// The program, where an entry that makes another sum reads what that reads too.
  var graph: Graph

  /// - Parameter isServed: whether some kernel family serves an entry with this by-product and this map.
  init(
    _ graph: Graph,
    isServed: (_ entry: Graph.Entry, _ request: ByProduct?, _ map: OperandMap?) throws -> Bool
  ) rethrows {
    self.graph = graph
    lastHosts = PrefixMaximum(count: graph.entries.count)
    forest = OperandForest(graph)
    try findMoments { try isServed($0, $1, nil) }
    try findSecondSums { try isServed($0, $1, nil) }
    try findSharedMaps { try isServed($0, $1, nil) }
    try findOperandMaps(isServed)
  }

  /// The rule that would make these.
  static func rule(_ request: ByProduct?, _ map: OperandMap?) -> String {
    if map != nil { return operandRule }
    if case .maps = request { return mapsRule }
    return "by-products"
  }

  /// Lets an entry's launch make another one's value.
  mutating func setHost(_ host: Int, of entry: Int) {
    hosts[entry] = host
    lastHosts.raise(entry, to: host)
  }

  /// Whether some values can be had only after one of others is there, by whatever launch.
  func depends(_ values: [Int], onAny others: Set<Int>) -> Bool {
    guard let least = others.min() else { return false }
    let own = others.filter { hosts[$0] == nil }
    var pending = values
    var seen: Set<Int> = []
    while let next = pending.popLast() {
      if others.contains(next) || own.contains(where: { forest.isOnPath($0, from: next) }) { return true }
      guard mayReach(least, from: next), seen.insert(next).inserted else { continue }
      pending += graph.entries[next].operands
      if let host = hosts[next] { pending.append(host) }
    }
    return false
  }

  /// Whether what an entry needs may be as late as another entry: operands come before, hosts may come after.
  private func mayReach(_ least: Int, from entry: Int) -> Bool {
    var last = entry
    while last < least {
      let host = lastHosts.maximum(through: last)
      if host <= last { return false }
      last = host
    }
    return true
  }

  private mutating func findMoments(
    _ isServed: (_ entry: Graph.Entry, _ request: ByProduct) throws -> Bool
  ) rethrows {
    let kept = Set(graph.roots.map { graph.storage(of: $0) })
    for (index, entry) in graph.entries.enumerated() {
      guard let squares = (entry.operation as? Compute)?.comprehension, !kept.contains(index),
        let (mean, source) = Self.deviations(squares, entry, graph), !kept.contains(mean),
        let sum = (graph.entries[mean].operation as? Compute)?.comprehension, requests[mean] == nil
      else { continue }
      func decide(_ target: Int, _ reason: String?) {
        decisions.append(
          Decision("by-products", entry, targets: [graph.entries[target]], reason: reason))
      }
      if let source {
        var reason = "what it sums is no computation of this program, or its launch makes other sums"
        if let made = graph.entries[source].operation as? Compute, requests[source] == nil {
          reason = "it keeps other axes than those of what it sums"
          if let axes = Self.keptAxes(sum, of: made.comprehension) {
            let request = ByProduct.moments(kept: axes, sum: sum.epilogue, squares: squares.epilogue)
            if try isServed(graph.entries[source], request) {
              setHost(source, of: mean)
              setHost(source, of: index)
              requests[source] = (request, [mean, index])
              decide(source, nil)
              continue
            }
            reason = "no kernel that makes what it sums makes these sums besides"
          }
        }
        decide(source, reason)
      }
      let request = ByProduct.squares(epilogue: squares.epilogue)
      if try isServed(graph.entries[mean], request) {
        setHost(mean, of: index)
        requests[mean] = (request, [index])
        decide(mean, nil)
      } else {
        decide(mean, "no kernel that sums the mean makes the squares besides")
      }
    }
  }

  /// Of `sum((x - mean)^2)`, the entry of the mean, where that is of the very values summed, and that of x; nil where x is
  /// made on the way, such as the sum of a branch and its shortcut.
  private static func deviations(
    _ squares: Comprehension, _ entry: Graph.Entry, _ graph: Graph
  ) -> (mean: Int, source: Int?)? {
    guard squares.reduction == .sum, squares.epilogue.isOfAccumulatorAlone,
      case .binary(.multiply, let left, let right) = squares.body, left == right,
      case .binary(.subtract, let values, .load(let average)) = left
    else { return nil }
    func stored(_ access: Access, of entry: Graph.Entry) -> Int {
      graph.storage(of: entry.operands[access.operand])
    }
    let means = squares.accesses[average]
    let mean = stored(means, of: entry)
    guard let sum = (graph.entries[mean].operation as? Compute)?.comprehension, sum.reduction == .sum,
      sum.axes == squares.axes, sum.outputRank == squares.outputRank,
      sum.isMean,
      means.isRead(atEveryOutput: squares)
    else { return nil }
    // The same values: the trees are the same when both read by the mean's accesses.
    var isKnown = true
    let summed = values.mapLeaves { leaf in
      guard case .load(let number) = leaf else { return leaf }
      let access = squares.accesses[number]
      let same = sum.accesses.firstIndex { own in
        own.isSame(as: access, axes: sum.axes)
          && stored(own, of: graph.entries[mean]) == stored(access, of: entry)
      }
      isKnown = isKnown && same != nil && !access.mayFallOutside(axes: squares.axes)
      return same.map { .load($0) } ?? leaf
    }
    guard isKnown, summed == sum.body else { return nil }
    guard case .load(let single) = summed else { return (mean, nil) }
    return (mean, stored(sum.accesses[single], of: graph.entries[mean]))
  }

  /// The output axes of a comprehension that a sum over its results keeps, where it reads each result once.
  private static func keptAxes(_ sum: Comprehension, of made: Comprehension) -> [Int]? {
    guard case .load(let summed) = sum.body,
      let strides = sum.accesses[summed].linearStrides(axes: sum.axes),
      sum.axes.reduce(1, *) == made.outputCount
    else { return nil }
    let own = rowMajorStrides(made.outputShape)
    var kept: [Int] = []
    for axis in 0..<sum.outputRank where sum.axes[axis] > 1 {
      let match = made.outputShape.indices.first {
        made.outputShape[$0] == sum.axes[axis] && own[$0] == strides[axis]
      }
      guard let match, match > kept.last ?? -1 else { return nil }
      kept.append(match)
    }
    // Together the axes step through every result.
    let sized = sum.axes.indices.filter { sum.axes[$0] > 1 }.sorted { strides[$0] < strides[$1] }
    var reached = 1
    for axis in sized {
      guard strides[axis] == reached else { return nil }
      reached *= sum.axes[axis]
    }
    return kept
  }
}

extension Comprehension {
  /// Whether its epilogue makes a sum the mean of its terms.
  fileprivate var isMean: Bool {
    let count = Double(reductionCount)
    return switch epilogue {
    case .binary(.divide, .accumulator, .constant(let divisor)): divisor == count
    case .binary(.multiply, .accumulator, .constant(let share)): abs(share * count - 1) < 1e-12
    default: false
    }
  }
}

extension ScalarExpression {
  /// Whether it is made of the reduced value and constants.
  fileprivate var isOfAccumulatorAlone: Bool {
    var isAlone = true
    forEach { node in
      switch node {
      case .load, .index, .convert: isAlone = false
      default: break
      }
    }
    return isAlone
  }
}

extension Access {
  /// Whether two accesses read the same elements, wherever they read them from.
  fileprivate func isSame(as other: Access, axes: [Int]) -> Bool {
    indices.count == other.indices.count
      && zip(indices, other.indices).allSatisfy { own, other in
        own.offset == other.offset && own.divisor == other.divisor && own.extent == other.extent
          && axes.indices.allSatisfy { axes[$0] == 1 || own.coefficients[$0] == other.coefficients[$0] }
      }
  }

  /// Elements that a step along each axis moves; nil where checks are needed.
  fileprivate func linearStrides(axes: [Int]) -> [Int]? {
    guard !mayFallOutside(axes: axes) else { return nil }
    var result = [Int](repeating: 0, count: axes.count)
    for (index, stride) in zip(indices, rowMajorStrides(indices.map(\.extent))) {
      for axis in axes.indices { result[axis] += index.coefficients[axis] * stride }
    }
    return indices.allSatisfy { $0.offset == 0 } ? result : nil
  }

  /// Whether at every point it reads the element of the output the point belongs to.
  func isRead(atEveryOutput comprehension: Comprehension) -> Bool {
    guard let strides = linearStrides(axes: comprehension.axes) else { return false }
    let own = rowMajorStrides(comprehension.outputShape) + comprehension.reductionShape.map { _ in 0 }
    return zip(zip(strides, own), comprehension.axes).allSatisfy { $1 == 1 || $0.0 == $0.1 }
  }
}
