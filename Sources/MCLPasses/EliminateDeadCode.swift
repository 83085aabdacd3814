import MCLGraph

/// Drops what no output, update or tap needs. Declared inputs and states stay declared.
package struct EliminateDeadCode: Pass {
  package let name = "eliminate-dead-code"

  package init() {}

  package func run(_ graph: Graph) throws -> Graph {
    var isLive = [Bool](repeating: false, count: graph.entries.count)
    for root in graph.roots { isLive[root] = true }
    for index in graph.entries.indices.reversed() where isLive[index] {
      for operand in graph.entries[index].operands { isLive[operand] = true }
    }
    var rewriter = GraphRewriter(graph)
    for index in graph.entries.indices where isLive[index] { try rewriter.copy(index) }
    return rewriter.finish()
  }
}
