import MCLGraph

/// The meaning of a comprehension, in Double, point by point: the reference that kernels are compared with.
struct NaiveEvaluator {
  let comprehension: Comprehension
  let operands: [[Double]]
  let operandElements: [ElementType]

  func result() -> [Double] {
    var values: [Double] = []
    forEachPoint(comprehension.outputShape) { output in
      var sum = 0.0
      var best = -Double.infinity
      var bestPosition = 0
      var position = 0
      forEachPoint(comprehension.reductionShape) { inner in
        let value = evaluate(comprehension.body, output + inner, nil)
        switch comprehension.reduction {
        case .none: sum = value
        case .sum: sum += value
        case .maximum, .firstMaximumPosition:
          if value > best || (value.isNaN && !best.isNaN) {
            best = value
            bestPosition = position
          }
        }
        position += 1
      }
      let reduced: Double =
        switch comprehension.reduction {
        case .none, .sum: sum
        case .maximum: best
        case .firstMaximumPosition: Double(bestPosition)
        }
      values.append(evaluate(comprehension.epilogue, output, reduced))
    }
    return values
  }

  private func forEachPoint(_ sizes: [Int], _ visit: ([Int]) -> Void) {
    if sizes.contains(0) { return }
    var point = [Int](repeating: 0, count: sizes.count)
    while true {
      visit(point)
      var axis = sizes.count - 1
      while axis >= 0 {
        point[axis] += 1
        if point[axis] < sizes[axis] { break }
        point[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }

  private func load(_ access: Access, _ point: [Int]) -> Double {
    var linear = 0
    for index in access.indices {
      let numerator = zip(index.coefficients, point).reduce(index.offset) { $0 + $1.0 * $1.1 }
      guard numerator % index.divisor == 0 else { return access.fill }
      let coordinate = numerator / index.divisor
      guard 0..<index.extent ~= coordinate else { return access.fill }
      linear = linear * index.extent + coordinate
    }
    return operands[access.operand][linear]
  }

  /// Whether a tree is of integers; constants alone are not.
  private func isInteger(_ tree: ScalarExpression) -> Bool {
    switch tree {
    case .load(let access): operandElements[comprehension.accesses[access].operand] == .int64
    case .constant: false
    case .integer, .index: true
    case .accumulator: comprehension.reduction == .firstMaximumPosition || isInteger(comprehension.body)
    case .unary(_, let a): isInteger(a)
    case .binary(_, let a, let b): isInteger(a) || isInteger(b)
    case .select(_, _, _, let a, let b): isInteger(a) || isInteger(b)
    case .convert(let type, _): type == .int64
    }
  }

  private func evaluate(_ tree: ScalarExpression, _ point: [Int], _ reduced: Double?) -> Double {
    func value(_ tree: ScalarExpression) -> Double { evaluate(tree, point, reduced) }
    switch tree {
    case .load(let access): return load(comprehension.accesses[access], point)
    case .constant(let constant): return constant
    case .integer(let integer): return Double(integer)
    case .index(let axis): return Double(point[axis])
    case .accumulator: return reduced ?? .nan
    case .unary(let function, let a):
      let x = value(a)
      switch function {
      case .negate: return -x
      case .absolute: return x.magnitude
      case .exponential: return exponential(x)
      case .logarithm: return logarithm(x)
      case .squareRoot: return x.squareRoot()
      case .reciprocal: return 1 / x
      }
    case .binary(let function, let a, let b):
      let x = value(a)
      let y = value(b)
      switch function {
      case .add: return x + y
      case .subtract: return x - y
      case .multiply: return x * y
      case .divide: return isInteger(tree) ? (x / y).rounded(.down) : x / y
      case .maximum: return x.isNaN || y.isNaN ? .nan : max(x, y)
      case .minimum: return x.isNaN || y.isNaN ? .nan : min(x, y)
      case .remainder: return x - y * (x / y).rounded(.down)
      }
    case .select(let comparison, let a, let b, let yes, let no):
      let x = value(a)
      let y = value(b)
      let holds =
        switch comparison {
        case .equal: x == y
        case .notEqual: x != y
        case .less: x < y
        case .lessOrEqual: x <= y
        case .greater: x > y
        case .greaterOrEqual: x >= y
        }
      return value(holds ? yes : no)
    case .convert(let type, let a): return type == .int64 ? value(a).rounded(.towardZero) : value(a)
    }
  }
}
