import MCLGraph

/// Stores the positions of windows' maxima as f32, which holds them exactly in half the memory of an i64: a pooling's
/// positions wait from the forward pass to the end of the backward pass.
package struct NarrowPositions: DecidingPass {
  package let name = "narrow-positions"
  package let purpose = "Positions of maxima are stored as f32, which holds them exactly in half the memory."

  /// The most positions that f32 tells apart.
  static let mostPositions = 1 << 24

  package init() {}

  package func run(_ graph: Graph, decisions: inout [Decision]) throws -> Graph {
    var readers = [[Int]](repeating: [], count: graph.entries.count)
    for (index, entry) in graph.entries.enumerated() {
      for operand in entry.operands { readers[operand].append(index) }
    }
    let named = Set((graph.outputs + graph.updates + graph.taps).map(\.entry))
    var rewriter = GraphRewriter(graph)
    var narrowed: Set<Int> = []
    for (index, entry) in graph.entries.enumerated() {
      guard let compute = entry.operation as? Compute else {
        try rewriter.copy(index)
        continue
      }
      var comprehension = compute.comprehension
      if comprehension.isPosition {
        let isRead = readers[index].allSatisfy { graph.entries[$0].operation is Compute }
        if !named.contains(index), isRead, comprehension.reductionCount <= Self.mostPositions {
          narrowed.insert(index)
          comprehension.element = .float32
          comprehension.epilogue = .convert(.float32, comprehension.epilogue)
          decisions.append(Decision(name, entry, targets: readers[index].map { graph.entries[$0] }))
        } else {
          let reason = "it has a name, or something else than a computation reads it"
          decisions.append(Decision(name, entry, reason: reason))
        }
      }
      let reads = comprehension.accesses.map { narrowed.contains(entry.operands[$0.operand]) }
      comprehension.body = comprehension.body.reading(narrowed: reads, over: comprehension.axes)
      comprehension.epilogue = comprehension.epilogue.reading(narrowed: reads, over: comprehension.axes)
      let operation = Compute(comprehension, shape: compute.shape, parts: compute.parts)
      rewriter.map(
        index, to: try rewriter.append(operation, entry.operands.map { rewriter.mapping[$0] }, like: entry))
    }
    return rewriter.finish()
  }
}

extension Comprehension {
  /// Whether it gives the position of each window's maximum and nothing else.
  fileprivate var isPosition: Bool {
    reduction == .firstMaximumPosition && element == .int64 && epilogue.loads.isEmpty
  }
}

extension ScalarExpression {
  /// The expression where some accesses, marked by their number, read f32 instead of i64: what compares one with a
  /// position that f32 holds compares in f32, anything else converts.
  fileprivate func reading(narrowed: [Bool], over axes: [Int]) -> ScalarExpression {
    guard narrowed.contains(true) else { return self }
    func isNarrow(_ expression: ScalarExpression) -> Bool {
      if case .load(let access) = expression { narrowed[access] } else { false }
    }
    switch self {
    case .load: return isNarrow(self) ? .convert(.int64, self) : self
    case .constant, .integer, .index, .accumulator: return self
    case .unary(let function, let a): return .unary(function, a.reading(narrowed: narrowed, over: axes))
    case .convert(let type, let a): return .convert(type, a.reading(narrowed: narrowed, over: axes))
    case .binary(let function, let a, let b):
      return .binary(
        function, a.reading(narrowed: narrowed, over: axes), b.reading(narrowed: narrowed, over: axes))
    case .select(let comparison, let a, let b, let c, let d):
      let (then, other) = (
        c.reading(narrowed: narrowed, over: axes), d.reading(narrowed: narrowed, over: axes)
      )
      if isNarrow(a), let largest = b.largestMagnitude(axes), largest <= NarrowPositions.mostPositions {
        return .select(comparison, a, .convert(.float32, b), then: then, else: other)
      }
      return .select(
        comparison, a.reading(narrowed: narrowed, over: axes), b.reading(narrowed: narrowed, over: axes),
        then: then, else: other)
    }
  }

  /// The largest magnitude that sums and products of coordinates and integers reach; nil of anything else.
  private func largestMagnitude(_ axes: [Int]) -> Int? {
    func joined(_ a: ScalarExpression, _ b: ScalarExpression, _ join: (Int, Int) -> (Int, Bool)) -> Int? {
      guard let a = a.largestMagnitude(axes), let b = b.largestMagnitude(axes) else { return nil }
      let (result, overflows) = join(a, b)
      return overflows ? nil : result
    }
    switch self {
    case .index(let axis): return max(0, axes[axis] - 1)
    case .integer(let value): return Int(exactly: value.magnitude)
    case .constant(let value): return Int(exactly: value.magnitude)
    case .unary(.negate, let a): return a.largestMagnitude(axes)
    case .binary(.add, let a, let b), .binary(.subtract, let a, let b):
      return joined(a, b) { $0.addingReportingOverflow($1) }
    case .binary(.multiply, let a, let b): return joined(a, b) { $0.multipliedReportingOverflow(by: $1) }
    default: return nil
    }
  }
}
