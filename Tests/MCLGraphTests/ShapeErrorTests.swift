import MCLGraph
import MCLTestKit
import Testing

/// What the language says about tensors that do not fit, each sentence in full.
@Suite struct ShapeErrorTests {
  private static func float(_ shape: Int...) -> Tensor {
    Tensor(InputLeaf(name: "x", type: TensorType(.float32, shape)), [])
  }

  private static func integer(_ shape: Int...) -> Tensor {
    Tensor(InputLeaf(name: "n", type: TensorType(.int64, shape)), [])
  }

  private static func layer(_ layer: any Layer, _ input: Tensor) -> Tensor {
    layer(
      input, in: Scope(ProgramContext(), path: "net", parameters: "q", isTraining: true, isTrainable: true))
  }

  private static func convolution(_ geometry: ConvolutionGeometry, _ x: Tensor, _ w: Tensor) -> Tensor {
    Tensor(Convolution(geometry), [x, w])
  }

  struct Misuse: Sendable, CustomTestStringConvertible {
    let expected: String
    let make: @Sendable () -> Tensor
    var testDescription: String { expected }
    init(_ make: @escaping @Sendable () -> Tensor, _ expected: String) {
      self.make = make
      self.expected = expected
    }
  }

  private static func fraction(_ number: String) -> String {
    "i64 elements hold integers, not \(number); round the number, or convert the tensor to f32"
  }

