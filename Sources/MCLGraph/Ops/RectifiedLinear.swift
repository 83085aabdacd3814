/// `max(x, 0)`, the rectified linear unit: it passes NaN on, and its derivative at 0 is 0.
package struct RectifiedLinear: Operation {
  package static let name = "relu"

  package init() {}
  package init(from attributes: AttributeReader) throws {}

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(1, operands)
    try expectFloat(operands[0])
    return operands[0]
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value {
    Value(result, operands[0].elements.map { $0 <= 0 ? 0 : $0 })
  }

  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    [select(operands[0], .lessOrEqual, 0, then: upstream.filled(with: 0), else: upstream)]
  }

  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
    .map(result, operands: 1) { .select(.lessOrEqual, $0[0], .constant(0), then: .constant(0), else: $0[0]) }
  }
}
