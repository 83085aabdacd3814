import MCLGraph

/// How a model's states are called in PyTorch's state dicts.
///
/// A model with a query encoder has its parameters and batch statistics under `q.`; the rest of the name is PyTorch's.
/// Others use PyTorch's names as they are. Momenta (`velocity.`) have none.
public struct WeightNames: Sendable {
  private let hasQuery: Bool

  public init(_ states: some Sequence<String>) { hasQuery = states.contains { $0.hasPrefix("q.") } }

  /// PyTorch's name of a state that is a weight or a batch statistic of the model itself; nil for other states.
  public func exported(_ state: String) -> String? {
    if hasQuery { return state.hasPrefix("q.") ? String(state.dropFirst(2)) : nil }
    // A name without a dot is no module's parameter, but an input or output that 'run' wrote beside the states.
    return state.hasPrefix("velocity.") || !state.contains(".") ? nil : state
  }

  /// PyTorch's name of a state of the momentum encoder; nil for other states.
  public func exportedKey(_ state: String) -> String? {
    hasQuery && state.hasPrefix("k.") ? String(state.dropFirst(2)) : nil
  }

  /// The state that a tensor's name means: a state's own name, or PyTorch's.
  public func states(_ tensor: String) -> [String] { hasQuery ? [tensor, "q." + tensor] : [tensor] }
}
