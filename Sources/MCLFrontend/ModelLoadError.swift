/// Why a model could not be loaded: what, where, how to mend it. Compiler errors and model diagnostics come one a
/// line, as `file:line: error: …`; everything else is one sentence.
public struct ModelLoadError: Error, Sendable, CustomStringConvertible {
  /// The text to show to a user.
  public let description: String

  package init(_ description: String) { self.description = description }
}
