import CLLVM

/// LLVM's code generator for a target: turns modules into objects and assembly. One a thread.
package final class TargetMachine {
  let machine: LLVMTargetMachineRef
  package let description: TargetDescription

  private static let initialized: Bool = mcl_llvm_initialize_native() == 0
  /// Done once, when code is wanted for another kind of machine than this one.
  private static let othersInitialized: Bool = mcl_llvm_initialize_all() == 0

  /// - Throws: `LLVMError` when this LLVM cannot generate code for the triple.
  package init(_ description: TargetDescription) throws {
    guard Self.initialized else {
      throw LLVMError("this LLVM has no code generator for the machine it runs on; install one that has")
    }
    let architecture = { (triple: String) in triple.prefix { $0 != "-" } }
    if architecture(description.triple) != architecture(TargetDescription.host.triple) {
      guard Self.othersInitialized else {
        throw LLVMError("this LLVM generates code for no other machine than its own")
      }
    }
    var target: LLVMTargetRef?
    var message: UnsafeMutablePointer<CChar>?
    guard LLVMGetTargetFromTriple(description.triple, &target, &message) == 0, let target else {
      defer { LLVMDisposeMessage(message) }
      throw LLVMError(
        "no code generator for \(description.triple): \(message.map { String(cString: $0) } ?? "")")
    }
    guard
      let machine = LLVMCreateTargetMachine(
        target, description.triple, description.cpu, description.features, LLVMCodeGenLevelDefault,
        LLVMRelocPIC, LLVMCodeModelDefault)
    else { throw LLVMError("no code generator for \(description.triple) \(description.cpu)") }
    self.machine = machine
    self.description = description
  }

  deinit { LLVMDisposeTargetMachine(machine) }

  /// The passes kernels need: they are written in vectors, so nothing is unrolled or vectorised for them.
  package static let passes = "function(early-cse,instcombine,loop-mssa(licm),early-cse,instcombine)"

  /// Verifies the module and runs `passes` over it.
  package func optimize(_ module: ModuleBuilder) throws {
    try module.verify()
    let options = LLVMCreatePassBuilderOptions()
    defer { LLVMDisposePassBuilderOptions(options) }
    LLVMPassBuilderOptionsSetLoopUnrolling(options, 0)
    LLVMPassBuilderOptionsSetLoopVectorization(options, 0)
    LLVMPassBuilderOptionsSetSLPVectorization(options, 0)
    LLVMPassBuilderOptionsSetLoopInterleaving(options, 0)
    try LLVMError.check(LLVMRunPasses(module.module, Self.passes, machine, options), "optimising a kernel")
    try module.expectNoDiagnostics()
  }

  /// The module as an object file.
  package func object(_ module: ModuleBuilder) throws -> [UInt8] { try emit(module, LLVMObjectFile) }

  /// The module as assembly.
  package func assembly(_ module: ModuleBuilder) throws -> String {
    String(decoding: try emit(module, LLVMAssemblyFile), as: UTF8.self)
  }

  private func emit(_ module: ModuleBuilder, _ kind: LLVMCodeGenFileType) throws -> [UInt8] {
    var buffer: LLVMMemoryBufferRef?
    var message: UnsafeMutablePointer<CChar>?
    guard LLVMTargetMachineEmitToMemoryBuffer(machine, module.module, kind, &message, &buffer) == 0 else {
      defer { LLVMDisposeMessage(message) }
      throw LLVMError("generating code: \(message.map { String(cString: $0) } ?? "unknown error")")
    }
    defer { LLVMDisposeMemoryBuffer(buffer) }
    try module.expectNoDiagnostics()
    let bytes = UnsafeRawBufferPointer(start: LLVMGetBufferStart(buffer), count: LLVMGetBufferSize(buffer))
    return [UInt8](bytes)
  }
}
