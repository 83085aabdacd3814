#if canImport(Glibc)
  import Glibc
#endif
import Dispatch
import MCLGraph
import Synchronization

extension Comprehension {
  /// The values in Double: what a pass must not change.
  package func evaluate(_ operands: [Value]) -> [Double] {
    ComprehensionEvaluator(self, operands.map(\.elements)).run()
  }
}

/// Computes a comprehension in Double, a row of points along its longest axis at a time.
struct ComprehensionEvaluator: Sendable {
  private enum Node {
    case load(Int)
    case constant(Double)
    case index(Int)
    case accumulator
    case unary(UnaryFunction, Int)
    case binary(BinaryFunction, Int, Int)
    case select(Comparison, Int, Int, Int, Int)
    case truncate(Int)
  }

  private let comprehension: Comprehension
  private let operands: [[Double]]
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

  init(_ comprehension: Comprehension, _ operands: [[Double]]) {
    self.comprehension = comprehension
    self.operands = operands
    // Positions are found in order, so that their rows cannot lie along the reduction.
    let isOrdered = comprehension.reduction == .firstMaximumPosition
    let candidates = isOrdered ? 0..<comprehension.outputRank : comprehension.axes.indices
    let lane = candidates.max { comprehension.axes[$0] < comprehension.axes[$1] }
    self.lane = lane
    length = lane.map { comprehension.axes[$0] } ?? 1
    outputStrides = rowMajorStrides(comprehension.outputShape)
    outer = (0..<comprehension.outputRank).filter { $0 != lane }
    inner = (comprehension.outputRank..<comprehension.axes.count).filter { $0 != lane }
    body = append(comprehension.body)
    bodyCount = nodes.count
    epilogue = append(comprehension.epilogue)
  }

  private mutating func append(_ tree: ScalarExpression) -> Int {
    let node: Node
    switch tree {
    case .load(let access): node = .load(access)
    case .constant(let value): node = .constant(value)
    case .index(let axis): node = .index(axis)
    case .accumulator: node = .accumulator
    case .unary(let function, let a): node = .unary(function, append(a))
    case .binary(let function, let a, let b): node = .binary(function, append(a), append(b))
    case .select(let comparison, let a, let b, let yes, let no):
      node = .select(comparison, append(a), append(b), append(yes), append(no))
    case .convert(.int64, let a): node = .truncate(append(a))
    case .convert(.float32, let a): return append(a)
    }
    nodes.append(node)
    return nodes.count - 1
  }

