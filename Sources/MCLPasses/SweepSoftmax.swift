import MCLGraph

/// Makes softmaxes of a few rows over many products one sweep (`ExponentialSums`) where nothing but sums is wanted of
/// them: with `x = scale x a b^T`, the maximum of x along its rows, sums of `exp(x - c)` along them for any c that is the
/// same along a row, and products of these exponentials, times factors of their row, with b itself, as the gradient by a
/// has them.
///
/// Neither x nor the exponentials are stored then, and b is read once: `exp(x - c) = exp(max x - c) exp(x - max x)`, of
/// which the first factor is a number a row. Where x is joined to other columns or rows (`[positives, negatives]`), the
/// parts are taken apart first (`SplitConcatenations`). Where anything else reads one of these (a name, a second
/// derivative, a derivative by b), everything is left as it is.
package struct SweepSoftmax: DecidingPass {
  package let name = "sweep-softmax"
  package let purpose =
    "A softmax over many products of which only sums are wanted is summed on the way, and the products are not stored."

  /// With more rows, the products are worth a kernel of their own.
  private static let mostRows = 64
  /// With fewer terms, there is little to store.
  private static let leastTerms = 1024
  /// The length of a row is a multiple of this, so of every target's vectors.
  private static let depthUnit = 16

  package init() {}

  package func run(_ graph: Graph, decisions: inout [Decision]) throws -> Graph {
    let cores = Set(graph.entries.indices.filter { SoftmaxSite.product(at: $0, graph) != nil })
    guard !cores.isEmpty else { return graph }
    let split = try SplitConcatenations.run(graph, around: cores) ?? graph
    let names = Set(split.roots)
    let readers = split.readers()
    var sites: [SoftmaxSite] = []
    for index in split.entries.indices {
      guard var site = SoftmaxSite(scoresAt: index, split, readers) else { continue }
      let reason = Self.shapeReason(site, split) ?? site.followingReason(split, readers, names)
      decisions.append(
        Decision(
          name, split.entries[index], targets: reason == nil ? site.results.map { split.entries[$0] } : [],
          reason: reason))
      if reason == nil { sites.append(site) }
    }
    guard !sites.isEmpty else { return graph }
    return try EliminateDeadCode().run(SoftmaxRewriter.run(split, sites))
  }

  private static func shapeReason(_ site: SoftmaxSite, _ graph: Graph) -> String? {
    let (a, b) = (graph.entries[site.a].type.shape, graph.entries[site.b].type.shape)
    if a[0] > mostRows { return "it has more than \(mostRows) rows" }
    if b[0] < leastTerms { return "it has fewer than \(leastTerms) terms" }
    return a[1] % depthUnit == 0 ? nil : "its rows' length is no multiple of \(depthUnit)"
  }
}

extension Graph {
  /// For every entry, the entries that have it among their operands.
  fileprivate func readers() -> [[Int]] {
    var readers = [[Int]](repeating: [], count: entries.count)
    for (index, entry) in entries.enumerated() {
      for operand in Set(entry.operands) { readers[operand].append(index) }
    }
    return readers
  }
}
