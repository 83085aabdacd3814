import MCLGraph

/// Takes matrices apart that are put together from others: what is computed of every element is computed of each part,
/// and a sum or maximum is that of the parts' own. So the softmax of `[positives, negatives]` becomes one of the
/// negatives with the positives joined to its sums, which is what `SweepSoftmax` knows.
struct SplitConcatenations {
  private var rewriter: GraphRewriter
  /// The shapes of the concatenations that are taken apart.
  private let shapes: Set<[Int]>
  /// Concatenations of the result that what is computed of them is computed of each part of.
  private var split: Set<Int> = []
  /// What has fewer columns is computed as a whole again.
  private let leastColumns: Int

  /// - Parameter cores: which entries are worth it; matrices that hold one, or one times a constant, are taken apart.
  /// - Returns: nil where there is none.
  static func run(_ graph: Graph, around cores: Set<Int>) throws -> Graph? {
    var wanted = cores
    var shapes: Set<[Int]> = []
    for (index, entry) in graph.entries.enumerated() where entry.operands.contains(where: wanted.contains) {
      if entry.operation is Concatenate {
        shapes.insert(entry.type.shape)
        wanted.insert(index)
      } else if entry.operation is Binary,
        entry.operands.contains(where: { graph.entries[$0].operation is Constant })
      {
        wanted.insert(index)
      }
    }
    guard !shapes.isEmpty else { return nil }
    let columns = cores.map { graph.entries[$0].type.shape[1] }.min() ?? 0
    var split = SplitConcatenations(
      rewriter: GraphRewriter(graph), shapes: shapes, leastColumns: columns)
    for index in graph.entries.indices { try split.take(index) }
    return try Simplify().run(EliminateDeadCode().run(split.rewriter.finish()))
  }

  private mutating func take(_ index: Int) throws {
    let entry = rewriter.source.entries[index]
    let operands = entry.operands.map { rewriter.mapping[$0] }
    switch entry.operation {
    case let concatenation as Concatenate where shapes.contains(entry.type.shape):
      rewriter.map(index, to: try joined(operands, concatenation.axis, like: entry))
    case let pad as Pad where shapes.contains(entry.type.shape):
      rewriter.map(index, to: try parted(pad, operands[0], like: entry))
    case is Unary, is Binary:
      rewriter.map(index, to: try pointwise(entry.operation, operands, like: entry))
    case let reduce as Reduce where split.contains(operands[0]):
      rewriter.map(index, to: try reduced(operands[0], reduce, like: entry))
    case let slice as Slice where split.contains(operands[0]):
      rewriter.map(
        index, to: try sliced(operands[0], slice.axis, slice.start..<slice.end, like: entry))
    default: try rewriter.copy(index)
    }
  }

  /// The parts of a concatenation, and where each lies.
  private func parts(_ place: Int) -> [(entry: Int, range: Range<Int>)] {
    let entry = rewriter.result.entries[place]
    guard let axis = (entry.operation as? Concatenate)?.axis else { return [] }
    var end = 0
    return entry.operands.map { operand in
      let start = end
      end += rewriter.result.entries[operand].type.shape[axis]
      return (operand, start..<end)
    }
  }

  private mutating func joined(_ parts: [Int], _ axis: Int, like entry: Graph.Entry) throws -> Int {
    guard parts.count > 1 else { return parts[0] }
    let place = try rewriter.append(Concatenate(axis: axis), parts, like: entry)
    if rewriter.result.entries[place].type.shape.last ?? 0 >= leastColumns { split.insert(place) }
    return place
  }

  private mutating func constant(_ number: Scalar, _ type: TensorType, like entry: Graph.Entry) throws -> Int
  {
    try rewriter.append(Constant(number, type), [], like: entry)
  }

  private mutating func parted(_ pad: Pad, _ inner: Int, like entry: Graph.Entry) throws -> Int {
    var parts: [Int] = []
    for extent in [pad.before, nil, pad.after] where extent != 0 {
      var zeros = entry.type
      zeros.shape[pad.axis] = extent ?? 0
      parts.append(extent == nil ? inner : try constant(.integer(0), zeros, like: entry))
    }
    return try joined(parts, pad.axis, like: entry)
  }

  private mutating func pointwise(
    _ operation: any Operation, _ operands: [Int], like entry: Graph.Entry
  ) throws -> Int {
    guard let first = operands.first(where: split.contains),
      let axis = (rewriter.result.entries[first].operation as? Concatenate)?.axis
    else { return try rewriter.append(operation, operands, like: entry) }
    var results: [Int] = []
    for part in parts(first) {
      var own: [Int] = []
      for operand in operands { own.append(try sliced(operand, axis, part.range, like: entry)) }
      results.append(try pointwise(operation, own, like: entry))
    }
    return try joined(results, axis, like: entry)
  }

  private mutating func reduced(_ place: Int, _ reduce: Reduce, like entry: Graph.Entry) throws -> Int {
    let value = rewriter.result.entries[place]
    if split.contains(place), let axis = (value.operation as? Concatenate)?.axis {
      var results: [Int] = []
      for part in value.operands { results.append(try reduced(part, reduce, like: entry)) }
      guard reduce.axes.contains(axis) else { return try joined(results, axis, like: entry) }
      let combine = Binary(reduce.kind == .sum ? .add : .maximum)
      return try results.dropFirst().reduce(results[0]) {
        try rewriter.append(combine, [$0, $1], like: entry)
      }
    }
    let terms = reduce.axes.reduce(1) { $0 * value.type.shape[$1] }
    if terms == 1 { return place }
    return try rewriter.append(reduce, [place], like: entry)
  }

  /// A stretch along an axis, of the parts where there are some.
  private mutating func sliced(
    _ place: Int, _ axis: Int, _ range: Range<Int>, like entry: Graph.Entry
  ) throws -> Int {
    let value = rewriter.result.entries[place]
    if range == 0..<value.type.shape[axis] { return place }
    var type = value.type
    type.shape[axis] = range.count
    switch value.operation {
    case let known as Constant: return try constant(known.number, type, like: entry)
    case is Broadcast:
      let source = value.operands[0]
      let inner =
        rewriter.result.entries[source].type.shape[axis] == 1
        ? source : try sliced(source, axis, range, like: entry)
      if rewriter.result.entries[inner].type == type { return inner }
      return try rewriter.append(Broadcast(to: type.shape), [inner], like: entry)
    case let concatenation as Concatenate:
      var results: [Int] = []
      for part in parts(place) {
        if concatenation.axis != axis {
          results.append(try sliced(part.entry, axis, range, like: entry))
          continue
        }
        let common = part.range.clamped(to: range)
        guard !common.isEmpty else { continue }
        let own = common.lowerBound - part.range.lowerBound..<common.upperBound - part.range.lowerBound
        results.append(try sliced(part.entry, axis, own, like: entry))
      }
      return try joined(results, concatenation.axis, like: entry)
    default:
      return try rewriter.append(
        Slice(axis: axis, start: range.lowerBound, end: range.upperBound), [place], like: entry)
    }
  }
}
