/// The same value, without a derivative: what stands before it is a constant to differentiation.
public struct Detach: Operation {
  public static let name = "detach"

  public init() {}
  public init(from attributes: AttributeReader) throws {}

  public func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(1, operands)
    return operands[0]
  }

  public func evaluate(_ operands: [Value], result: TensorType) -> Value { operands[0] }
  public func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] { [nil] }
  public func lower(_ operands: [Tensor], result: TensorType) -> Lowering { .composite(operands[0]) }
}
