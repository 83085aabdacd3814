/// The windows of a 3-D pooling; triples are in the order [T, H, W]. Padding never wins.
package struct PoolGeometry: Sendable, Hashable {
  package var kernel: [Int]
  package var stride: [Int]
  package var padding: [Int]

  package init(kernel: [Int], stride: [Int], padding: [Int]) {
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
  }

  init(from attributes: AttributeReader) throws {
    kernel = try attributes.integers("kernel")
    stride = try attributes.integers("stride")
    padding = try attributes.integers("padding")
  }

  var attributes: [(String, Attribute)] {
    [("kernel", .integers(kernel)), ("stride", .integers(stride)), ("padding", .integers(padding))]
  }

  func output(_ input: TensorType) throws -> [Int] {
    guard input.rank == 5, kernel.count == 3, stride.count == 3, padding.count == 3,
      kernel.allSatisfy({ (1...1 << 20).contains($0) }), stride.allSatisfy({ (1...1 << 20).contains($0) }),
      zip(padding, kernel).allSatisfy({ $0 >= 0 && $0 <= $1 / 2 })
    else {
      throw ShapeError(
        "pooling takes [N, C, T, H, W] with three kernel sizes and strides, and padding of at most half the kernel; "
          + "it has \(input), kernel \(kernel), stride \(stride), padding \(padding)")
    }
    let size = try ConvolutionGeometry(stride: stride, padding: padding)
      .outputSize(input.shape.dropFirst(2), kernel: kernel[...])
    return Array(input.shape.prefix(2)) + size
  }

  /// Calls `body(input position, window position, output position)` for every tap that lies inside.
  func forEachTap(input: [Int], output: [Int], _ body: (_ x: Int, _ tap: Int, _ y: Int) -> Void) {
    for plane in 0..<output[0] * output[1] {
      for t in 0..<output[2] {
        for h in 0..<output[3] {
          for w in 0..<output[4] {
            let y = ((plane * output[2] + t) * output[3] + h) * output[4] + w
            for kt in 0..<kernel[0] {
              for kh in 0..<kernel[1] {
                for kw in 0..<kernel[2] {
                  let it = t * stride[0] + kt - padding[0]
                  let ih = h * stride[1] + kh - padding[1]
                  let iw = w * stride[2] + kw - padding[2]
                  guard it >= 0, it < input[2], ih >= 0, ih < input[3], iw >= 0, iw < input[4] else {
                    continue
                  }
                  body(
                    ((plane * input[2] + it) * input[3] + ih) * input[4] + iw,
                    (kt * kernel[1] + kh) * kernel[2] + kw, y)
                }
              }
            }
          }
        }
      }
    }
  }

  /// The windowed read of the input over the axes n, c, t, h, w, kt, kh, kw.
  func windowAccess(_ operand: Int, input: [Int], fill: Double) -> Access {
    let windows = (0..<3).map { i -> AffineIndex in
      var index = AffineIndex([Int](repeating: 0, count: 8), offset: -padding[i], extent: input[2 + i])
      index.coefficients[2 + i] = stride[i]
      index.coefficients[5 + i] = 1
      return index
    }
    return Access(
      operand: operand,
      [.axis(0, of: 8, extent: input[0]), .axis(1, of: 8, extent: input[1])] + windows, fill: fill)
  }

  /// The row-major position of the first tap of a window that lies inside, at the axes n, c, t, h, w.
  var firstTapInside: ScalarExpression {
    let first = (0..<3).map { i -> ScalarExpression in
      let start = .integer(padding[i]) - .index(2 + i) * .integer(stride[i])
      return .binary(.maximum, start, .integer(0))
    }
    return (first[0] * .integer(kernel[1] * kernel[2])) + (first[1] * .integer(kernel[2]))
      + first[2]
  }

  /// The row-major window position at the axes kt, kh, kw.
  var tapExpression: ScalarExpression {
    (.index(5) * .integer(kernel[1] * kernel[2])) + (.index(6) * .integer(kernel[2]))
      + .index(7)
  }
}

/// The largest value of each window; NaN wins, then the first of equals. x [N, C, T, H, W].
package struct MaxPool: Operation {
  package static let name = "max_pool"
  package let geometry: PoolGeometry

  package init(_ geometry: PoolGeometry) { self.geometry = geometry }
  package init(from attributes: AttributeReader) throws { geometry = try PoolGeometry(from: attributes) }
  package var attributes: [(String, Attribute)] { geometry.attributes }

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(1, operands)
    try expectFloat(operands[0])
    return TensorType(.float32, try geometry.output(operands[0]))
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value {
    let elements = operands[0].elements
    var best = [Double](repeating: -.infinity, count: result.count)
    geometry.forEachTap(input: operands[0].shape, output: result.shape) { x, _, y in
      let value = elements[x]
      if value.isNaN || value > best[y] { best[y] = value }
    }
    return Value(result, best)
  }

  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    let positions = Tensor(MaxPoolPosition(geometry), operands, path: result.path)
    return [
      Tensor(
        WindowScatter(geometry, size: Array(operands[0].shape.dropFirst(2))), [upstream, positions],
        path: result.path)
    ]
  }

  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
    .comprehension(
      Comprehension(
        axes: result.shape + geometry.kernel, outputRank: 5,
        accesses: [geometry.windowAccess(0, input: operands[0].shape, fill: -.infinity)], body: .load(0),
        reduction: .maximum))
  }
}

