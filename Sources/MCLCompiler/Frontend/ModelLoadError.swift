/// Why a model file gives no graph: one mistake a line, each with what, where and how to mend.
public struct ModelLoadError: Error, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
