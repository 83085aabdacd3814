import MCLGraph
import MCLTestKit
import Testing

/// What every operation says of operands and attributes that do not fit, each sentence in full.
@Suite struct OperationDiagnosticTests {
  private static func float(_ shape: Int...) -> TensorType { TensorType(.float32, shape) }
  private static func integer(_ shape: Int...) -> TensorType { TensorType(.int64, shape) }

  struct Refusal: Sendable, CustomTestStringConvertible {
    let operation: any MCLGraph.Operation
    let operands: [TensorType]
    let expected: String
    var testDescription: String { expected }
    init(_ operation: any MCLGraph.Operation, _ operands: [TensorType], _ expected: String) {
      self.operation = operation
      self.operands = operands
      self.expected = expected
    }
  }

  private static let window = PoolGeometry(kernel: [1, 2, 2], stride: [1, 2, 2], padding: [0, 0, 0])
  private static let thin = PoolGeometry(kernel: [1, 2, 2], stride: [1, 2], padding: [0, 0, 0])
  private static let plain = ConvolutionGeometry()

  static let refusals: [Refusal] = leaves + pointwise + shapes + contractions + windows

  private static let leaves: [Refusal] = [
    Refusal(
      InputLeaf(name: "x", type: float(2, 0)), [],
      "'x' has the shape [2, 0]; every size must be at least 1"),
    Refusal(
      StateLeaf(name: "w", type: float(-1)), [], "'w' has the shape [-1]; every size must be at least 1"),
    Refusal(
      StateLeaf(name: "w", type: integer(1 << 40, 2)), [],
      "'w' has the shape [1099511627776, 2], which is more elements than any memory holds"),
    Refusal(
      Constant(value: 1, shape: [3, 0]), [],
      "'constant' has the shape [3, 0]; every size must be at least 1"),
    Refusal(
      Constant(value: 0.5, shape: [3], element: .int64), [],
      "i64 elements hold integers, not 0.5; round the number, or convert the tensor to f32"),
    Refusal(
      Constant(value: 0x1p53, shape: [3], element: .int64), [],
      "i64 elements take 9007199254740992.0 as an integer, since a Double of this size may have been rounded; write it as "
        + "Int"),
  ]

  private static let pointwise: [Refusal] =
    UnaryFunction.allCases.filter { $0 != .negate && $0 != .absolute }.map {
      Refusal(
        Unary($0), [integer(2)], "\($0.rawValue) takes f32 elements, not i64[2]; convert it first")
    }
    + BinaryFunction.allCases.map {
      Refusal(
        Binary($0), [float(2, 3), float(3, 2)],
        "\($0.rawValue) of f32[2,3] and f32[3,2]: make both one type, with broadcast or reshaped")
    } + [
      Refusal(
        Binary(.add), [float(2), integer(2)],
        "add of f32[2] and i64[2]: make both one type, with broadcast or reshaped"),
      Refusal(
        Binary(.remainder), [float(2), float(2)], "remainder takes i64 elements, not f32[2]"),
      Refusal(
        Select(.less), [float(2), float(3), float(2), float(2)],
        "select compares f32[2] with f32[3]: make both one type"),
      Refusal(
        Select(.equal), [integer(2), float(2), float(2), float(2)],
        "select compares i64[2] with f32[2]: make both one type"),
      Refusal(
        Select(.less), [float(2), float(2), float(2), integer(2)],
        "select over [2] chooses between f32[2] and i64[2]: make all one shape"),
      Refusal(
        Select(.less), [float(2), float(2), float(3), float(3)],
        "select over [2] chooses between f32[3] and f32[3]: make all one shape"),
      Refusal(Convert(to: .int64), [], "convert takes 1 operand, not 0"),
      Refusal(
        RectifiedLinear(), [integer(2)], "relu takes f32 elements, not i64[2]; convert it first"),
      Refusal(Detach(), [], "detach takes 1 operand, not 0"),
      Refusal(OneHot(classes: 3), [float(2)], "one_hot takes i64 labels, not f32[2]"),
      Refusal(
        OneHot(classes: 0), [integer(2)],
        "'one_hot' has the shape [2, 0]; every size must be at least 1"),
    ]

