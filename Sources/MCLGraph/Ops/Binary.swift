/// An elementary function of two tensors of one shape, element by element. The language inserts broadcasts.
package struct Binary: Operation {
  package static let name = "binary"
  package let function: BinaryFunction

  package init(_ function: BinaryFunction) { self.function = function }
  package init(from attributes: AttributeReader) throws {
    function = try attributes.choice("function", BinaryFunction.self)
  }
  package var attributes: [(String, Attribute)] { [("function", .text(function.rawValue))] }

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(2, operands)
    guard operands[0] == operands[1] else {
      throw ShapeError(
        "\(function.rawValue) of \(operands[0]) and \(operands[1]): make both one type, with broadcast or reshaped"
      )
    }
    if function == .remainder, operands[0].element != .int64 {
      throw ShapeError("remainder takes i64 elements, not \(operands[0])")
    }
    return operands[0]
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value {
    switch result.element {
    case .float32:
      Value(result, zip(operands[0].elements, operands[1].elements).map { function.apply($0, $1) })
    case .int64:
      Value(result, integers: zip(operands[0].integers, operands[1].integers).map { function.apply($0, $1) })
    }
  }

  /// Where `maximum` or `minimum` meets a tie, each operand gets half of the derivative, as in PyTorch.
  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    let (a, b) = (operands[0], operands[1])
    guard a.type.element == .float32 else { return [nil, nil] }
    let zero = upstream.filled(with: 0)
    switch function {
    case .add: return [upstream, upstream]
    case .subtract: return [upstream, -upstream]
    case .multiply: return [upstream * b, upstream * a]
    case .divide: return [upstream / b, -(upstream * result / b)]
    case .maximum, .minimum:
      let loses: Comparison = function == .maximum ? .less : .greater
      let shared = select(a, .equal, b, then: upstream * 0.5, else: upstream)
      return [select(a, loses, b, then: zero, else: shared), select(b, loses, a, then: zero, else: shared)]
    case .remainder: return [nil, nil]
    }
  }

  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
    .map(result, operands: 2) { .binary(function, $0[0], $0[1]) }
  }
}
