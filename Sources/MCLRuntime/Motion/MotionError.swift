/// What can go wrong between frames and motion maps; the description is one sentence: what, where, how to mend.
public struct MotionError: Error, Sendable, Equatable, CustomStringConvertible {
  public let description: String

  package init(_ description: String) {
    self.description = description
  }
}
