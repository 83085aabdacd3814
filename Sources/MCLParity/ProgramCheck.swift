import MCLCompiler
import MCLExecution
import MCLGraph
import MCLPasses

/// Compares a whole program as it is trained with the same program unfused and watched, on every kind of `CheckInputs`,
/// and on random inputs with its definitions too: what `MCL_CHECK=2` does once a program is compiled.
///
/// Checks of single passes interpret what a pass gives; this one sees what planning and kernels make of it.
package struct ProgramCheck {
  private let program: Graph
  private let compiler: ProgramCompiler

  /// The largest L2 norm of a difference, relative to that of the value, or of a state's change. Sums of float32 in another
  /// order differ far less; a rectifier that flips at a number next to zero may come near.
  static let relativeLimit = 0.05
  /// The largest root mean square of a difference where the value is next to zero.
  static let absoluteLimit = 1e-4

  package init(_ program: Graph, compiler: ProgramCompiler = ProgramCompiler()) {
    self.program = program
    self.compiler = compiler
  }

  private typealias Results = [(kind: String, name: String, values: [Double])]

  /// - Parameter plan: the program as it is trained.
  /// - Throws: `ModelError` that names the first value that is another one; errors of the compiler and the executor.
  package func run(_ plan: ExecutionPlan) throws {
    var plain = program
    plain.taps = []
    let trained = try Executor(plan)
    let unfusing = ProgramCompiler(compiler.kernelCompiler, fuses: false, without: compiler.without)
    let watched = try Executor(unfusing.compile(program, taps: Set(program.taps.map(\.name))).plan)
    let states = try StateStarts(program.states, seed: 1).values(program.states)
    for kind in CheckInputs.allCases {
      let inputs = kind.inputs(of: program)
      let found = try results(trained, inputs, states)
      try compare(found, try results(watched, inputs, states), "unfused and watched", kind)
      guard kind == .random else { continue }
      var interpreter = Interpreter(plain, states: states)
      let outputs = try interpreter.run(inputs).outputs
      let defined = named {
        outputs[$0]?.elements
      } states: {
        Self.change(interpreter.states[$0], from: states[$0])
      }
      try compare(found, defined, "by its definitions", kind)
    }
  }

  private func named(_ output: (String) throws -> [Double]?, states: (String) throws -> [Double]?) rethrows
    -> Results
  {
    try program.outputs.compactMap { item in try output(item.name).map { ("output", item.name, $0) } }
      + program.updates.compactMap { item in
        try states(item.name).map { ("the change of state", item.name, $0) }
      }
  }

  private func results(
    _ executor: Executor, _ inputs: [String: Value], _ states: [String: Value]
  ) throws -> Results {
    for (name, value) in states { try executor.setState(name, value) }
    for (name, value) in inputs { try executor.setInput(name, value) }
    executor.poison()
    try executor.run()
    return try named {
      try executor.result($0).elements
    } states: {
      Self.change(try executor.stateValue($0), from: states[$0])
    }
  }

  /// What a run added to a state: next to the state itself, a fault in it would not show.
  private static func change(_ state: Value?, from start: Value?) -> [Double]? {
    guard let state, let start else { return nil }
    return zip(state.elements, start.elements).map { $0 - $1 }
  }

  private func compare(_ found: Results, _ expected: Results, _ way: String, _ kind: CheckInputs) throws {
    for (own, other) in zip(found, expected) {
      func fail(_ what: String) -> ModelError {
        ModelError([
          Diagnostic(
            "program '\(program.name)' on \(kind.rawValue) inputs: as trained, \(own.kind) '\(own.name)' \(what) \(way)"
          )
        ])
      }
      var (difference, norm, count) = (0.0, 0.0, 0.0)
      for (index, (a, b)) in zip(own.values, other.values).enumerated() {
        guard a.isFinite, b.isFinite else {
          // Kernels of sums of products may spread what is not finite, but never lose it.
          let isLost = a.isFinite || (kind != .special && b.isFinite)
          if isLost { throw fail("is \(a) at element \(index), but \(b)") }
          continue
        }
        difference += (a - b) * (a - b)
        norm += b * b
        count += 1
      }
      let limit = Self.relativeLimit * norm.squareRoot() + Self.absoluteLimit * count.squareRoot()
      guard difference.squareRoot() <= limit else {
        throw fail(
          "is off by \(difference.squareRoot()) in norm, of \(norm.squareRoot()), from what it is")
      }
    }
  }
}

extension ProgramCompiler {
  /// `compile`, and where `MCL_CHECK` is 2 or more the check of the whole program.
  /// - Throws: what `compile` and `ProgramCheck.run` throw.
  package func compileChecked(_ source: Graph, taps: Set<String> = []) throws -> Compiled {
    let compiled = try compile(source, taps: taps)
    if try CheckLevel.current() >= .interpret { try ProgramCheck(source, compiler: self).run(compiled.plan) }
    return compiled
  }
}
