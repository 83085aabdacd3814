import MCLGraph

/// Computes a comprehension point by point, floats in Double and integers exactly: what its data mean, by the shortest
/// way.
package struct ComprehensionReference {
  private let comprehension: Comprehension
  private let operands: [Value]
  private let loads: [ElementType]
  private let reduced: ElementType
  private let accumulator: ElementType

  private init(_ comprehension: Comprehension, _ operands: [Value]) {
    self.comprehension = comprehension
    self.operands = operands
    loads = comprehension.accesses.map { operands[$0.operand].type.element }
    reduced = comprehension.reducedElement(loads: loads)
    accumulator = comprehension.reduction == .firstMaximumPosition ? .int64 : reduced
  }

  /// The result, row-major over the output axes.
  package static func evaluate(_ comprehension: Comprehension, _ operands: [Value]) -> Value {
    let reference = ComprehensionReference(comprehension, operands)
    var results: [Value] = []
    coordinates(comprehension.outputShape) { output in results.append(reference.point(output)) }
    return Value.joined(results).with(TensorType(comprehension.element, comprehension.outputShape))
  }

  private func point(_ output: [Int]) -> Value {
    var accumulated = single(.integer(0), reduced)
    var position: Int64 = 0
    var best: Int64 = 0
    Self.coordinates(comprehension.reductionShape) { inner in
      let value = scalar(comprehension.body, output + inner, accumulated, reduced)
      switch comprehension.reduction {
      case .none: accumulated = value
      case .sum: accumulated = apply(Binary(.add), [accumulated, value])
      case .maximum, .firstMaximumPosition:
        let (old, new) = (accumulated.elements[0], value.elements[0])
        let isGreater = reduced == .int64 ? value.integers[0] > accumulated.integers[0] : new > old
        if position == 0 || !old.isNaN && (new.isNaN || isGreater) {
          accumulated = value
          best = position
        }
      }
      position += 1
    }
    if comprehension.reduction == .firstMaximumPosition { accumulated = single(.integer(best), .int64) }
    // An epilogue sees the output axes only.
    return scalar(comprehension.epilogue, output, accumulated, comprehension.element)
  }

  private func single(_ number: Scalar, _ element: ElementType) -> Value {
    Value(TensorType(element, []), filledWith: number)
  }

  /// The operand's element that an access reads at a point, or the fill where it falls outside.
  private func load(_ access: Access, _ point: [Int]) -> Value {
    let operand = operands[access.operand]
    var offset = 0
    for index in access.indices {
      let numerator = zip(index.coefficients, point).reduce(index.offset) { $0 + $1.0 * $1.1 }
      guard numerator % index.divisor == 0, (0..<index.extent).contains(numerator / index.divisor) else {
        return single(.float(access.fill), operand.type.element)
      }
      offset = offset * index.extent + numerator / index.divisor
    }
    return operand.gathered(TensorType(operand.type.element, []), at: [offset])
  }

  /// - Parameter expected: the type of constants that stand alone.
  private func scalar(
    _ expression: ScalarExpression, _ point: [Int], _ accumulated: Value, _ expected: ElementType
  ) -> Value {
    func element(_ part: ScalarExpression) -> ElementType? {
      part.element(loads: loads, accumulator: accumulator)
    }
    let type = element(expression) ?? expected
    func value(_ part: ScalarExpression) -> Value { scalar(part, point, accumulated, type) }
    switch expression {
    case .load(let access): return load(comprehension.accesses[access], point)
    case .constant(let number): return single(.float(number), type)
    case .integer(let number): return single(.integer(Int64(number)), .int64)
    case .index(let axis): return single(.integer(Int64(point[axis])), .int64)
    case .accumulator: return accumulated
    case .unary(let function, let a): return apply(Unary(function), [value(a)])
    case .binary(let function, let a, let b): return apply(Binary(function), [value(a), value(b)])
    case .select(let comparison, let a, let b, let c, let d):
      let compared = element(a) ?? element(b) ?? .float32
      func side(_ part: ScalarExpression) -> Value { scalar(part, point, accumulated, compared) }
      return apply(Select(comparison), [side(a), side(b), value(c), value(d)], type)
    case .convert(let target, let a):
      return apply(Convert(to: target), [scalar(a, point, accumulated, element(a) ?? .float32)], target)
    }
  }

  /// An elementary function means what the operation of that name means.
  private func apply(_ operation: any Operation, _ operands: [Value], _ element: ElementType? = nil) -> Value
  {
    operation.evaluate(operands, result: TensorType(element ?? operands[0].type.element, []))
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
