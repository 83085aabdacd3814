import MCLGraph

/// Computes a sum only where it has terms: one whose points fall between an operand's along some axes, as those of a
/// strided 1x1x1 convolution's input gradient do, becomes the sum over the operand's own points, and a view of it that
/// is zero in between.
///
/// The view costs nothing where its reader can take it; the gradient of a stride of 2 by 2 is made at a fourth of the
/// points, and no result is stored that is zero.
package struct CompactStrides: DecidingPass {
  package let name = "compact-strides"
  package let purpose =
    "Sums are made only at the points that have terms, with zeros between them left to the reader."

  package init() {}

  package func run(_ graph: Graph, decisions: inout [Decision]) throws -> Graph {
    var rewriter = GraphRewriter(graph)
    for (index, entry) in graph.entries.enumerated() {
      guard let compute = entry.operation as? Compute,
        let (inner, outer) = Self.compacted(compute.comprehension)
      else {
        try rewriter.copy(index)
        if let compute = entry.operation as? Compute, compute.comprehension.isProductOfLoads,
          compute.comprehension.accesses.contains(where: { $0.indices.contains { $0.divisor > 1 } })
        {
          decisions.append(
            Decision(name, entry, reason: "a window moves the coordinate too: no axis has gaps of its own"))
        }
        continue
      }
      let operands = entry.operands.map { rewriter.mapping[$0] }
      let made = try rewriter.append(
        Compute(inner, shape: inner.outputShape, parts: compute.parts), operands, like: entry)
      let view = Compute(
        outer, shape: compute.shape,
        parts: [Compute.Part("zeros between", path: entry.path, type: entry.type)])
      rewriter.map(index, to: try rewriter.append(view, [made], like: entry))
      decisions.append(Decision(name, entry))
    }
    return rewriter.finish()
  }

  /// The sum over an operand's own points, and the view of it; nil where no axis has gaps.
  private static func compacted(_ whole: Comprehension) -> (inner: Comprehension, outer: Comprehension)? {
    guard whole.reduction == .sum, whole.epilogue == .accumulator, whole.isProductOfLoads else { return nil }
    let rank = whole.outputRank
    var inner = whole
    var indices = (0..<rank).map { AffineIndex.axis($0, of: rank, extent: whole.axes[$0]) }
    for axis in 0..<rank {
      var uses: [(access: Int, index: Int)] = []
      for (access, read) in whole.accesses.enumerated() {
        for (index, coordinate) in read.indices.enumerated() where coordinate.coefficients[axis] != 0 {
          uses.append((access, index))
        }
      }
      // One coordinate alone follows the axis, and nothing else moves it.
      guard let use = uses.first, uses.count == 1 else { continue }
      let coordinate = whole.accesses[use.access].indices[use.index]
      guard coordinate.divisor > 1, coordinate.coefficients[axis] == 1,
        whole.accesses[use.access].fill == 0,
        coordinate.coefficients.indices.allSatisfy({
          $0 == axis || coordinate.coefficients[$0] == 0 || whole.axes[$0] == 1
        })
      else { continue }
      inner.axes[axis] = coordinate.extent
      inner.accesses[use.access].indices[use.index] = .axis(
        axis, of: whole.axes.count, extent: coordinate.extent)
      indices[axis].offset = coordinate.offset
      indices[axis].divisor = coordinate.divisor
      indices[axis].extent = coordinate.extent
    }
    guard inner.axes != whole.axes else { return nil }
    let view = Comprehension(
      axes: whole.outputShape, accesses: [Access(operand: 0, indices)], body: .load(0), element: whole.element
    )
    return (inner, view)
  }
}

extension Comprehension {
  /// Whether the body is a product of two reads.
  fileprivate var isProductOfLoads: Bool {
    if case .binary(.multiply, .load, .load) = body { true } else { false }
  }
}
