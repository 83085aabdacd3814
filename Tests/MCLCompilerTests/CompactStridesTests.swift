import MCLEngineTestKit
import MCLGraph
import MCLPasses
import MCLTestKit
import Testing

/// Sums whose points fall between an operand's are made at the operand's points.
@Suite struct CompactStridesTests {
  /// The input gradient [2, 16, 2, 6, 5] of a strided convolution with 16 channels.
  private static func program(_ geometry: ConvolutionGeometry, window: [Int]) throws -> Graph {
    let context = ProgramContext()
    let upstream = context.input("upstream", [2, 16, 2, 3, 3])
    let weight = context.input("weight", [16, 16] + window)
    let gradient = Tensor(ConvolutionInputGradient(geometry, size: [2, 6, 5]), [upstream, weight])
    return try Graph(
      name: "gradient", inputs: context.inputs, states: [], outputs: [("y", gradient)], updates: [], taps: [],
      declared: [upstream, weight])
  }

  /// Points of the sums that the pass leaves.
  private static func points(_ graph: Graph) throws -> [Int] {
    let after = try CompactStrides().run(LowerToComprehensions().run(graph))
    try after.verify()
    return after.entries.compactMap { entry in
      guard let comprehension = (entry.operation as? Compute)?.comprehension, comprehension.reduction == .sum
      else { return nil }
      return comprehension.outputCount
    }
  }

  @Test func aStridedPointwiseConvolutionsGradientIsMadeWhereItHasTerms() throws {
    let graph = try Self.program(ConvolutionGeometry(stride: [1, 2, 2]), window: [1, 1, 1])
    // 3 x 3 of 6 x 5 pixels.
    #expect(try Self.points(graph) == [2 * 16 * 2 * 3 * 3])
    var random = RandomValues(seed: 9)
    let inputs = Dictionary(
      uniqueKeysWithValues: graph.inputs.map { ($0.name, random.value($0.type).roundedToFloat) })
    var interpreter = Interpreter(graph, states: [:])
    let expected = try #require(try interpreter.run(inputs).outputs["y"])
    let found = try #require(try CompiledRun(graph, inputs: inputs).outputs["y"])
    for (a, b) in zip(expected.elements, found.elements) { #expect(abs(a - b) <= 1e-5, "\(a) became \(b)") }
  }

  /// A window that reaches into the gaps has terms everywhere.
  @Test func aWiderWindowStays() throws {
    let graph = try Self.program(
      ConvolutionGeometry(stride: [1, 2, 2], padding: [0, 1, 1]), window: [1, 3, 3])
    #expect(try Self.points(graph) == [2 * 16 * 2 * 6 * 5])
  }
}
