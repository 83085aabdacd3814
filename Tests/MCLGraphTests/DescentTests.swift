import MCLGraph
import MCLTestKit
import Testing

/// Descent with Nesterov's momentum, a bound of the gradients' norm and several batches a step, by its formulas.
@Suite struct DescentTests {
  private static let start = [2.0, -1, 0.5]

  private func module(_ build: @escaping @Sendable (ProgramContext) -> Step) throws -> Module {
    try Model("m") { _ in Program("step", build) }.module()
  }

  private func mistakes(_ build: @escaping @Sendable (ProgramContext) -> Step) -> [String] {
    let error = #expect(throws: ModelError.self) { try module(build) }
    return error?.diagnostics.map(\.message) ?? []
  }

  /// The loss x (sum of w^3), with two parameters so that the norm is over both.
  private func graph(
    momentum: Double, isNesterov: Bool, clipNorm: Double, batches: Int, states: String = ""
  ) throws -> Graph {
    try module { context in
      let x = context.input("x", [])
      let first = context.state("a", [2], initializer: .constant(1), isTrainable: true)
      let second = context.state("b", [1], initializer: .constant(1), isTrainable: true)
      let loss = x * ((first * first * first).sum() + (second * second * second).sum())
      return Step(
        outputs: [("loss", loss)],
        updates: context.descent(
          of: loss, rate: context.scalar("rate", default: 0.125), momentum: momentum, decay: 0.25,
          isNesterov: isNesterov, clipNorm: clipNorm, batches: batches, states: states))
    }.program("step")
  }

  private func interpreter(_ graph: Graph) -> Interpreter {
    var states: [String: Value] = [:]
    for state in graph.states {
      states[state.name] =
        state.type.element == .int64
        ? Value(state.type, integers: [0])
        : Value(state.type, [Double](repeating: 0, count: state.type.count))
    }
    states["a"] = Value(TensorType(.float32, [2]), Array(Self.start[..<2]))
    states["b"] = Value(TensorType(.float32, [1]), Array(Self.start[2...]))
    return Interpreter(graph, states: states)
  }

  /// The weights after each step of a run on these batches.
  private func expected(
    _ batches: [[Double]], momentum: Double, isNesterov: Bool, clipNorm: Double
  ) -> [[Double]] {
    var weights = Self.start
    var velocities = [0.0, 0, 0]
    return batches.map { batch in
      let mean = batch.reduce(0, +) / Double(batch.count)
      let gradients = weights.map { 3 * $0 * $0 * mean }
      let norm = gradients.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let factor = clipNorm > 0 ? min(1, clipNorm / (norm + 1e-6)) : 1
      for index in weights.indices {
        let slope = factor * gradients[index] + 0.25 * weights[index]
        velocities[index] = momentum * velocities[index] + slope
        weights[index] -= 0.125 * (isNesterov ? slope + momentum * velocities[index] : velocities[index])
      }
      return weights
    }
  }

  private func weights(_ interpreter: Interpreter) throws -> [Double] {
    try ["a", "b"].flatMap { try #require(interpreter.states[$0]).elements }
  }

  private func isNear(_ found: [Double], _ wanted: [Double]) -> Bool {
    found.count == wanted.count && zip(found, wanted).allSatisfy { abs($0 - $1) <= 1e-6 * max(1, abs($1)) }
  }

  /// The first norm is above the bound of 2, so that it is clipped; that of the tiny batches is not.
  @Test(arguments: [(true, 2.0, 1), (true, 0, 1), (false, 2, 1), (true, 2, 2), (false, 0, 3)])
  func eachRuleIsWhatItSays(isNesterov: Bool, clipNorm: Double, batches: Int) throws {
    let graph = try graph(momentum: 0.5, isNesterov: isNesterov, clipNorm: clipNorm, batches: batches)
    let data = [[1.0, 0.5, 0.25], [-0.5, 1, 0.125], [0.01, 0.02, 0.03], [0.25, 0.125, 1]].map {
      Array($0.prefix(batches))
    }
    let expected = expected(data, momentum: 0.5, isNesterov: isNesterov, clipNorm: clipNorm)
    #expect(
      graph.accumulation == (batches == 1 ? nil : Graph.Accumulation(counter: "accumulated", runs: batches)))
    var interpreter = interpreter(graph)
    for (batch, wanted) in zip(data, expected) {
      for (run, x) in batch.enumerated() {
        let before = try weights(interpreter)
        _ = try interpreter.run(["x": Value(TensorType(.float32, []), [x])])
        guard run < batches - 1 else { continue }
        #expect(try weights(interpreter) == before, "parameters moved in run \(run)")
        #expect(interpreter.states["accumulated"]?.integers == [Int64(run + 1)])
      }
      let found = try weights(interpreter)
      #expect(isNear(found, wanted), "\(found), not \(wanted)")
      if batches > 1 {
        #expect(interpreter.states["accumulated"]?.integers == [0])
        #expect(interpreter.states["accumulated.a"]?.elements == [0, 0])
      }
    }
    // The rules differ from each other here, or nothing would be shown.
    let plain = self.expected(data, momentum: 0.5, isNesterov: false, clipNorm: 0)
    #expect(isNear(expected[3], plain[3]) == (!isNesterov && clipNorm == 0))
  }

  @Test func theNormIsThatBeforeTheBound() throws {
    let graph = try graph(momentum: 0.5, isNesterov: true, clipNorm: 2, batches: 1)
    #expect(graph.taps.map(\.name) == ["grad.a", "grad.b", "gradient_norm"])
    var interpreter = interpreter(graph)
    let run = try interpreter.run(["x": Value(TensorType(.float32, []), [1])])
    let norm = (12.0 * 12 + 3 * 3 + 0.75 * 0.75).squareRoot()
    #expect(abs((run.taps["gradient_norm"]?.elements.first ?? 0) - norm) < 1e-6 * norm)
  }

  @Test func itsStatesMayHaveAPlaceOfTheirOwn() throws {
    let graph = try graph(momentum: 0.5, isNesterov: true, clipNorm: 0, batches: 2, states: "tune")
    #expect(
      graph.states.map(\.name) == [
        "a", "b", "tune.accumulated", "tune.accumulated.a", "tune.accumulated.b", "tune.velocity.a",
        "tune.velocity.b",
      ])
    #expect(graph.accumulation == Graph.Accumulation(counter: "tune.accumulated", runs: 2))
  }

  @Test func whatCannotBeIsSaid() {
    func complaint(
      momentum: Double = 0, isNesterov: Bool = false, clipNorm: Double = 0, batches: Int = 1,
      isGiven: Bool = true
    ) -> [String] {
      mistakes { context in
        let weight = context.state("w", [2], initializer: .constant(1), isTrainable: true)
        let loss = (weight * weight).sum()
        let updates = context.descent(
          of: loss, rate: context.scalar("rate", default: 0.1), momentum: momentum, isNesterov: isNesterov,
          clipNorm: clipNorm, batches: batches)
        return Step(outputs: [("loss", loss)], updates: isGiven ? updates : [])
      }
    }
    #expect(
      complaint(isNesterov: true) == [
        "Nesterov's momentum is asked for with a momentum of 0.0; give one above 0"
      ])
    #expect(complaint(clipNorm: -1) == ["gradients cannot be clipped to a norm of -1.0; give 0 or more"])
    #expect(complaint(batches: 0) == ["a step of 0 batches cannot be; give at least 1"])
    #expect(
      complaint(batches: 4, isGiven: false) == [
        "a descent averages over 4 batches, but the step has not all of its updates; give them to Step(updates:)"
      ])
  }
}
