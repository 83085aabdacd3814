/// Why a clip could not be sampled or an image not be augmented, in one sentence: what, where, how to mend.
public struct SamplingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The sentence to show to a user.
  public let description: String

  package init(_ description: String) { self.description = description }
}
