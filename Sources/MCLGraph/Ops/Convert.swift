/// The same numbers as another element type. From float to integer toward zero, the smallest or largest integer where
/// the number is beyond it, 0 for NaN; from integer to float to the nearest one, ties to even.
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
    switch (operands[0].type.element, element) {
    case (.int64, .float32): Value(result, operands[0].integers.map(\.roundedToFloat))
    default: operands[0].with(result)
    }
  }

  public func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    [element == operands[0].type.element ? upstream : nil]
  }

  public func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
    .map(result, operands: 1) { .convert(element, $0[0]) }
  }
}
