/// The same elements in the same order under another shape.
package struct Reshape: Operation {
  package static let name = "reshape"
  package let shape: [Int]

  package init(to shape: [Int]) { self.shape = shape }
  package init(from attributes: AttributeReader) throws { shape = try attributes.integers("shape") }
  package var attributes: [(String, Attribute)] { [("shape", .integers(shape))] }

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(1, operands)
    let type = try checkedLeafType(TensorType(operands[0].element, shape), "reshape")
    guard type.count == operands[0].count else {
      throw ShapeError("reshape of \(operands[0]) to \(shape): the number of elements must stay")
    }
    return type
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value {
    operands[0].with(result)
  }
  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    [upstream.reshaped(operands[0].shape)]
  }
  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering { .reinterpret }
}

/// Axes in another order: axis i of the result is axis `permutation[i]` of the operand.
package struct Transpose: Operation {
  package static let name = "transpose"
  package let permutation: [Int]

  package init(_ permutation: [Int]) { self.permutation = permutation }
  package init(from attributes: AttributeReader) throws {
    permutation = try attributes.integers("permutation")
  }
  package var attributes: [(String, Attribute)] { [("permutation", .integers(permutation))] }

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(1, operands)
    guard permutation.sorted() == Array(operands[0].shape.indices) else {
      throw ShapeError("transpose of \(operands[0]) by \(permutation): name every axis once")
    }
    return TensorType(operands[0].element, permutation.map { operands[0].shape[$0] })
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value {
    let source = rowMajorStrides(operands[0].shape)
    let strides = permutation.map { source[$0] }
    return operands[0].gathered(result, at: flatPositions(result.shape, strides: strides))
  }

  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    var inverse = permutation
    for (to, from) in permutation.enumerated() { inverse[from] = to }
    return [upstream.transposed(inverse)]
  }

  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
    var indices = [AffineIndex?](repeating: nil, count: permutation.count)
    for (to, from) in permutation.enumerated() {
      indices[from] = .axis(to, of: permutation.count, extent: result.shape[to])
    }
    return .comprehension(
      Comprehension(
        axes: result.shape, accesses: [Access(operand: 0, indices.compactMap { $0 })], body: .load(0),
        element: result.element))
  }
}

/// The part `start ..< end` along one axis.
package struct Slice: Operation {
  package static let name = "slice"
  package let axis: Int
  package let start: Int
  package let end: Int

  package init(axis: Int, start: Int, end: Int) {
    self.axis = axis
    self.start = start
    self.end = end
  }

  package init(from attributes: AttributeReader) throws {
    axis = try attributes.integer("axis")
    start = try attributes.integer("start")
    end = try attributes.integer("end")
  }

  package var attributes: [(String, Attribute)] {
    [("axis", .integer(axis)), ("start", .integer(start)), ("end", .integer(end))]
  }

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(1, operands)
    var type = operands[0]
    guard type.shape.indices.contains(axis), start >= 0, start < end, end <= type.shape[axis] else {
      throw ShapeError("slice \(start)..<\(end) along axis \(axis) of \(type): it must lie inside")
    }
    type.shape[axis] = end - start
    return type
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value {
    let strides = rowMajorStrides(operands[0].shape)
    return operands[0].gathered(
      result, at: flatPositions(result.shape, strides: strides, start: start * strides[axis]))
  }

  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    [upstream.padded(axis: axis, before: start, after: operands[0].shape[axis] - end)]
  }

  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
    var access = Access.identity(operand: 0, shape: operands[0].shape, rank: result.rank)
    access.indices[axis].offset = start
    return .comprehension(
      Comprehension(axes: result.shape, accesses: [access], body: .load(0), element: result.element))
  }
}

/// Zeros before and after along one axis: the adjoint of a slice.
package struct Pad: Operation {
  package static let name = "pad"
  package let axis: Int
  package let before: Int
  package let after: Int

  package init(axis: Int, before: Int, after: Int) {
    self.axis = axis
    self.before = before
    self.after = after
  }

  package init(from attributes: AttributeReader) throws {
    axis = try attributes.integer("axis")
    before = try attributes.integer("before")
    after = try attributes.integer("after")
  }

  package var attributes: [(String, Attribute)] {
    [("axis", .integer(axis)), ("before", .integer(before)), ("after", .integer(after))]
  }

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(1, operands)
    var type = operands[0]
    guard type.shape.indices.contains(axis) else {
      throw ShapeError("pad along axis \(axis) of \(type), which has no such axis")
    }
    guard before >= 0, after >= 0, before < 1 << 40, after < 1 << 40 else {
      throw ShapeError("pad by \(before) and \(after) along axis \(axis) of \(type): neither may be negative")
    }
    type.shape[axis] += before + after
    return try checkedLeafType(type, "pad")
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value {
    let strides = rowMajorStrides(result.shape)
    let targets = flatPositions(operands[0].shape, strides: strides, start: before * strides[axis])
    var positions = [Int](repeating: -1, count: result.count)
    for (position, target) in targets.enumerated() { positions[target] = position }
    return operands[0].gathered(result, at: positions)
  }

  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    [upstream.sliced(axis: axis, before..<(before + operands[0].shape[axis]))]
  }

  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
    var access = Access.identity(operand: 0, shape: operands[0].shape, rank: result.rank)
    access.indices[axis].offset = -before
    return .comprehension(
      Comprehension(axes: result.shape, accesses: [access], body: .load(0), element: result.element))
  }
}
