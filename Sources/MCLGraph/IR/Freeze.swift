/// What one run of a program computes and changes.
public struct Step: Sendable {
  /// What a run gives, by names that differ.
  /// Numbers of shape [] are logged in training, and charts follow this order.
  public var outputs: [(name: String, tensor: Tensor)]
  /// What outputs are where nothing has been learnt, by their names (`Graph.chances`).
  public var chances: [String: Double]
  /// The new values of states, each of its state's type.
  /// All are computed from the old values, and become visible together at the end of the run.
  public var updates: [(state: Tensor, value: Tensor)]
  /// What a run is watched by.
  public var watches: [Graph.Watch]
  /// How several runs make a step; nil where each run is one, or a `descent` over several batches says it.
  public var accumulation: Graph.Accumulation?
  /// Where it was written: mistakes in what is named here are reported there.
  let location: SourceLocation

  /// What a run gives and changes.
  ///
  /// Mistakes in it are reported when the model is built, at `file` and `line`.
  /// - Parameters:
  ///   - outputs: values by names that differ; give the most telling one first.
  ///   - chances: what outputs of one number are where nothing has been learnt, by the outputs' names.
  ///   - updates: states as `ProgramContext.state` gave them, each once, with their new values.
  ///   - watches: what outputs and taps mean to reports and validation.
  ///   - accumulation: how several runs make a step; nil where each run is one.
  ///   - file: the caller's file.
  ///   - line: the caller's line.
  public init(
    outputs: [(name: String, tensor: Tensor)], chances: [String: Double] = [:],
    updates: [(state: Tensor, value: Tensor)] = [], watches: [Graph.Watch] = [],
    accumulation: Graph.Accumulation? = nil, file: String = #filePath, line: Int = #line
  ) {
    self.outputs = outputs
    self.chances = chances
    self.updates = updates
    self.watches = watches
    self.accumulation = accumulation
    location = SourceLocation(file: file, line: line)
  }
}

extension Graph {
  /// Freezes expressions into a graph.
  /// - Throws: `ModelError` with every diagnostic that the expressions carry.
  public init(
    name: String, inputs: [Input], states: [State], outputs: [(name: String, tensor: Tensor)],
    updates: [(name: String, tensor: Tensor)], taps: [(name: String, tensor: Tensor)],
    declared: [Tensor] = []
  ) throws {
    self.init(name: name)
    let order = topologicalOrder(
      declared + outputs.map(\.tensor) + updates.map(\.tensor) + taps.map(\.tensor))
    let diagnostics = order.compactMap(\.diagnostic)
    guard diagnostics.isEmpty else { throw ModelError(diagnostics) }
    var position: [ObjectIdentifier: Int] = [:]
    for tensor in order {
      position[ObjectIdentifier(tensor)] = entries.count
      let operands = tensor.operands.compactMap { position[ObjectIdentifier($0)] }
      entries.append(
        Entry(tensor.operation, operands, tensor.type, path: tensor.path, location: tensor.location))
    }
    func named(_ list: [(name: String, tensor: Tensor)]) -> [Named] {
      list.compactMap { item in position[ObjectIdentifier(item.tensor)].map { Named(item.name, $0) } }
    }
    self.inputs = inputs
    self.states = states
    self.outputs = named(outputs)
    self.updates = named(updates)
    self.taps = named(taps)
    try verify()
  }
}
