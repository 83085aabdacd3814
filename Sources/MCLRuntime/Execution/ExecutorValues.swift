import MCLGraph

/// Values of the Double interpreter in and out of a compiled program; floats are rounded to float32 on the way in.
extension Executor {
  /// - Throws: `ExecutionError` when there is no such input, or it is of another type.
  public func setInput(_ name: String, _ value: Value) throws {
    switch value.type.element {
    case .float32: try setInput(name, floats: value.elements.map { Float($0) })
    case .int64: try setInput(name, integers: value.elements.map { Int64($0) })
    }
  }

  /// - Throws: `ExecutionError` when there is no such state, or it is of another type.
  public func setState(_ name: String, _ value: Value) throws {
    switch value.type.element {
    case .float32: try setState(name, floats: value.elements.map { Float($0) })
    case .int64: try setState(name, integers: value.elements.map { Int64($0) })
    }
  }

  /// - Throws: `ExecutionError` when there is no such state.
  public func stateValue(_ name: String) throws -> Value {
    guard let state = plan.states.first(where: { $0.name == name }) else {
      throw ExecutionError("program '\(plan.name)' has no state '\(name)'")
    }
    switch state.type.element {
    case .float32: return Value(state.type, try stateFloats(name).map { Double($0) })
    case .int64: return Value(state.type, try stateIntegers(name).map { Double($0) })
    }
  }
}
