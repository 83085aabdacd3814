import MCLGraph

/// Makes a matrix product the way it is read: `(a b)^T = b^T a^T` where nothing else reads the product.
///
/// The gradient of a weight that a layer reads transposed, and again as it is in a second derivative, is the sum of two
/// products of which one would be stored across the other.
public struct TransposeProducts: Pass {
  public let name = "transpose-products"

  public init() {}

  public func run(_ graph: Graph) throws -> Graph {
    var readers = [Int](repeating: 0, count: graph.entries.count)
    for entry in graph.entries { for operand in entry.operands { readers[operand] += 1 } }
    for root in graph.roots { readers[root] += 1 }
    var rewriter = GraphRewriter(graph)
    for (index, entry) in graph.entries.enumerated() {
      guard let transpose = entry.operation as? Transpose, transpose.permutation == [1, 0],
        let product = graph.entries[entry.operands[0]].operation as? MatrixMultiply,
        readers[entry.operands[0]] == 1
      else {
        try rewriter.copy(index)
        continue
      }
      let factors = try graph.entries[entry.operands[0]].operands.reversed().map { factor in
        try rewriter.append(transpose, [rewriter.mapping[factor]], like: entry)
      }
      rewriter.map(index, to: try rewriter.append(product, factors, like: entry))
    }
    return try EliminateDeadCode().run(rewriter.finish())
  }
}
