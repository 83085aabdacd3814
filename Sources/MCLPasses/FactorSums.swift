import MCLGraph

/// Takes factors that are the same for all terms out of sums: `sum(g * x) = g * sum(x)` where `g` is a broadcast along
/// the axes summed over, or a constant.
///
/// What is left is multiplied in one order, so that sums of the same factors become one: batch norm's backward pass
/// needs `sum(dy)` and `sum(dy * (x - mean))` for its scale and shift and again, times the scale and the reciprocal
/// deviation, for its input; they are then made once. Equal in real numbers; in floats but for rounding, and for what
/// overflows on the way.
package struct FactorSums: DecidingPass {
  package let name = "factor-sums"
  package let purpose =
    "Factors that are the same for all terms are taken out of sums, so that equal sums become one."

  /// Products of more factors are left alone.
  private static let mostFactors = 8

  package init() {}

  package func run(_ graph: Graph, decisions: inout [Decision]) throws -> Graph {
    var rewriter = GraphRewriter(graph)
    for (index, entry) in graph.entries.enumerated() {
      guard let sum = entry.operation as? Reduce, sum.kind == .sum,
        let (common, own) = Self.factors(
          of: rewriter.mapping[entry.operands[0]], along: sum.axes, rewriter.result)
      else {
        try rewriter.copy(index)
        continue
      }
      let multiply = Binary(.multiply)
      var terms = own[0]
      for factor in own.dropFirst() { terms = try rewriter.append(multiply, [terms, factor], like: entry) }
      var result = try rewriter.append(sum, [terms], like: entry)
      for factor in common {
        let made = rewriter.result.entries[factor]
        var reduced: Int
        if let constant = made.operation as? Constant {
          reduced = try rewriter.append(
            Constant(constant.number, entry.type), [], like: entry)
        } else {
          reduced = made.operands[0]
          if rewriter.result.entries[reduced].type != entry.type {
            reduced = try rewriter.append(Broadcast(to: entry.type.shape), [reduced], like: entry)
          }
        }
        result = try rewriter.append(multiply, [result, reduced], like: entry)
      }
      rewriter.map(index, to: result)
      decisions.append(Decision(name, entry))
    }
    return try EliminateDeadCode().run(rewriter.finish())
  }

  /// The factors of a product: those that are the same along the axes, and the others, each by position; nil where it is
  /// no product, or all of it is the same.
  private static func factors(
    of product: Int, along axes: [Int], _ graph: Graph
  ) -> (common: [Int], own: [Int])? {
    var pending = [product]
    var found: [Int] = []
    while let next = pending.popLast() {
      let entry = graph.entries[next]
      if (entry.operation as? Binary)?.function == .multiply {
        pending += entry.operands
      } else {
        found.append(next)
      }
      guard found.count + pending.count <= mostFactors else { return nil }
    }
    func isCommon(_ factor: Int) -> Bool {
      let entry = graph.entries[factor]
      if entry.operation is Constant { return true }
      guard entry.operation is Broadcast else { return false }
      return axes.allSatisfy { graph.entries[entry.operands[0]].type.shape[$0] == 1 }
    }
    let common = found.filter(isCommon).sorted()
    let own = found.filter { !isCommon($0) }.sorted()
    return own.isEmpty || found.count == 1 ? nil : (common, own)
  }
}