  static let table: [Misuse] = [
    Misuse(
      { float(2, 3) + float(4, 5) },
      "add of f32[2,3] and f32[4,5]: make both one type, with broadcast or reshaped"),
    Misuse(
      { integer(2).mean([0]) },
      "mean takes f32 elements, not i64[2]; convert it first"),
    Misuse({ integer(2) * 0.5 }, fraction("0.5")),
    Misuse({ 0.5 - integer(2) }, fraction("0.5")),
    Misuse({ integer(2) / .nan }, fraction("nan")),
    Misuse({ integer(2) % -.infinity }, fraction("-inf")),
    Misuse({ maximum(integer(2), 0.5) }, fraction("0.5")),
    Misuse({ minimum(integer(2), .infinity) }, fraction("inf")),
    Misuse({ select(integer(2), .less, 0.5, then: float(2), else: float(2)) }, fraction("0.5")),
    Misuse({ integer(2).filled(with: 1e-300) }, fraction("1e-300")),
    Misuse(
      { integer(2) + 1e30 },
      "i64 elements take 1e+30 as an integer, since a Double of this size may have been rounded; write it as Int"
    ),
    // As a larger literal would be: the compiler warns of it, and makes it this one.
    Misuse(
      { integer(2) + 9_007_199_254_740_992 },
      "i64 elements take 9007199254740992.0 as an integer, since a Double of this size may have been rounded; write it "
        + "as Int"),
    Misuse(
      { gradient(of: integer(), at: float(2)) },
      "the gradient is taken of i64[], but integers have none; convert it to f32"),
    Misuse(
      { float(2) % float(2) },
      "remainder takes i64 elements, not f32[2]"),
    Misuse(
      { float(2) * integer(2) },
      "multiply of f32[2] and i64[2]: make both one type, with broadcast or reshaped"),
    Misuse(
      { integer(2).exponential() },
      "exponential takes f32 elements, not i64[2]; convert it first"),
    Misuse(
      { float(2, 3).matmul(float(4, 5)) },
      "matmul of f32[2,3] and f32[4,5]: the columns of the first must be the rows of the second"),
    Misuse(
      { float(3).matmul(float(3)) },
      "matmul of f32[3] and f32[3]: the columns of the first must be the rows of the second"),
    Misuse(
      { float(3).matrixTransposed() },
      "a matrix is transposed, but f32[3] has fewer than two axes"),
    Misuse(
      { float(2, 3).reshaped([7]) },
      "reshape of f32[2,3] to [7]: the number of elements must stay"),
    Misuse(
      { float(2, 3).reshaped([-2, -3]) },
      "'reshape' has the shape [-2, -3]; every size must be at least 1"),
    Misuse(
      { float(2, 3).transposed([0, 0]) },
      "transpose of f32[2,3] by [0, 0]: name every axis once"),
    Misuse(
      { float(2, 3).flattened(from: 2) },
      "flattened from axis 2 of f32[2,3], which has no such axis"),
    Misuse(
      { float(2, 3).broadcast(to: [4, 3]) },
      "broadcast of f32[2,3] to [4, 3]: the rank must agree and each size be equal or 1"),
    Misuse(
      { float(2, 3).sliced(axis: 1, 2..<9) },
      "slice 2..<9 along axis 1 of f32[2,3]: it must lie inside"),
    Misuse(
      { float(2, 3).sliced(axis: 4, 0..<1) },
      "slice 0..<1 along axis 4 of f32[2,3]: it must lie inside"),
    Misuse(
      { float(2, 3).padded(axis: 0, before: -1, after: 0) },
      "pad by -1 and 0 along axis 0 of f32[2,3]: neither may be negative"),
    Misuse(
      { float(2, 3).padded(axis: 2, before: 0, after: 0) },
      "pad along axis 2 of f32[2,3], which has no such axis"),
    Misuse(
      { concatenate([], axis: 0) },
      "concatenate needs at least one operand"),
    Misuse(
      { concatenate([float(2)], axis: 1) },
      "concatenate along axis 1 of f32[2], which has no such axis"),
    Misuse(
      { layer(L2Normalize(), float()) },
      "L2Normalize takes f32 with at least one axis, not f32[]"),
    Misuse(
      {
        layer(
          Residual {
            Conv("c", [1, 1, 1], 4)
          } shortcut: {
          }, float(1, 3, 2, 4, 4))
      },
      "the content of Residual gives f32[1,4,2,4,4] but its shortcut f32[1,3,2,4,4]; make both one type"),
    Misuse(
      { float(2, 3).sum([2]) },
      "sum over axes [2] of f32[2,3]: name each axis of the tensor once"),
    Misuse(
      { float(2, 3).sum([1, 1]) },
      "sum over axes [1, 1] of f32[2,3]: name each axis of the tensor once"),
    Misuse(
      { float(2, 3).sum(.height) },
      "sum over axes [3] of f32[2,3]: name each axis of the tensor once"),
    Misuse(
      { concatenate([float(2, 3), float(2, 4)], axis: 0) },
      "concatenate of f32[2,3] and f32[2,4]: only axis 0 may differ"),
    Misuse(
      { concatenate([float(2, 3), float(2)], axis: 0) },
      "concatenate of f32[2,3] and f32[2]: the ranks must agree; reshape one"),
    Misuse(
      { concatenate([float(2), float(2)], axis: 1) },
      "concatenate along axis 1 of f32[2], which has no such axis"),
    Misuse(
      { concatenate([float(2), integer(2)], axis: 0) },
      "concatenate of f32[2] and i64[2]: the element types must agree; convert one"),
    Misuse(
      { select(float(2), .less, integer(2), then: float(2), else: float(2)) },
      "select compares f32[2] with i64[2]: make both one type"),
    Misuse(
      { select(float(2), .less, 0, then: float(3), else: float(2)) },
      "select over [2] chooses between f32[3] and f32[2]: make all one shape"),
    Misuse(
      { Tensor(OneHot(classes: 3), [float(2)]) },
      "one_hot takes i64 labels, not f32[2]"),
    Misuse(
      { Tensor(UpdateRows(), [float(4, 2), float(5, 2), integer()]) },
      "update_rows of f32[4,2] by f32[5,2]: the rows must fit, and be no more than there are"),
    Misuse(
      { Tensor(UpdateRows(), [float(4, 2), float(1, 2), float()]) },
      "update_rows takes its start as one i64, not f32[]"),
    Misuse(
      { gradient(of: float(2, 3), at: float(2)) },
      "the gradient is taken of f32[2,3]; take it of one number, such as its sum()"),
    Misuse(
      { convolution(.init(), float(2, 3, 4), float(2, 3, 1, 1, 1)) },
      "a convolution takes [N, C, T, H, W] and [D, C/groups, kT, kH, kW], not f32[2,3,4] and "
        + "f32[2,3,1,1,1]"),
    Misuse(
      { convolution(.init(), float(1, 3, 2, 4, 4), float(8, 4, 1, 1, 1)) },
      "the input f32[1,3,2,4,4] has 3 channels, but the weight f32[8,4,1,1,1] takes 4 in 1 group"),
    Misuse(
      { convolution(.init(groups: 2), float(1, 4, 2, 4, 4), float(8, 4, 1, 1, 1)) },
      "the input f32[1,4,2,4,4] has 4 channels, but the weight f32[8,4,1,1,1] takes 8 in 2 groups"),
    Misuse(
      { convolution(.init(), float(1, 3, 2, 4, 4), float(8, 3, 3, 1, 1)) },
      "the kernel [3, 1, 1] does not fit the input [2, 4, 4] with padding [0, 0, 0]; use a larger input "
        + "or a smaller kernel"),
    Misuse(
      { convolution(.init(stride: [0, 1, 1]), float(1, 3, 2, 4, 4), float(8, 3, 1, 1, 1)) },
      "a convolution needs three strides and dilations of at least 1, three paddings of at least 0, and "
        + "groups of at least 1; it has stride [0, 1, 1], padding [0, 0, 0], dilation [1, 1, 1], groups 1"),
    Misuse(
      { layer(Conv("c", [1, 1], 4), float(1, 3, 2, 4, 4)) },
      "Conv takes [N, C, T, H, W] and a kernel of three sizes, here [1, 1], not f32[1,3,2,4,4]"),
    Misuse(
      { layer(Conv("c", [1, 1, 1], 4, groups: 2), float(1, 3, 2, 4, 4)) },
      "Conv in 2 groups takes a multiple of as many channels, not f32[1,3,2,4,4]"),
    Misuse(
      { layer(BatchNorm("bn"), float(2, 3)) },
      "BatchNorm takes f32 [N, C, T, H, W] with N a multiple of its groups, not f32[2,3]"),
    Misuse(
      { layer(MaxPooling([1, 3, 3], stride: [1, 2, 2], padding: [0, 2, 2]), float(1, 3, 2, 4, 4)) },
      "pooling takes [N, C, T, H, W] with three kernel sizes and strides, and padding of at most half "
        + "the kernel; it has f32[1,3,2,4,4], kernel [1, 3, 3], stride [1, 2, 2], padding [0, 2, 2]"),
    Misuse(
      { layer(MaxPooling([1, 9, 9], stride: [1, 2, 2]), float(1, 3, 2, 4, 4)) },
      "the kernel [1, 9, 9] does not fit the input [2, 4, 4] with padding [0, 0, 0]; use a larger input "
        + "or a smaller kernel"),
    Misuse(
      { layer(GlobalAveragePool(), float(2, 3)) },
      "GlobalAveragePool takes f32 [N, C, T, H, W], not f32[2,3]"),
    Misuse(
      { layer(Linear("fc", 3), float(2, 3, 4)) },
      "Linear takes f32 [N, features], not f32[2,3,4]"),
    Misuse(
      { float(2, 0) },
      "'x' has the shape [2, 0]; every size must be at least 1"),
    Misuse(
      { float(1 << 39, 4) },
      "'x' has the shape [549755813888, 4], which is more elements than any memory holds"),
    Misuse(
      { float(1 << 30, 1).matmul(float(1, 1 << 30)) },
      "'matmul' has the shape [1073741824, 1073741824], which is more elements than any memory holds"),
  ]

  @Test(arguments: table)
  func theSentenceIs(misuse: Misuse) {
    let tensor = misuse.make()
    #expect(tensor.isPoisoned)
    #expect(topologicalOrder([tensor]).compactMap(\.diagnostic).map(\.message) == [misuse.expected])
  }
}
