import MCLGraph

/// Moves scales of a convolution's channels into its weight where both are fixed:
/// `conv(x, w) * s + b = conv(x, w * s) + b`, and through what is added before,
/// `(conv(x, w) + a) * s = conv(x, w * s) + a * s`.
///
/// So batch norm in evaluation, `(y - mean) / sqrt(variance + epsilon) * weight + bias`, leaves one sum a channel, and
/// the weight that the convolution reads is made once and not at every run (see `FixedValues`). A weight that changes
/// from run to run is left alone: scaling it costs what scaling the result does. Equal but for rounding.
package struct FoldScales: DecidingPass {
  package let name = "fold-scales"
  package let purpose =
    "Fixed scales of a convolution's channels, such as batch norm's in evaluation, go into its weight."

  package init() {}

  /// A value `convolution(input, weight * scale) + shift`, by entries of the result; scale and shift [1, C, 1, 1, 1].
  private struct Affine {
    var convolution: Int
    var scale: Int?
    var shift: Int?
  }

  package func run(_ graph: Graph, decisions: inout [Decision]) throws -> Graph {
    let fixed = FixedValues(graph).isFixed
    let uses = graph.useCounts()
    var rewriter = GraphRewriter(graph)
    var known: [Int: Affine] = [:]
    for (index, entry) in graph.entries.enumerated() {
      if entry.operation is Convolution, fixed[entry.operands[1]], !fixed[index] {
        known[index] = Affine(convolution: index)
      }
      guard let (source, affine) = try extended(index, known, fixed, uses, &rewriter) else {
        try rewriter.copy(index)
        continue
      }
      known[source] = nil
      known[index] = affine
      guard affine.scale != nil else {
        try rewriter.copy(index)
        continue
      }
      rewriter.map(index, to: try folded(affine, graph, &rewriter))
    }
    decisions += Self.decisions(graph, fixed, known, rule: name)
    return try EliminateDeadCode().run(rewriter.finish())
  }

  /// One decision a convolution.
  private static func decisions(
    _ graph: Graph, _ fixed: [Bool], _ known: [Int: Affine], rule: String
  ) -> [Decision] {
    var scales: [Int: Int] = [:]
    for (index, affine) in known where affine.scale != nil { scales[affine.convolution] = index }
    return graph.entries.indices.compactMap { index in
      let entry = graph.entries[index]
      guard entry.operation is Convolution, !fixed[index] else { return nil }
      if let scale = scales[index] { return Decision(rule, graph.entries[scale], targets: [entry]) }
      return Decision(
        rule, entry,
        reason: fixed[entry.operands[1]]
          ? "nothing that it alone is read by scales its channels by what is fixed"
          : "its weight changes from run to run: scaling it would cost what scaling the result does")
    }
  }

  /// The affine value that an entry makes of another one that nothing else reads.
  private func extended(
    _ index: Int, _ known: [Int: Affine], _ fixed: [Bool], _ uses: [Int], _ rewriter: inout GraphRewriter
  ) throws -> (source: Int, Affine)? {
    let graph = rewriter.source
    let entry = graph.entries[index]
    guard let function = (entry.operation as? Binary)?.function, entry.type.rank == 5 else { return nil }
    let candidates = function == .subtract ? [0] : [0, 1]
    for side in candidates {
      let (source, other) = (entry.operands[side], entry.operands[1 - side])
      guard var affine = known[source], uses[source] == 1, fixed[other],
        let term = try perChannel(other, like: entry, &rewriter)
      else { continue }
      func combined(_ function: BinaryFunction, _ left: Int?, _ right: Int) throws -> Int {
        guard let left else { return right }
        return try rewriter.append(Binary(function), [left, right], like: entry)
      }
      switch function {
      case .add: affine.shift = try combined(.add, affine.shift, term)
      case .subtract:
        affine.shift =
          try affine.shift.map { try rewriter.append(Binary(.subtract), [$0, term], like: entry) }
          ?? rewriter.append(Unary(.negate), [term], like: entry)
      case .multiply:
        affine.scale = try combined(.multiply, affine.scale, term)
        if let shift = affine.shift { affine.shift = try combined(.multiply, shift, term) }
      default: return nil
      }
      return (source, affine)
    }
    return nil
  }

  /// A value that is the same but along the channels, as [1, C, 1, 1, 1]; nil for others.
  private func perChannel(
    _ index: Int, like entry: Graph.Entry, _ rewriter: inout GraphRewriter
  ) throws -> Int? {
    let value = rewriter.source.entries[index]
    let channels = [1, entry.type.shape[1], 1, 1, 1]
    if let constant = value.operation as? Constant {
      return try rewriter.append(
        Constant(value: constant.value, shape: channels, element: .float32), [], like: entry)
    }
    guard value.operation is Broadcast else { return nil }
    let source = rewriter.source.entries[value.operands[0]].type.shape
    let mapped = rewriter.mapping[value.operands[0]]
    if source == channels { return mapped }
    guard source == [1, 1, 1, 1, 1] else { return nil }
    return try rewriter.append(Broadcast(to: channels), [mapped], like: entry)
  }

  private func folded(_ affine: Affine, _ graph: Graph, _ rewriter: inout GraphRewriter) throws -> Int {
    let convolution = graph.entries[affine.convolution]
    let shape = graph.entries[convolution.operands[1]].type.shape
    var weight = rewriter.mapping[convolution.operands[1]]
    if let scale = affine.scale {
      var factor = try rewriter.append(Reshape(to: [shape[0], 1, 1, 1, 1]), [scale], like: convolution)
      factor = try rewriter.append(Broadcast(to: shape), [factor], like: convolution)
      weight = try rewriter.append(Binary(.multiply), [weight, factor], like: convolution)
    }
    let operands = [rewriter.mapping[convolution.operands[0]], weight]
    let result = try rewriter.append(convolution.operation, operands, like: convolution)
    guard let shift = affine.shift else { return result }
    let term = try rewriter.append(Broadcast(to: convolution.type.shape), [shift], like: convolution)
    return try rewriter.append(Binary(.add), [result, term], like: convolution)
  }
}
