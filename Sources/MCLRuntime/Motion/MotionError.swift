/// What can go wrong between frames and motion maps; the description is one sentence: what, where, how to mend.
public struct MotionError: Error, Sendable, Equatable, CustomStringConvertible {
  public let description: String
  /// Whether preparing the video again mends it: the cache entry is missing, stale or damaged.
  public let asksForPreparation: Bool

  package init(_ description: String, asksForPreparation: Bool = false) {
    self.description = description
    self.asksForPreparation = asksForPreparation
  }
}
