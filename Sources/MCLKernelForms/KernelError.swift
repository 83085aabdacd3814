/// A kernel that cannot be compiled, in one sentence: what, where, how to mend.
public struct KernelError: Error, CustomStringConvertible {
  public let description: String

  package init(_ description: String) { self.description = description }
}
