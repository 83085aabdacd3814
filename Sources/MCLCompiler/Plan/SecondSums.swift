import MCLGraph
import MCLKernelForms
import MCLPasses

extension ByProducts {
  /// Points below which a sum is not worth sharing.
  private static let leastPoints = 1 << 14
  /// Of many earlier sums that read the same and cannot be made together with one, so many, the latest, are tried.
  private static let mostCandidates = 16

  /// Two sums over the same points that share what they read are made together, by the launch of the later: those of
  /// batch norm's backward pass, the upstream gradient alone and times the value normalised, read both once.
  mutating func findSecondSums(
    _ isServed: (_ entry: Graph.Entry, _ request: ByProduct) throws -> Bool
  ) rethrows {
    /// Points, and a large operand read at them.
    struct Read: Hashable {
      var axes: [Int]
      var outputRank: Int
      var operand: Int
    }
    let kept = Set(graph.roots.map { graph.storage(of: $0) })
    var waiting: [Read: [Int]] = [:]
    for index in graph.entries.indices {
      guard let sum = (graph.entries[index].operation as? Compute)?.comprehension, sum.reduction == .sum,
        sum.axes.reduce(1, *) >= Self.leastPoints, isOfFloats(index, sum), hosts[index] == nil,
        requests[index] == nil,
        !FusedComputation(comprehension: sum, operands: graph.entries[index].operands).isContraction
      else { continue }
      func reads(_ entry: Int) -> [Read] {
        Set(graph.entries[entry].operands).filter { graph.entries[$0].type.count >= Self.leastPoints }.map {
          Read(axes: sum.axes, outputRank: sum.outputRank, operand: $0)
        }
      }
      let own = reads(index)
      let related = Set(own.flatMap { (waiting[$0] ?? []).suffix(Self.mostCandidates) })
      for earlier in related.sorted().suffix(Self.mostCandidates) {
        guard let joint = joint(index, with: earlier) else { continue }
        let reason =
          depends(graph.entries[index].operands, onAny: [earlier])
          ? "the one needs the other's result"
          : try isServed(joint.entry, joint.request) ? nil : "no kernel makes both sums"
        decisions.append(
          Decision(
            "by-products", graph.entries[earlier], targets: [graph.entries[index]], reason: reason))
        guard reason == nil else { continue }
        for read in reads(earlier) { waiting[read]?.removeAll { $0 == earlier } }
        graph.entries[index] = joint.entry
        setHost(index, of: earlier)
        requests[index] = (joint.request, [earlier])
        break
      }
      if requests[index] == nil, !kept.contains(index) {
        for read in own { waiting[read, default: []].append(index) }
      }
    }
  }

  /// Whether floats are summed: the two sums of one launch are of one type.
  private func isOfFloats(_ index: Int, _ sum: Comprehension) -> Bool {
    let operands = graph.entries[index].operands
    let loads = sum.accesses.map { graph.entries[operands[$0.operand]].type.element }
    return sum.element == .float32 && sum.reducedElement(loads: loads) == .float32
  }

  /// A sum that makes an earlier one too; nil where they share no large operand.
  private func joint(_ index: Int, with earlier: Int) -> (entry: Graph.Entry, request: ByProduct)? {
    var entry = graph.entries[index]
    let other = graph.entries[earlier]
    guard let compute = entry.operation as? Compute, let second = (other.operation as? Compute)?.comprehension
    else { return nil }
    var comprehension = compute.comprehension
    var moved: [Int] = []
    var isShared = false
    for access in second.accesses {
      let operand = other.operands[access.operand]
      var copy = access
      if let position = entry.operands.firstIndex(of: operand) {
        copy.operand = position
      } else {
        copy.operand = entry.operands.count
        entry.operands.append(operand)
      }
      if let known = comprehension.accesses.firstIndex(of: copy) {
        moved.append(known)
        isShared = isShared || graph.entries[operand].type.count >= Self.leastPoints
      } else {
        moved.append(comprehension.accesses.count)
        comprehension.accesses.append(copy)
      }
    }
    guard isShared else { return nil }
    func renumbered(_ leaf: ScalarExpression) -> ScalarExpression {
      if case .load(let access) = leaf { .load(moved[access]) } else { leaf }
    }
    entry.operation = Compute(comprehension, shape: compute.shape, parts: compute.parts)
    let request = ByProduct.sum(
      body: second.body.mapLeaves(renumbered), epilogue: second.epilogue.mapLeaves(renumbered))
    return (entry, request)
  }
}
