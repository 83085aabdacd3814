import MCLGraph
import MCLTestKit
import Testing

/// The language of models: builders, scopes, taps, residuals, states, and mistakes that are collected.
@Suite struct LanguageTests {
  private struct Block: Composite {
    let deep: Bool
    let extra: Int
    let project: Bool

    var name: String { "block" }

    var body: Chain {
      Residual {
        Conv("a", [1, 1, 1], 4)
        if deep { ReLU() }
        for index in 0..<extra { Conv("b\(index)", [1, 3, 3], 4) }
      } shortcut: {
        if project { Conv("c", [1, 1, 1], 4) } else { Chain([]) }
      }
      ReLU()
    }
  }

  private func scope(_ context: ProgramContext, training: Bool = true) -> Scope {
    Scope(context, path: "net", parameters: "q", isTraining: training, isTrainable: true)
  }

  @Test func buildersGiveNamedParametersInOrder() {
    let context = ProgramContext()
    let clip = context.input("clip", [2, 3, 1, 5, 5])
    let result = Block(deep: true, extra: 2, project: true)(clip, in: scope(context))
    #expect(!result.isPoisoned)
    #expect(result.shape == [2, 4, 1, 5, 5])
    #expect(
      context.parameters("q.").map(\.name) == [
        "q.block.a.weight", "q.block.b0.weight", "q.block.b1.weight", "q.block.c.weight",
      ])
    #expect(
      context.states.map(\.type.shape) == [
        [4, 3, 1, 1, 1], [4, 4, 1, 3, 3], [4, 4, 1, 3, 3], [4, 3, 1, 1, 1],
      ])
    #expect(context.tapped("net.block") === result)
    #expect(context.tapped("net.block.b0").operation is Convolution)
  }

  @Test func emptyShortcutIsTheIdentity() throws {
    let context = ProgramContext()
    let clip = context.input("clip", [1, 4, 1, 1, 2])
    let result = Block(deep: false, extra: 0, project: false)(clip, in: scope(context))
    let graph = try Graph(
      name: "p", inputs: context.inputs, states: context.states, outputs: [("y", result)], updates: [],
      taps: [])
    var interpreter = Interpreter(graph, states: [:])
    interpreter.states["q.block.a.weight"] = Value(TensorType(.float32, [4, 4, 1, 1, 1]), repeating: 0)
    let outputs = try interpreter.run(["clip": Value(clip.type, [1, -2, 3, -4, 5, -6, 7, -8])]).outputs
    #expect(outputs["y"]?.elements == [1, 0, 3, 0, 5, 0, 7, 0])
  }

  @Test func aLayerAppliedTwiceSharesItsParameters() {
    let context = ProgramContext()
    let clip = context.input("clip", [1, 3, 1, 2, 2])
    let block = Block(deep: false, extra: 0, project: true)
    let first = block(clip, in: scope(context))
    let second = block(clip * 2, in: scope(context))
    #expect(context.states.count == 2)
    #expect(first !== second)
    #expect(context.tapped("net.block") === second)
  }

  @Test func batchStatisticsMoveOnceACall() throws {
    let model = Model("twice") { _ in
      Program("run") { context in
        let x = context.input("x", [2, 1, 1, 1, 2])
        let scope = Scope(context, path: "n", parameters: "q", isTraining: true, isTrainable: true)
        let norm = BatchNorm("bn")
        return Step(outputs: [("y", norm(x, in: scope) + norm(x * 2, in: scope))])
      }
    }
    let program = try model.module().program("run")
    var states: [String: Value] = [:]
    for state in program.states {
      guard let start = state.initializer.scalar else { continue }
      states[state.name] = Value(state.type, filledWith: start)
    }
    var interpreter = Interpreter(program, states: states)
    _ = try interpreter.run(["x": Value(TensorType(.float32, [2, 1, 1, 1, 2]), [1, 2, 3, 6])])
    // Mean 3, unbiased variance 14/3; the second call sees doubled values.
    let mean = (0.9 * (0.1 * 3)) + 0.1 * 6
    let variance = 0.9 * (0.9 + 0.1 * 14 / 3) + 0.1 * 4 * 14 / 3
    #expect(abs((interpreter.states["q.bn.running_mean"]?.elements[0] ?? .nan) - mean) < 1e-12)
    #expect(abs((interpreter.states["q.bn.running_var"]?.elements[0] ?? .nan) - variance) < 1e-12)
    #expect(interpreter.states["q.bn.num_batches_tracked"]?.elements == [2])
  }

  @Test func detachStopsTheGradientOnly() throws {
    let x = Tensor(InputLeaf(name: "x", type: TensorType(.float32, [2])), [])
    let y = (x * x.detached() + x).sum()
    let graph = try Graph(
      name: "p", inputs: [Graph.Input(name: "x", type: x.type)], states: [],
      outputs: [("y", y), ("g", gradient(of: y, at: x)), ("none", gradient(of: x.detached().sum(), at: x))],
      updates: [], taps: [])
    var interpreter = Interpreter(graph, states: [:])
    let outputs = try interpreter.run(["x": Value(x.type, [3, -2])]).outputs
    #expect(outputs["y"]?.elements == [3 * 3 + 3 + 4 - 2])
    #expect(outputs["g"]?.elements == [4, -1])
    #expect(outputs["none"]?.elements == [0, 0])
  }

  @Test func oneValueUsedTwiceAddsItsGradients() throws {
    let x = Tensor(InputLeaf(name: "x", type: TensorType(.float32, [])), [])
    let y = x * x * x
    let slope = gradient(of: y, at: x)
    let graph = try Graph(
      name: "p", inputs: [Graph.Input(name: "x", type: x.type)], states: [],
      outputs: [
        ("1", slope), ("2", gradient(of: slope, at: x)),
        ("3", gradient(of: gradient(of: slope, at: x), at: x)),
      ],
      updates: [], taps: [])
    var interpreter = Interpreter(graph, states: [:])
    let outputs = try interpreter.run(["x": Value(scalar: 2)]).outputs
    #expect(outputs["1"]?.elements == [12])
    #expect(outputs["2"]?.elements == [12])
    #expect(outputs["3"]?.elements == [6])
  }

  @Test func zeroVectorsNormalizeToZerosWithFiniteGradients() throws {
    let x = Tensor(InputLeaf(name: "x", type: TensorType(.float32, [2, 3])), [])
    let weights = Tensor(InputLeaf(name: "w", type: x.type), [])
    let first = gradient(of: (x.normalized(axis: 1) * weights).sum(), at: x)
    let graph = try Graph(
      name: "p", inputs: [Graph.Input(name: "x", type: x.type), Graph.Input(name: "w", type: x.type)],
      states: [],
      outputs: [
        ("y", x.normalized(axis: 1)), ("g", first), ("h", gradient(of: (first * first).sum(), at: x)),
      ],
      updates: [], taps: [])
    var interpreter = Interpreter(graph, states: [:])
    let outputs = try interpreter.run([
      "x": Value(x.type, [0, 0, 0, 3, 0, 4]), "w": Value(x.type, [1, 2, 3, 4, 5, 6]),
    ]).outputs
    #expect(outputs["y"]?.elements == [0, 0, 0, 3 * (1 / 5.0), 0, 4 * (1 / 5.0)])
    for name in ["g", "h"] {
      let elements = try #require(outputs[name]).elements
      #expect(elements.count == 6)
      #expect(elements.allSatisfy { $0.isFinite })
    }
  }

  @Test func updatesSeeTheValuesBeforeTheRun() throws {
    let model = Model("swap") { _ in
      Program("run") { context in
        let a = context.state("a", [], initializer: .constant(1))
        let b = context.state("b", [], initializer: .constant(2))
        return Step(outputs: [("sum", a + b)], updates: [(a, b), (b, a)])
      }
    }
    var interpreter = Interpreter(
      try model.module().program("run"), states: ["a": Value(scalar: 1), "b": Value(scalar: 2)])
    _ = try interpreter.run([:])
    #expect(interpreter.states == ["a": Value(scalar: 2), "b": Value(scalar: 1)])
  }

  @Test func allMistakesAreThrownTogether() {
    let model = Model("wrong") { settings in
      let size = settings.integer("size", default: 3)
      Program("first") { context in
        let a = context.input("a", [2, size], file: "m.mcl", line: 10)
        let b = context.input("b", [4, 5], file: "m.mcl", line: 11)
        let wrong = a.matmul(b)
        let alsoWrong = a + b
        // What is made of a mistake is no second mistake.
        return Step(outputs: [("c", (wrong * 2).sum([7]).softmax(axis: 9)), ("d", relu(alsoWrong))])
      }
      Program("second") { context in
        Step(outputs: [("e", context.tapped("nothing", file: "m.mcl", line: 20))])
      }
    }
    do {
      _ = try model.module(["sise": "4", "size": "x"])
      Issue.record("the model has mistakes")
    } catch let error as ModelError {
      #expect(
        error.diagnostics.map(\.message) == [
          "--set size=x: 'x' is not an integer in 1...16777216",
          "the model has no setting 'sise'; did you mean 'size'?",
          "matmul of f32[2,3] and f32[4,5]: the columns of the first must be the rows of the second",
          "add of f32[2,3] and f32[4,5]: make both one type, with broadcast or reshaped",
          "nothing is called 'nothing' here",
        ])
      #expect(error.diagnostics[2].location == SourceLocation(file: "m.mcl", line: 11))
      #expect("\(error.diagnostics[4])" == "m.mcl:20: error: nothing is called 'nothing' here")
    } catch { Issue.record("not a ModelError: \(error)") }
  }

  @Test func chanceValuesAreOfOutputs() throws {
    func model(_ chances: [String: Double]) -> Model {
      Model("m") { _ in
        Program("p") { context in
          Step(
            outputs: [("loss.inter", context.input("x", [])), ("y", context.input("z", []))], chances: chances
          )
        }
      }
    }
    let chances = ["loss.inter": Chance.crossEntropy(over: 97), "y": Chance.accuracy(over: 4)]
    #expect(try model(chances).module().program("p").chances == ["loss.inter": 4.574710978503383, "y": 0.25])
    let error = try #require(throws: ModelError.self) {
      try model(["loss.intre": 1, "y": .nan]).module()
    }
    #expect(
      error.diagnostics.map(\.message) == [
        "a chance value is given for 'loss.intre', which is no output; did you mean 'loss.inter'?",
        "the chance value of the output 'y' is nan; give a finite number",
      ])
  }

  /// Of rows: right, wrong, a tie, one with NaN, a tie of all.
  @Test func accuracyCountsWhatIsLargest() throws {
    let context = ProgramContext()
    let (logits, labels) = (context.input("x", [5, 3]), context.input("labels", [5], .int64))
    let graph = try Graph(
      name: "p", inputs: context.inputs, states: [],
      outputs: [("first", logits.accuracyOfFirst()), ("labelled", logits.accuracy(labels: labels))],
      updates: [], taps: [])
    var interpreter = Interpreter(graph, states: [:])
    let rows: [[Double]] = [[2, 1, 0], [-1, 3, 2], [5, 5, 1], [1, .nan, 0], [0, 0, 0]]
    let found = try interpreter.run([
      "x": Value(TensorType(.float32, [5, 3]), rows.flatMap { $0 }),
      "labels": Value(TensorType(.int64, [5]), [0, 1, 0, 0, 2]),
    ]).outputs
    #expect(found["first"]?.elements == [0.2])
    #expect(found["labelled"]?.elements == [0.4])
  }
}