  private static let shapes: [Refusal] = [
    Refusal(
      Broadcast(to: [2, 3]), [float(3)],
      "broadcast of f32[3] to [2, 3]: the rank must agree and each size be equal or 1"),
    Refusal(
      Broadcast(to: [0]), [float(1)], "'broadcast' has the shape [0]; every size must be at least 1"),
    Refusal(
      Reshape(to: [5]), [float(2, 3)], "reshape of f32[2,3] to [5]: the number of elements must stay"),
    Refusal(
      Transpose([0]), [float(2, 3)], "transpose of f32[2,3] by [0]: name every axis once"),
    Refusal(
      Transpose([1, 2]), [float(2, 3)], "transpose of f32[2,3] by [1, 2]: name every axis once"),
    Refusal(
      Slice(axis: 0, start: 1, end: 1), [float(2)],
      "slice 1..<1 along axis 0 of f32[2]: it must lie inside"),
    Refusal(
      Slice(axis: 0, start: -1, end: 1), [float(2)],
      "slice -1..<1 along axis 0 of f32[2]: it must lie inside"),
    Refusal(
      Slice(axis: -1, start: 0, end: 1), [float(2)],
      "slice 0..<1 along axis -1 of f32[2]: it must lie inside"),
    Refusal(
      Pad(axis: 0, before: 0, after: -2), [float(3)],
      "pad by 0 and -2 along axis 0 of f32[3]: neither may be negative"),
    Refusal(
      Pad(axis: 0, before: 1 << 39, after: 1 << 39), [float(3)],
      "'pad' has the shape [1099511627779], which is more elements than any memory holds"),
    Refusal(Concatenate(axis: 0), [], "concatenate needs at least one operand"),
    Refusal(
      Concatenate(axis: 1), [float(2)], "concatenate along axis 1 of f32[2], which has no such axis"),
    Refusal(
      Concatenate(axis: 0), [float(2), float(2, 1)],
      "concatenate of f32[2] and f32[2,1]: the ranks must agree; reshape one"),
    Refusal(
      Concatenate(axis: 0), [float(2), float(2), integer(2)],
      "concatenate of f32[4] and i64[2]: the element types must agree; convert one"),
    Refusal(
      Concatenate(axis: 1), [float(2, 3), float(3, 3)],
      "concatenate of f32[2,3] and f32[3,3]: only axis 1 may differ"),
    Refusal(
      Reduce(.sum, [0, 0]), [float(2)], "sum over axes [0, 0] of f32[2]: name each axis of the tensor once"),
    Refusal(
      Reduce(.maximum, [1]), [float(2)],
      "maximum over axes [1] of f32[2]: name each axis of the tensor once"),
    Refusal(
      Standardize(axes: [2], epsilon: 1e-5), [float(2, 3)],
      "standardize over axes [2] of f32[2,3]: name each axis of the tensor once"),
    Refusal(
      ReciprocalDeviation(axes: [0], epsilon: 1e-5), [integer(2, 3)],
      "reciprocal_deviation takes f32 elements, not i64[2,3]; convert it first"),
    Refusal(
      UpdateRows(), [float(4, 2), float(2, 3), integer()],
      "update_rows of f32[4,2] by f32[2,3]: the rows must fit, and be no more than there are"),
    Refusal(
      UpdateRows(), [float(), float(), integer()],
      "update_rows of f32[] by f32[]: the rows must fit, and be no more than there are"),
    Refusal(
      UpdateRows(), [float(4, 2), float(2, 2), integer(2)],
      "update_rows takes its start as one i64, not i64[2]"),
  ]

