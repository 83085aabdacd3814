/// The same value, without a derivative: what stands before it is a constant to differentiation.
package struct Detach: Operation {
  package static let name = "detach"

  package init() {}
  package init(from attributes: AttributeReader) throws {}

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(1, operands)
    return operands[0]
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value { operands[0] }
  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] { [nil] }
  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering { .composite(operands[0]) }
}
