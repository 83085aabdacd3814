import MCLGraph

/// One application of an operation: to operands of which types, holding what numbers.
package struct OperationSample: Sendable, CustomStringConvertible {
  package var operation: any Operation
  package var operands: [TensorType]
  package var domains: [OperandDomain]
  /// False where the operation's gradient is not its derivative on purpose, as for `detach`.
  package var isDifferentiable: Bool

  package init(
    _ operation: any Operation, _ operands: [TensorType], _ domains: [OperandDomain]? = nil,
    isDifferentiable: Bool = true
  ) {
    self.operation = operation
    self.operands = operands
    self.domains = domains ?? operands.map { $0.element == .int64 ? .integers(below: 5) : .real }
    self.isDifferentiable = isDifferentiable
  }

  package var description: String {
    let attributes = operation.attributes.map { "\($0.0)=\($0.1)" }.joined(separator: " ")
    return "\(operation.name)(\(operands.map(\.description).joined(separator: ", "))) \(attributes)"
  }

  package func values(using random: inout RandomValues) -> [Value] {
    zip(operands, domains).map { random.value($0, $1) }
  }
}

func floats(_ shape: Int...) -> TensorType { TensorType(.float32, shape) }
func integers(_ shape: Int...) -> TensorType { TensorType(.int64, shape) }