  private static let contractions: [Refusal] = [
    Refusal(
      MatrixMultiply(), [float(2, 3, 4), float(3, 4, 5)],
      "matmul of f32[2,3,4] and f32[3,4,5]: the columns of the first must be the rows of the second"),
    Refusal(
      MatrixMultiply(), [float(2, 3), integer(3, 4)],
      "matmul takes f32 elements, not i64[3,4]; convert it first"),
    Refusal(
      Convolution(plain), [float(1, 2, 3, 3, 3), integer(1, 2, 1, 1, 1)],
      "conv3d takes f32 elements, not i64[1,2,1,1,1]; convert it first"),
    Refusal(
      Convolution(ConvolutionGeometry(padding: [0, -1, 0])), [float(1, 2, 3, 3, 3), float(1, 2, 1, 1, 1)],
      "a convolution needs three strides and dilations of at least 1, three paddings of at least 0, and groups of "
        + "at least 1; it has stride [1, 1, 1], padding [0, -1, 0], dilation [1, 1, 1], groups 1"),
    Refusal(
      Convolution(ConvolutionGeometry(dilation: [1, 1, 0])), [float(1, 2, 3, 3, 3), float(1, 2, 1, 1, 1)],
      "a convolution needs three strides and dilations of at least 1, three paddings of at least 0, and groups of "
        + "at least 1; it has stride [1, 1, 1], padding [0, 0, 0], dilation [1, 1, 0], groups 1"),
    Refusal(
      Convolution(ConvolutionGeometry(groups: 0)), [float(1, 2, 3, 3, 3), float(1, 2, 1, 1, 1)],
      "a convolution needs three strides and dilations of at least 1, three paddings of at least 0, and groups of "
        + "at least 1; it has stride [1, 1, 1], padding [0, 0, 0], dilation [1, 1, 1], groups 0"),
    Refusal(
      Convolution(ConvolutionGeometry(groups: 3)), [float(1, 6, 3, 3, 3), float(4, 2, 1, 1, 1)],
      "the input f32[1,6,3,3,3] has 6 channels, but the weight f32[4,2,1,1,1] takes 6 in 3 groups"),
    Refusal(
      Convolution(ConvolutionGeometry(dilation: [2, 1, 1])), [float(1, 2, 4, 3, 3), float(1, 2, 3, 1, 1)],
      "the kernel [3, 1, 1] does not fit the input [4, 3, 3] with padding [0, 0, 0]; use a larger input or a "
        + "smaller kernel"),
    Refusal(
      ConvolutionInputGradient(plain, size: [3, 3]), [float(1, 2, 3, 3, 3), float(2, 2, 1, 1, 1)],
      "conv3d_input_gradient takes dy and w of rank 5 and three sizes, not f32[1,2,3,3,3], f32[2,2,1,1,1] and "
        + "[3, 3]"),
    Refusal(
      ConvolutionInputGradient(plain, size: [4, 3, 3]), [float(1, 2, 3, 3, 3), float(2, 5, 1, 1, 1)],
      "conv3d_input_gradient: f32[1,5,4,3,3] and f32[2,5,1,1,1] give f32[1,2,4,3,3], not f32[1,2,3,3,3]"),
    Refusal(
      ConvolutionWeightGradient(plain, kernel: [1, 0, 1]), [float(1, 2, 3, 3, 3), float(1, 2, 3, 3, 3)],
      "conv3d_weight_gradient takes x and dy of rank 5 and three kernel sizes, not f32[1,2,3,3,3], f32[1,2,3,3,3] "
        + "and [1, 0, 1]"),
    Refusal(
      ConvolutionWeightGradient(ConvolutionGeometry(groups: 2), kernel: [1, 1, 1]),
      [float(1, 3, 3, 3, 3), float(1, 2, 3, 3, 3)],
      "conv3d_weight_gradient: 3 channels do not split into 2 groups"),
    Refusal(
      ConvolutionWeightGradient(plain, kernel: [2, 1, 1]), [float(1, 3, 3, 3, 3), float(1, 2, 3, 3, 3)],
      "conv3d_weight_gradient: f32[1,3,3,3,3] and f32[2,3,2,1,1] give f32[1,2,2,3,3], not f32[1,2,3,3,3]"),
  ]

