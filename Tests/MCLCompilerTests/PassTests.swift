import MCLGraph
import MCLPasses
import Testing

/// What the passes make of small programs, and that they leave the values alone.
@Suite struct PassTests {
  /// A program over one input `x` of this shape.
  static func program(_ shape: [Int], _ build: (Tensor) -> Tensor) throws -> Graph {
    let context = ProgramContext()
    let x = context.input("x", shape)
    return try Graph(
      name: "test", inputs: context.inputs, states: [], outputs: [("y", build(x))], updates: [], taps: [],
      declared: [x])
  }

  static func computations(_ graph: Graph) throws -> [Comprehension] {
    try Pipeline.run(graph).graph.entries.compactMap { ($0.operation as? Compute)?.comprehension }
  }

  static func values(_ graph: Graph, _ x: [Double]) throws -> [Double] {
    var interpreter = Interpreter(graph, states: [:])
    let type = try #require(graph.inputs.first).type
    return try #require(try interpreter.run(["x": Value(type, x)]).outputs["y"]).elements
  }

  /// Compiles with every pass and compares with the operations' own definitions.
  static func agree(_ shape: [Int], _ build: (Tensor) -> Tensor) throws {
    let graph = try program(shape, build)
    let x = (0..<shape.reduce(1, *)).map { Double(($0 * 37) % 19) / 7 - 1.2 }
    let before = try values(graph, x)
    let after = try values(Pipeline.run(graph).graph, x)
    #expect(before.count == after.count)
    for (a, b) in zip(before, after) { #expect(abs(a - b) <= 1e-6 * max(1, abs(a)), "\(a) became \(b)") }
  }

  @Test func aChainOfMapsIsOneComputation() throws {
    let graph = try Self.program([4, 33]) { relu(($0 * 2 + 1) / 3).exponential() }
    #expect(try Self.computations(graph).count == 1)
  }

  @Test func aMapBeforeASumIsFusedIntoIt() throws {
    let graph = try Self.program([4, 33]) { ($0 * $0).sum([1]) }
    let computations = try Self.computations(graph)
    #expect(computations.count == 1)
    #expect(computations.first?.reduction == .sum)
  }

  @Test func aMapAfterASumBecomesItsEpilogue() throws {
    let graph = try Self.program([4, 33]) { ($0.sum([1]) + 1e-5).squareRoot().reciprocal() }
    let computations = try Self.computations(graph)
    #expect(computations.count == 1)
    #expect(computations.first?.epilogue != .accumulator)
  }

  /// Computing the root once a row is right; once an element of every row would be a waste.
  @Test func aSmallValueIsNotComputedAgainForEveryElement() throws {
    let graph = try Self.program([4, 333]) { $0 * (($0.sum([1]) + 1).squareRoot() + 2).logarithm() }
    #expect(try Self.computations(graph).count == 2)
  }

  /// A contraction's kernel wants plain products: a map before it is stored.
  @Test func aMapIsNotFusedIntoAMatrixProduct() throws {
    let graph = try Self.program([64, 64]) { relu($0).matmul($0) }
    let computations = try Self.computations(graph)
    #expect(computations.count == 2)
    #expect(computations.last?.body == .load(0) * .load(1))
  }

  @Test func aTransposeIsReadInPlaceByAMatrixProduct() throws {
    let graph = try Self.program([64, 32]) { $0.matmul($0.matrixTransposed()) }
    #expect(try Self.computations(graph).count == 1)
  }

  @Test func equalPartsAreComputedOnce() throws {
    let graph = try Self.program([8, 16]) { x in
      concatenate([(x.exponential() + 1).sum([1]), (x.exponential() + 1).sum([1])], axis: 1)
    }
    #expect(try Self.computations(graph).count == 2)
  }

  /// What the gradient of a first column is in the others: nothing that is read.
  @Test func whatIsPaddingEverywhereIsNotRead() throws {
    func build(_ x: Tensor) -> Tensor {
      let first = x.sliced(axis: 1, 0..<1)
      let slope = gradient(of: (first * first).sum(), at: x)
      return slope.sliced(axis: 1, 1..<9) + x.sliced(axis: 1, 1..<9)
        - slope.sum([1]).reshaped([4, 1]).broadcast(to: [4, 8])
    }
    try Self.agree([4, 9], build)
    let computations = try Self.computations(Self.program([4, 9], build))
    for computation in computations {
      #expect(!computation.accesses.contains { $0.mayFallOutside(axes: computation.axes) }, "\(computation)")
    }
    #expect(computations.allSatisfy { $0.reductionCount < 9 }, "\(computations)")
  }

  @Test func constantsFold() throws {
    let graph = try Self.program([3]) { $0 * ($0.filled(with: 2) + 3) }
    let simplified = try Simplify().run(ExpandComposites().run(graph))
    #expect(try EliminateDeadCode().run(simplified).entries.count == 3)
  }

  @Test func passesAreIdempotent() throws {
    let graph = try Self.program([2, 3, 4, 5, 6]) { x in
      Tensor(Standardize(axes: [0, 2, 3, 4], epsilon: 1e-5), [x]).mean([2, 3, 4])
    }
    var current = graph
    for pass in Pipeline.passes {
      current = try pass.run(current)
      #expect(try pass.run(current).text == current.text, "\(pass.name)")
    }
  }

  @Test func passesKeepTheValues() throws {
    try Self.agree([2, 3, 4, 5, 6]) { x in
      let y = Tensor(Standardize(axes: [0, 2, 3, 4], epsilon: 1e-5), [x])
      return gradient(of: (relu(y) * x).sum(), at: x)
    }
    try Self.agree([6, 5]) { gradient(of: $0.logSoftmax(axis: 1).sliced(axis: 1, 1..<3).sum(), at: $0) }
    try Self.agree([3, 8]) {
      gradient(of: $0.normalized(axis: 1).transposed([1, 0]).sliced(axis: 0, 2..<5).sum(), at: $0)
    }
    try Self.agree([2, 4, 3]) { x in
      concatenate(
        [
          x.transposed([0, 2, 1]).reshaped([2, 12]),
          x.reshaped([2, 12]).padded(axis: 1, before: 1, after: 2),
        ], axis: 1)
    }
    try Self.agree([1, 2, 3, 5, 5]) { x in
      let pooled = Tensor(
        MaxPool(PoolGeometry(kernel: [1, 3, 3], stride: [1, 2, 2], padding: [0, 1, 1])), [relu(x)])
      return gradient(of: (pooled * pooled).sum(), at: x)
    }
    try Self.agree([2, 4, 3, 6, 6]) { x in
      let weight = x.sliced(axis: 3, 0..<3).sliced(axis: 4, 0..<3).sliced(axis: 1, 0..<2)
      let y = Tensor(
        Convolution(ConvolutionGeometry(stride: [1, 2, 2], padding: [1, 1, 1], groups: 2)), [x, weight])
      return gradient(of: (y * y).sum(), at: x)
    }
  }
}
