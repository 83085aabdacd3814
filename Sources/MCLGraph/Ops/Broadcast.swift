/// Repeats a tensor along axes where its size is 1; the rank stays.
package struct Broadcast: Operation {
  package static let name = "broadcast"
  package let shape: [Int]

  package init(to shape: [Int]) { self.shape = shape }
  package init(from attributes: AttributeReader) throws { shape = try attributes.integers("shape") }
  package var attributes: [(String, Attribute)] { [("shape", .integers(shape))] }

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(1, operands)
    let source = operands[0].shape
    guard source.count == shape.count, zip(source, shape).allSatisfy({ $0 == $1 || $0 == 1 }) else {
      throw ShapeError(
        "broadcast of \(operands[0]) to \(shape): the rank must agree and each size be equal or 1")
    }
    return try checkedLeafType(TensorType(operands[0].element, shape), "broadcast")
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value {
    let source = operands[0]
    let strides = zip(rowMajorStrides(source.shape), source.shape).map { $1 == 1 ? 0 : $0 }
    return source.gathered(result, at: flatPositions(shape, strides: strides))
  }

  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    let source = operands[0].shape
    let axes = shape.indices.filter { source[$0] == 1 && shape[$0] != 1 }
    return [axes.isEmpty ? upstream : upstream.sum(axes)]
  }

  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
    let source = operands[0].shape
    let indices = shape.indices.map { axis in
      source[axis] == 1
        ? AffineIndex([Int](repeating: 0, count: shape.count), extent: 1)
        : AffineIndex.axis(axis, of: shape.count, extent: source[axis])
    }
    return .comprehension(
      Comprehension(
        axes: shape, accesses: [Access(operand: 0, indices)], body: .load(0), element: result.element))
  }
}
