import MCLGraph
import MCLSupport
import Synchronization

extension Comprehension {
  /// The values, floats in Double and integers exactly: what a pass must not change.
  package func evaluate(_ operands: [Value]) -> Value {
    ComprehensionEvaluator(self, operands).run()
  }
}

/// Computes a comprehension, floats in Double and integers exactly, a row of points along its longest axis at a time.
struct ComprehensionEvaluator: Sendable {
  /// A node of the body or the epilogue: its arguments are numbers of nodes before it.
  private struct Node {
    var operation: Operation
    var element: ElementType
  }

  private enum Operation {
    case load(Int)
    case constant(Scalar)
    case index(Int)
    case accumulator
    case unary(UnaryFunction, Int)
    case binary(BinaryFunction, Int, Int)
    case select(Comparison, Int, Int, Int, Int)
    case convert(Int)
  }

  /// Numbers of one type for every node at every point of a row; of the nodes of the other type they are not used.
  private struct Row {
    var floats: [Double]
    var integers: [Int64]
  }

  private let comprehension: Comprehension
  private let loads: [ElementType]
  private let floats: [[Double]]
  private let integers: [[Int64]]
  /// The type of the values that are reduced, and of what the reduction gives.
  private let reduced: ElementType
  private let accumulator: ElementType
  /// The axis along rows; nil where there are no axes.
  private let lane: Int?
  private let length: Int
  private var nodes: [Node] = []
  private var body = 0
  private var epilogue = 0
  /// Nodes that belong to the body; those after it to the epilogue.
  private var bodyCount = 0
  private let outputStrides: [Int]
  /// Output axes but the one along rows.
  private let outer: [Int]
  /// Reduction axes but the one along rows.
  private let inner: [Int]

  /// Points worth a thread.
  private static let leastWork = 100_000

  init(_ comprehension: Comprehension, _ operands: [Value]) {
    self.comprehension = comprehension
    floats = operands.map { $0.type.element == .float32 ? $0.elements : [] }
    integers = operands.map { $0.type.element == .int64 ? $0.integers : [] }
    loads = comprehension.accesses.map { operands[$0.operand].type.element }
    reduced = comprehension.reducedElement(loads: loads)
    accumulator = comprehension.reduction == .firstMaximumPosition ? .int64 : reduced
    // Positions are found in order, so that their rows cannot lie along the reduction.
    let isOrdered = comprehension.reduction == .firstMaximumPosition
    let candidates = isOrdered ? 0..<comprehension.outputRank : comprehension.axes.indices
    let lane = candidates.max { comprehension.axes[$0] < comprehension.axes[$1] }
    self.lane = lane
    length = lane.map { comprehension.axes[$0] } ?? 1
    outputStrides = rowMajorStrides(comprehension.outputShape)
    outer = (0..<comprehension.outputRank).filter { $0 != lane }
    inner = (comprehension.outputRank..<comprehension.axes.count).filter { $0 != lane }
    body = append(comprehension.body, expected: reduced)
    bodyCount = nodes.count
    epilogue = append(comprehension.epilogue, expected: comprehension.element)
  }

  private mutating func append(_ tree: ScalarExpression, expected: ElementType) -> Int {
    let element = tree.element(loads: loads, accumulator: accumulator) ?? expected
    func append(_ tree: ScalarExpression) -> Int { self.append(tree, expected: element) }
    let operation: Operation
    switch tree {
    case .load(let access): operation = .load(access)
    case .constant(let value):
      operation = .constant(
        element == .float32 ? .float(value) : .integer(Int64(saturating: value)))
    case .integer(let value): operation = .constant(.integer(Int64(value)))
    case .index(let axis): operation = .index(axis)
    case .accumulator: operation = .accumulator
    case .unary(let function, let a): operation = .unary(function, append(a))
    case .binary(let function, let a, let b): operation = .binary(function, append(a), append(b))
    case .select(let comparison, let a, let b, let yes, let no):
      let compared =
        ScalarExpression.binary(.add, a, b).element(loads: loads, accumulator: accumulator)
        ?? .float32
      let (a, b) = (self.append(a, expected: compared), self.append(b, expected: compared))
      operation = .select(comparison, a, b, append(yes), append(no))
    case .convert(_, let a):
      let source = a.element(loads: loads, accumulator: accumulator) ?? .float32
      operation = .convert(self.append(a, expected: source))
    }
    nodes.append(Node(operation: operation, element: element))
    return nodes.count - 1
  }

