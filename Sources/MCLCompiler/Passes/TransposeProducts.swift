import MCLGraph

/// Makes a matrix product the way it is read: `(a b)^T = b^T a^T` where nothing else reads the product, and likewise
/// through sums of products, `(a b + c d)^T = b^T a^T + d^T c^T`.
///
/// The gradient of a weight that a layer reads transposed, and again as it is in a second derivative, is the sum of two
/// products of which one would be stored across the other.
public struct TransposeProducts: DecidingPass {
  public let name = "transpose-products"
  public let purpose =
    "Matrix products are made the way they are read."

  public init() {}

  public func run(_ graph: Graph, decisions: inout [Decision]) throws -> Graph {
    var readers = [Int](repeating: 0, count: graph.entries.count)
    for entry in graph.entries { for operand in entry.operands { readers[operand] += 1 } }
    for root in graph.roots { readers[root] += 1 }
    var rewriter = GraphRewriter(graph)
    for (index, entry) in graph.entries.enumerated() {
      guard let transpose = entry.operation as? Transpose, transpose.permutation == [1, 0],
        let turned = try turned(entry.operands[0], transpose, readers, &rewriter, like: entry)
      else {
        try rewriter.copy(index)
        continue
      }
      rewriter.map(index, to: turned)
      decisions.append(Decision(name, graph.entries[entry.operands[0]]))
    }
    return try EliminateDeadCode().run(rewriter.finish())
  }

  /// The transpose of a product, or of a sum of products, that has one reader; nil for others.
  private func turned(
    _ index: Int, _ transpose: Transpose, _ readers: [Int], _ rewriter: inout GraphRewriter,
    like reader: Graph.Entry
  ) throws -> Int? {
    let entry = rewriter.source.entries[index]
    guard readers[index] == 1 else { return nil }
    if let product = entry.operation as? MatrixMultiply {
      let factors = try entry.operands.reversed().map { factor in
        try turned(factor, transpose, readers, &rewriter, like: reader)
          ?? flipped(rewriter.mapping[factor], transpose, &rewriter, like: reader)
      }
      return try rewriter.append(product, factors, like: reader)
    }
    if (entry.operation as? Transpose)?.permutation == transpose.permutation {
      return rewriter.mapping[entry.operands[0]]
    }
    guard let sum = entry.operation as? Binary, sum.function == .add else { return nil }
    var terms: [Int] = []
    for term in entry.operands {
      guard let turned = try turned(term, transpose, readers, &rewriter, like: reader) else { return nil }
      terms.append(turned)
    }
    return try rewriter.append(sum, terms, like: reader)
  }

  /// The transpose of an entry of the result: what that is the transpose of, if it is one.
  private func flipped(
    _ index: Int, _ transpose: Transpose, _ rewriter: inout GraphRewriter, like reader: Graph.Entry
  ) throws -> Int {
    let entry = rewriter.result.entries[index]
    if (entry.operation as? Transpose)?.permutation == transpose.permutation { return entry.operands[0] }
    return try rewriter.append(transpose, [index], like: reader)
  }
}
