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

  static let table: [Misuse] = [
    Misuse({ float(2, 3) + float(4, 5) }, "1"),
    Misuse({ integer(2) / integer(2) }, "1"),
    Misuse({ float(2) % float(2) }, "1"),
    Misuse({ float(2) * integer(2) }, "1"),
    Misuse({ integer(2).exponential() }, "1"),
    Misuse({ float(2, 3).matmul(float(4, 5)) }, "1"),
    Misuse({ float(3).matmul(float(3)) }, "1"),
    Misuse({ float(3).matrixTransposed() }, "1"),
    Misuse({ float(2, 3).reshaped([7]) }, "1"),
    Misuse({ float(2, 3).reshaped([-2, -3]) }, "1"),
    Misuse({ float(2, 3).transposed([0, 0]) }, "1"),
    Misuse({ float(2, 3).flattened(from: 2) }, "1"),
    Misuse({ float(2, 3).broadcast(to: [4, 3]) }, "1"),
    Misuse({ float(2, 3).sliced(axis: 1, 2..<9) }, "1"),
    Misuse({ float(2, 3).sliced(axis: 4, 0..<1) }, "1"),
    Misuse({ float(2, 3).padded(axis: 0, before: -1, after: 0) }, "1"),
    Misuse({ float(2, 3).sum([2]) }, "1"),
    Misuse({ float(2, 3).sum([1, 1]) }, "1"),
    Misuse({ integer(2).sum([0]) }, "1"),
    Misuse({ float(2, 3).sum(.height) }, "1"),
    Misuse({ concatenate([float(2, 3), float(2, 4)], axis: 0) }, "1"),
    Misuse({ concatenate([float(2, 3), float(2)], axis: 0) }, "1"),
    Misuse({ concatenate([float(2), float(2)], axis: 1) }, "1"),
    Misuse({ concatenate([float(2), integer(2)], axis: 0) }, "1"),
    Misuse({ select(float(2), .less, integer(2), then: float(2), else: float(2)) }, "1"),
    Misuse({ select(float(2), .less, 0, then: float(3), else: float(2)) }, "1"),
    Misuse({ Tensor(OneHot(classes: 3), [float(2)]) }, "1"),
    Misuse({ Tensor(UpdateRows(), [float(4, 2), float(5, 2), integer()]) }, "1"),
    Misuse({ Tensor(UpdateRows(), [float(4, 2), float(1, 2), float()]) }, "1"),
    Misuse({ gradient(of: float(2, 3), at: float(2)) }, "1"),
    Misuse({ convolution(.init(), float(2, 3, 4), float(2, 3, 1, 1, 1)) }, "1"),
    Misuse({ convolution(.init(), float(1, 3, 2, 4, 4), float(8, 4, 1, 1, 1)) }, "1"),
    Misuse({ convolution(.init(groups: 2), float(1, 4, 2, 4, 4), float(8, 4, 1, 1, 1)) }, "1"),
    Misuse({ convolution(.init(), float(1, 3, 2, 4, 4), float(8, 3, 3, 1, 1)) }, "1"),
    Misuse({ convolution(.init(stride: [0, 1, 1]), float(1, 3, 2, 4, 4), float(8, 3, 1, 1, 1)) }, "1"),
    Misuse({ layer(Conv("c", [1, 1], 4), float(1, 3, 2, 4, 4)) }, "1"),
    Misuse({ layer(Conv("c", [1, 1, 1], 4, groups: 2), float(1, 3, 2, 4, 4)) }, "1"),
    Misuse({ layer(BatchNorm("bn"), float(2, 3)) }, "1"),
    Misuse({ layer(Pool([1, 3, 3], stride: [1, 2, 2], padding: [0, 2, 2]), float(1, 3, 2, 4, 4)) }, "1"),
    Misuse({ layer(Pool([1, 9, 9], stride: [1, 2, 2]), float(1, 3, 2, 4, 4)) }, "1"),
    Misuse({ layer(GlobalAveragePool(), float(2, 3)) }, "1"),
    Misuse({ layer(Linear("fc", 3), float(2, 3, 4)) }, "1"),
    Misuse({ float(2, 0) }, "1"),
    Misuse({ float(1 << 39, 4) }, "1"),
    Misuse({ float(1 << 30, 1).matmul(float(1, 1 << 30)) }, "1"),
  ]

  @Test(arguments: table)
  func theSentenceIs(misuse: Misuse) {
    let tensor = misuse.make()
    #expect(tensor.isPoisoned)
    #expect(topologicalOrder([tensor]).compactMap(\.diagnostic).map(\.message) == [misuse.expected])
  }
}
