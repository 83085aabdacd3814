/// Tensors one after the other along one axis.
package struct Concatenate: Operation {
  package static let name = "concatenate"
  package let axis: Int

  package init(axis: Int) { self.axis = axis }
  package init(from attributes: AttributeReader) throws { axis = try attributes.integer("axis") }
  package var attributes: [(String, Attribute)] { [("axis", .integer(axis))] }

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    guard var type = operands.first else { throw ShapeError("concatenate needs at least one operand") }
    guard type.shape.indices.contains(axis) else {
      throw ShapeError("concatenate along axis \(axis) of \(type), which has no such axis")
    }
    for operand in operands.dropFirst() {
      var expected = type
      guard operand.rank == type.rank else {
        throw ShapeError("concatenate of \(type) and \(operand): the ranks must agree; reshape one")
      }
      guard operand.element == type.element else {
        throw ShapeError("concatenate of \(type) and \(operand): the element types must agree; convert one")
      }
      expected.shape[axis] = operand.shape[axis]
      guard operand == expected else {
        throw ShapeError("concatenate of \(type) and \(operand): only axis \(axis) may differ")
      }
      type.shape[axis] += operand.shape[axis]
    }
    return type
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value {
    let inner = result.shape.dropFirst(axis + 1).reduce(1, *)
    let outer = result.shape.prefix(axis).reduce(1, *)
    var positions: [Int] = []
    positions.reserveCapacity(result.count)
    for o in 0..<outer {
      var start = 0
      for operand in operands {
        let run = operand.shape[axis] * inner
        positions += (start + o * run)..<(start + (o + 1) * run)
        start += operand.count
      }
    }
    return Value.joined(operands).gathered(result, at: positions)
  }

  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    var start = 0
    return operands.map { operand in
      defer { start += operand.shape[axis] }
      return upstream.sliced(axis: axis, start..<(start + operand.shape[axis]))
    }
  }

  /// With more operands than this, it is a concatenation of concatenations: at every point all operands are looked at.
  static let mostOperands = 16

  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
    guard operands.count <= Self.mostOperands else {
      let starts = stride(from: 0, to: operands.count, by: Self.mostOperands)
      let parts = starts.map {
        concatenate(Array(operands[$0..<min($0 + Self.mostOperands, operands.count)]), axis: axis)
      }
      return .composite(concatenate(parts, axis: axis))
    }
    var accesses: [Access] = []
    var starts: [Int] = []
    var start = 0
    for (position, operand) in operands.enumerated() {
      var access = Access.identity(operand: position, shape: operand.shape, rank: result.rank)
      access.indices[axis].offset = -start
      accesses.append(access)
      starts.append(start)
      start += operand.shape[axis]
    }
    var body = ScalarExpression.load(0)
    for position in operands.indices.dropFirst() {
      body = .select(
        .less, .index(axis), .integer(starts[position]), then: body, else: .load(position))
    }
    return .comprehension(
      Comprehension(axes: result.shape, accesses: accesses, body: body, element: result.element))
  }
}
