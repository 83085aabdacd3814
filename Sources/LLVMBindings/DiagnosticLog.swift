import CLLVM

/// What LLVM finds wrong with the modules of a context.
///
/// Without it LLVM would write to standard error, and end the process at an error or where that cannot be written.
final class DiagnosticLog {
  /// The first error.
  private(set) var error: LLVMError?

  /// Takes the context's diagnostics from here on; the log must live as long as the context.
  func attach(to context: LLVMContextRef) {
    LLVMContextSetDiagnosticHandler(
      context,
      { information, context in
        guard let information, let context, LLVMGetDiagInfoSeverity(information) == LLVMDSError else {
          return
        }
        let text: UnsafeMutablePointer<CChar>? = LLVMGetDiagInfoDescription(information)
        defer { LLVMDisposeMessage(text) }
        // The log is alive: its builder holds both it and the context.
        let log = Unmanaged<DiagnosticLog>.fromOpaque(context).takeUnretainedValue()
        log.error = log.error ?? LLVMError("LLVM: \(text.map { String(cString: $0) } ?? "unknown error")")
      }, Unmanaged.passUnretained(self).toOpaque())
  }
}
