import MCLGraph

/// Which tensor of a file starts which state of a program.
public struct WeightAssignment: Sendable {
  /// By state.
  public private(set) var tensors: [String: String] = [:]
  /// Weights of the model that the file does not have, by PyTorch's names.
  public var missing: [String] { comparison.missing }
  /// Tensors that mean nothing to the model.
  public var unexpected: [String] { comparison.unexpected }
  private let comparison: WeightComparison

  /// - Parameter shapes: the file's tensors.
  /// - Throws: `UsageError` for a tensor of another shape than its state's, and where no name fits.
  public init(
    _ states: [Graph.State], shapes: some Sequence<(key: String, value: [Int])>, path: String
  ) throws {
    comparison = WeightComparison(states, shapes: shapes)
    if let other = comparison.otherShapes.first {
      throw UsageError(
        "\(path): \(TensorFileError.quoted(other.tensor)) has the shape \(other.shape), but the model's '\(other.state)' is "
          + "\(other.expected); give the model the settings the weights were made with")
    }
    let names = WeightNames(states.map(\.name))
    guard !comparison.tensors.isEmpty else {
      throw UsageError(
        "\(path): none of its \(comparison.unexpected.count) tensors is called as one of the model's, such as "
          + "'\(states.first.map { names.exported($0.name) ?? $0.name } ?? "")'; convert it with 'mclc import'"
      )
    }
    for (state, tensor) in comparison.tensors { tensors[state] = tensor }
    // What starts as a copy of a weight starts as a copy of the given one.
    for state in states where tensors[state.name] == nil {
      guard case .copy(let origin) = state.initializer, let tensor = tensors[origin] else { continue }
      tensors[state.name] = tensor
    }
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
