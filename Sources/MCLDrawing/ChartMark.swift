/// A step from which on something is otherwise, with what to call it.
package struct ChartMark: Sendable, Codable, Equatable {
  package var step: Int
  package var label: String

  package init(step: Int, label: String) { (self.step, self.label) = (step, label) }
}
