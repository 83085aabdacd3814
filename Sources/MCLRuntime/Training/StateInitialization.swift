import MCLGraph

extension Executor {
  /// Gives every state its start. Draws are keyed by (seed, state name), so they do not depend on each other.
  /// - Throws: `ExecutionError` when a copy names a state that is not there.
  public func initializeStates(seed: UInt64) throws {
    var sources: [String: Graph.State] = [:]
    for state in plan.states { sources[state.name] = state }
    for state in plan.states {
      var origin = state
      var hops = 0
      while case .copy(let name) = origin.initializer {
        guard let next = sources[name], next.type == state.type, hops < plan.states.count else {
          throw ExecutionError("state '\(state.name)' starts as a copy of '\(name)', which is not there")
        }
        origin = next
        hops += 1
      }
      try initialize(state, like: origin, seed)
    }
  }

  private func initialize(_ state: Graph.State, like origin: Graph.State, _ seed: UInt64) throws {
    var random = CounterRandom(seed: seed, purpose: CounterRandom.Purpose("state \(origin.name)"))
    let count = state.type.count
    if state.type.element == .int64 {
      guard case .constant(let value) = origin.initializer, let integer = Int64(exactly: value) else {
        throw ExecutionError("state '\(state.name)' holds integers and can only start as a whole constant")
      }
      return try setState(state.name, integers: [Int64](repeating: integer, count: count))
    }
    if case .uniform(let bound) = origin.initializer, !(bound.isFinite && bound >= 0) {
      throw ExecutionError(
        "state '\(state.name)' starts uniform in -\(bound)...\(bound); give a bound of at least 0")
    }
    let values: [Float] =
      switch origin.initializer {
      case .constant(let value): [Float](repeating: Float(value), count: count)
      case .normal(let deviation): (0..<count).map { _ in Float(random.normal() * deviation) }
      case .uniform(let bound): (0..<count).map { _ in Float(random.uniform(in: -bound...bound)) }
      case .copy: []
      }
    try setState(state.name, floats: values)
  }
}
