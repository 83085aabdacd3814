extension Graph {
  /// The program's values as expressions again, one an entry, in order: to differentiate what was frozen, or to name
  /// more of it.
  public func thawed() -> [Tensor] {
    var tensors: [Tensor] = []
    tensors.reserveCapacity(entries.count)
    for entry in entries {
      tensors.append(
        Tensor(
          entry.operation, entry.operands.map { tensors[$0] }, path: entry.path, location: entry.location))
    }
    return tensors
  }

  /// A derivative of a frozen program: of one of its outputs at one of its inputs or states.
  public struct Derivative: Hashable, Sendable {
    /// The output, of one number.
    public var output: String
    /// The f32 input or state at which it is taken.
    public var leaf: String

    /// The derivative of `output`, a number, at the input or state `leaf`; it has the shape of `leaf`.
    public init(of output: String, at leaf: String) {
      self.output = output
      self.leaf = leaf
    }

    /// `d(loss.mal)/d(q.backbone.conv1.weight)`
    public var name: String { "d(\(output))/d(\(leaf))" }
  }

  /// The same program with derivatives as further taps, under their own names. Zeros where an output does not depend
  /// on the leaf.
  /// - Throws: `ModelError` when an output or a leaf is not there, or an output is not one number.
  public func tapping(_ derivatives: [Derivative]) throws -> Graph {
    guard !derivatives.isEmpty else { return self }
    let tensors = thawed()
    var leaves: [String: Tensor] = [:]
    for (entry, tensor) in zip(entries, tensors) {
      if let leaf = entry.operation as? any Leaf { leaves[leaf.leafName] = tensor }
    }
    func named(_ list: [Named]) -> [(name: String, tensor: Tensor)] {
      list.map { ($0.name, tensors[$0.entry]) }
    }
    var added: [(name: String, tensor: Tensor)] = []
    for (output, wanted) in Dictionary(grouping: derivatives, by: \.output).sorted(by: { $0.key < $1.key }) {
      guard let root = outputs.first(where: { $0.name == output }) else {
        throw ModelError([Diagnostic("program '\(name)' has no output '\(output)' to differentiate")])
      }
      let targets = try wanted.map { derivative in
        guard let leaf = leaves[derivative.leaf], leaf.type.element == .float32 else {
          throw ModelError([
            Diagnostic(
              "program '\(name)' has no float input or state '\(derivative.leaf)' to differentiate at")
          ])
        }
        return leaf
      }
      added += zip(wanted, gradient(of: tensors[root.entry], at: targets)).map { ($0.name, $1) }
    }
    return try Graph(
      name: name, inputs: inputs, states: states, outputs: named(outputs), updates: named(updates),
      taps: named(taps) + added, declared: tensors)
  }
}
