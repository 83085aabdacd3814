import MCLCompiler
import MCLEngineTestKit
import MCLGraph
import MCLKernels
import MCLPasses
import MCLTestKit
import Testing

/// A pooling's positions wait for the backward pass as f32, unless they have a name.
@Suite struct NarrowPositionsTests {
  private static let geometry = PoolGeometry(kernel: [1, 3, 3], stride: [1, 2, 2], padding: [0, 1, 1])

  /// The gradient of a pooling [1, 16, 2, 9, 9] by its input, twice differentiated if asked for.
  private static func program(isTwice: Bool, namesPositions: Bool) throws -> Graph {
    let context = ProgramContext()
    let x = context.input("x", [1, 16, 2, 9, 9])
    let pooled = Tensor(MaxPool(geometry), [x])
    var result = gradient(of: (pooled * pooled).sum(), at: [x])[0]
    if isTwice { result = gradient(of: (result * result * x).sum(), at: [x])[0] }
    var outputs = [("dx", result), ("y", pooled)]
    if namesPositions { outputs.append(("positions", Tensor(MaxPoolPosition(geometry), [x]))) }
    return try Graph(
      name: "pool", inputs: context.inputs, states: [], outputs: outputs, updates: [], taps: [], declared: [x]
    )
  }

  private static func positions(_ graph: Graph) -> [ElementType] {
    graph.entries.compactMap { entry in
      let comprehension = (entry.operation as? Compute)?.comprehension
      return comprehension?.reduction == .firstMaximumPosition ? entry.type.element : nil
    }
  }

  @Test(arguments: [false, true]) func positionsAreStoredInHalfTheMemory(isTwice: Bool) throws {
    let graph = try Self.program(isTwice: isTwice, namesPositions: false)
    let compiled = try ProgramCompiler(KernelCompiler(cache: ObjectCache(directory: nil))).compile(graph)
    #expect(Self.positions(compiled.graph) == [.float32])
    #expect(compiled.report.decisions.contains { $0.rule == "narrow-positions" && $0.isDone })
    var random = RandomValues(seed: 5)
    let inputs = Dictionary(
      uniqueKeysWithValues: graph.inputs.map { ($0.name, random.value($0.type).roundedToFloat) })
    var interpreter = Interpreter(graph, states: [:])
    let expected = try interpreter.run(inputs).outputs
    let found = try CompiledRun(graph, inputs: inputs).outputs
    for (name, value) in expected {
      let deviation = Deviation(try #require(found[name]).elements, from: value.elements)
      #expect(deviation.relativeToLargest < 1e-6, "\(name) is off by \(deviation)")
    }
  }

  @Test func namedPositionsStay() throws {
    let graph = try Self.program(isTwice: false, namesPositions: true)
    let compiled = try ProgramCompiler(KernelCompiler(cache: ObjectCache(directory: nil))).compile(graph)
    #expect(Self.positions(compiled.graph) == [.int64])
  }
}
