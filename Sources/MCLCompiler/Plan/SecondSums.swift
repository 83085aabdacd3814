import MCLGraph

extension ByProducts {
  /// Points below which a sum is not worth sharing.
  private static let leastPoints = 1 << 14

  /// Two sums over the same points that share what they read are made together, by the launch of the later: those of
  /// batch norm's backward pass, the upstream gradient alone and times the value normalised, read both once.
  mutating func findSecondSums(
    _ isServed: (_ entry: Graph.Entry, _ request: ByProduct) throws -> Bool
  ) rethrows {
    struct Space: Hashable {
      var axes: [Int]
      var outputRank: Int
    }
    let kept = Set(graph.roots.map { Schedule.storage($0, in: graph) })
    var waiting: [Space: [Int]] = [:]
    for index in graph.entries.indices {
      guard let sum = (graph.entries[index].operation as? Compute)?.comprehension, sum.reduction == .sum,
        sum.axes.reduce(1, *) >= Self.leastPoints, isOfFloats(index, sum), hosts[index] == nil,
        requests[index] == nil,
        !FusedComputation(comprehension: sum, operands: graph.entries[index].operands).isContraction
      else { continue }
      let space = Space(axes: sum.axes, outputRank: sum.outputRank)
      for earlier in waiting[space] ?? [] {
        guard let joint = joint(index, with: earlier) else { continue }
        let reason =
          depends(graph.entries[index].operands, onAny: [earlier])
          ? "the one needs the other's result"
          : try isServed(joint.entry, joint.request) ? nil : "no kernel makes both sums"
        decisions.append(
          Decision(
            "by-products", graph.entries[earlier], targets: [graph.entries[index]], reason: reason))
        guard reason == nil else { continue }
        graph.entries[index] = joint.entry
        hosts[earlier] = index
        requests[index] = (joint.request, [earlier])
        waiting[space]?.removeAll { $0 == earlier }
        break
      }
      if requests[index] == nil, !kept.contains(index) { waiting[space, default: []].append(index) }
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

  /// Whether some values can be had only after one of others is there, by whatever launch.
  func depends(_ values: [Int], onAny others: Set<Int>) -> Bool {
    var pending = values
    var seen: Set<Int> = []
    while let next = pending.popLast() {
      if others.contains(next) { return true }
      guard seen.insert(next).inserted else { continue }
      pending += graph.entries[next].operands
      if let host = hosts[next] { pending.append(host) }
    }
    return false
  }
}
