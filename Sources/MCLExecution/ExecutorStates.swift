import MCLCompiler
import MCLGraph
import MCLSupport
import MCLWeights

extension Executor {
  /// Every state by name.
  public func stateTensors() throws -> [String: HostTensor] {
    var tensors: [String: HostTensor] = [:]
    for state in plan.states {
      tensors[state.name] = HostTensor(
        state.type.shape,
        state.type.element == .float32
          ? .float32(try stateFloats(state.name)) : .int64(try stateIntegers(state.name)))
    }
    return tensors
  }

  /// Sets every state.
  /// - Throws: `ExecutionError` naming the first state that is missing or of another shape.
  public func restore(_ tensors: [String: HostTensor]) throws {
    for state in plan.states {
      guard let tensor = tensors[state.name] else {
        throw ExecutionError(
          "the checkpoint has no '\(state.name)'; it is of another model or other settings")
      }
      guard tensor.shape == state.type.shape else {
        throw ExecutionError(
          "the checkpoint's '\(state.name)' has the shape \(tensor.shape), not \(state.type.shape); resume with the "
            + "settings the run was started with")
      }
      switch (state.type.element, tensor.storage) {
      case (.float32, .float32(let values)): try setState(state.name, floats: values)
      case (.int64, .int64(let values)): try setState(state.name, integers: values)
      default:
        throw ExecutionError("the checkpoint's '\(state.name)' has another element type than \(state.type)")
      }
    }
  }
}

extension Executor {
  /// Sets each state that another executor has too, under the same name and of the same type, to what it is there.
  /// - Throws: `ExecutionError` for a state that is of another type there.
  package func copyStates(from other: Executor) throws {
    let types = Dictionary(uniqueKeysWithValues: other.plan.states.map { ($0.name, $0.type) })
    for state in plan.states {
      guard let type = types[state.name] else { continue }
      guard type == state.type else {
        throw ExecutionError(
          "state '\(state.name)' is \(state.type) in program '\(plan.name)', but \(type) in '\(other.plan.name)'"
        )
      }
      try other.withState(state.name) { bytes in
        try setState(state.name) { $0.copyMemory(from: bytes) }
      }
    }
  }
}

extension Executor {
  /// Sets the states that files give; call it after `initializeStates`.
  public func setStates(from sources: StateSources) throws {
    for state in plan.states {
      if let value = try sources.value(state) { try setState(state.name, value) }
    }
  }
}