  /// The result, of the comprehension's output shape.
  func run() -> Value {
    let type = TensorType(comprehension.element, comprehension.outputShape)
    return switch comprehension.element {
    case .float32: Value(type, results { $0.floats })
    case .int64: Value(type, integers: results { $0.integers })
    }
  }

  private func results<Number: Numeric & Sendable>(_ numbers: @Sendable (Row) -> [Number])
    -> [Number]
  {
    let rows = outer.reduce(1) { $0 * comprehension.axes[$1] }
    let points = comprehension.axes.reduce(1, *)
    let tasks = max(1, min(rows, 16, points / Self.leastWork))
    let results = Mutex([Number](repeating: 0, count: comprehension.outputCount))
    ParallelLoop.run(tasks) { task in
      let range = (rows * task / tasks)..<(rows * (task + 1) / tasks)
      let parts = range.map { numbers(row($0)) }
      results.withLock { results in
        for (row, part) in zip(range, parts) {
          let start = position(row)
          let stride = lane.map { $0 < comprehension.outputRank ? outputStrides[$0] : 0 } ?? 0
          for (index, value) in part.enumerated() { results[start + index * stride] = value }
        }
      }
    }
    return results.withLock { $0 }
  }

  /// The coordinates of a row's first point.
  private func start(_ row: Int) -> [Int] {
    var point = [Int](repeating: 0, count: comprehension.axes.count)
    var rest = row
    for axis in outer.reversed() {
      point[axis] = rest % comprehension.axes[axis]
      rest /= comprehension.axes[axis]
    }
    return point
  }

