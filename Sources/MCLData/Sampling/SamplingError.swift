/// Why a clip could not be sampled or an image not be augmented, in one sentence: what, where, how to mend.
public struct SamplingError: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
