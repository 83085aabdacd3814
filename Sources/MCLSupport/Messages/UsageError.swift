/// Why a folder or a run cannot be used as asked, in one sentence: what, where, how to mend. The command exits with 2.
public struct UsageError: Error, Sendable, CustomStringConvertible {
  /// The sentence to show to a user.
  public let description: String
  package init(_ description: String) { self.description = description }
}