/// Sample applications of every operation, around the widths of vectors: laws and kernels are checked on them.
package enum OperationSamples {
  /// Sizes below, at and above the numbers of lanes that vectors have.
  package static let sizes = [1, 3, 7, 8, 9, 17, 33]

  package static let all: [OperationSample] =
    leaves + pointwise + shapes + reductions + contractions + windows + channelBlocks

  package static func samples(of name: String) -> [OperationSample] {
    all.filter { $0.operation.name == name }
  }

  static let leaves: [OperationSample] = sizes.flatMap { size in
    [
      OperationSample(InputLeaf(name: "x", type: floats(size, 2)), []),
      OperationSample(StateLeaf(name: "x", type: integers(size)), []),
      OperationSample(Constant(value: 0.25, shape: [2, size]), []),
      OperationSample(Constant(value: Double(size), shape: [], element: .int64), []),
    ]
  }

  static let pointwise: [OperationSample] = sizes.flatMap { size -> [OperationSample] in
    let (x, n) = (floats(2, size), integers(2, size))
    let unary = UnaryFunction.allCases.map { function -> OperationSample in
      switch function {
      case .logarithm, .squareRoot: OperationSample(Unary(function), [x], [.positive])
      case .absolute, .reciprocal: OperationSample(Unary(function), [x], [.awayFromZero])
      case .negate, .exponential: OperationSample(Unary(function), [x])
      }
    }
    let binary = BinaryFunction.allCases.map { function -> OperationSample in
      switch function {
      case .add, .subtract, .multiply: OperationSample(Binary(function), [x, x])
      case .divide: OperationSample(Binary(function), [x, x], [.real, .awayFromZero])
      case .maximum, .minimum:
        OperationSample(Binary(function), [x, x], [.distinct(offset: 0), .distinct(offset: 0.1)])
      case .remainder:
        OperationSample(Binary(function), [n, n], [.integers(below: 50), .integers(below: 7)])
      }
    }
    let select = Comparison.allCases.flatMap { comparison in
      [
        OperationSample(Select(comparison), [x, x, x, x], [.grid, .grid, .real, .real]),
        OperationSample(
          Select(comparison), [x, x, x, x], [.distinct(offset: 0), .distinct(offset: 0.1), .real, .real]),
        OperationSample(Select(comparison), [n, n, x, x]),
        OperationSample(
          Select(comparison), [x, x, n, n], [.grid, .grid, .integers(below: 9), .integers(below: 9)]),
      ]
    }
    let any: [OperandDomain] = [.anyIntegers, .anyIntegers]
    let integers =
      BinaryFunction.allCases.map { OperationSample(Binary($0), [n, n], any) }
      + [UnaryFunction.negate, .absolute].map { OperationSample(Unary($0), [n], [.anyIntegers]) }
      + Comparison.allCases.map { OperationSample(Select($0), [n, n, n, n], any + any) } + [
        OperationSample(Convert(to: .float32), [n], [.anyIntegers]),
        OperationSample(OneHot(classes: 3), [n], [.anyIntegers]),
        OperationSample(Constant(.integer(.max - Int64(size)), n), []),
      ]
    let other = [
      OperationSample(Binary(.add), [n, n]), OperationSample(Binary(.multiply), [n, n]),
      OperationSample(Convert(to: .float32), [n]), OperationSample(Convert(to: .float32), [x]),
      OperationSample(Convert(to: .int64), [x], [.real], isDifferentiable: false),
      OperationSample(RectifiedLinear(), [x], [.awayFromZero]),
      OperationSample(Detach(), [x], isDifferentiable: false), OperationSample(OneHot(classes: 5), [n]),
      OperationSample(OneHot(classes: size), [MCLTestKit.integers(3)]),
    ]
    return unary + binary + select + integers + other
  }

  static let shapes: [OperationSample] = sizes.flatMap { size -> [OperationSample] in
    [
      OperationSample(Broadcast(to: [3, size, 2]), [floats(1, size, 1)]),
      OperationSample(Broadcast(to: [2, size]), [floats(2, 1)]),
      OperationSample(Broadcast(to: [size]), [integers(1)]),
      OperationSample(Reshape(to: [size, 6]), [floats(2, size, 3)]),
      OperationSample(Reshape(to: []), [floats(1, 1)]),
      OperationSample(Transpose([1, 0]), [floats(size, 3)]),
      OperationSample(Transpose([2, 0, 1]), [floats(2, size, 3)]),
      OperationSample(Transpose([1, 0]), [integers(3, size)], [.anyIntegers]),
      OperationSample(Slice(axis: 1, start: size / 2, end: size), [integers(3, size)], [.anyIntegers]),
      OperationSample(Pad(axis: 1, before: 2, after: 3), [integers(2, size)], [.anyIntegers]),
      OperationSample(
        Concatenate(axis: 1), [integers(2, 3), integers(2, size)], [.anyIntegers, .anyIntegers]),
      OperationSample(
        UpdateRows(), [integers(size, 3), integers(min(size, 4), 3), integers()],
        [.anyIntegers, .anyIntegers, .anyIntegers], isDifferentiable: false),
      OperationSample(Slice(axis: 1, start: size / 2, end: size), [floats(3, size)]),
      OperationSample(Slice(axis: 0, start: 0, end: 1), [floats(size, 2)]),
      OperationSample(Pad(axis: 0, before: 1, after: 0), [floats(size, 3)]),
      OperationSample(Pad(axis: 1, before: 2, after: 3), [floats(2, size)]),
      OperationSample(Concatenate(axis: 0), [floats(size, 2), floats(3, 2), floats(1, 2)]),
      OperationSample(Concatenate(axis: 1), [floats(2, 3), floats(2, size)]),
      OperationSample(Concatenate(axis: 0), [integers(size)]),
      OperationSample(
        UpdateRows(), [floats(size, 3), floats(min(size, 4), 3), integers()],
        [.real, .real, .integers(below: 2 * size)], isDifferentiable: false),
    ]
  }

  static let reductions: [OperationSample] = sizes.flatMap { size -> [OperationSample] in
    [
      OperationSample(Reduce(.sum, [0]), [floats(size, 3)]),
      OperationSample(Reduce(.sum, [1]), [floats(3, size)]),
      OperationSample(Reduce(.sum, [0, 2]), [floats(2, 3, size)]),
      OperationSample(Reduce(.sum, []), [floats(size)]),
      OperationSample(Reduce(.sum, [0]), [integers(size, 3)], [.anyIntegers]),
      OperationSample(Reduce(.sum, [0, 1]), [integers(3, size)], [.anyIntegers]),
      OperationSample(Reduce(.maximum, [1]), [integers(3, size)], [.anyIntegers]),
      OperationSample(Reduce(.maximum, [0]), [integers(size, 2)], [.anyIntegers]),
      OperationSample(Reduce(.maximum, [1]), [floats(3, size)], [.distinct(offset: 0)]),
      OperationSample(Reduce(.maximum, [0, 1]), [floats(2, size, 2)], [.distinct(offset: 0)]),
      OperationSample(Standardize(axes: [0, 2], epsilon: 1e-2), [floats(2, 3, size)]),
      OperationSample(Standardize(axes: [1], epsilon: 1e-2), [floats(2, size + 1)]),
      OperationSample(ReciprocalDeviation(axes: [0, 2], epsilon: 1e-2), [floats(2, 3, size)]),
      OperationSample(ReciprocalDeviation(axes: [1], epsilon: 1e-2), [floats(2, size + 1)]),
    ]
  }

  static let contractions: [OperationSample] =
    sizes.flatMap { size -> [OperationSample] in
      [
        OperationSample(MatrixMultiply(), [floats(size, 3), floats(3, 2)]),
        OperationSample(MatrixMultiply(), [floats(2, size), floats(size, 3)]),
        OperationSample(MatrixMultiply(), [floats(2, 3, 2), floats(2, 2, size)]),
      ]
    }
    + convolutions

  /// Inputs, weights and geometries of convolutions.
  private static let convolutionCases:
    [(input: TensorType, weight: TensorType, geometry: ConvolutionGeometry)] = [
      (floats(2, 3, 1, 3, 7), floats(4, 3, 1, 1, 1), ConvolutionGeometry()),
      (floats(1, 2, 3, 3, 8), floats(3, 2, 1, 3, 3), ConvolutionGeometry(padding: [0, 1, 1])),
      (floats(1, 8, 4, 1, 3), floats(9, 8, 3, 1, 1), ConvolutionGeometry(padding: [1, 0, 0])),
      (
        floats(1, 1, 1, 5, 17), floats(2, 1, 1, 3, 3),
        ConvolutionGeometry(stride: [1, 2, 2], padding: [0, 1, 1])
      ),
      (
        floats(1, 3, 8, 9, 9), floats(2, 3, 4, 7, 7),
        ConvolutionGeometry(stride: [4, 2, 2], padding: [0, 3, 3])
      ),
      (
        floats(1, 2, 1, 1, 33), floats(1, 2, 1, 1, 3),
        ConvolutionGeometry(padding: [0, 0, 2], dilation: [1, 1, 2])
      ),
      (
        floats(2, 4, 2, 3, 3), floats(6, 2, 1, 3, 3), ConvolutionGeometry(padding: [0, 1, 1], groups: 2)
      ),
      (
        floats(1, 3, 3, 4, 5), floats(3, 1, 3, 2, 3),
        ConvolutionGeometry(stride: [2, 1, 3], padding: [2, 0, 1], dilation: [2, 1, 1], groups: 3)
      ),
    ]

  private static let convolutions: [OperationSample] = convolutionCases.flatMap {
    convolution($0.input, $0.weight, $0.geometry)
  }

  /// A convolution and its two derivatives.
  static func convolution(_ input: TensorType, _ weight: TensorType, _ geometry: ConvolutionGeometry)
    -> [OperationSample]
  {
    let forward = Convolution(geometry)
    // A case that does not fit would be a mistake in this table: it gives no sample, and the laws count them.
    guard let output = try? forward.infer([input, weight]) else { return [OperationSample]() }
    return [
      OperationSample(forward, [input, weight]),
      OperationSample(
        ConvolutionInputGradient(geometry, size: Array(input.shape.dropFirst(2))), [output, weight]),
      OperationSample(
        ConvolutionWeightGradient(geometry, kernel: Array(weight.shape.dropFirst(2))), [input, output]),
    ]
  }

  private static let poolCases: [(input: TensorType, geometry: PoolGeometry)] = [
    (floats(2, 3, 2, 7, 8), PoolGeometry(kernel: [1, 3, 3], stride: [1, 2, 2], padding: [0, 1, 1])),
    (floats(1, 2, 1, 3, 17), PoolGeometry(kernel: [1, 1, 2], stride: [1, 1, 2], padding: [0, 0, 0])),
    (floats(1, 1, 3, 3, 3), PoolGeometry(kernel: [3, 3, 3], stride: [1, 1, 1], padding: [1, 1, 1])),
    (floats(1, 8, 4, 1, 1), PoolGeometry(kernel: [2, 1, 1], stride: [3, 1, 1], padding: [1, 0, 0])),
    (floats(1, 1, 1, 1, 33), PoolGeometry(kernel: [1, 1, 4], stride: [1, 1, 1], padding: [0, 0, 2])),
  ]

  static let windows: [OperationSample] = poolCases.flatMap { pool($0.input, $0.geometry) }

  /// A pooling, its positions, and what its derivatives are made of.
  static func pool(_ input: TensorType, _ geometry: PoolGeometry) -> [OperationSample] {
    guard let output = try? MaxPool(geometry).infer([input]) else { return [OperationSample]() }
    let positions = TensorType(.int64, output.shape)
    let taps = OperandDomain.integers(below: geometry.kernel.reduce(1, *))
    return [
      OperationSample(MaxPool(geometry), [input], [.distinct(offset: 0)]),
      OperationSample(MaxPoolPosition(geometry), [input], [.distinct(offset: 0)]),
      OperationSample(MaxPoolPosition(geometry), [input], [.grid]),
      OperationSample(
        WindowScatter(geometry, size: Array(input.shape.dropFirst(2))), [output, positions], [.real, taps]),
      OperationSample(WindowGather(geometry), [input, positions], [.real, taps]),
    ]
  }
}
