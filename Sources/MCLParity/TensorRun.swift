import MCLExecution
import MCLGraph
import MCLSupport
import MCLWeights

/// One run of a program on tensors from files.
package struct TensorRun {
  private var program: Graph
  private let taps: Set<String>
  private var states: [String: Value] = [:]
  private var inputs: [String: Value] = [:]

  /// Where the states come from, a sentence each.
  package private(set) var remarks: [String] = []

  /// - Parameters:
  ///   - model: the programs of the model; what is a name in one of them is no unknown tensor.
  ///   - taps: values inside the program to give besides its outputs.
  ///   - files: inputs and states by name; later files win.
  ///   - seed: initializes states that no file holds; without it they are an error.
  ///   - ignoringUnknown: whether tensors that mean nothing to the model are passed over.
  /// - Throws: `UsageError` naming the first tensor that is missing, unknown or of another shape.
  package init(
    _ program: Graph, of model: [Graph] = [], taps: Set<String>, files: [WeightFile], seed: UInt64? = nil,
    ignoringUnknown: Bool = false
  ) throws {
    self.program = program
    self.taps = taps
    if let unknown = taps.subtracting(program.taps.map(\.name)).min() {
      let nearest =
        nearestName(to: unknown, in: program.taps.map(\.name)).map { "; did you mean '\($0)'?" } ?? ""
      throw UsageError("program '\(program.name)' has no tap '\(unknown)'\(nearest)")
    }
    self.program.taps = program.taps.filter { taps.contains($0.name) }
    let sources = try StateSources(program, of: model, files: files, ignoringUnknown: ignoringUnknown)
    if seed == nil, let state = sources.missing.first {
      throw UsageError(
        "no file holds state '\(state.name)' \(state.type) (\(sources.missing.count) of \(program.states.count) are "
          + "missing); name the weights with --weights, or add --initialize to draw what is missing")
    }
    remarks = sources.summary(otherwise: "drawn from seed \(seed ?? 0)")
    let initial = seed.map { StateStarts(program.states, seed: $0) }
    for state in program.states {
      states[state.name] = try sources.value(state) ?? initial?.value(state)
    }
    for input in program.inputs {
      if let file = files.last(where: { $0.tensors.entries[input.name] != nil }) {
        inputs[input.name] = try file.tensors.value(input.name, as: input.type)
      } else if input.defaultValue == nil {
        throw UsageError("no file holds input '\(input.name)' \(input.type) of program '\(program.name)'")
      }
    }
  }

  /// Runs once and gives outputs and taps by name, and on demand every state that the program changed.
  /// - Parameter unfused: compile each operation by itself, and stop at the first value that is not finite.
  /// - Throws: errors of the compiler and the executor.
  package func outputs(
    engine: ParityCheck.Engine, threads: Int?, includingStates: Bool, unfused: Bool = false
  ) throws -> [String: HostTensor] {
    let runner: any ParityEngine =
      switch engine {
      case .reference: ReferenceEngine(program, states: states)
      case .compiled:
        try CompiledEngine(
          program, taps: taps, states: states, threads: threads, unfused: unfused,
          stopsWhereNotFinite: unfused)
      }
    try runner.run(inputs)
    var result: [String: HostTensor] = [:]
    for named in program.outputs + program.taps {
      result[named.name] = try runner.result(named.name).map { Self.tensor($0, engine) }
    }
    guard includingStates else { return result }
    for update in program.updates {
      result[update.name] = try runner.state(update.name).map { Self.tensor($0, engine) }
    }
    return result
  }

  private static func tensor(_ value: Value, _ engine: ParityCheck.Engine) -> HostTensor {
    switch value.type.element {
    case .int64: HostTensor(value.shape, .int64(value.integers))
    case .float32 where engine == .reference: HostTensor(value.shape, .float64(value.elements))
    case .float32: HostTensor(value.shape, .float32(value.elements.map { Float($0) }))
    }
  }
}
