/// Runs a graph by the operations' own definitions, floats in Double and integers exactly: the reference that compiled
/// programs are held to.
public struct Interpreter {
  /// The program that is run.
  public let graph: Graph
  /// The current value of every state, by name.
  public var states: [String: Value]

  /// What one run gave.
  public struct Result: Sendable {
    /// The values of the outputs, by name.
    public var outputs: [String: Value]
    /// The values of all taps, by name.
    public var taps: [String: Value]
  }

  /// A run of `graph` that begins with these states.
  /// - Parameter states: the values by name. A state that is read and missing makes `run` throw.
  public init(_ graph: Graph, states: [String: Value]) {
    self.graph = graph
    self.states = states
  }

  /// Computes outputs and taps, then makes all updates visible at once.
  /// - Throws: `ModelError` when an input or a state is missing or of another type.
  public mutating func run(_ inputs: [String: Value]) throws -> Result {
    let uses = graph.useCounts()
    var remaining = uses
    var values = [Value?](repeating: nil, count: graph.entries.count)
    for (index, entry) in graph.entries.enumerated() where uses[index] > 0 {
      if let leaf = entry.operation as? any Leaf {
        values[index] = try leafValue(leaf, entry, inputs)
        continue
      }
      values[index] = entry.operation.evaluate(entry.operands.compactMap { values[$0] }, result: entry.type)
      for operand in entry.operands {
        remaining[operand] -= 1
        if remaining[operand] == 0 { values[operand] = nil }
      }
    }
    func collect(_ named: [Graph.Named]) -> [String: Value] {
      Dictionary(
        named.compactMap { item in values[item.entry].map { (item.name, $0) } },
        uniquingKeysWith: { _, last in last })
    }
    let result = Result(outputs: collect(graph.outputs), taps: collect(graph.taps))
    states.merge(collect(graph.updates)) { _, new in new }
    return result
  }

  private func leafValue(_ leaf: any Leaf, _ entry: Graph.Entry, _ inputs: [String: Value]) throws -> Value {
    let given: Value?
    switch leaf.role {
    case .input:
      let declared = graph.inputs.first { $0.name == leaf.leafName }
      given = inputs[leaf.leafName] ?? declared?.defaultValue.map { Value(entry.type, filledWith: $0) }
    case .state: given = states[leaf.leafName]
    }
    guard let value = given else {
      throw ModelError([Diagnostic("no value given for \(leaf.role.rawValue) '\(leaf.leafName)'")])
    }
    guard value.type.count == entry.type.count, value.count == entry.type.count else {
      throw ModelError([
        Diagnostic("\(leaf.role.rawValue) '\(leaf.leafName)' is \(value.type), but \(entry.type) is wanted")
      ])
    }
    return value.with(entry.type)
  }
}
