import MCLGraph
import MCLKernelForms

/// Stores images in channel blocks (see `BlockedLayout`) and kernels packed the way contractions read them.
///
/// Contractions that map images to images say which tensors they would have in blocks, weighted by their work; maps
/// and reductions in between take over the layout of what they read or are read by. Inputs, states, outputs and taps
/// keep their order: a conversion stands only where a blocked value must be seen in its own order. Since every access
/// is affine, a layout is nothing but axes split and reordered: blocked readers of blocked values have no conversion.
///
/// Runs after fusion, so that fusion sees one axis a dimension.
package struct AssignLayouts: DecidingPass {
  package let name = "assign-layouts"
  package let purpose =
    "Images are stored in blocks of 16 channels, as contractions read and make them."

  package init() {}

  package func run(_ graph: Graph, decisions: inout [Decision]) throws -> Graph {
    let layouts = Self.choose(graph)
    guard !layouts.isEmpty else { return graph }
    var rewriter = LayoutRewriter(graph, layouts)
    for index in graph.entries.indices { try rewriter.rewrite(index) }
    let storedTwice = Set(rewriter.storedTwice)
    for (index, entry) in graph.entries.enumerated() {
      if layouts[index] == nil {
        guard let reason = Self.whyInOrder(entry) else { continue }
        decisions.append(Decision(name, entry, reason: reason))
      } else {
        let twice = "stored in blocks, and again in its own order for what cannot read blocks"
        decisions.append(Decision(name, entry, reason: storedTwice.contains(index) ? twice : nil))
      }
    }
    return try EliminateDeadCode().run(rewriter.finish())
  }

  /// Why a contraction's result keeps its own order; nil for what is none.
  private static func whyInOrder(_ entry: Graph.Entry) -> String? {
    guard let comprehension = (entry.operation as? Compute)?.comprehension,
      FusedComputation(comprehension: comprehension, operands: []).isContraction
    else { return nil }
    guard ForwardContraction(comprehension) != nil else {
      return "no sum of products from image to image"
    }
    return comprehension.axes.reduce(1, *) < SharedLimits.leastMultiplyAdds
      ? "too little work for another order to pay" : "its channels are no axis that can be split"
  }

  /// The layout of each entry that is to be stored in blocks.
  static func choose(_ graph: Graph) -> [Int: BlockedLayout] {
    let computations = graph.entries.map { ($0.operation as? Compute)?.comprehension }
    let inOrder = LayoutRewriter.wantedInOrder(graph)
    var isRead = graph.entries.map { _ in false }
    for entry in graph.entries where entry.operation is Compute {
      for operand in entry.operands { isRead[operand] = true }
    }
    /// Whether a map or a reduction is better stored in blocks: not if it is seen in its own order only.
    func isWorthwhile(_ layout: BlockedLayout, _ entry: Int) -> Bool {
      !inOrder.contains(entry) || (isRead[entry] && layout.inner > 1)
    }
    func isPossible(_ layout: BlockedLayout, _ entry: Int) -> Bool {
      guard let comprehension = computations[entry] else { return false }
      return layout.channelAxis(in: comprehension.outputShape) != nil
    }
    var votes: [Int: [BlockedLayout: Int]] = [:]
    for (index, comprehension) in computations.enumerated() {
      guard let comprehension, let contraction = ForwardContraction(comprehension) else { continue }
      let work = comprehension.axes.reduce(1, *)
      guard work >= SharedLimits.leastMultiplyAdds else { continue }
      if let layout = contraction.outputLayout(comprehension) {
        votes[index, default: [:]][layout, default: 0] += work
      }
      let image = graph.entries[index].operands[comprehension.accesses[contraction.image].operand]
      if let layout = contraction.imageLayout(comprehension) {
        votes[image, default: [:]][layout, default: 0] += work
      }
    }
    var layouts: [Int: BlockedLayout] = [:]
    for (entry, wishes) in votes {
      let possible = wishes.filter { isPossible($0.key, entry) }
      layouts[entry] =
        possible.max {
          ($0.value, $1.key.channels, $1.key.outer) < ($1.value, $0.key.channels, $0.key.outer)
        }?.key
    }
    guard !layouts.isEmpty else { return [:] }

    // What lies between follows, from operands to readers and back.
    for _ in 0..<3 {
      let before = layouts.count
      for index in computations.indices where layouts[index] == nil {
        guard let comprehension = computations[index] else { continue }
        for access in comprehension.accesses {
          guard let layout = layouts[graph.entries[index].operands[access.operand]],
            let own = followed(layout, access, comprehension), isPossible(own, index),
            isWorthwhile(own, index)
          else { continue }
          layouts[index] = own
          break
        }
      }
      for index in computations.indices.reversed() {
        guard let comprehension = computations[index], let layout = layouts[index],
          let axis = layout.channelAxis(in: comprehension.outputShape)
        else { continue }
        for access in comprehension.accesses {
          let operand = graph.entries[index].operands[access.operand]
          guard layouts[operand] == nil, let made = computations[operand],
            !FusedComputation(comprehension: made, operands: []).isContraction,
            let position = access.indices.firstIndex(where: { isPlain($0, axis) }),
            access.indices[position].extent == layout.channels,
            let wanted = BlockedLayout(access.indices.map(\.extent), along: position),
            isPossible(wanted, operand), isWorthwhile(wanted, operand)
          else { continue }
          layouts[operand] = wanted
        }
      }
      if layouts.count == before { break }
    }
    return layouts
  }

  private static func isPlain(_ index: AffineIndex, _ axis: Int) -> Bool {
    index.offset == 0 && index.divisor == 1
      && index.coefficients.enumerated().allSatisfy { $0.element == ($0.offset == axis ? 1 : 0) }
  }

  /// The layout of a result whose axis of channels is that of an operand in blocks.
  private static func followed(
    _ layout: BlockedLayout, _ access: Access, _ comprehension: Comprehension
  ) -> BlockedLayout? {
    // A product summed has its layout from what it is, not from what it reads: a weight's gradient is no image.
    guard !FusedComputation(comprehension: comprehension, operands: []).isContraction,
      let position = layout.channelIndex(of: access),
      let axis = (0..<comprehension.outputRank).first(where: { isPlain(access.indices[position], $0) }),
      comprehension.axes[axis] == layout.channels
    else { return nil }
    return BlockedLayout(comprehension.outputShape, along: axis)
  }
}
