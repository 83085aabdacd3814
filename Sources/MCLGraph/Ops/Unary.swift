/// An elementary function applied to every element.
package struct Unary: Operation {
  package static let name = "unary"
  package let function: UnaryFunction

  package init(_ function: UnaryFunction) { self.function = function }
  package init(from attributes: AttributeReader) throws {
    function = try attributes.choice("function", UnaryFunction.self)
  }
  package var attributes: [(String, Attribute)] { [("function", .text(function.rawValue))] }

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(1, operands)
    if !function.takesIntegers { try expectFloat(operands[0], function: function.rawValue) }
    return operands[0]
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value {
    switch result.element {
    case .float32: Value(result, operands[0].elements.map { function.apply($0) })
    case .int64: Value(result, integers: operands[0].integers.map { function.apply($0) })
    }
  }

  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    let x = operands[0]
    guard x.type.element == .float32 else { return [nil] }
    switch function {
    case .negate: return [-upstream]
    case .absolute:  // 0 at 0, as PyTorch has it
      let zero = upstream.filled(with: 0)
      let positive = select(x, .greater, 0, then: upstream, else: zero)
      return [select(x, .less, 0, then: -upstream, else: positive)]
    case .exponential: return [upstream * result]
    case .logarithm: return [upstream / x]
    case .squareRoot: return [upstream * 0.5 / result]
    case .reciprocal: return [-(upstream * result * result)]
    }
  }

  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
    .map(result, operands: 1) { .unary(function, $0[0]) }
  }
}

extension Lowering {
  /// A pointwise function of operands that all have the result's shape.
  static func map(
    _ result: TensorType, operands: Int, _ body: ([ScalarExpression]) -> ScalarExpression
  ) -> Lowering {
    let accesses = (0..<operands).map {
      Access.identity(operand: $0, shape: result.shape, rank: result.rank)
    }
    return .comprehension(
      Comprehension(
        axes: result.shape, accesses: accesses, body: body((0..<operands).map { .load($0) }),
        element: result.element))
  }
}
