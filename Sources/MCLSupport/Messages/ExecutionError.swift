/// Why a program cannot run, in one sentence.
public struct ExecutionError: Error, Sendable, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}
