import MCLGraph

/// A rewriting of a graph. The driver, not the pass, times, verifies and reports.
package protocol Pass: Sendable {
  var name: String { get }
  /// Whether a program cannot be compiled without it, or would give other results.
  var isRequired: Bool { get }
  func run(_ graph: Graph) throws -> Graph
}

extension Pass {
  package var isRequired: Bool { false }
}
