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

/// Which tensor of a file starts which state of a program.
public struct WeightAssignment: Sendable {
  /// By state.
  public private(set) var tensors: [String: String] = [:]
  /// Weights of the model that the file does not have, by PyTorch's names.
  public private(set) var missing: [String] = []
  /// Tensors that mean nothing to the model.
  public private(set) var unexpected: [String] = []

  /// - Parameter shapes: the file's tensors.
  /// - Throws: `UsageError` for a tensor of another shape than its state's, and where no name fits.
  public init(_ states: [Graph.State], shapes: [String: [Int]], path: String) throws {
    let declared = Dictionary(states.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let names = WeightNames(declared.keys)
    for (tensor, shape) in shapes.sorted(by: { $0.key < $1.key }) {
      guard let state = names.states(tensor).lazy.compactMap({ declared[$0] }).first else {
        unexpected.append(tensor)
        continue
      }
      // Counters stand alone or in a list of one.
      let isScalar = state.type.count == 1 && shape.allSatisfy { $0 == 1 }
      guard shape == state.type.shape || isScalar else {
        throw UsageError(
          "\(path): \(TensorFileError.quoted(tensor)) has the shape \(shape), but the model's '\(state.name)' is \(state.type); "
            + "give the model the settings the weights were made with")
      }
      tensors[state.name] = tensor
    }
    guard !tensors.isEmpty else {
      throw UsageError(
        "\(path): none of its \(shapes.count) tensors is called as one of the model's, such as "
          + "'\(states.first.map { names.exported($0.name) ?? $0.name } ?? "")'; convert it with 'mclc import'"
      )
    }
    // What starts as a copy of a weight starts as a copy of the given one.
    for state in states where tensors[state.name] == nil {
      guard case .copy(let origin) = state.initializer, let tensor = tensors[origin] else { continue }
      tensors[state.name] = tensor
    }
    missing = states.filter { tensors[$0.name] == nil }.compactMap { names.exported($0.name) }
  }

  /// The three lists in a few lines.
  public func summary(of states: Int) -> [String] {
    func list(_ names: [String]) -> String {
      names.prefix(40).joined(separator: ", ") + (names.count > 40 ? " and \(names.count - 40) more" : "")
    }
    var lines = ["\(tensors.count) of the model's \(states) states start from the file"]
    if !missing.isEmpty { lines.append("missing in the file: \(list(missing))") }
    if !unexpected.isEmpty { lines.append("not of the model: \(list(unexpected))") }
    return lines
  }
}

extension Executor {
  /// Sets the states that a file has tensors for; call it after `initializeStates`.
  /// - Throws: `UsageError` as `WeightAssignment`, `TensorFileError` where the file cannot be read.
  @discardableResult
  public func setWeights(_ file: SafeTensors) throws -> WeightAssignment {
    let assignment = try WeightAssignment(
      plan.states, shapes: file.entries.mapValues(\.shape), path: file.path)
    for state in plan.states {
      guard let tensor = assignment.tensors[state.name] else { continue }
      if state.type.element == .int64 {
        try setState(state.name, integers: try file.integers(tensor))
      } else {
        try setState(state.name, floats: try file.floats(tensor))
      }
    }
    return assignment
  }
}
