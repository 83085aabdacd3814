/// The same numbers as another element type; from float to integer toward zero.
public struct Convert: Operation {
  public static let name = "convert"
  public let element: ElementType

  public init(to element: ElementType) { self.element = element }
  public init(from attributes: AttributeReader) throws {
    element = try attributes.choice("element", ElementType.self)
  }
  public var attributes: [(String, Attribute)] { [("element", .text(element.rawValue))] }

  public func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(1, operands)
    return TensorType(element, operands[0].shape)
  }

  public func evaluate(_ operands: [Value], result: TensorType) -> Value {
    Value(
      result, element == .int64 ? operands[0].elements.map { $0.rounded(.towardZero) } : operands[0].elements)
  }

  public func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    [element == operands[0].type.element ? upstream : nil]
  }

  public func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
    .map(result, operands: 1) { .convert(element, $0[0]) }
  }
}
