import MCLCompiler
import MCLExecution
import MCLGraph
import MCLKernels

/// A program compiled by the whole pipeline and run on values, as the interpreter runs it.
package struct CompiledRun {
  package var outputs: [String: Value] = [:]
  package var states: [String: Value] = [:]
  /// The graph after all passes.
  package var graph: Graph

  /// Compiles without the cache of objects, so that what runs is what this compiler emits, and runs once.
  ///
  /// - Parameter taps: names of the taps to compute besides.
  /// - Throws: what compiling or running throws.
  package init(
    _ program: Graph, inputs: [String: Value], states: [String: Value] = [:], threads: Int = 1,
    taps: Set<String> = [],
    compiler: ProgramCompiler = ProgramCompiler(KernelCompiler(cache: ObjectCache(directory: nil)))
  ) throws {
    let compiled = try compiler.compile(program, taps: taps)
    graph = compiled.graph
    let executor = try Executor(compiled.plan, threads: threads)
    for input in program.inputs {
      if let value = inputs[input.name] { try executor.setInput(input.name, value) }
    }
    for state in program.states {
      if let value = states[state.name] { try executor.setState(state.name, value) }
    }
    executor.poison()
    try executor.run()
    for output in program.outputs {
      outputs[output.name] = try executor.result(output.name)
    }
    for state in program.states { self.states[state.name] = try executor.stateValue(state.name) }
  }
}

extension Value {
  /// The same numbers as float32 code holds them.
  package var roundedToFloat: Value {
    type.element == .float32 ? Value(type, elements.map { Double(Float($0)) }) : self
  }
}
