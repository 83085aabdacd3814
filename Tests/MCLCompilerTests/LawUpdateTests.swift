import MCLEngineTestKit
import MCLGraph
import MCLTestKit
import Testing

/// Updates become visible together at the end of a run: none sees the new value of another state, whichever of them the
/// compiler writes in place and whichever it copies.
@Suite struct LawUpdateTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// What to compute from three states [2, 3]: outputs and updates by position.
    let make: @Sendable ([Tensor]) -> (outputs: [Tensor], updates: [(Int, Tensor)])

    init(
      _ description: String,
      _ make: @escaping @Sendable ([Tensor]) -> (outputs: [Tensor], updates: [(Int, Tensor)])
    ) {
      testDescription = description
      self.make = make
    }
  }

  static let cases: [Case] = [
    Case("two states change places") { ([$0[2].sum()], [(0, $0[1]), (1, $0[0])]) },
    Case("three states in a ring") { ([$0[0].sum()], [(0, $0[1]), (1, $0[2]), (2, $0[0])]) },
    Case("a state takes another's old value, which moves on") {
      ([$0[0] + $0[1]], [(0, $0[1]), (1, $0[1] * 2)])
    },
    Case("a chain of moves, against and along the order") {
      ([$0[0].sum()], [(2, $0[1]), (1, $0[0]), (0, $0[0] + 1)])
    },
    Case("two maps that read each other") { ([$0[0] - $0[1]], [(0, $0[0] + $0[1]), (1, $0[1] - $0[0])]) },
    Case("a sum and the map that it reads") {
      ([$0[0]], [(0, $0[0] - $0[1].sum([1]).broadcast(to: [2, 3])), (1, $0[1] * $0[0])])
    },
    Case("one value for two states and an output") { states in
      let value = states[0] * states[1]
      return ([value], [(0, value), (1, value)])
    },
    Case("the old value is an output") { ([$0[0], $0[1]], [(0, $0[0] + 1), (1, $0[0])]) },
    Case("the old value in another shape is an output") {
      ([$0[0].reshaped([3, 2])], [(0, $0[0] * 2)])
    },
    Case("the new value is an output") { states in
      let value = states[0] + states[1]
      return ([value, states[1].exponential()], [(0, value), (1, value * 2)])
    },
    Case("a turned state is written over itself") {
      ([$0[2].sum()], [(0, $0[0].reshaped([3, 2]).transposed([1, 0]))])
    },
    Case("rows written into one state while another reads it") { states in
      let start = Tensor(Constant(value: 1, shape: [], element: .int64), [])
      let rows = states[1].sliced(axis: 0, 0..<1)
      return (
        [states[0].sum([0])],
        [(0, Tensor(UpdateRows(), [states[0], rows, start])), (1, states[0] + states[1])]
      )
    },
    Case("rows of a state written into itself") { states in
      let start = Tensor(Constant(value: 1, shape: [], element: .int64), [])
      return (
        [states[1]], [(0, Tensor(UpdateRows(), [states[0], states[0].sliced(axis: 0, 0..<1), start]))]
      )
    },
    Case("a constant and a state that stays itself") {
      ([$0[0].sum()], [(0, $0[0].filled(with: 3)), (1, $0[1])])
    },
  ]

  @Test(arguments: cases)
  func everyUpdateReadsOldValues(updates: Case) throws {
    let context = ProgramContext()
    let states = ["a", "b", "c"].map { context.state($0, [2, 3], initializer: .constant(0)) }
    let made = updates.make(states)
    let graph = try Graph(
      name: "updates", inputs: [], states: context.states,
      outputs: made.outputs.enumerated().map { ("y\($0.offset)", $0.element) },
      updates: made.updates.map { (states[$0.0].path, $0.1) }, taps: [], declared: states)
    var random = RandomValues(seed: 3)
    var given: [String: Value] = [:]
    for state in context.states { given[state.name] = random.value(state.type).roundedToFloat }
    var interpreter = Interpreter(graph, states: given)
    let outputs = try interpreter.run([:]).outputs
    let run = try CompiledRun(graph, inputs: [:], states: given)
    for (name, value) in interpreter.states {
      let complaint = LawCompiledTests.complaint(run.states[name], value, tolerance: 1e-6)
      #expect(complaint == nil, "state \(name)")
    }
    for (name, value) in outputs {
      let complaint = LawCompiledTests.complaint(run.outputs[name], value, tolerance: 1e-6)
      #expect(complaint == nil, "output \(name)")
    }
  }
}
