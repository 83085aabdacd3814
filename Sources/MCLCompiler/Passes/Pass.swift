import MCLGraph

/// A rewriting of a graph. The driver, not the pass, times, verifies and reports.
public protocol Pass: Sendable {
  var name: String { get }
  func run(_ graph: Graph) throws -> Graph
}
