import MCLGraph

/// A comprehension as an operation: what every computing entry is after lowering, and what fusion makes larger.
public struct Compute: Operation {
  public static let name = "compute"
  public let comprehension: Comprehension
  public let shape: [Int]

  public init(_ comprehension: Comprehension, shape: [Int]) {
    self.comprehension = comprehension
    self.shape = shape
  }

  public init(from attributes: AttributeReader) throws {
    throw ShapeError("compute stands only in compiled graphs, which are not read back")
  }

  public var attributes: [(String, Attribute)] {
    [
      ("axes", .integers(comprehension.axes)), ("shape", .integers(shape)),
      ("rule", .text(comprehension.text)),
    ]
  }

  public func infer(_ operands: [TensorType]) throws -> TensorType {
    for access in comprehension.accesses {
      guard operands.indices.contains(access.operand),
        access.indices.map(\.extent).reduce(1, *) == operands[access.operand].count
      else { throw ShapeError("an access of a computation does not fit its operand") }
    }
    guard shape.reduce(1, *) == comprehension.outputCount else {
      throw ShapeError("a computation of \(comprehension.outputShape) cannot have the shape \(shape)")
    }
    return TensorType(comprehension.element, shape)
  }

  public func evaluate(_ operands: [Value], result: TensorType) -> Value {
    Value(result, comprehension.evaluate(operands))
  }

  /// None: differentiation is over.
  public func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    operands.map { _ in nil }
  }

  public func lower(_ operands: [Tensor], result: TensorType) -> Lowering { .comprehension(comprehension) }
}
