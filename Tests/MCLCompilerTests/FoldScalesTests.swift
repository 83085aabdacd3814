import MCLCompiler
import MCLEngineTestKit
import MCLExecution
import MCLGraph
import MCLKernels
import MCLPasses
import MCLTestKit
import Testing

/// Batch norm in evaluation goes into the weights, which are made once for all runs; where a weight changes from run to
/// run, or a value on the way is wanted, nothing moves.
@Suite struct FoldScalesTests {
  private struct Program {
    var graph: Graph
    var values: [String: Value]
    var x: Value

    /// `build` makes the output of x [2, 3, 3, 6, 5], weight w [5, 3, 1, 3, 3] and, each [5], m, v, s and b.
    init(update: Bool = false, _ build: (Tensor, Tensor, [Tensor]) -> [Tensor]) throws {
      let context = ProgramContext()
      let x = context.input("x", [2, 3, 3, 6, 5])
      let w = context.state("w", [5, 3, 1, 3, 3], initializer: .constant(0))
      let vectors = ["m", "v", "s", "b"].map { context.state($0, [5], initializer: .constant(0)) }
      let outputs = build(x, w, vectors.map { $0.reshaped([1, 5, 1, 1, 1]) })
      graph = try Graph(
        name: "evaluation", inputs: context.inputs, states: context.states,
        outputs: outputs.enumerated().map { ("y\($0.offset)", $0.element) },
        updates: update ? [("w", w * 0.5)] : [], taps: [], declared: [x, w] + vectors)
      var random = RandomValues(seed: 11)
      values = [:]
      for state in context.states { values[state.name] = random.value(state.type).roundedToFloat }
      values["v"] =
        Value(
          try #require(values["v"]).type, try #require(values["v"]).elements.map { abs($0) + 0.5 }
        ).roundedToFloat
      self.x = random.value(x.type).roundedToFloat
    }

    func expected() throws -> [String: Value] {
      var interpreter = Interpreter(graph, states: values)
      return try interpreter.run(["x": x]).outputs
    }

    /// Binary operations on whole feature maps that the passes up to this one leave.
    func folded() throws -> (multiplications: Int, additions: Int, convolutions: Int) {
      let after = try FoldScales().run(graph)
      try after.verify()
      func count(_ function: BinaryFunction) -> Int {
        after.entries.count {
          ($0.operation as? Binary)?.function == function && $0.type.shape == [2, 5, 3, 6, 5]
        }
      }
      return (
        count(.multiply), count(.add) + count(.subtract), after.entries.count { $0.operation is Convolution }
      )
    }
  }

  private static func convolution(_ x: Tensor, _ w: Tensor) -> Tensor {
    Tensor(Convolution(ConvolutionGeometry(padding: [0, 1, 1])), [x, w])
  }

  private static func norm(_ y: Tensor, _ of: [Tensor]) -> Tensor {
    (y - of[0]) * (of[1] + 1e-5).squareRoot().reciprocal() * of[2] + of[3]
  }

  private static func agree(_ found: [String: Value], _ expected: [String: Value]) {
    for (name, value) in expected {
      let largest = value.elements.map { abs($0) }.max() ?? 0
      for (a, b) in zip(value.elements, found[name]?.elements ?? []) {
        #expect(abs(a - b) <= 2e-6 * largest, "\(name): \(a) became \(b)")
      }
      #expect(found[name]?.type == value.type)
    }
  }

  @Test func batchNormInEvaluationBecomesOneSumAChannel() throws {
    let program = try Program { x, w, of in [relu(Self.norm(Self.convolution(x, w), of))] }
    let folded = try program.folded()
    #expect(folded == (0, 1, 1))
    let run = try CompiledRun(program.graph, inputs: ["x": program.x], states: program.values)
    Self.agree(run.outputs, try program.expected())
  }

  @Test func scalesBeforeAndAfterSumsAndFromEitherSide() throws {
    let program = try Program { x, w, of in
      let y = (of[0] * Self.convolution(x, w) + 3) * 2
      return [of[3] + (of[1] + y) * of[2]]
    }
    let folded = try program.folded()
    #expect(folded == (0, 1, 1))
    let run = try CompiledRun(program.graph, inputs: ["x": program.x], states: program.values)
    Self.agree(run.outputs, try program.expected())
  }

  @Test func aWeightThatChangesStays() throws {
    let program = try Program(update: true) { x, w, of in [Self.norm(Self.convolution(x, w), of)] }
    #expect(try program.folded() == (2, 2, 1))
  }

  /// The convolution's own result, and what the norm has made of it half way, are read elsewhere too.
  @Test func whatIsReadElsewhereStays() throws {
    let program = try Program { x, w, of in
      let y = Self.convolution(x, w)
      return [Self.norm(y, of), y.sum()]
    }
    #expect(try program.folded() == (2, 2, 1))
    let half = try Program { x, w, of in
      let y = Self.convolution(x, w) * of[2]
      return [y + of[3], y * of[0]]
    }
    #expect(try half.folded() == (1, 1, 1))
    let run = try CompiledRun(half.graph, inputs: ["x": half.x], states: half.values)
    Self.agree(run.outputs, try half.expected())
  }

  /// A scale that differs along time is no scale of the weight; `c - y` turns the sign and is left as it is.
  @Test func otherScalesStay() throws {
    let program = try Program { x, w, of in
      let y = Self.convolution(x, w)
      let time = x.sliced(axis: 1, 0..<1).sliced(axis: 0, 0..<1).broadcast(to: [1, 1, 3, 6, 5])
      return [y * time.broadcast(to: y.shape)]
    }
    #expect(try program.folded().multiplications == 1)
    let turned = try Program { x, w, of in [(of[0] - Self.convolution(x, w)) * of[2]] }
    #expect(try turned.folded().multiplications == 1)
  }

  /// What is made once is made again when a state is set, and gives the same bits when the arena is lost in between.
  @Test func preparedValuesFollowTheStates() throws {
    var program = try Program { x, w, of in [Self.norm(Self.convolution(x, w), of)] }
    let compiled = try ProgramCompiler(KernelCompiler(cache: ObjectCache(directory: nil))).compile(
      program.graph)
    #expect(compiled.plan.preparationCount > 0)
    let executor = try Executor(compiled.plan, threads: 1)
    try executor.setInput("x", program.x)
    func outputs() throws -> [String: Value] {
      try executor.run()
      let type = program.graph.entries[program.graph.outputs[0].entry].type
      return ["y0": Value(type, try executor.value("y0").map { Double($0) })]
    }
    for (name, value) in program.values { try executor.setState(name, value) }
    executor.poison()
    let first = try outputs()
    Self.agree(first, try program.expected())
    #expect(try outputs() == first)
    for name in ["s", "w", "m"] {
      let value = try #require(program.values[name])
      program.values[name] = Value(value.type, value.elements.map { $0 * 1.5 })
      try executor.setState(name, try #require(program.values[name]))
      Self.agree(try outputs(), try program.expected())
    }
    let last = try outputs()
    executor.poison()
    #expect(try outputs() == last)
  }
}
