import MCLGraph
import MCLTestKit
import Testing

/// Dropout: a declared input of draws, what it makes of given draws, and its mistakes.
@Suite struct DropoutTests {
  private func module(
    rate: Double = 0.75, isTraining: Bool = true, calls: Int = 1, name: String = "drop"
  ) throws -> Module {
    try Model("m") { _ in
      Program("step") { context in
        let x = context.input("x", [2, 3])
        let scope = Scope(context, path: "net", isTraining: isTraining)
        let results = (0..<calls).map { _ in Dropout(name, rate)(x, in: scope) }
        let y = results.dropFirst().reduce(results[0], +)
        return Step(outputs: [("y", y), ("slope", gradient(of: (y * y).sum(), at: x))])
      }
    }.module()
  }

  private func complaint(_ body: () throws -> Module) -> [String] {
    let error = #expect(throws: ModelError.self) { try body() }
    return error?.diagnostics.map(\.message) ?? []
  }

  @Test func givenDrawsDecide() throws {
    let module = try module()
    let graph = try module.program("step")
    let text = "input \"net.drop\" : f32[2,3] from random.uniform purpose=\"net.drop\""
    #expect(module.text.contains(text))
    #expect(try Module(text: module.text).text == module.text)
    var interpreter = Interpreter(graph, states: [:])
    let type = TensorType(.float32, [2, 3])
    let outputs = try interpreter.run([
      "x": Value(type, [1, -2, 3, 4, 5, 6]),
      // Dropped where the draw is below the rate; at the rate it is kept.
      "net.drop": Value(type, [0, 0.74, 0.75, 0.99, 0.5, 0.8]),
    ]).outputs
    #expect(outputs["y"]?.elements == [0, 0, 12, 16, 0, 24])
    // The derivative of y^2: 2 y times the same mask.
    #expect(outputs["slope"]?.elements == [0, 0, 96, 128, 0, 192])
  }

  @Test func anEvaluationDropsNothing() throws {
    for module in [try module(isTraining: false), try module(rate: 0)] {
      let graph = try module.program("step")
      #expect(graph.inputs.map(\.name) == ["x"])
      var interpreter = Interpreter(graph, states: [:])
      let x = Value(TensorType(.float32, [2, 3]), [1, -2, 3, 4, 5, 6])
      #expect(try interpreter.run(["x": x]).outputs["y"]?.elements == x.elements)
    }
  }

  @Test func mistakesAreSaid() {
    for (rate, text) in [(1.0, "1.0"), (-0.5, "-0.5"), (.nan, "nan")] {
      #expect(
        complaint { try module(rate: rate) } == [
          "Dropout with a rate of \(text) leaves nothing to scale; give 0 or more, below 1"
        ])
      // An evaluation is as wrong.
      #expect(complaint { try module(rate: rate, isTraining: false) }.count == 1)
    }
    #expect(complaint { try module(name: "") } == ["Dropout has no name for its draws; give it one"])
    #expect(complaint { try module(calls: 2) } == ["the name 'net.drop' is declared twice"])
    let integers = complaint {
      try Model("m") { _ in
        Program("step") { context in
          let x = context.input("x", [2], .int64)
          return Step(outputs: [("y", Dropout("drop", 0.5)(x, in: Scope(context, isTraining: true)))])
        }
      }.module()
    }
    #expect(integers == ["Dropout takes f32, not i64[2]"])
  }
}
