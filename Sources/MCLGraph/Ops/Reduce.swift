/// The sum or the maximum over some axes, which keep size 1. The maximum passes NaN on; a sum of
/// integers wraps modulo 2^64.
package struct Reduce: Operation {
  package enum Kind: String, Sendable, CaseIterable { case sum, maximum }

  package static let name = "reduce"
  package let kind: Kind
  package let axes: [Int]

  package init(_ kind: Kind, _ axes: [Int]) {
    self.kind = kind
    self.axes = axes.sorted()
  }

  package init(from attributes: AttributeReader) throws {
    kind = try attributes.choice("kind", Kind.self)
    axes = try attributes.integers("axes")
  }

  package var attributes: [(String, Attribute)] {
    [("kind", .text(kind.rawValue)), ("axes", .integers(axes))]
  }

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(1, operands)
    guard axes.allSatisfy({ operands[0].shape.indices.contains($0) }), Set(axes).count == axes.count else {
      throw ShapeError(
        "\(kind.rawValue) over axes \(axes) of \(operands[0]): name each axis of the tensor once")
    }
    return TensorType(
      operands[0].element, operands[0].shape.enumerated().map { axes.contains($0.offset) ? 1 : $0.element })
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value {
    let strides = rowMajorStrides(result.shape).enumerated().map { axes.contains($0.offset) ? 0 : $0.element }
    let targets = flatPositions(operands[0].shape, strides: strides)
    func reduced<Number>(_ values: [Number], from start: Number, _ join: (Number, Number) -> Number)
      -> [Number]
    {
      var results = [Number](repeating: start, count: result.count)
      for (target, value) in zip(targets, values) { results[target] = join(results[target], value) }
      return results
    }
    switch (result.element, kind) {
    case (.float32, .sum): return Value(result, reduced(operands[0].elements, from: 0, +))
    case (.float32, .maximum):
      return Value(
        result, reduced(operands[0].elements, from: -.infinity) { $1.isNaN || $1 > $0 ? $1 : $0 })
    case (.int64, .sum): return Value(result, integers: reduced(operands[0].integers, from: 0, &+))
    case (.int64, .maximum):
      return Value(result, integers: reduced(operands[0].integers, from: .min) { max($0, $1) })
    }
  }

  /// A maximum shares its derivative evenly among all places that attain it.
  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    let x = operands[0]
    guard x.type.element == .float32 else { return [nil] }
    switch kind {
    case .sum: return [upstream.broadcast(to: x.shape)]
    case .maximum:
      let ones = x.filled(with: 1)
      let mask = select(x, .equal, result.broadcast(to: x.shape), then: ones, else: x.filled(with: 0))
      return [mask * (upstream / mask.sum(axes)).broadcast(to: x.shape)]
    }
  }

  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
    let shape = operands[0].shape
    let kept = shape.indices.filter { !axes.contains($0) }
    // Output axes keep their place with size 1 where reduced, so that the result's shape is the output shape.
    let space = result.shape + axes.map { shape[$0] }
    let indices = shape.indices.map { axis -> AffineIndex in
      kept.contains(axis)
        ? .axis(axis, of: space.count, extent: shape[axis])
        : .axis(shape.count + (axes.firstIndex(of: axis) ?? 0), of: space.count, extent: shape[axis])
    }
    return .comprehension(
      Comprehension(
        axes: space, outputRank: shape.count, accesses: [Access(operand: 0, indices)], body: .load(0),
        reduction: kind == .sum ? .sum : .maximum, element: result.element))
  }
}
