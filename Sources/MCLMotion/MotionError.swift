/// What can go wrong between frames and motion maps; the description is one sentence: what, where, how to mend.
public struct MotionError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The sentence to show to a user.
  public let description: String
  /// Whether preparing the video again mends it: the cache entry is missing, stale or damaged.
  public let asksForPreparation: Bool
  /// The description without how to mend it, for who has just done so.
  package let fault: String
  /// Whether no other entry of the cache can be written either.
  package let isOfWholeCache: Bool

  package init(_ description: String, isOfWholeCache: Bool = false) {
    (self.description, fault) = (description, description)
    (asksForPreparation, self.isOfWholeCache) = (false, isOfWholeCache)
  }

  /// An entry that preparing the video makes anew.
  package init(needsPreparation fault: String, mend: String = "prepare the video again") {
    (self.fault, description) = (fault, "\(fault); \(mend)")
    (asksForPreparation, isOfWholeCache) = (true, false)
  }
}
