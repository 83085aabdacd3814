import MCLGraph

/// Computes a comprehension point by point in Double: what its data mean, by the shortest way.
public struct ComprehensionReference {
  private let comprehension: Comprehension
  private let operands: [[Double]]

  private init(_ comprehension: Comprehension, _ operands: [[Double]]) {
    self.comprehension = comprehension
    self.operands = operands
  }

  /// The result's elements, row-major over the output axes.
  public static func evaluate(_ comprehension: Comprehension, _ operands: [Value]) -> [Double] {
    let reference = ComprehensionReference(comprehension, operands.map(\.elements))
    var results: [Double] = []
    coordinates(comprehension.outputShape) { output in results.append(reference.point(output)) }
    return results
  }

  private func point(_ output: [Int]) -> Double {
    var accumulated: Double?
    var position = 0
    var best = 0.0
    Self.coordinates(comprehension.reductionShape) { inner in
      let value = scalar(comprehension.body, output + inner, .nan)
      switch comprehension.reduction {
      case .none: accumulated = value
      case .sum: accumulated = (accumulated ?? 0) + value
      case .maximum, .firstMaximumPosition:
        let isBetter = accumulated.map { !$0.isNaN && (value.isNaN || value > $0) } ?? true
        if isBetter {
          accumulated = value
          best = Double(position)
        }
      }
      position += 1
    }
    let reduced = comprehension.reduction == .firstMaximumPosition ? best : accumulated ?? .nan
    // An epilogue sees the output axes only.
    return scalar(comprehension.epilogue, output, reduced)
  }

  /// The operand's element that an access reads at a point, or the fill where it falls outside.
  private func load(_ access: Access, _ point: [Int]) -> Double {
    var offset = 0
    for index in access.indices {
      let numerator = zip(index.coefficients, point).reduce(index.offset) { $0 + $1.0 * $1.1 }
      guard numerator % index.divisor == 0, (0..<index.extent).contains(numerator / index.divisor) else {
        return access.fill
      }
      offset = offset * index.extent + numerator / index.divisor
    }
    return operands[access.operand][offset]
  }

  private func scalar(_ expression: ScalarExpression, _ point: [Int], _ accumulator: Double) -> Double {
    func value(_ part: ScalarExpression) -> Double { scalar(part, point, accumulator) }
    switch expression {
    case .load(let access): return load(comprehension.accesses[access], point)
    case .constant(let number): return number
    case .index(let axis): return Double(point[axis])
    case .accumulator: return accumulator
    case .unary(let function, let a): return Self.scalar(Unary(function), [value(a)])
    case .binary(let function, let a, let b): return Self.scalar(Binary(function), [value(a), value(b)])
    case .select(let comparison, let a, let b, let c, let d):
      return Self.scalar(Select(comparison), [value(a), value(b), value(c), value(d)])
    case .convert(let element, let a): return Self.scalar(Convert(to: element), [value(a)])
    }
  }

  /// An elementary function means what the operation of that name means.
  private static func scalar(_ operation: any Operation, _ operands: [Double]) -> Double {
    operation.evaluate(operands.map { Value(scalar: $0) }, result: TensorType(.float32, [])).elements[0]
  }

  private static func coordinates(_ shape: [Int], _ body: ([Int]) -> Void) {
    var point = [Int](repeating: 0, count: shape.count)
    for _ in 0..<shape.reduce(1, *) {
      body(point)
      for axis in shape.indices.reversed() {
        point[axis] += 1
        if point[axis] < shape[axis] { break }
        point[axis] = 0
      }
    }
  }
}