  private func position(_ row: Int) -> Int {
    zip(outputStrides, start(row)).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// The results of a row of outputs: one where the row lies along the reduction.
  private func row(_ number: Int) -> Row {
    var point = start(number)
    let size = nodes.count * length
    let (reduction, base) = (comprehension.reduction, body * length)
    let nothing = Row(floats: [], integers: [])
    var values = Row(
      floats: [Double](repeating: 0, count: nodes.contains { $0.element == .float32 } ? size : 0),
      integers: [Int64](repeating: 0, count: nodes.contains { $0.element == .int64 } ? size : 0))
    var accumulated = Row(
      floats: [Double](repeating: 0, count: reduced == .float32 ? length : 0),
      integers: [Int64](repeating: 0, count: reduced == .int64 ? length : 0))
    var best = [Int64](repeating: 0, count: length)
    for turn in 0..<inner.reduce(1, { $0 * comprehension.axes[$1] }) {
      if turn > 0 { advance(&point) }
      for node in 0..<bodyCount { compute(node, point, length, nothing, &values) }
      switch reduced {
      case .float32:
        reduction.join(
          values.floats, from: base, turn: turn, into: &accumulated.floats, best: &best)
      case .int64:
        reduction.join(
          values.integers, from: base, turn: turn, into: &accumulated.integers, best: &best)
      }
    }
    if let lane, lane >= comprehension.outputRank {
      accumulated = Row(
        floats: reduction.folded(accumulated.floats),
        integers: reduction.folded(accumulated.integers))
    }
    if comprehension.reduction == .firstMaximumPosition {
      accumulated = Row(floats: [], integers: best)
    }
    let count = max(accumulated.floats.count, accumulated.integers.count)
    for axis in inner { point[axis] = 0 }
    for node in bodyCount..<nodes.count { compute(node, point, count, accumulated, &values) }
    let range = (epilogue * length)..<(epilogue * length + count)
    return nodes[epilogue].element == .float32
      ? Row(floats: Array(values.floats[range]), integers: [])
      : Row(floats: [], integers: Array(values.integers[range]))
  }

  private func advance(_ point: inout [Int]) {
    for axis in inner.reversed() {
      point[axis] += 1
      if point[axis] < comprehension.axes[axis] { return }
      point[axis] = 0
    }
  }

  /// One node at the first `count` points of a row.
  private func compute(
    _ number: Int, _ point: [Int], _ count: Int, _ accumulated: Row, _ values: inout Row
  ) {
    let node = nodes[number]
    let base = number * length
    // Every index below is less than `nodes.count * length`, the size of what is used of `values`.
    values.floats.withUnsafeMutableBufferPointer { floats in
      values.integers.withUnsafeMutableBufferPointer { integers in
        switch (node.operation, node.element) {
        case (.load(let access), .float32):
          let access = comprehension.accesses[access]
          access.load(
            self.floats[access.operand], fill: access.fill, at: point, along: lane, count: count,
            into: floats,
            from: base)
        case (.load(let access), .int64):
          let access = comprehension.accesses[access]
          let fill = Int64(saturating: access.fill)
          access.load(
            self.integers[access.operand], fill: fill, at: point, along: lane, count: count,
            into: integers,
            from: base)
        case (.constant(.float(let value)), _): for j in 0..<count { floats[base + j] = value }
        case (.constant(.integer(let value)), _): for j in 0..<count { integers[base + j] = value }
        case (.index(let axis), _):
          let step = axis == lane ? 1 : 0
          for j in 0..<count { integers[base + j] = Int64(point[axis] + step * j) }
        case (.accumulator, .float32):
          for j in 0..<count { floats[base + j] = accumulated.floats[j] }
        case (.accumulator, .int64):
          for j in 0..<count { integers[base + j] = accumulated.integers[j] }
        case (.unary(let function, let a), .float32): map(function, a, base, count, floats)
        case (.unary(let function, let a), .int64):
          for j in 0..<count { integers[base + j] = function.apply(integers[a * length + j]) }
        case (.binary(let function, let a, let b), .float32):
          map(function, a, b, base, count, floats)
        case (.binary(let function, let a, let b), .int64):
          for j in 0..<count {
            integers[base + j] = function.apply(integers[a * length + j], integers[b * length + j])
          }
        case (.select(let comparison, let a, let b, let yes, let no), let element):
          for j in 0..<count {
            let holds =
              nodes[a].element == .float32
              ? comparison.holds(floats[a * length + j], floats[b * length + j])
              : comparison.holds(integers[a * length + j], integers[b * length + j])
            let chosen = (holds ? yes : no) * length + j
            if element == .float32 {
              floats[base + j] = floats[chosen]
            } else {
              integers[base + j] = integers[chosen]
            }
          }
        case (.convert(let a), let element):
          switch (nodes[a].element, element) {
          case (.float32, .float32):
            for j in 0..<count { floats[base + j] = floats[a * length + j] }
          case (.int64, .int64):
            for j in 0..<count { integers[base + j] = integers[a * length + j] }
          case (.float32, .int64):
            for j in 0..<count { integers[base + j] = Int64(saturating: floats[a * length + j]) }
          case (.int64, .float32):
            for j in 0..<count { floats[base + j] = integers[a * length + j].roundedToFloat }
          }
        }
      }
    }
  }

  /// A function of floats at each point, chosen once for all.
  private func map(
    _ function: UnaryFunction, _ a: Int, _ base: Int, _ count: Int,
    _ values: UnsafeMutableBufferPointer<Double>
  ) {
    let a = a * length
    func map(_ f: (Double) -> Double) { for j in 0..<count { values[base + j] = f(values[a + j]) } }
    switch function {
    case .negate: map { -$0 }
    case .absolute: map { Swift.abs($0) }
    case .squareRoot: map { $0.squareRoot() }
    case .reciprocal: map { 1 / $0 }
    case .exponential, .logarithm: map { function.apply($0) }
    }
  }

  private func map(
    _ function: BinaryFunction, _ a: Int, _ b: Int, _ base: Int, _ count: Int,
    _ values: UnsafeMutableBufferPointer<Double>
  ) {
    let (a, b) = (a * length, b * length)
    func map(_ f: (Double, Double) -> Double) {
      for j in 0..<count { values[base + j] = f(values[a + j], values[b + j]) }
    }
    switch function {
    case .add: map { $0 + $1 }
    case .subtract: map { $0 - $1 }
    case .multiply: map { $0 * $1 }
    case .divide: map { $0 / $1 }
    case .maximum, .minimum, .remainder: map { function.apply($0, $1) }
    }
  }
}
