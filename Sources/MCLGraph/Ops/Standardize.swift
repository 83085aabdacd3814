/// `(x - mean) / sqrt(variance + epsilon)`, mean and biased variance over `axes`: batch normalisation in training
/// mode without its scale and shift (Ioffe and Szegedy 2015).
///
/// One operation rather than a formula because its derivative needs two reductions where differentiating the
/// formula would take more; the derivative is made of operations, so the second one comes free.
package struct Standardize: Operation {
  package static let name = "standardize"
  package let axes: [Int]
  package let epsilon: Double

  package init(axes: [Int], epsilon: Double) {
    self.axes = axes.sorted()
    self.epsilon = epsilon
  }

  package init(from attributes: AttributeReader) throws {
    axes = try attributes.integers("axes")
    epsilon = try attributes.number("epsilon")
  }

  package var attributes: [(String, Attribute)] {
    [("axes", .integers(axes)), ("epsilon", .number(epsilon))]
  }

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expectMoments(operands, over: axes)
    return operands[0]
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value {
    let moments = Moments(operands[0], axes: axes)
    return Value(
      result,
      zip(operands[0].elements, moments.groups).map { value, group in
        (value - moments.mean[group])
          / (moments.variance[group] + epsilon).squareRoot()
      })
  }

  /// `dx = r (dy - mean(dy) - y mean(dy y))` with `r = 1 / sqrt(variance + epsilon)` and y the result.
  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    let shape = result.shape
    let deviation = Tensor(ReciprocalDeviation(axes: axes, epsilon: epsilon), operands, path: result.path)
    let average = upstream.mean(axes).broadcast(to: shape)
    let projection = (upstream * result).mean(axes).broadcast(to: shape)
    return [deviation.broadcast(to: shape) * (upstream - average - result * projection)]
  }

  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
    let x = operands[0]
    let mean = x.mean(axes).broadcast(to: x.shape)
    let deviation = Tensor(ReciprocalDeviation(axes: axes, epsilon: epsilon), operands)
    return .composite((x - mean) * deviation.broadcast(to: x.shape))
  }
}

/// `1 / sqrt(variance + epsilon)` over `axes`, which keep size 1.
package struct ReciprocalDeviation: Operation {
  package static let name = "reciprocal_deviation"
  package let axes: [Int]
  package let epsilon: Double

  package init(axes: [Int], epsilon: Double) {
    self.axes = axes.sorted()
    self.epsilon = epsilon
  }

  package init(from attributes: AttributeReader) throws {
    axes = try attributes.integers("axes")
    epsilon = try attributes.number("epsilon")
  }

  package var attributes: [(String, Attribute)] {
    [("axes", .integers(axes)), ("epsilon", .number(epsilon))]
  }

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expectMoments(operands, over: axes)
    return try Reduce(.sum, axes).infer(operands)
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value {
    let moments = Moments(operands[0], axes: axes)
    return Value(result, moments.variance.map { 1 / ($0 + epsilon).squareRoot() })
  }

  /// `dx = -r^2 y / n x upstream` with y the standardised operand and n the number of values averaged.
  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    let x = operands[0]
    let n = axes.map { x.shape[$0] }.reduce(1, *)
    let standardized = Tensor(Standardize(axes: axes, epsilon: epsilon), operands, path: result.path)
    let scale = upstream * result * result * (-1 / Double(n))
    return [scale.broadcast(to: x.shape) * standardized]
  }

  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
    .composite((operands[0].variance(axes) + epsilon).squareRoot().reciprocal())
  }
}

extension Operation {
  /// Throws unless there is one float operand that has these axes.
  fileprivate func expectMoments(_ operands: [TensorType], over axes: [Int]) throws {
    try expect(1, operands)
    try expectFloat(operands[0])
    guard axes.allSatisfy({ operands[0].shape.indices.contains($0) }), Set(axes).count == axes.count else {
      throw ShapeError("\(name) over axes \(axes) of \(operands[0]): name each axis of the tensor once")
    }
  }
}

/// Mean and biased variance of each group of values, in two passes.
private struct Moments {
  /// For every element, the group it belongs to.
  var groups: [Int] = []
  var mean: [Double]
  var variance: [Double]

  init(_ value: Value, axes: [Int]) {
    let kept = value.shape.enumerated().map { axes.contains($0.offset) ? 1 : $0.element }
    let strides = rowMajorStrides(kept).enumerated().map { axes.contains($0.offset) ? 0 : $0.element }
    let count = kept.reduce(1, *)
    let n = Double(value.count / Swift.max(count, 1))
    groups.reserveCapacity(value.count)
    var groups: [Int] = []
    forEachCoordinate(value.shape) { at in groups.append(zip(at, strides).reduce(0) { $0 + $1.0 * $1.1 }) }
    mean = [Double](repeating: 0, count: count)
    variance = mean
    for (group, element) in zip(groups, value.elements) { mean[group] += element / n }
    for (group, element) in zip(groups, value.elements) {
      variance[group] += (element - mean[group]) * (element - mean[group]) / n
    }
    self.groups = groups
  }
}
