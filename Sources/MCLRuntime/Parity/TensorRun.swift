import MCLCompiler
import MCLGraph

/// One run of a program on tensors from files.
public struct TensorRun {
  private var program: Graph
  private let taps: Set<String>
  private var states: [String: Value] = [:]
  private var inputs: [String: Value] = [:]

  /// - Parameters:
  ///   - taps: values inside the program to give besides its outputs.
  ///   - files: inputs and states by name; later files win.
  ///   - seed: initializes states that no file holds; without it they are an error.
  /// - Throws: `UsageError` naming the first tensor that is missing, unknown or of another shape.
  public init(_ program: Graph, taps: Set<String>, files: [SafeTensors], seed: UInt64?) throws {
    self.program = program
    self.taps = taps
    if let unknown = taps.subtracting(program.taps.map(\.name)).min() {
      let nearest =
        nearestName(to: unknown, in: program.taps.map(\.name)).map { "; did you mean '\($0)'?" } ?? ""
      throw UsageError("program '\(program.name)' has no tap '\(unknown)'\(nearest)")
    }
    self.program.taps = program.taps.filter { taps.contains($0.name) }
    let initial = seed.map { StateStarts(program.states, seed: $0) }
    for state in program.states {
      guard let value = try Self.find(state.name, state.type, files) ?? initial?.value(state) else {
        throw UsageError(
          "no file holds state '\(state.name)' \(state.type); add it, or give --seed to initialize what is missing"
        )
      }
      states[state.name] = value
    }
    for input in program.inputs {
      if let value = try Self.find(input.name, input.type, files) {
        inputs[input.name] = value
      } else if input.defaultValue == nil {
        throw UsageError("no file holds input '\(input.name)' \(input.type) of program '\(program.name)'")
      }
    }
  }

  private static func find(_ name: String, _ type: TensorType, _ files: [SafeTensors]) throws -> Value? {
    for file in files.reversed() where file.entries[name] != nil {
      return try ParityFiles.value(name, in: file, as: type)
    }
    return nil
  }

  /// Runs once and gives outputs and taps by name, and on demand every state that the program changed.
  /// - Parameter unfused: compile each operation by itself, and stop at the first value that is not finite.
  /// - Throws: errors of the compiler and the executor.
  public func outputs(
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
