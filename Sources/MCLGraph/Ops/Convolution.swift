/// The geometry that a 3-D convolution and its two gradients share; triples are in the order [T, H, W].
package struct ConvolutionGeometry: Sendable, Hashable {
  package var stride: [Int]
  package var padding: [Int]
  package var dilation: [Int]
  package var groups: Int

  package init(
    stride: [Int] = [1, 1, 1], padding: [Int] = [0, 0, 0], dilation: [Int] = [1, 1, 1], groups: Int = 1
  ) {
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
  }

  init(from attributes: AttributeReader) throws {
    stride = try attributes.integers("stride")
    padding = try attributes.integers("padding")
    dilation = try attributes.integers("dilation")
    groups = try attributes.integer("groups")
  }

  var attributes: [(String, Attribute)] {
    [
      ("stride", .integers(stride)), ("padding", .integers(padding)), ("dilation", .integers(dilation)),
      ("groups", .integer(groups)),
    ]
  }

  func check() throws {
    guard stride.count == 3, padding.count == 3, dilation.count == 3, (1...1 << 20).contains(groups),
      stride.allSatisfy({ (1...1 << 20).contains($0) }), padding.allSatisfy({ (0...1 << 20).contains($0) }),
      dilation.allSatisfy({ (1...1 << 20).contains($0) })
    else {
      throw ShapeError(
        "a convolution needs three strides and dilations of at least 1, three paddings of at least 0, and groups of "
          + "at least 1; it has stride \(stride), padding \(padding), dilation \(dilation), groups \(groups)")
    }
  }

  /// `(size + 2 padding - dilation (kernel - 1) - 1) / stride + 1` along each of T, H, W.
  func outputSize(_ input: ArraySlice<Int>, kernel: ArraySlice<Int>) throws -> [Int] {
    try zip(input, kernel).enumerated().map { axis, sizes in
      let room = sizes.0 + 2 * padding[axis] - dilation[axis] * (sizes.1 - 1) - 1
      guard room >= 0 else {
        throw ShapeError(
          "the kernel \(Array(kernel)) does not fit the input \(Array(input)) with padding \(padding); "
            + "use a larger input or a smaller kernel")
      }
      return room / stride[axis] + 1
    }
  }

  /// The type of the convolution of `input` [N, C, T, H, W] with `weight` [D, C/groups, kT, kH, kW].
  func output(_ input: TensorType, _ weight: TensorType) throws -> TensorType {
    try check()
    guard input.rank == 5, weight.rank == 5 else {
      throw ShapeError(
        "a convolution takes [N, C, T, H, W] and [D, C/groups, kT, kH, kW], not \(input) and \(weight)")
    }
    guard input.shape[1] == weight.shape[1] * groups, weight.shape[0] % groups == 0 else {
      throw ShapeError(
        "the input \(input) has \(input.shape[1]) channels, but the weight \(weight) takes "
          + "\(weight.shape[1] * groups) in \(groups) group\(groups == 1 ? "" : "s")")
    }
    return TensorType(
      .float32,
      [input.shape[0], weight.shape[0]]
        + (try outputSize(input.shape.dropFirst(2), kernel: weight.shape.dropFirst(2))))
  }

  /// Calls `body(input, weight, output)` with the three flat positions of every product of the convolution.
  func forEachProduct(
    input: [Int], weight: [Int], output: [Int], _ body: (_ x: Int, _ w: Int, _ y: Int) -> Void
  ) {
    let (perGroupIn, perGroupOut) = (weight[1], weight[0] / groups)
    for n in 0..<output[0] {
      for d in 0..<weight[0] {
        for c in 0..<perGroupIn {
          let channel = d / perGroupOut * perGroupIn + c
          for t in 0..<output[2] {
            for kt in 0..<weight[2] {
              let it = t * stride[0] + kt * dilation[0] - padding[0]
              guard it >= 0, it < input[2] else { continue }
              for h in 0..<output[3] {
                for kh in 0..<weight[3] {
                  let ih = h * stride[1] + kh * dilation[1] - padding[1]
                  guard ih >= 0, ih < input[3] else { continue }
                  let row = (((n * input[1] + channel) * input[2] + it) * input[3] + ih) * input[4]
                  let kernelRow = (((d * weight[1] + c) * weight[2] + kt) * weight[3] + kh) * weight[4]
                  let outputRow = (((n * output[1] + d) * output[2] + t) * output[3] + h) * output[4]
                  for kw in 0..<weight[4] {
                    for w in 0..<output[4] {
                      let iw = w * stride[2] + kw * dilation[2] - padding[2]
                      if iw >= 0, iw < input[4] { body(row + iw, kernelRow + kw, outputRow + w) }
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  /// The coordinates at which the three tensors are read, over the axes n, g, d, c, t, h, w, kt, kh, kw whose
  /// positions in the iteration space `axis` gives.
  struct Axes {
    var rank = 10
    var n: Int, g: Int, d: Int, c: Int
    var space: [Int]
    var kernel: [Int]

    func plain(_ axis: Int, _ extent: Int) -> AffineIndex { .axis(axis, of: rank, extent: extent) }
  }

  func inputAccess(_ operand: Int, _ axes: Axes, input: [Int], weight: [Int]) -> Access {
    let windows = (0..<3).map { i -> AffineIndex in
      var index = AffineIndex(
        [Int](repeating: 0, count: axes.rank), offset: -padding[i], extent: input[2 + i])
      index.coefficients[axes.space[i]] = stride[i]
      index.coefficients[axes.kernel[i]] = dilation[i]
      return index
    }
    return Access(
      operand: operand,
      [axes.plain(axes.n, input[0]), axes.plain(axes.g, groups), axes.plain(axes.c, weight[1])] + windows)
  }

  func weightAccess(_ operand: Int, _ axes: Axes, weight: [Int]) -> Access {
    Access(
      operand: operand,
      [
        axes.plain(axes.g, groups), axes.plain(axes.d, weight[0] / groups), axes.plain(axes.c, weight[1]),
      ] + (0..<3).map { axes.plain(axes.kernel[$0], weight[2 + $0]) })
  }

  func outputAccess(_ operand: Int, _ axes: Axes, weight: [Int], output: [Int]) -> Access {
    Access(
      operand: operand,
      [axes.plain(axes.n, output[0]), axes.plain(axes.g, groups), axes.plain(axes.d, weight[0] / groups)]
        + (0..<3).map { axes.plain(axes.space[$0], output[2 + $0]) })
  }
}

/// 3-D convolution (cross-correlation) without bias:
/// `y[n, d, t, h, w] = sum over c, kt, kh, kw of x[n, c, t s - p + kt dil, ...] w[d, c, kt, kh, kw]`.
/// Operands: x [N, C, T, H, W], w [D, C/groups, kT, kH, kW].
package struct Convolution: Operation {
  package static let name = "conv3d"
  package let geometry: ConvolutionGeometry

  package init(_ geometry: ConvolutionGeometry) { self.geometry = geometry }
  package init(from attributes: AttributeReader) throws {
    geometry = try ConvolutionGeometry(from: attributes)
  }
  package var attributes: [(String, Attribute)] { geometry.attributes }

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(2, operands)
    try expectFloat(operands[0], operands[1])
    return try checkedLeafType(try geometry.output(operands[0], operands[1]), Self.name)
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value {
    var sums = [Double](repeating: 0, count: result.count)
    let (x, w) = (operands[0].elements, operands[1].elements)
    geometry.forEachProduct(input: operands[0].shape, weight: operands[1].shape, output: result.shape) {
      sums[$2] += x[$0] * w[$1]
    }
    return Value(result, sums)
  }

  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    let (x, w) = (operands[0], operands[1])
    return [
      Tensor(
        ConvolutionInputGradient(geometry, size: Array(x.shape.dropFirst(2))), [upstream, w],
        path: result.path),
      Tensor(
        ConvolutionWeightGradient(geometry, kernel: Array(w.shape.dropFirst(2))), [x, upstream],
        path: result.path),
    ]
  }

  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
    let (x, w) = (operands[0].shape, operands[1].shape)
    let groups = geometry.groups
    let axes = ConvolutionGeometry.Axes(n: 0, g: 1, d: 2, c: 6, space: [3, 4, 5], kernel: [7, 8, 9])
    return .comprehension(
      Comprehension(
        axes: [x[0], groups, w[0] / groups] + result.shape.dropFirst(2) + [w[1]] + w.dropFirst(2),
        outputRank: 6,
        accesses: [
          geometry.inputAccess(0, axes, input: x, weight: w), geometry.weightAccess(1, axes, weight: w),
        ], body: .load(0) * .load(1), reduction: .sum))
  }
}

/// The derivative of a convolution's sum with respect to its input: operands dy, w; result [N, C] + size.
package struct ConvolutionInputGradient: Operation {
  package static let name = "conv3d_input_gradient"
  package let geometry: ConvolutionGeometry
  /// The input's [T, H, W].
  package let size: [Int]

  package init(_ geometry: ConvolutionGeometry, size: [Int]) {
    self.geometry = geometry
    self.size = size
  }

  package init(from attributes: AttributeReader) throws {
    geometry = try ConvolutionGeometry(from: attributes)
    size = try attributes.integers("size")
  }

  package var attributes: [(String, Attribute)] { geometry.attributes + [("size", .integers(size))] }

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(2, operands)
    try expectFloat(operands[0], operands[1])
    let (dy, w) = (operands[0], operands[1])
    guard dy.rank == 5, w.rank == 5, size.count == 3, size.allSatisfy({ $0 >= 1 }) else {
      throw ShapeError("\(Self.name) takes dy and w of rank 5 and three sizes, not \(dy), \(w) and \(size)")
    }
    try geometry.check()
    let input = try checkedLeafType(
      TensorType(.float32, [dy.shape[0], w.shape[1] * geometry.groups] + size), Self.name)
    guard try geometry.output(input, w) == dy else {
      throw ShapeError("\(Self.name): \(input) and \(w) give \(try geometry.output(input, w)), not \(dy)")
    }
    return input
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value {
    var sums = [Double](repeating: 0, count: result.count)
    let (dy, w) = (operands[0].elements, operands[1].elements)
    geometry.forEachProduct(input: result.shape, weight: operands[1].shape, output: operands[0].shape) {
      sums[$0] += w[$1] * dy[$2]
    }
    return Value(result, sums)
  }

  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    let (dy, w) = (operands[0], operands[1])
    return [
      Tensor(Convolution(geometry), [upstream, w], path: result.path),
      Tensor(
        ConvolutionWeightGradient(geometry, kernel: Array(w.shape.dropFirst(2))), [upstream, dy],
        path: result.path),
    ]
  }

  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
    let (dy, w) = (operands[0].shape, operands[1].shape)
    let groups = geometry.groups
    let axes = ConvolutionGeometry.Axes(n: 0, g: 1, d: 6, c: 2, space: [3, 4, 5], kernel: [7, 8, 9])
    var gradient = geometry.outputAccess(0, axes, weight: w, output: dy)
    for i in 0..<3 {
      gradient.indices[3 + i].offset = geometry.padding[i]
      gradient.indices[3 + i].coefficients[axes.kernel[i]] = -geometry.dilation[i]
      gradient.indices[3 + i].divisor = geometry.stride[i]
    }
    return .comprehension(
      Comprehension(
        axes: [dy[0], groups, w[1]] + size + [w[0] / groups] + w.dropFirst(2), outputRank: 6,
        accesses: [gradient, geometry.weightAccess(1, axes, weight: w)], body: .load(0) * .load(1),
        reduction: .sum))
  }
}

/// The derivative of a convolution's sum with respect to its weight: operands x, dy; result [D, C/groups] + kernel.
package struct ConvolutionWeightGradient: Operation {
  package static let name = "conv3d_weight_gradient"
  package let geometry: ConvolutionGeometry
  /// The kernel's [kT, kH, kW].
  package let kernel: [Int]

  package init(_ geometry: ConvolutionGeometry, kernel: [Int]) {
    self.geometry = geometry
    self.kernel = kernel
  }

  package init(from attributes: AttributeReader) throws {
    geometry = try ConvolutionGeometry(from: attributes)
    kernel = try attributes.integers("kernel")
  }

  package var attributes: [(String, Attribute)] { geometry.attributes + [("kernel", .integers(kernel))] }

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(2, operands)
    try expectFloat(operands[0], operands[1])
    let (x, dy) = (operands[0], operands[1])
    guard x.rank == 5, dy.rank == 5, kernel.count == 3, kernel.allSatisfy({ $0 >= 1 }) else {
      throw ShapeError(
        "\(Self.name) takes x and dy of rank 5 and three kernel sizes, not \(x), \(dy) and \(kernel)")
    }
    try geometry.check()
    guard x.shape[1] % geometry.groups == 0 else {
      throw ShapeError("\(Self.name): \(x.shape[1]) channels do not split into \(geometry.groups) groups")
    }
    let weight = try checkedLeafType(
      TensorType(.float32, [dy.shape[1], x.shape[1] / geometry.groups] + kernel), Self.name)
    guard try geometry.output(x, weight) == dy else {
      throw ShapeError("\(Self.name): \(x) and \(weight) give \(try geometry.output(x, weight)), not \(dy)")
    }
    return weight
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value {
    var sums = [Double](repeating: 0, count: result.count)
    let (x, dy) = (operands[0].elements, operands[1].elements)
    geometry.forEachProduct(input: operands[0].shape, weight: result.shape, output: operands[1].shape) {
      sums[$1] += x[$0] * dy[$2]
    }
    return Value(result, sums)
  }

  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    let (x, dy) = (operands[0], operands[1])
    return [
      Tensor(
        ConvolutionInputGradient(geometry, size: Array(x.shape.dropFirst(2))), [dy, upstream],
        path: result.path),
      Tensor(Convolution(geometry), [x, upstream], path: result.path),
    ]
  }

  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
    let (x, dy, w) = (operands[0].shape, operands[1].shape, result.shape)
    let groups = geometry.groups
    let axes = ConvolutionGeometry.Axes(n: 6, g: 0, d: 1, c: 2, space: [7, 8, 9], kernel: [3, 4, 5])
    return .comprehension(
      Comprehension(
        axes: [groups, w[0] / groups, w[1]] + kernel + [dy[0]] + dy.dropFirst(2), outputRank: 6,
        accesses: [
          geometry.inputAccess(0, axes, input: x, weight: w),
          geometry.outputAccess(1, axes, weight: w, output: dy),
        ], body: .load(0) * .load(1), reduction: .sum))
  }
}