  private static let windows: [Refusal] = [
    Refusal(
      MaxPool(thin), [float(1, 1, 1, 4, 4)],
      "pooling takes [N, C, T, H, W] with three kernel sizes and strides, and padding of at most half the kernel; "
        + "it has f32[1,1,1,4,4], kernel [1, 2, 2], stride [1, 2], padding [0, 0, 0]"),
    Refusal(
      MaxPool(window), [integer(1, 1, 1, 4, 4)],
      "max_pool takes f32 elements, not i64[1,1,1,4,4]; convert it first"),
    Refusal(
      MaxPoolPosition(window), [float(1, 1, 1, 1, 4)],
      "the kernel [1, 2, 2] does not fit the input [1, 1, 4] with padding [0, 0, 0]; use a larger input or a "
        + "smaller kernel"),
    Refusal(
      WindowScatter(window, size: [1, 4, 4]), [float(1, 1, 1, 2, 2), integer(1, 1, 1, 2, 3)],
      "window_scatter to [1, 4, 4] takes values and i64 positions [1, 1, 1, 2, 2], not [f32[1,1,1,2,2], "
        + "i64[1,1,1,2,3]]"),
    Refusal(
      WindowGather(window), [float(1, 1, 1, 4, 4), float(1, 1, 1, 2, 2)],
      "window_gather of f32[1,1,1,4,4] takes i64 positions [1, 1, 1, 2, 2], not f32[1,1,1,2,2]"),
  ]

  @Test(arguments: refusals)
  func theSentenceIs(refusal: Refusal) {
    let error = #expect(throws: ShapeError.self) { try refusal.operation.infer(refusal.operands) }
    #expect(error?.description == refusal.expected)
  }

  @Test func everyOperationRefusesSomething() {
    let refused = Set(Self.refusals.map(\.operation.name))
    #expect(refused == Set(OperationRegistry.byName.keys))
  }

  /// One operand more than an operation takes, and one fewer.
  @Test func theNumberOfOperandsIsInTheSentence() {
    for sample in OperationSamples.all where sample.operation.name != "concatenate" {
      let (name, count) = (sample.operation.name, sample.operands.count)
      for given in [count + 1, count - 1] where given >= 0 {
        let operands = (sample.operands + [Self.float(1)]).prefix(given)
        let error = #expect(throws: ShapeError.self, "\(sample)") {
          try sample.operation.infer(Array(operands))
        }
        #expect(error?.description == "\(name) takes \(count) operand\(count == 1 ? "" : "s"), not \(given)")
      }
    }
  }

  /// An attribute that is missing, one that is of another kind, and one that is no case of a closed set.
  @Test func attributesThatDoNotFitAreNamed() throws {
    for sample in OperationSamples.all {
      let kind = try #require(OperationRegistry.byName[sample.operation.name])
      let attributes = Dictionary(sample.operation.attributes, uniquingKeysWith: { first, _ in first })
      for (key, attribute) in attributes {
        let wanted =
          switch attribute {
          case .integer: "an integer"
          case .integers: "a list of integers"
          case .number: "a number"
          case .text: "a text"
          }
        let other: Attribute = if case .text = attribute { .integers([1]) } else { .text("?") }
        for value in [nil, other] {
          var changed = attributes
          changed[key] = value
          let error = #expect(throws: ShapeError.self) {
            try kind.init(from: AttributeReader(operation: kind.name, values: changed))
          }
          #expect(error?.description == "\(kind.name) needs the attribute '\(key)', \(wanted)")
        }
      }
    }
    let error = #expect(throws: ShapeError.self) {
      try Reduce(
        from: AttributeReader(operation: "reduce", values: ["kind": .text("sun"), "axes": .integers([0])]))
    }
    #expect(error?.description == "reduce has kind 'sun'; known are sum, maximum")
  }
}
