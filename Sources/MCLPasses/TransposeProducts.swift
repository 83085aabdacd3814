import MCLGraph

/// Makes a matrix product the way it is read: `(a b)^T = b^T a^T` where nothing else reads the product, and likewise
/// through sums of products, `(a b + c d)^T = b^T a^T + d^T c^T`.
///
/// The gradient of a weight that a layer reads transposed, and again as it is in a second derivative, is the sum of two
/// products of which one would be stored across the other.
package struct TransposeProducts: DecidingPass {
  package let name = "transpose-products"
  package let purpose =
    "Matrix products are made the way they are read."

  package init() {}

  package func run(_ graph: Graph, decisions: inout [Decision]) throws -> Graph {
    var readers = [Int](repeating: 0, count: graph.entries.count)
    for entry in graph.entries { for operand in entry.operands { readers[operand] += 1 } }
    for root in graph.roots { readers[root] += 1 }
    let turnable = Self.turnable(graph, readers)
    var rewriter = GraphRewriter(graph)
    for (index, entry) in graph.entries.enumerated() {
      guard let transpose = entry.operation as? Transpose, transpose.permutation == Self.permutation,
        turnable[entry.operands[0]]
      else {
        try rewriter.copy(index)
        continue
      }
      rewriter.map(index, to: try turned(entry.operands[0], turnable, &rewriter, like: entry))
      decisions.append(Decision(name, graph.entries[entry.operands[0]]))
    }
    return try EliminateDeadCode().run(rewriter.finish())
  }

  private static let permutation = [1, 0]

  /// Which entries can be made transposed: products, sums of products and transposes that have one reader.
  private static func turnable(_ graph: Graph, _ readers: [Int]) -> [Bool] {
    var result = [Bool](repeating: false, count: graph.entries.count)
    for (index, entry) in graph.entries.enumerated() where readers[index] == 1 {
      switch entry.operation {
      case is MatrixMultiply: result[index] = true
      case let transpose as Transpose: result[index] = transpose.permutation == permutation
      case let sum as Binary: result[index] = sum.function == .add && entry.operands.allSatisfy { result[$0] }
      default: break
      }
    }
    return result
  }

  /// The transpose of an entry that can be made so, operands before what is made of them; without recursion, since sums
  /// may be long.
  private func turned(
    _ root: Int, _ turnable: [Bool], _ rewriter: inout GraphRewriter, like reader: Graph.Entry
  ) throws -> Int {
    let transpose = Transpose(Self.permutation)
    var made: [Int: Int] = [:]
    var stack: [(index: Int, next: Int)] = [(root, 0)]
    while let (index, next) = stack.last {
      let entry = rewriter.source.entries[index]
      let isProduct = entry.operation is MatrixMultiply
      let operands = isProduct ? entry.operands.reversed() : entry.operands
      if entry.operation is Transpose {
        made[index] = rewriter.mapping[operands[0]]
        stack.removeLast()
      } else if next < operands.count {
        stack[stack.count - 1].next += 1
        let operand = operands[next]
        if turnable[operand] {
          stack.append((operand, 0))
        } else {
          made[operand] = try flipped(rewriter.mapping[operand], transpose, &rewriter, like: reader)
        }
      } else {
        made[index] = try rewriter.append(entry.operation, operands.compactMap { made[$0] }, like: reader)
        stack.removeLast()
      }
    }
    return made[root] ?? -1
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
