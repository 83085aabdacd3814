#if canImport(Glibc)
  import Glibc
#endif
import MCLGraph

extension Comprehension {
  /// The values in Double by naive loops: what a pass must not change.
  func evaluate(_ operands: [Value]) -> [Double] {
    var result: [Double] = []
    result.reserveCapacity(outputCount)
    let reductions = reductionShape
    forEachPoint(outputShape) { output in
      var sum = 0.0
      var best = -Double.infinity
      var bestPosition = -1
      var position = 0
      forEachPoint(reductions) { inner in
        let value = evaluate(body, at: output + inner, operands, accumulator: 0)
        switch reduction {
        case .none, .sum: sum += value
        case .maximum, .firstMaximumPosition:
          if !best.isNaN, value.isNaN || value > best || bestPosition < 0 {
            best = value
            bestPosition = position
          }
        }
        position += 1
      }
      let reduced =
        switch reduction {
        case .none, .sum: sum
        case .maximum: best
        case .firstMaximumPosition: Double(bestPosition)
        }
      let point = output + [Int](repeating: 0, count: reductions.count)
      result.append(evaluate(epilogue, at: point, operands, accumulator: reduced))
    }
    return result
  }

  private func forEachPoint(_ shape: [Int], _ visit: ([Int]) -> Void) {
    var point = [Int](repeating: 0, count: shape.count)
    for _ in 0..<shape.reduce(1, *) {
      visit(point)
      for axis in shape.indices.reversed() {
        point[axis] += 1
        if point[axis] < shape[axis] { break }
        point[axis] = 0
      }
    }
  }

  private func load(_ access: Access, at point: [Int], _ operands: [Value]) -> Double {
    var position = 0
    for index in access.indices {
      let numerator = zip(index.coefficients, point).reduce(index.offset) { $0 + $1.0 * $1.1 }
      guard numerator % index.divisor == 0 else { return access.fill }
      let coordinate = numerator / index.divisor
      guard coordinate >= 0, coordinate < index.extent else { return access.fill }
      position = position * index.extent + coordinate
    }
    return operands[access.operand].elements[position]
  }

  private func evaluate(
    _ expression: ScalarExpression, at point: [Int], _ operands: [Value], accumulator: Double
  ) -> Double {
    func value(_ part: ScalarExpression) -> Double {
      evaluate(part, at: point, operands, accumulator: accumulator)
    }
    switch expression {
    case .load(let index): return load(accesses[index], at: point, operands)
    case .constant(let constant): return constant
    case .index(let axis): return Double(point[axis])
    case .accumulator: return accumulator
    case .unary(let function, let a):
      let x = value(a)
      switch function {
      case .negate: return -x
      case .absolute: return Swift.abs(x)
      case .exponential: return exp(x)
      case .logarithm: return log(x)
      case .squareRoot: return x.squareRoot()
      case .reciprocal: return 1 / x
      }
    case .binary(let function, let a, let b):
      let (x, y) = (value(a), value(b))
      switch function {
      case .add: return x + y
      case .subtract: return x - y
      case .multiply: return x * y
      case .divide: return x / y
      case .maximum: return x.isNaN || y.isNaN ? .nan : Swift.max(x, y)
      case .minimum: return x.isNaN || y.isNaN ? .nan : Swift.min(x, y)
      case .remainder: return y == 0 ? 0 : x - y * (x / y).rounded(.down)
      }
    case .select(let comparison, let a, let b, let c, let d):
      let (x, y) = (value(a), value(b))
      let holds =
        switch comparison {
        case .equal: x == y
        case .notEqual: x != y
        case .less: x < y
        case .lessOrEqual: x <= y
        case .greater: x > y
        case .greaterOrEqual: x >= y
        }
      return holds ? value(c) : value(d)
    case .convert(let type, let a): return type == .int64 ? value(a).rounded(.towardZero) : value(a)
    }
  }
}
