import MCLCompiler
import MCLExecution
import MCLGraph

/// Something that runs a program on named values: the interpreter, or the compiled program.
package protocol ParityEngine: AnyObject {
  /// Runs the program once and makes its updates visible.
  func run(_ inputs: [String: Value]) throws
  /// An output or a tap of the last run; nil when there is none of that name.
  func result(_ name: String) throws -> Value?
  /// A state as it is now; nil when there is none of that name.
  func state(_ name: String) throws -> Value?
}

/// The operations' own definitions, floats in Double and integers exactly.
package final class ReferenceEngine: ParityEngine {
  private var interpreter: Interpreter
  private var last: Interpreter.Result?

  package init(_ program: Graph, states: [String: Value]) {
    interpreter = Interpreter(program, states: states)
  }

  package func run(_ inputs: [String: Value]) throws { last = try interpreter.run(inputs) }
  package func result(_ name: String) -> Value? { last?.outputs[name] ?? last?.taps[name] }
  package func state(_ name: String) -> Value? { interpreter.states[name] }
}

/// The compiled program, its working memory filled with NaN before each run.
package final class CompiledEngine: ParityEngine {
  private let executor: Executor
  private let states: Set<String>
  private let results: Set<String>

  /// - Parameters:
  ///   - taps: what to watch; nothing means the program as `train` runs it.
  ///   - unfused: each operation by itself.
  ///   - stopsWhereNotFinite: whether a run stops at the first value that is not finite.
  package init(
    _ program: Graph, taps: Set<String>, states: [String: Value], threads: Int?, unfused: Bool = false,
    stopsWhereNotFinite: Bool = false
  ) throws {
    executor = try Executor(
      ProgramCompiler(fuses: !unfused).compileChecked(program, taps: taps).plan, threads: threads)
    if stopsWhereNotFinite { executor.trapsNotFinite = true }
    self.states = Set(program.states.map(\.name))
    results = Set(program.outputs.map(\.name)).union(taps)
    for (name, value) in states { try executor.setState(name, value) }
  }

  package func run(_ inputs: [String: Value]) throws {
    for (name, value) in inputs { try executor.setInput(name, value) }
    executor.poison()
    try executor.run()
  }

  package func result(_ name: String) throws -> Value? {
    results.contains(name) ? try executor.result(name) : nil
  }

  package func state(_ name: String) throws -> Value? {
    states.contains(name) ? try executor.stateValue(name) : nil
  }
}
