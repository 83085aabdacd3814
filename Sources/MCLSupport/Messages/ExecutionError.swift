/// Why a program cannot run, in one sentence.
public struct ExecutionError: Error, Sendable, CustomStringConvertible {
  /// The sentence to show to a user.
  public let description: String
  package init(_ description: String) { self.description = description }
}
