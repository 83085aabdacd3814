import MCLCompiler
import MCLExecution
import MCLGraph
import MCLKernelForms
import MCLKernels
import MCLTestKit
import Testing

/// What a launch makes besides its result: the moments of a convolution's channels, and sums over the same points.
@Suite struct ByProductTests {
  private struct Run {
    var plan: ExecutionPlan
    var outputs: [String: Value]
  }

  private static func program(
    _ shapes: [String: [Int]], _ build: ([String: Tensor]) -> [Tensor]
  ) throws -> Graph {
    let context = ProgramContext()
    let inputs = Dictionary(
      uniqueKeysWithValues: shapes.sorted { $0.key < $1.key }.map { ($0, context.input($0, $1)) })
    return try Graph(
      name: "test", inputs: context.inputs, states: [],
      outputs: build(inputs).enumerated().map { ("y\($0.offset)", $0.element) }, updates: [], taps: [],
      declared: shapes.keys.sorted().compactMap { inputs[$0] })
  }

  private static func values(_ graph: Graph, offset: Double) -> [String: Value] {
    var random = RandomValues(seed: 5)
    return Dictionary(
      uniqueKeysWithValues: graph.inputs.map { input in
        let value = random.value(input.type)
        return (input.name, Value(value.type, value.elements.map { $0 + offset }).roundedToFloat)
      })
  }

  /// The same bits for 1, 2, 3 and 7 threads.
  private static func run(_ graph: Graph, _ values: [String: Value]) throws -> Run {
    let compiled = try ProgramCompiler(KernelCompiler(cache: ObjectCache(directory: nil))).compile(graph)
    var results: [[String: Value]] = []
    for threads in [1, 2, 3, 7] {
      let executor = try Executor(compiled.plan, threads: threads)
      for (name, value) in values { try executor.setInput(name, value) }
      executor.poison()
      try executor.run()
      var found: [String: Value] = [:]
      for output in graph.outputs {
        let type = graph.entries[output.entry].type
        found[output.name] = Value(type, try executor.value(output.name).map { Double($0) })
      }
      results.append(found)
    }
    for other in results.dropFirst() {
      let isSame = other == results[0]
      #expect(isSame, "the bits depend on the number of threads")
    }
    return Run(plan: compiled.plan, outputs: results[0])
  }

  private static func agree(_ run: Run, _ graph: Graph, _ values: [String: Value], _ tolerance: Double) throws
  {
    var interpreter = Interpreter(graph, states: [:])
    for (name, expected) in try interpreter.run(values).outputs {
      let largest = expected.elements.map { abs($0) }.max() ?? 0
      for (a, b) in zip(expected.elements, try #require(run.outputs[name]).elements) {
        #expect(abs(a - b) <= tolerance * largest, "\(name): \(a) became \(b)")
        if !(abs(a - b) <= tolerance * largest) { return }
      }
    }
  }

  private static func convolved(_ x: Tensor, _ w: Tensor, _ geometry: ConvolutionGeometry) -> Tensor {
    Tensor(Convolution(geometry), [x, w])
  }

  /// Rows that fill tiles and rows that do not, channels of one block and of several, strides and padding.
  @Test(arguments: [
    ([2, 16, 3, 5, 7], [32, 16, 1, 3, 3], [1, 1, 1], [0, 1, 1]),
    ([1, 32, 2, 9, 9], [16, 32, 1, 1, 1], [1, 1, 1], [0, 0, 0]),
    ([3, 16, 5, 6, 6], [48, 16, 3, 1, 1], [1, 1, 1], [1, 0, 0]),
    ([2, 16, 2, 11, 11], [64, 16, 1, 3, 3], [1, 2, 2], [0, 1, 1]),
  ])
  func aConvolutionMakesTheMomentsOfItsChannels(
    input: [Int], weight: [Int], stride: [Int], padding: [Int]
  ) throws {
    let geometry = ConvolutionGeometry(stride: stride, padding: padding)
    let graph = try Self.program(["x": input, "w": weight]) { of in
      guard let x = of["x"], let w = of["w"] else { return [] }
      let y = Self.convolved(x, w, geometry)
      return [Tensor(Standardize(axes: [0, 2, 3, 4], epsilon: 1e-5), [y]), y.variance([0, 2, 3, 4]) * 3]
    }
    // Means of several deviations.
    let values = Self.values(graph, offset: 0.5)
    let run = try Self.run(graph, values)
    let hosts = run.plan.launches.filter { !$0.byProducts.isEmpty }
    #expect(hosts.count == 1)
    #expect(hosts.first?.byProducts.count == 2)
    #expect(hosts.first.map { run.plan.kernels[$0.kernel].family } == "contraction")
    try Self.agree(run, graph, values, 5e-6)
  }

