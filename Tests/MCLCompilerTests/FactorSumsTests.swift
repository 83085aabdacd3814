import MCLGraph
import MCLPasses
import Testing

/// Factors taken out of sums, and products turned: what they do, what they must leave alone, and that values stay.
@Suite struct FactorSumsTests {
  private static func sums(_ graph: Graph) -> [Graph.Entry] {
    graph.entries.filter { ($0.operation as? Reduce)?.kind == .sum }
  }

  private static func run(_ pass: any Pass, _ shape: [Int], _ build: (Tensor) -> Tensor) throws -> Graph {
    let before = try PassTests.program(shape, build)
    let after = try pass.run(before)
    try after.verify()
    let x = (0..<shape.reduce(1, *)).map { Double(($0 * 37) % 19) / 7 - 1.2 }
    let (expected, found) = (try PassTests.values(before, x), try PassTests.values(after, x))
    for (a, b) in zip(expected, found) { #expect(abs(a - b) <= 1e-12 * max(1, abs(a)), "\(a) became \(b)") }
    return after
  }

  /// `sum(x y)` and `sum(g x y 3)`, `g` being the same for all terms, are one sum.
  @Test func sumsThatDifferByACommonFactorBecomeOne() throws {
    let graph = try Self.run(FactorSums(), [4, 33]) { x in
      let scale = x.sliced(axis: 1, 0..<1)
      let y = x.exponential()
      return (y * x).sum([1]) + (scale.broadcast(to: x.shape) * x * 3 * y).sum([1])
    }
    #expect(Self.sums(graph).count == 1)
  }

  @Test func aFactorThatVariesAlongTheSumStays() throws {
    let graph = try Self.run(FactorSums(), [4, 33]) { x in
      let row = x.sliced(axis: 0, 0..<1)
      return (x * row.broadcast(to: x.shape)).sum([1])
        + (x * row.broadcast(to: x.shape) * x).sum([0, 1])
        .broadcast(to: [4, 1])
    }
    #expect(Self.sums(graph).count == 2)
    #expect(Self.sums(graph).allSatisfy { graph.entries[$0.operands[0]].operation is Binary })
  }

  @Test func aMaximumKeepsItsFactors() throws {
    let build = { (x: Tensor) in (x * x.sliced(axis: 1, 0..<1).broadcast(to: x.shape)).maximum([1]) }
    let graph = try Self.run(FactorSums(), [4, 33], build)
    #expect(graph.text == (try EliminateDeadCode().run(PassTests.program([4, 33], build))).text)
  }

  /// Batch norm's backward pass: two sums, whose scale and shift gradients need the same.
  @Test func batchNormsDerivativesShareTheirSums() throws {
    let context = ProgramContext()
    let x = context.input("x", [4, 3, 5])
    let scale = context.input("scale", [1, 3, 1])
    let weights = context.input("weights", [4, 3, 5])
    let y = Tensor(Standardize(axes: [0, 2], epsilon: 1e-5), [x]) * scale.broadcast(to: x.shape)
    let derivatives = gradient(of: (y * weights).sum(), at: [x, scale])
    let graph = try Graph(
      name: "norm", inputs: context.inputs, states: [],
      outputs: [("dx", derivatives[0]), ("dscale", derivatives[1])], updates: [], taps: [],
      declared: [x, scale, weights])
    let expanded = try Simplify().run(ExpandComposites().run(graph))
    let before = Self.sums(expanded).count
    let after = Self.sums(try FactorSums().run(expanded)).count
    #expect(after == before - 1, "\(before) sums became \(after)")
  }

  @Test func aTransposedProductIsMadeTransposed() throws {
    let graph = try Self.run(TransposeProducts(), [6, 9]) { x in
      x.matrixTransposed().matmul(x.exponential()).matrixTransposed()
    }
    let product = try #require(graph.entries.last { $0.operation is MatrixMultiply })
    #expect(graph.entries[graph.outputs[0].entry].operation is MatrixMultiply)
    #expect(product.type.shape == [9, 9])
  }

  /// What is read both ways is made once.
  @Test func aProductThatIsReadAsItIsStays() throws {
    let graph = try Self.run(TransposeProducts(), [6, 6]) { x in
      let product = x.matmul(x)
      return product.matrixTransposed() + product
    }
    #expect(graph.entries.count { $0.operation is MatrixMultiply } == 1)
    #expect(graph.entries.contains { $0.operation is Transpose })
  }
}
