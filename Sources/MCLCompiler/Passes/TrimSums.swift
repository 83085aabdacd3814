import MCLGraph

/// Leaves out terms of sums that are padding at every point: a window of three frames over a single one has one term.
public struct TrimSums: DecidingPass {
  public let name = "trim-sums"
  public let purpose =
    "Terms that are padding at every point are left out of sums."

  public init() {}

  public func run(_ graph: Graph, decisions: inout [Decision]) throws -> Graph {
    var rewriter = GraphRewriter(graph)
    for (index, entry) in graph.entries.enumerated() {
      guard let compute = entry.operation as? Compute,
        let trimmed = Self.trimmed(compute.comprehension)
      else {
        try rewriter.copy(index)
        continue
      }
      let operands = entry.operands.map { rewriter.mapping[$0] }
      rewriter.map(
        index,
        to: try rewriter.append(
          Compute(trimmed, shape: compute.shape, parts: compute.parts), operands, like: entry))
      decisions.append(Decision(name, entry))
    }
    return rewriter.finish()
  }

  /// The sum without what is zero everywhere; nil where nothing is.
  private static func trimmed(_ whole: Comprehension) -> Comprehension? {
    guard whole.reduction == .sum, case .binary(.multiply, .load, .load) = whole.body else { return nil }
    var result = whole
    for axis in whole.outputRank..<whole.axes.count {
      var valid = 0...(whole.axes[axis] - 1)
      for access in whole.accesses where access.fill == 0 {
        for index in access.indices where index.coefficients[axis] != 0 {
          guard let part = terms(of: axis, inside: index, axes: whole.axes), part.overlaps(valid) else {
            return nil
          }
          valid = part.clamped(to: valid)
        }
      }
      guard valid.count < whole.axes[axis] else { continue }
      result.axes[axis] = valid.count
      for access in result.accesses.indices {
        for index in result.accesses[access].indices.indices {
          result.accesses[access].indices[index].offset +=
            result.accesses[access].indices[index].coefficients[axis] * valid.lowerBound
        }
      }
    }
    return result.axes == whole.axes ? nil : result
  }

  /// The coordinates along an axis at which an index is inside for some point of the other axes; nil where for none.
  private static func terms(of axis: Int, inside index: AffineIndex, axes: [Int]) -> ClosedRange<Int>? {
    var (low, high) = (index.offset, index.offset)
    for (other, coefficient) in index.coefficients.enumerated() where other != axis {
      low += min(0, coefficient * (axes[other] - 1))
      high += max(0, coefficient * (axes[other] - 1))
    }
    let coefficient = index.coefficients[axis]
    let last = (index.extent - 1) * index.divisor
    let inside = (0..<axes[axis]).filter {
      low + coefficient * $0 <= last && high + coefficient * $0 >= 0
    }
    guard let first = inside.first, let end = inside.last else { return nil }
    return first...end
  }
}
