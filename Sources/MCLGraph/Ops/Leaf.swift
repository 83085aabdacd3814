/// Storage that the outside fills: it has no operands and nothing to compute.
package protocol Leaf: Operation {
  var leafName: String { get }
  var role: LeafRole { get }
}

package enum LeafRole: String, Sendable { case input, state }

extension Leaf {
  package func evaluate(_ operands: [Value], result: TensorType) -> Value { Value(result, repeating: .nan) }
  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] { [] }
  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering { .leaf }
}

/// A value the caller gives at every run.
package struct InputLeaf: Leaf {
  package static let name = "input"
  package let leafName: String
  package let type: TensorType
  package var role: LeafRole { .input }

  package init(name: String, type: TensorType) {
    leafName = name
    self.type = type
  }

  package init(from attributes: AttributeReader) throws {
    leafName = try attributes.text("name")
    type = try TensorType(attributes.choice("element", ElementType.self), attributes.integers("shape"))
  }

  package var attributes: [(String, Attribute)] {
    [("name", .text(leafName)), ("element", .text(type.element.rawValue)), ("shape", .integers(type.shape))]
  }

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(0, operands)
    return try checkedLeafType(type, leafName)
  }
}

/// The value of a state before the run.
package struct StateLeaf: Leaf {
  package static let name = "state"
  package let leafName: String
  package let type: TensorType
  package var role: LeafRole { .state }

  package init(name: String, type: TensorType) {
    leafName = name
    self.type = type
  }

  package init(from attributes: AttributeReader) throws {
    leafName = try attributes.text("name")
    type = try TensorType(attributes.choice("element", ElementType.self), attributes.integers("shape"))
  }

  package var attributes: [(String, Attribute)] {
    [("name", .text(leafName)), ("element", .text(type.element.rawValue)), ("shape", .integers(type.shape))]
  }

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(0, operands)
    return try checkedLeafType(type, leafName)
  }
}

/// The largest number of elements a tensor may have: more is a mistake, not a model.
package let maximumElementCount = 1 << 40

func checkedLeafType(_ type: TensorType, _ name: String) throws -> TensorType {
  var count = 1
  for size in type.shape {
    guard size > 0 else {
      throw ShapeError("'\(name)' has the shape \(type.shape); every size must be at least 1")
    }
    let (product, overflow) = count.multipliedReportingOverflow(by: size)
    guard !overflow, product <= maximumElementCount else {
      throw ShapeError("'\(name)' has the shape \(type.shape), which is more elements than any memory holds")
    }
    count = product
  }
  return type
}

/// One number everywhere.
package struct Constant: Operation {
  package static let name = "constant"
  package let number: Scalar
  package let type: TensorType

  package init(_ number: Scalar, _ type: TensorType) {
    self.number = number.held(by: type.element)
    self.type = type
  }

  package init(value: Double, shape: [Int], element: ElementType = .float32) {
    self.init(.float(value), TensorType(element, shape))
  }

  /// The number in Double: the nearest one where an integer has none of its own.
  package var value: Double { number.double }

  package init(from attributes: AttributeReader) throws {
    type = try TensorType(attributes.choice("element", ElementType.self), attributes.integers("shape"))
    number = try attributes.scalar("value", type.element)
  }

  package var attributes: [(String, Attribute)] {
    let value: Attribute =
      switch number {
      case .float(let number): .number(number)
      case .integer(let number): .integer(Int(number))
      }
    return [("value", value), ("element", .text(type.element.rawValue)), ("shape", .integers(type.shape))]
  }

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(0, operands)
    try number.check(type.element)
    return try checkedLeafType(type, "constant")
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value {
    Value(result, filledWith: number)
  }
  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] { [] }
  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
    let body: ScalarExpression =
      switch number {
      case .float(let number): .constant(number)
      case .integer(let number): .integer(Int(number))
      }
    return .comprehension(
      Comprehension(axes: result.shape, accesses: [], body: body, element: result.element))
  }
}