  func run() -> [Double] {
    let rows = outer.reduce(1) { $0 * comprehension.axes[$1] }
    let points = comprehension.axes.reduce(1, *)
    let tasks = max(1, min(rows, 16, points / Self.leastWork))
    let results = Mutex([Double](repeating: 0, count: comprehension.outputCount))
    DispatchQueue.concurrentPerform(iterations: tasks) { task in
      let range = (rows * task / tasks)..<(rows * (task + 1) / tasks)
      let parts = range.map(row)
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
  private func row(_ number: Int) -> [Double] {
    var point = start(number)
    var values = [Double](repeating: 0, count: nodes.count * length)
    var reduced = [Double](
      repeating: comprehension.reduction == .sum || comprehension.reduction == .none ? 0 : -.infinity,
      count: length)
    var positions = [Double](repeating: 0, count: length)
    for turn in 0..<inner.reduce(1, { $0 * comprehension.axes[$1] }) {
      if turn > 0 { advance(&point) }
      for node in 0..<bodyCount { compute(node, point, length, [], &values) }
      let base = body * length
      switch comprehension.reduction {
      case .none: for j in 0..<length { reduced[j] = values[base + j] }
      case .sum: for j in 0..<length { reduced[j] += values[base + j] }
      case .maximum, .firstMaximumPosition:
        for j in 0..<length {
          let value = values[base + j]
          if turn == 0 || (!reduced[j].isNaN && (value.isNaN || value > reduced[j])) {
            reduced[j] = value
            positions[j] = Double(turn)
          }
        }
      }
    }
    if comprehension.reduction == .firstMaximumPosition { reduced = positions }
    var count = length
    if let lane, lane >= comprehension.outputRank {
      reduced = [comprehension.reduction == .maximum ? Self.maximum(reduced) : reduced.reduce(0, +)]
      count = 1
    }
    for axis in inner { point[axis] = 0 }
    for node in bodyCount..<nodes.count { compute(node, point, count, reduced, &values) }
    return Array(values[(epilogue * length)..<(epilogue * length + count)])
  }

  private static func maximum(_ values: [Double]) -> Double {
    values.reduce(-.infinity) { $0.isNaN || $1.isNaN ? .nan : max($0, $1) }
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
    _ node: Int, _ point: [Int], _ count: Int, _ reduced: [Double], _ values: inout [Double]
  ) {
    let base = node * length
    // Every index below is less than `nodes.count * length`, the size of `values`.
    values.withUnsafeMutableBufferPointer { values in
      switch nodes[node] {
      case .load(let access): load(comprehension.accesses[access], point, count, base, values)
      case .constant(let constant): for j in 0..<count { values[base + j] = constant }
      case .index(let axis):
        let step = axis == lane ? 1 : 0
        for j in 0..<count { values[base + j] = Double(point[axis] + step * j) }
      case .accumulator: for j in 0..<count { values[base + j] = reduced[j] }
      case .unary(let function, let a):
        let a = a * length
        func map(_ f: (Double) -> Double) { for j in 0..<count { values[base + j] = f(values[a + j]) } }
        switch function {
        case .negate: map { -$0 }
        case .absolute: map { Swift.abs($0) }
        case .exponential: map { exp($0) }
        case .logarithm: map { log($0) }
        case .squareRoot: map { $0.squareRoot() }
        case .reciprocal: map { 1 / $0 }
        }
      case .binary(let function, let a, let b):
        let (a, b) = (a * length, b * length)
        func map(_ f: (Double, Double) -> Double) {
          for j in 0..<count { values[base + j] = f(values[a + j], values[b + j]) }
        }
        switch function {
        case .add: map { $0 + $1 }
        case .subtract: map { $0 - $1 }
        case .multiply: map { $0 * $1 }
        case .divide: map { $0 / $1 }
        case .maximum: map { $0.isNaN || $1.isNaN ? .nan : Swift.max($0, $1) }
        case .minimum: map { $0.isNaN || $1.isNaN ? .nan : Swift.min($0, $1) }
        case .remainder: map { $1 == 0 ? 0 : $0 - $1 * ($0 / $1).rounded(.down) }
        }
      case .select(let comparison, let a, let b, let yes, let no):
        let (a, b, yes, no) = (a * length, b * length, yes * length, no * length)
        for j in 0..<count {
          let (x, y) = (values[a + j], values[b + j])
          let holds =
            switch comparison {
            case .equal: x == y
            case .notEqual: x != y
            case .less: x < y
            case .lessOrEqual: x <= y
            case .greater: x > y
            case .greaterOrEqual: x >= y
            }
          values[base + j] = values[(holds ? yes : no) + j]
        }
      case .truncate(let a):
        let a = a * length
        for j in 0..<count { values[base + j] = values[a + j].rounded(.towardZero) }
      }
    }
  }

  /// An operand along a row: a stretch of even steps, with the fill value before and after it.
  private func load(
    _ access: Access, _ point: [Int], _ count: Int, _ base: Int, _ values: UnsafeMutableBufferPointer<Double>
  ) {
    let operand = operands[access.operand]
    var (first, end) = (0, count)
    var offset = 0
    var stride = 0
    var dividing: [(numerator: Int, step: Int, index: AffineIndex, weight: Int)] = []
    var weight = 1
    for index in access.indices.reversed() {
      var numerator = index.offset
      for axis in point.indices { numerator += index.coefficients[axis] * point[axis] }
      let step = count > 1 ? lane.map { index.coefficients[$0] } ?? 0 : 0
      if step == 0 {
        let (quotient, rest) = numerator.quotientAndRemainder(dividingBy: index.divisor)
        if rest != 0 || quotient < 0 || quotient >= index.extent { end = 0 }
        offset += quotient * weight
      } else if index.divisor == 1 {
        // The j with 0 <= numerator + step j < extent.
        let (low, high) = step > 0 ? (0, index.extent - 1) : (index.extent - 1, 0)
        first = max(first, Self.ceiling(step > 0 ? low - numerator : numerator - low, Swift.abs(step)))
        end = min(end, Self.ceiling((step > 0 ? high - numerator : numerator - high) + 1, Swift.abs(step)))
        offset += numerator * weight
        stride += step * weight
      } else {
        dividing.append((numerator, step, index, weight))
      }
      weight *= index.extent
    }
    end = max(end, first)
    end = min(end, count)
    first = min(first, end)
    for j in 0..<first { values[base + j] = access.fill }
    for j in end..<count { values[base + j] = access.fill }
    operand.withUnsafeBufferPointer { operand in
      if dividing.isEmpty {
        for j in first..<end { values[base + j] = operand[offset + j * stride] }
        return
      }
      for j in first..<end {
        var place = offset + j * stride
        var isInside = true
        for part in dividing {
          let (quotient, rest) = (part.numerator + part.step * j).quotientAndRemainder(
            dividingBy: part.index.divisor)
          if rest != 0 || quotient < 0 || quotient >= part.index.extent {
            isInside = false
            break
          }
          place += quotient * part.weight
        }
        values[base + j] = isInside ? operand[place] : access.fill
      }
    }
  }

  private static func ceiling(_ a: Int, _ b: Int) -> Int { a <= 0 ? 0 : (a + b - 1) / b }
}
