/// A kernel that cannot be compiled, in one sentence: what, where, how to mend.
package struct KernelError: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}
