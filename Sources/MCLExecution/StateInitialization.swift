import MCLCompiler
import MCLGraph
import MCLSupport

/// How states start. Draws are keyed by (seed, state name), so they do not depend on each other.
package struct StateStarts {
  private let declared: [String: Graph.State]
  private let seed: UInt64

  package init(_ states: [Graph.State], seed: UInt64) {
    declared = Dictionary(states.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    self.seed = seed
  }

  /// - Throws: `ExecutionError` when the state is a copy of one that is not there.
  package func value(_ state: Graph.State) throws -> Value {
    var origin = state
    var hops = 0
    while case .copy(let name) = origin.initializer {
      guard let next = declared[name], next.type == state.type, hops < declared.count else {
        throw ExecutionError("state '\(state.name)' starts as a copy of '\(name)', which is not there")
      }
      origin = next
      hops += 1
    }
    if state.type.element == .int64 {
      guard case .integer(let value) = origin.initializer.scalar?.held(by: .int64) else {
        throw ExecutionError("state '\(state.name)' holds integers and can only start as a whole constant")
      }
      return Value(state.type, filledWith: .integer(value))
    }
    return Value(state.type, try draws(state, like: origin, seed))
  }

  package func values(_ states: [Graph.State]) throws -> [String: Value] {
    Dictionary(try states.map { ($0.name, try value($0)) }, uniquingKeysWith: { first, _ in first })
  }
}

private func draws(_ state: Graph.State, like origin: Graph.State, _ seed: UInt64) throws -> [Double] {
  var random = CounterRandom(seed: seed, purpose: CounterRandom.Purpose("state \(origin.name)"))
  let count = state.type.count
  switch origin.initializer {
  case .constant(let value): return [Double](repeating: value, count: count)
  case .integer(let value): return [Double](repeating: Double(value), count: count)
  case .normal(let deviation): return (0..<count).map { _ in random.normal() * deviation }
  case .uniform(let bound):
    guard bound.isFinite && bound >= 0 else {
      throw ExecutionError(
        "state '\(state.name)' starts uniform in -\(bound)...\(bound); give a bound of at least 0")
    }
    return (0..<count).map { _ in random.uniform(in: -bound...bound) }
  case .copy: return []
  }
}

extension Executor {
  /// Gives every state its start.
  /// - Throws: `ExecutionError` when a copy names a state that is not there.
  public func initializeStates(seed: UInt64) throws {
    let starts = StateStarts(plan.states, seed: seed)
    for state in plan.states {
      try setState(state.name, try starts.value(state))
    }
  }
}
