/// The same numbers as another element type. From float to integer toward zero, the smallest or largest integer where
/// the number is beyond it, 0 for NaN; from integer to float to the nearest one, ties to even.
package struct Convert: Operation {
  package static let name = "convert"
  package let element: ElementType

  package init(to element: ElementType) { self.element = element }
  package init(from attributes: AttributeReader) throws {
    element = try attributes.choice("element", ElementType.self)
  }
  package var attributes: [(String, Attribute)] { [("element", .text(element.rawValue))] }

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(1, operands)
    return TensorType(element, operands[0].shape)
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value {
    switch (operands[0].type.element, element) {
    case (.int64, .float32): Value(result, operands[0].integers.map(\.roundedToFloat))
    default: operands[0].with(result)
    }
  }

  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    [element == operands[0].type.element ? upstream : nil]
  }

  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
    .map(result, operands: 1) { .convert(element, $0[0]) }
  }
}
