/// A step from which on something is otherwise, with what to call it.
public struct ChartMark: Sendable, Codable, Equatable {
  public var step: Int
  public var label: String

  public init(step: Int, label: String) { (self.step, self.label) = (step, label) }
}
