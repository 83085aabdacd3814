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
  /// Sets the states that files give; call it after `initializeStates`.
  public func setStates(from sources: StateSources) throws {
    for state in plan.states {
      if let value = try sources.value(state) { try setState(state.name, value) }
    }
  }
}
