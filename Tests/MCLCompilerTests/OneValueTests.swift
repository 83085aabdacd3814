import Foundation
import MCLCompiler
import MCLEngineTestKit
import MCLGraph
import MCLKernels
import MCLTestKit
import Testing

/// Models in which a value meets itself again, with numbers that PyTorch gives in float64.
@Suite struct OneValueTests {
  /// Outputs of a program, compiled in every way of `LawBitTests`, must be near those of its definitions.
  @discardableResult
  static func agree(
    _ inputs: [String: Value], tolerance: Double = 1e-5,
    _ build: (ProgramContext, [String: Tensor]) -> [(name: String, tensor: Tensor)]
  ) throws -> [String: [Double]] {
    let context = ProgramContext()
    let leaves = Dictionary(
      uniqueKeysWithValues: inputs.sorted { $0.key < $1.key }.map { name, value in
        (name, context.input(name, value.shape, value.type.element))
      })
    let outputs = build(context, leaves)
    let graph = try Graph(
      name: "p", inputs: context.inputs, states: context.states, outputs: outputs, updates: [], taps: [])
    let rounded = inputs.mapValues(\.roundedToFloat)
    var interpreter = Interpreter(graph, states: [:])
    let expected = try interpreter.run(rounded).outputs
    var first: [String: [Double]] = [:]
    for fuses in [true, false] {
      let compiler = ProgramCompiler(KernelCompiler(cache: ObjectCache(directory: nil)), fuses: fuses)
      let run = try CompiledRun(graph, inputs: rounded, compiler: compiler)
      for (name, value) in expected {
        let found = try #require(run.outputs[name]).elements
        for (index, (a, b)) in zip(found, value.elements).enumerated() {
          let isSame = a == b || (a.isNaN && b.isNaN) || abs(a - b) <= tolerance * max(1, abs(b))
          #expect(isSame, "\(name), fused \(fuses), is \(a) instead of \(b) at \(index)")
        }
        if fuses { first[name] = found }
      }
    }
    return first
  }

  static func random(_ shape: [Int], seed: UInt64 = 5) -> Value {
    var random = RandomValues(seed: seed)
    return random.value(TensorType(.float32, shape)).roundedToFloat
  }

  static func value(_ numbers: [Double], _ shape: [Int]? = nil) -> Value {
    Value(TensorType(.float32, shape ?? [numbers.count]), numbers)
  }

  // MARK: A maximum is one of its values

  @Test(arguments: [[4, 33], [7, 16], [3, 1000]])
  func theGradientOfAMaximumGoesToItsPlace(shape: [Int]) throws {
    let x = Self.random(shape)
    let found = try Self.agree(["x": x]) { _, leaves in
      let x = leaves["x"]!
      let loss = (x * x * 0.1).maximum([1]).sum()
      return [("g", gradient(of: loss, at: x)), ("loss", loss)]
    }
    // By hand: 0.2 x at the largest square of each row.
    let width = shape[1]
    for row in 0..<shape[0] {
      let own = Array(x.elements[row * width..<(row + 1) * width])
      let place = try #require(own.indices.max { own[$0] * own[$0] < own[$1] * own[$1] })
      for column in 0..<width {
        let expected = column == place ? 0.2 * own[column] : 0
        #expect(abs((found["g"]?[row * width + column] ?? .nan) - expected) < 1e-6)
      }
    }
  }

  @Test func everyRowHasOneLargest() throws {
    let found = try Self.agree(["x": Self.random([5, 100])]) { _, leaves in
      let y = leaves["x"]! * 0.3 + 0.1
      let largest = y.maximum([1]).broadcast(to: y.shape)
      let ones = y.filled(with: 1)
      let hits = select(y, .greaterOrEqual, largest, then: ones, else: y.filled(with: 0)).sum([1])
      return [("hits", hits), ("root", (largest - y).squareRoot())]
    }
    #expect(found["hits"] == [1, 1, 1, 1, 1])
    #expect(found["root"]?.allSatisfy { $0 >= 0 } == true)
  }

