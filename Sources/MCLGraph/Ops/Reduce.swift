/// The sum or the maximum over some axes, which keep size 1. The maximum passes NaN on.
public struct Reduce: Operation {
  public enum Kind: String, Sendable, CaseIterable { case sum, maximum }

  public static let name = "reduce"
  public let kind: Kind
  public let axes: [Int]

  public init(_ kind: Kind, _ axes: [Int]) {
    self.kind = kind
    self.axes = axes.sorted()
  }

  public init(from attributes: AttributeReader) throws {
    kind = try attributes.choice("kind", Kind.self)
    axes = try attributes.integers("axes")
  }

  public var attributes: [(String, Attribute)] {
    [("kind", .text(kind.rawValue)), ("axes", .integers(axes))]
  }

  public func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(1, operands)
    try expectFloat(operands[0], function: kind.rawValue)
    guard axes.allSatisfy({ operands[0].shape.indices.contains($0) }), Set(axes).count == axes.count else {
      throw ShapeError(
        "\(kind.rawValue) over axes \(axes) of \(operands[0]): name each axis of the tensor once")
    }
    return TensorType(
      .float32, operands[0].shape.enumerated().map { axes.contains($0.offset) ? 1 : $0.element })
  }

  public func evaluate(_ operands: [Value], result: TensorType) -> Value {
    let strides = rowMajorStrides(result.shape).enumerated().map { axes.contains($0.offset) ? 0 : $0.element }
    var elements = [Double](repeating: kind == .sum ? 0 : -.infinity, count: result.count)
    var position = 0
    forEachCoordinate(operands[0].shape) { at in
      let target = zip(at, strides).reduce(0) { $0 + $1.0 * $1.1 }
      let value = operands[0].elements[position]
      switch kind {
      case .sum: elements[target] += value
      case .maximum:
        if value.isNaN || value > elements[target] { elements[target] = value }
      }
      position += 1
    }
    return Value(result, elements)
  }

  /// A maximum shares its derivative evenly among all places that attain it.
  public func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    let x = operands[0]
    switch kind {
    case .sum: return [upstream.broadcast(to: x.shape)]
    case .maximum:
      let ones = x.filled(with: 1)
      let mask = select(x, .equal, result.broadcast(to: x.shape), then: ones, else: x.filled(with: 0))
      return [mask * (upstream / mask.sum(axes)).broadcast(to: x.shape)]
    }
  }

  public func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
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
        reduction: kind == .sum ? .sum : .maximum))
  }
}
