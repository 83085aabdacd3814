import MCLCompiler
import MCLGraph
import MCLSupport
import MCLWeights

/// Values of the interpreter in and out of a compiled program; floats are rounded to float32 on the way in.
extension Executor {
  /// Sets an input; floats are rounded to the nearest f32.
  ///
  /// - Throws: `ExecutionError` when there is no such input, or it is of another type.
  public func setInput(_ name: String, _ value: Value) throws {
    switch value.type.element {
    case .float32: try setInput(name, floats: value.elements.map { Float($0) })
    case .int64: try setInput(name, integers: value.integers)
    }
  }

  /// Sets a state; floats are rounded to the nearest f32.
  ///
  /// - Throws: `ExecutionError` when there is no such state, or it is of another type.
  public func setState(_ name: String, _ value: Value) throws {
    switch value.type.element {
    case .float32: try setState(name, floats: value.elements.map { Float($0) })
    case .int64: try setState(name, integers: value.integers)
    }
  }

  /// The value of a state as it is now.
  ///
  /// - Throws: `ExecutionError` when there is no such state.
  public func stateValue(_ name: String) throws -> Value {
    guard let state = plan.states.first(where: { $0.name == name }) else {
      throw ExecutionError("program '\(plan.name)' has no state '\(name)'")
    }
    switch state.type.element {
    case .float32: return Value(state.type, try stateFloats(name).map { Double($0) })
    case .int64: return Value(state.type, integers: try stateIntegers(name))
    }
  }

  /// An output or a tap of the last run.
  /// - Throws: `ExecutionError` when the program was compiled without it.
  public func result(_ name: String) throws -> Value {
    let type = try resultType(name)
    switch type.element {
    case .float32: return Value(type, try value(name).map { Double($0) })
    case .int64: return Value(type, integers: try integers(name))
    }
  }

  /// An output or a tap of the last run, as files hold it.
  /// - Throws: `ExecutionError` when the program was compiled without it.
  public func resultTensor(_ name: String) throws -> HostTensor {
    let type = try resultType(name)
    switch type.element {
    case .float32: return HostTensor(type.shape, .float32(try value(name)))
    case .int64: return HostTensor(type.shape, .int64(try integers(name)))
    }
  }
}