  @Test func aSoftmaxMayDifferentiateItsMaximum() throws {
    try Self.agree(["x": Self.random([4, 40]), "w": Self.random([4, 40], seed: 6)]) { _, leaves in
      let x = leaves["x"]! * 0.7
      let exponentials = (x - x.maximum([1]).broadcast(to: x.shape)).exponential()
      let softmax = exponentials / exponentials.sum([1]).broadcast(to: x.shape)
      let loss = (softmax * leaves["w"]!).sum()
      return [("g", gradient(of: loss, at: leaves["x"]!)), ("softmax", softmax)]
    }
  }

  @Test func aHardGumbelSoftmaxIsHard() throws {
    let found = try Self.agree(["x": Self.random([6, 30]), "g": Self.random([6, 30], seed: 9)]) { _, leaves in
      let soft = ((leaves["x"]! + leaves["g"]!) * (1 / 0.7)).softmax(axis: 1)
      let largest = soft.maximum([1]).broadcast(to: soft.shape)
      let hard = select(soft, .equal, largest, then: soft.filled(with: 1), else: soft.filled(with: 0))
      return [
        ("choice", hard), ("through", hard - soft.detached() + soft),
        ("g", gradient(of: ((hard - soft.detached() + soft) * leaves["g"]!).sum(), at: leaves["x"]!)),
      ]
    }
    let choice = try #require(found["choice"])
    for row in 0..<6 { #expect(choice[row * 30..<(row + 1) * 30].reduce(0, +) == 1) }
  }

  /// Attention by the largest and mean value of each channel after batch norm (CBAM), and global max pooling.
  @Test func largestValuesOfNormedChannels() throws {
    let clip = Self.random([2, 17, 2, 4, 5])
    try Self.agree(["x": clip, "w": Self.random([17, 17], seed: 3)], tolerance: 1e-4) { _, leaves in
      let x = leaves["x"]!
      let normed = relu(Tensor(Standardize(axes: [0, 2, 3, 4], epsilon: 1e-5), [x]) * 1.1 + 0.2)
      let pooled = normed.maximum([2, 3, 4]).reshaped([2, 17])
      let scores = pooled.matmul(leaves["w"]!) * 0.1
      let gate = ((-scores).exponential() + 1).reciprocal().reshaped([2, 17, 1, 1, 1])
      let attended = normed * gate.broadcast(to: x.shape)
      let loss = (attended * attended).mean() + (pooled * pooled).sum() * 0.01
      return [("g", gradient(of: loss, at: x)), ("loss", loss)]
    }
  }

  // MARK: Overflow

  @Test func functionsAtTheirEdges() throws {
    let found = try Self.agree(["x": Self.value([-45, -89, -100, -200, -1e30, 45, 89, 200])]) { _, leaves in
      let x = leaves["x"]!
      let sigmoid = ((-x).exponential() + 1).reciprocal()
      let tanh = 2 / ((x * -2).exponential() + 1) - 1
      return [("sigmoid", sigmoid), ("slope", sigmoid * (1 - sigmoid)), ("tanh", tanh)]
    }
    #expect(found["tanh"] == [-1, -1, -1, -1, -1, 1, 1, 1])
    #expect(found["slope"]?[1...4].allSatisfy { $0 == 0 } == true)
  }

  /// The square is beyond f32, so it is infinity, as any f32 arithmetic has it.
  @Test func aSquareThatOverflowsIsInfinite() throws {
    let context = ProgramContext()
    let x = context.input("x", [3])
    let y = (x * x + 1).logarithm()
    let graph = try Graph(
      name: "p", inputs: context.inputs, states: [], outputs: [("y", y)], updates: [], taps: [])
    let run = try CompiledRun(graph, inputs: ["x": Self.value([1e30, -1e30, 1e15])])
    let found = try #require(run.outputs["y"]).elements
    #expect(found[0] == .infinity && found[1] == .infinity && abs(found[2] - 69.07755) < 1e-4)
  }

  // MARK: NaN and infinity

  @Test func aConstantMayBeNotANumber() throws {
    let found = try Self.agree(["x": Self.value([1, 2, 3])]) { _, leaves in
      let x = leaves["x"]!
      let zero = x.filled(with: 0)
      return [
        ("given", x + .nan), ("folded", x * (zero / zero)),
        ("chosen", select(x, .less, 2, then: x, else: x.filled(with: .nan))),
        ("infinite", x + .infinity - .infinity), ("negative", x * -.infinity),
      ]
    }
    #expect(found["given"]?.allSatisfy(\.isNaN) == true && found["folded"]?.allSatisfy(\.isNaN) == true)
    #expect(found["chosen"]?[0] == 1 && found["chosen"]?[2].isNaN == true)
  }

  /// A number that is infinite in one channel reaches the channels that read it, and no lanes beside them.
  @Test(arguments: [17, 33, 16])
  func infinityStaysInItsChannels(channels: Int) throws {
    var clip = Self.random([1, 16, 2, 8, 8])
    clip = Value(clip.type, clip.elements.enumerated().map { $0.offset == 70 ? .infinity : $0.element })
    let first = Self.random([channels, 16, 1, 1, 1], seed: 2)
    // The second convolution reads the first channel alone, which does not see the infinite one.
    let seen = Value(first.type, first.elements.enumerated().map { $0.offset == 0 ? 0 : $0.element })
    try Self.agree(["x": clip, "a": seen, "b": Self.random([32, channels, 1, 1, 1], seed: 4)]) { _, leaves in
      let inner = Tensor(Convolution(ConvolutionGeometry()), [leaves["x"]!, leaves["a"]!])
      let finite = select(inner.magnitude(), .less, 1e30, then: inner, else: inner.filled(with: 0))
      return [
        ("y", Tensor(Convolution(ConvolutionGeometry()), [finite, leaves["b"]!])),
        (
          "z",
          Tensor(Convolution(ConvolutionGeometry()), [inner, leaves["b"]!])
            .sliced(axis: 4, 7..<8)
        ),
      ]
    }
  }

  @Test func nothingBesidePaddingIsDropped() throws {
    var numbers = [Double](repeating: 1, count: 12)
    numbers[0] = .nan
    let found = try Self.agree(["x": Self.value([1, 2, 3, 4], [1, 4]), "y": Self.value(numbers, [2, 6])]) {
      _, leaves in
      let padded = leaves["x"]!.padded(axis: 1, before: 1, after: 1)
      let rows = padded.broadcast(to: [2, 6])
      return [
        ("sum", (rows * leaves["y"]!).sum([1])), ("products", rows.matmul(leaves["y"]!.transposed([1, 0]))),
      ]
    }
    #expect(found["sum"]?[0].isNaN == true && found["sum"]?[1] == 10)
  }

  @Test func aWindowOfNothingButMinusInfinityHasAPlaceInside() throws {
    let size = [1, 1, 1, 4, 5]
    let clip = Self.value([Double](repeating: -.infinity, count: 20), size)
    for padding in [[0, 0, 0], [0, 1, 1]] {
      let geometry = PoolGeometry(kernel: [1, 3, 3], stride: [1, 2, 2], padding: padding)
      let found = try Self.agree(["x": clip]) { _, leaves in
        let x = leaves["x"]!
        let pooled = Tensor(MaxPool(geometry), [x])
        return [
          ("pooled", pooled), ("places", Tensor(MaxPoolPosition(geometry), [x]).converted(to: .float32)),
          ("g", gradient(of: pooled.sum(), at: x)),
        ]
      }
      // Every window gives its share of the derivative to a place of the image.
      let windows = try #require(found["pooled"]).count
      #expect(found["g"]?.reduce(0, +) == Double(windows))
    }
  }

  // MARK: Ties

  @Test func tiesShareTheDerivative() throws {
    let found = try Self.agree(
      ["a": Self.value([1, 2, 3, -0.0, .nan]), "b": Self.value([1, 3, 2, 0, 1])]
    ) { _, leaves in
      let (a, b) = (leaves["a"]!, leaves["b"]!)
      let largest = gradient(of: MCLGraph.maximum(a, b).sum(), at: [a, b])
      let least = gradient(of: MCLGraph.minimum(a, b).sum(), at: [a, b])
      return [
        ("a", largest[0]), ("b", largest[1]), ("c", least[0]), ("d", least[1]),
        ("relu", gradient(of: relu(a).sum(), at: a)),
      ]
    }
    #expect(found["a"] == [0.5, 0, 1, 0.5, 1] && found["b"] == [0.5, 1, 0, 0.5, 1])
    #expect(found["c"] == [0.5, 1, 0, 0.5, 1] && found["d"] == [0.5, 0, 1, 0.5, 1])
    #expect(found["relu"] == [1, 1, 1, 0, 1])
  }
}
