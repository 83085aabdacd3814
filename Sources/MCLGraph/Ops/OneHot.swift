/// A new last axis of size `classes`: 1 at the position that the i64 label names, 0 elsewhere; zeros alone where the
/// label is negative or not below `classes`.
package struct OneHot: Operation {
  package static let name = "one_hot"
  package let classes: Int

  package init(classes: Int) { self.classes = classes }
  package init(from attributes: AttributeReader) throws { classes = try attributes.integer("classes") }
  package var attributes: [(String, Attribute)] { [("classes", .integer(classes))] }

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(1, operands)
    guard operands[0].element == .int64 else {
      throw ShapeError("one_hot takes i64 labels, not \(operands[0])")
    }
    return try checkedLeafType(TensorType(.float32, operands[0].shape + [classes]), "one_hot")
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value {
    Value(result, operands[0].integers.flatMap { label in (0..<classes).map { $0 == label ? 1 : 0 } })
  }

  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] { [nil] }

  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
    .comprehension(
      Comprehension(
        axes: result.shape,
        accesses: [.identity(operand: 0, shape: operands[0].shape, rank: result.rank)],
        body: .select(
          .equal, .index(result.rank - 1), .load(0), then: .constant(1), else: .constant(0))))
  }
}
