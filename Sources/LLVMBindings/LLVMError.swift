import CLLVM

/// What LLVM refused to do, in one sentence.
package struct LLVMError: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }

  /// Throws the message of `error`, and consumes it, unless it is nil (success).
  static func check(_ error: LLVMErrorRef?, _ doing: String) throws {
    guard let error else { return }
    let text: UnsafeMutablePointer<CChar>? = LLVMGetErrorMessage(error)
    defer { LLVMDisposeErrorMessage(text) }
    throw LLVMError("\(doing): \(text.map { String(cString: $0) } ?? "unknown error")")
  }
}
