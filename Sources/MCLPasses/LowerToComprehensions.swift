import MCLGraph

/// Turns every computing operation into a comprehension. Views over stored tensors vanish into the accesses of
/// their readers; a reshape costs nothing, since an access sees its operand in whatever shape it likes.
package struct LowerToComprehensions: Pass {
  package let name = "lower"
  package let isRequired = true

  package init() {}

  package func run(_ graph: Graph) throws -> Graph {
    var rewriter = GraphRewriter(graph)
    for (index, entry) in graph.entries.enumerated() {
      // A kernel of its own carries it out.
      if entry.operation is any LaunchedOperation {
        try rewriter.copy(index)
        continue
      }
      let placeholders = entry.operands.map {
        Tensor(InputLeaf(name: "operand", type: graph.entries[$0].type), [])
      }
      switch entry.operation.lower(placeholders, result: entry.type) {
      case .leaf, .updateRows, .reinterpret: try rewriter.copy(index)
      case .comprehension(let comprehension):
        let operands = entry.operands.map { operand -> Int in
          var target = rewriter.mapping[operand]
          while rewriter.result.entries[target].operation is Reshape {
            target = rewriter.result.entries[target].operands[0]
          }
          return target
        }
        rewriter.map(
          index,
          to: try rewriter.append(
            Compute(
              comprehension, shape: entry.type.shape,
              parts: [Compute.Part(entry.operation.choiceName, path: entry.path, type: entry.type)]),
            operands, like: entry))
      case .composite:
        throw ModelError([
          Diagnostic("\(entry.operation.name) was not expanded before lowering", path: entry.path)
        ])
      }
    }
    return rewriter.finish()
  }
}
