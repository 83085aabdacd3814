import MCLGraph

/// Replaces operations that are formulas over others (batch normalisation, detach) by those formulas: from here on
/// nothing is differentiated, and equal parts of different formulas become one.
package struct ExpandComposites: Pass {
  package let name = "expand-composites"
  package let isRequired = true

  package init() {}

  package func run(_ graph: Graph) throws -> Graph {
    var rewriter = GraphRewriter(graph)
    for (index, entry) in graph.entries.enumerated() {
      let operands = entry.operands.map { rewriter.mapping[$0] }
      rewriter.map(index, to: try expand(entry.operation, operands, entry, &rewriter))
    }
    return rewriter.finish()
  }

  private func expand(
    _ operation: any Operation, _ operands: [Int], _ entry: Graph.Entry, _ rewriter: inout GraphRewriter
  ) throws -> Int {
    let placeholders = operands.enumerated().map { position, operand in
      Tensor(InputLeaf(name: "operand \(position)", type: rewriter.result.entries[operand].type), [])
    }
    let type = try operation.infer(placeholders.map(\.type))
    guard case .composite(let formula) = operation.lower(placeholders, result: type) else {
      return try rewriter.append(operation, operands, like: entry)
    }
    if let diagnostic = topologicalOrder([formula]).compactMap(\.diagnostic).first {
      throw ModelError([diagnostic])
    }
    var place: [ObjectIdentifier: Int] = [:]
    for (placeholder, operand) in zip(placeholders, operands) {
      place[ObjectIdentifier(placeholder)] = operand
    }
    for tensor in topologicalOrder([formula]) where place[ObjectIdentifier(tensor)] == nil {
      let inner = tensor.operands.compactMap { place[ObjectIdentifier($0)] }
      place[ObjectIdentifier(tensor)] = try expand(tensor.operation, inner, entry, &rewriter)
    }
    return place[ObjectIdentifier(formula)] ?? -1
  }
}
