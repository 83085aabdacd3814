import MCLGraph

/// What a rule of the compiler did with a value, or why it let it be: recorded while compiling, for people to read.
/// Nothing is decided by it.
package struct Decision: Sendable, Hashable {
  /// A value of a program, as the pass that speaks of it found it.
  package struct Subject: Sendable, Hashable {
    /// The operation that makes it, such as `add`; of what is put together already, the one that gives the value.
    package var operation: String
    package var path: String
    package var type: TensorType

    package init(_ entry: Graph.Entry) {
      operation = (entry.operation as? Compute)?.mainOperation ?? entry.operation.choiceName
      path = entry.path
      type = entry.type
    }
  }

  /// The rule, by the name of its pass or of the part of planning.
  package var rule: String
  package var subject: Subject
  /// What it was put into or would have been.
  package var targets: [Subject]
  /// Why it was not done; nil where it was.
  package var reason: String?

  package var isDone: Bool { reason == nil }

  /// - Parameter reason: why it was not done; nil where it was.
  package init(
    _ rule: String, _ subject: Graph.Entry, targets: [Graph.Entry] = [], reason: String? = nil
  ) {
    self.rule = rule
    self.subject = Subject(subject)
    self.targets = targets.map { Subject($0) }
    self.reason = reason
  }
}

/// A pass that says what it did and what it let be.
package protocol DecidingPass: Pass {
  /// What it is for, in one sentence.
  var purpose: String { get }

  /// Rewrites the graph and adds to the decisions.
  func run(_ graph: Graph, decisions: inout [Decision]) throws -> Graph
}

extension DecidingPass {
  package var purpose: String { "" }

  package func run(_ graph: Graph) throws -> Graph {
    var decisions: [Decision] = []
    return try run(graph, decisions: &decisions)
  }
}

extension Operation {
  /// What people call it: of `binary` or `reduce` the function, such as `add`, of all others the name.
  var choiceName: String {
    if case .text(let choice)? = attributes.first?.1 { choice } else { name }
  }
}