/// Where in its window the largest value stands: the row-major position, i64.
package struct MaxPoolPosition: Operation {
  package static let name = "max_pool_position"
  package let geometry: PoolGeometry

  package init(_ geometry: PoolGeometry) { self.geometry = geometry }
  package init(from attributes: AttributeReader) throws { geometry = try PoolGeometry(from: attributes) }
  package var attributes: [(String, Attribute)] { geometry.attributes }

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(1, operands)
    try expectFloat(operands[0])
    return TensorType(.int64, try geometry.output(operands[0]))
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value {
    let elements = operands[0].elements
    var best = [Double](repeating: -.infinity, count: result.count)
    var position = [Int64](repeating: -1, count: result.count)
    geometry.forEachTap(input: operands[0].shape, output: result.shape) { x, tap, y in
      let value = elements[x]
      guard !best[y].isNaN, value.isNaN || value > best[y] || position[y] < 0 else { return }
      best[y] = value
      position[y] = Int64(tap)
    }
    return Value(result, integers: position)
  }

  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] { [nil] }

  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
    // Where all values are -infinity, so is the padding: the first place inside is then meant.
    let epilogue: ScalarExpression =
      geometry.padding == [0, 0, 0]
      ? .accumulator : .binary(.maximum, .accumulator, geometry.firstTapInside)
    return .comprehension(
      Comprehension(
        axes: result.shape + geometry.kernel, outputRank: 5,
        accesses: [geometry.windowAccess(0, input: operands[0].shape, fill: -.infinity)], body: .load(0),
        reduction: .firstMaximumPosition, epilogue: epilogue, element: .int64))
  }
}

/// Adds each value to the place in its window that `positions` names: the adjoint of `WindowGather`.
/// Operands: values and i64 positions, both [N, C] + output size; result [N, C] + size.
package struct WindowScatter: Operation {
  package static let name = "window_scatter"
  package let geometry: PoolGeometry
  package let size: [Int]

  package init(_ geometry: PoolGeometry, size: [Int]) {
    self.geometry = geometry
    self.size = size
  }

  package init(from attributes: AttributeReader) throws {
    geometry = try PoolGeometry(from: attributes)
    size = try attributes.integers("size")
  }

  package var attributes: [(String, Attribute)] { geometry.attributes + [("size", .integers(size))] }

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(2, operands)
    try expectFloat(operands[0])
    let input = try checkedLeafType(TensorType(.float32, operands[0].shape.prefix(2) + size), Self.name)
    let output = try geometry.output(input)
    guard operands[0].shape == output, operands[1] == TensorType(.int64, output) else {
      throw ShapeError("\(Self.name) to \(size) takes values and i64 positions \(output), not \(operands)")
    }
    return input
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value {
    let (values, positions) = (operands[0].elements, operands[1].integers)
    var sums = [Double](repeating: 0, count: result.count)
    geometry.forEachTap(input: result.shape, output: operands[0].shape) { x, tap, y in
      if positions[y] == tap { sums[x] += values[y] }
    }
    return Value(result, sums)
  }

  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    [Tensor(WindowGather(geometry), [upstream, operands[1]], path: result.path), nil]
  }

  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
    let output = operands[0].shape
    func access(_ operand: Int, fill: Double) -> Access {
      let windows = (0..<3).map { i -> AffineIndex in
        var index = AffineIndex(
          [Int](repeating: 0, count: 8), offset: geometry.padding[i], divisor: geometry.stride[i],
          extent: output[2 + i])
        index.coefficients[2 + i] = 1
        index.coefficients[5 + i] = -1
        return index
      }
      return Access(
        operand: operand, [.axis(0, of: 8, extent: output[0]), .axis(1, of: 8, extent: output[1])] + windows,
        fill: fill)
    }
    return .comprehension(
      Comprehension(
        axes: result.shape + geometry.kernel, outputRank: 5,
        accesses: [access(0, fill: 0), access(1, fill: -1)],
        body: .select(.equal, .load(1), geometry.tapExpression, then: .load(0), else: .constant(0)),
        reduction: .sum))
  }
}

/// Reads from each window the place that `positions` names. Operands: x [N, C] + size, i64 positions.
package struct WindowGather: Operation {
  package static let name = "window_gather"
  package let geometry: PoolGeometry

  package init(_ geometry: PoolGeometry) { self.geometry = geometry }
  package init(from attributes: AttributeReader) throws { geometry = try PoolGeometry(from: attributes) }
  package var attributes: [(String, Attribute)] { geometry.attributes }

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(2, operands)
    try expectFloat(operands[0])
    let output = try geometry.output(operands[0])
    guard operands[1] == TensorType(.int64, output) else {
      throw ShapeError("\(Self.name) of \(operands[0]) takes i64 positions \(output), not \(operands[1])")
    }
    return TensorType(.float32, output)
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value {
    let (elements, positions) = (operands[0].elements, operands[1].integers)
    var values = [Double](repeating: 0, count: result.count)
    geometry.forEachTap(input: operands[0].shape, output: result.shape) { x, tap, y in
      if positions[y] == tap { values[y] += elements[x] }
    }
    return Value(result, values)
  }

  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    [
      Tensor(
        WindowScatter(geometry, size: Array(operands[0].shape.dropFirst(2))), [upstream, operands[1]],
        path: result.path), nil,
    ]
  }

  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
    let positions = Access.identity(operand: 1, shape: result.shape, rank: 8)
    return .comprehension(
      Comprehension(
        axes: result.shape + geometry.kernel, outputRank: 5,
        accesses: [geometry.windowAccess(0, input: operands[0].shape, fill: 0), positions],
        body: .select(.equal, .load(1), geometry.tapExpression, then: .load(0), else: .constant(0)),
        reduction: .sum))
  }
}