  /// Moments of what no contraction makes are made in one sweep; far from zero as near.
  @Test(arguments: [0.0, 64.0])
  func momentsOfOtherValuesTakeOneSweep(offset: Double) throws {
    let graph = try Self.program(["x": Self.large]) { of in
      of["x"].map { [Tensor(Standardize(axes: [0], epsilon: 1e-5), [$0])] } ?? []
    }
    let values = Self.values(graph, offset: offset)
    let run = try Self.run(graph, values)
    let hosts = run.plan.launches.filter { !$0.byProducts.isEmpty }
    #expect(hosts.map { run.plan.kernels[$0.kernel].family } == ["loop"], "\(run.plan.text)")
    #expect(hosts.first?.byProducts.count == 1)
    try Self.agree(run, graph, values, offset == 0 ? 5e-6 : 2e-5)
  }

  /// An output that is the mean itself, or a variance about something else, is left alone.
  @Test func whatIsNotTheVarianceStays() throws {
    let graph = try Self.program(["x": [2, 16, 3, 5, 7], "w": [32, 16, 1, 3, 3], "c": [1, 32, 1, 1, 1]]) {
      of in
      guard let x = of["x"], let w = of["w"], let c = of["c"] else { return [] }
      let y = Self.convolved(x, w, ConvolutionGeometry(padding: [0, 1, 1]))
      let d = y - c.broadcast(to: y.shape)
      return [(d * d).sum([0, 2, 3, 4]), y.mean([0, 2, 3, 4])]
    }
    let values = Self.values(graph, offset: 0.1)
    let run = try Self.run(graph, values)
    #expect(!run.plan.launches.contains { $0.byProducts.count == 2 })
    try Self.agree(run, graph, values, 5e-6)
  }

  private static let large = [4096, 24]

  @Test func sumsOverTheSamePointsAreMadeTogether() throws {
    let graph = try Self.program(["x": Self.large, "g": Self.large]) { of in
      guard let x = of["x"], let g = of["g"] else { return [] }
      let sum = g.sum([0])
      return [x * sum.broadcast(to: x.shape), (g * x * x).sum([0]) * 0.25]
    }
    let values = Self.values(graph, offset: 0)
    let run = try Self.run(graph, values)
    #expect(run.plan.launches.contains { $0.byProducts.count == 1 }, "\(run.plan.text)")
    try Self.agree(run, graph, values, 5e-6)
  }

  /// A sum that needs the other one's value cannot be made with it.
  @Test func aSumOfWhatTheOtherGivesComesAfterIt() throws {
    let graph = try Self.program(["x": Self.large]) { of in
      guard let x = of["x"] else { return [] }
      let mean = (x * x).sum([0]) * (1 / 4096.0)
      return [(x - mean.broadcast(to: x.shape)).exponential().sum([0])]
    }
    let values = Self.values(graph, offset: 0)
    let run = try Self.run(graph, values)
    #expect(run.plan.launches.count == 2, "\(run.plan.text)")
    #expect(run.plan.launches.allSatisfy { $0.byProducts.isEmpty })
    try Self.agree(run, graph, values, 5e-6)
  }
}
