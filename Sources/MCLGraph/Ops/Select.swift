/// `lhs comparison rhs ? then : else`, element by element; false where a side is NaN, but for `notEqual`.
package struct Select: Operation {
  package static let name = "select"
  package let comparison: Comparison

  package init(_ comparison: Comparison) { self.comparison = comparison }
  package init(from attributes: AttributeReader) throws {
    comparison = try attributes.choice("comparison", Comparison.self)
  }
  package var attributes: [(String, Attribute)] { [("comparison", .text(comparison.rawValue))] }

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(4, operands)
    guard operands[0] == operands[1] else {
      throw ShapeError("select compares \(operands[0]) with \(operands[1]): make both one type")
    }
    guard operands[2] == operands[3], operands[2].shape == operands[0].shape else {
      throw ShapeError(
        "select over \(operands[0].shape) chooses between \(operands[2]) and \(operands[3]): make all one shape"
      )
    }
    return operands[2]
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value {
    func positions<Number: Comparable>(_ a: [Number], _ b: [Number]) -> [Int] {
      a.indices.map { comparison.holds(a[$0], b[$0]) ? $0 : $0 + a.count }
    }
    let chosen =
      switch operands[0].type.element {
      case .float32: positions(operands[0].elements, operands[1].elements)
      case .int64: positions(operands[0].integers, operands[1].integers)
      }
    return Value.joined([operands[2], operands[3]]).gathered(result, at: chosen)
  }

  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    guard result.type.element == .float32 else { return [nil, nil, nil, nil] }
    let zero = upstream.filled(with: 0)
    return [
      nil, nil, select(operands[0], comparison, operands[1], then: upstream, else: zero),
      select(operands[0], comparison, operands[1], then: zero, else: upstream),
    ]
  }

  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
    .map(result, operands: 4) { .select(comparison, $0[0], $0[1], then: $0[2], else: $0[3]) }
  }
}
