/// What the system knows of one kind of computation. An open set: a new operation is one file in `Ops/` and one
/// line in `OperationRegistry`.
package protocol Operation: Sendable {
  /// The name in the text form.
  static var name: String { get }

  /// Reads the properties back from the text form.
  init(from attributes: AttributeReader) throws

  /// The properties in the order in which the text form shows them; two operations with the same name and
  /// attributes are the same function.
  var attributes: [(String, Attribute)] { get }

  /// The type of the result, or a `ShapeError` in one sentence.
  func infer(_ operands: [TensorType]) throws -> TensorType

  /// The definition, floats in Double and integers exactly, by naive loops; shares nothing with `lower`.
  func evaluate(_ operands: [Value], result: TensorType) -> Value

  /// The derivative with respect to each operand, given that of the result; nil where there is none. It is made of
  /// operations, so it can be differentiated again.
  func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?]

  /// What the compiler makes of it.
  func lower(_ operands: [Tensor], result: TensorType) -> Lowering
}

extension Operation {
  package var name: String { Self.name }
  package var attributes: [(String, Attribute)] { [] }

  /// Throws unless there are exactly `count` operands.
  func expect(_ count: Int, _ operands: [TensorType]) throws {
    guard operands.count == count else {
      throw ShapeError("\(name) takes \(count) operand\(count == 1 ? "" : "s"), not \(operands.count)")
    }
  }

  /// Throws unless the type's elements are `float32`.
  func expectFloat(_ types: TensorType..., function: String? = nil) throws {
    for type in types where type.element != .float32 {
      throw ShapeError("\(function ?? name) takes f32 elements, not \(type); convert it first")
    }
  }
}
