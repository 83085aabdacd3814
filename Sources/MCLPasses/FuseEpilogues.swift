import MCLGraph

/// Applies a map to the results of the one reduction or contraction it reads, where they are made. Not so a large new value
/// of a state that it reads: a map writes it over the old one, which a sum does not, and together with other new values.
package struct FuseEpilogues: DecidingPass {
  package let name = "fuse-epilogues"
  package let purpose =
    "Maps are applied to the results of a reduction or a contraction where these are made."

  package init() {}

  package func run(_ graph: Graph, decisions: inout [Decision]) throws -> Graph {
    let uses = graph.useCounts()
    let updates = Dictionary(
      graph.updates.map { ($0.entry, $0.name) }, uniquingKeysWith: { first, _ in first })
    var rewriter = GraphRewriter(graph)
    var absorbed: [Int: FusedComputation] = [:]
    for (index, entry) in graph.entries.enumerated() {
      guard let compute = entry.operation as? Compute else {
        try rewriter.copy(index)
        continue
      }
      var computation = FusedComputation(
        comprehension: compute.comprehension, operands: entry.operands, parts: compute.parts)
      if compute.comprehension.reduction == .none {
        // The first reduction that refused it, and why.
        var refusal: (operand: Int, reason: String)?
        for operand in Set(entry.operands).sorted() {
          guard let reduced = absorbed[operand], reduced.comprehension.reduction != .none else { continue }
          if let state = updates[index], entry.type.byteCount >= CopyNewStates.leastBytes,
            entry.operands.contains(where: { CopyNewStates.isState(state, $0, graph) })
          {
            refusal =
              refusal ?? (
                operand, "the new value of a state that it reads, which is written over the old one"
              )
            continue
          }
          guard uses[operand] == 1 else {
            refusal = refusal ?? (operand, "the reduction has other readers: its own result must be stored")
            continue
          }
          guard let fused = absorb(computation, into: reduced, read: operand) else {
            refusal =
              refusal ?? (operand, "it does not read each of the reduction's results once, at its own place")
            continue
          }
          guard fused.isWithinLimits else {
            refusal = refusal ?? (operand, "the formula or its reads would be over the limit of a kernel")
            continue
          }
          computation = fused
          refusal = nil
          decisions.append(Decision(name, entry, targets: [graph.entries[operand]]))
          break
        }
        // A map over more points, such as one that takes a mean from each value, is no candidate.
        if let refusal, graph.entries[refusal.operand].type.count == entry.type.count {
          decisions.append(
            Decision(name, entry, targets: [graph.entries[refusal.operand]], reason: refusal.reason))
        }
      }
      absorbed[index] = computation
      let operands = computation.operands.map { rewriter.mapping[$0] }
      rewriter.map(
        index,
        to: try rewriter.append(
          Compute(computation.comprehension, shape: compute.shape, parts: computation.parts), operands,
          like: entry))
    }
    return try EliminateDeadCode().run(rewriter.finish())
  }

  /// The reduction with the map as its epilogue; nil where the map does not read each result exactly at its place.
  private func absorb(_ map: FusedComputation, into reduced: FusedComputation, read entry: Int)
    -> FusedComputation?
  {
    let (outer, inner) = (map.comprehension, reduced.comprehension)
    guard inner.reduction != .none else { return nil }
    // The map's axes and the reduction's output axes must agree but for axes of size 1.
    let outerAxes = outer.axes.indices.filter { outer.axes[$0] != 1 }
    let innerAxes = (0..<inner.outputRank).filter { inner.axes[$0] != 1 }
    guard outerAxes.map({ outer.axes[$0] }) == innerAxes.map({ inner.axes[$0] }) else { return nil }
    let place = Dictionary(zip(outerAxes, innerAxes), uniquingKeysWith: { first, _ in first })

    var result = reduced
    let firstOperand = result.operands.count
    let firstAccess = inner.accesses.count
    result.operands += map.operands
    for access in outer.accesses {
      if map.operands[access.operand] == entry {
        // Read at the point itself?
        let sized = access.indices.filter { $0.extent != 1 }
        guard sized.count == outerAxes.count, !access.mayFallOutside(axes: outer.axes) else { return nil }
        for (index, axis) in zip(sized, outerAxes) {
          guard index.offset == 0, index.divisor == 1,
            index.coefficients.enumerated().allSatisfy({
              outer.axes[$0.offset] == 1 || $0.element == ($0.offset == axis ? 1 : 0)
            }), index.extent == outer.axes[axis]
          else { return nil }
        }
      }
      var moved = access
      moved.operand += firstOperand
      moved.indices = access.indices.map { index in
        var coefficients = [Int](repeating: 0, count: inner.axes.count)
        for (axis, coefficient) in index.coefficients.enumerated() where coefficient != 0 {
          if let target = place[axis] { coefficients[target] = coefficient }
        }
        return AffineIndex(coefficients, offset: index.offset, divisor: index.divisor, extent: index.extent)
      }
      result.comprehension.accesses.append(moved)
    }
    result.comprehension.epilogue = outer.body.mapLeaves { leaf in
      switch leaf {
      case .load(let index):
        map.operands[outer.accesses[index].operand] == entry ? inner.epilogue : .load(firstAccess + index)
      case .index(let axis): place[axis].map { .index($0) } ?? .integer(0)
      default: leaf
      }
    }
    result.comprehension.element = outer.element
    result.deduplicate()
    result.add(map.parts, as: .epilogue)
    return result
  }
}
