import CLLVM

/// Links object files into this process and finds their symbols (LLVM's ORC). Not thread-safe.
package final class ObjectLinker {
  private let jit: LLVMOrcLLJITRef

  package init() throws {
    _ = mcl_llvm_initialize_native()
    var jit: LLVMOrcLLJITRef?
    try LLVMError.check(LLVMOrcCreateLLJIT(&jit, nil), "starting the linker of kernels")
    guard let jit else { throw LLVMError("starting the linker of kernels: nothing was made") }
    self.jit = jit
  }

  deinit { if let error = LLVMOrcDisposeLLJIT(jit) { LLVMConsumeError(error) } }

  /// Adds an object; its symbols must be new to this linker.
  package func add(_ object: [UInt8], name: String) throws {
    let buffer = object.withUnsafeBytes { bytes in
      LLVMCreateMemoryBufferWithMemoryRangeCopy(
        bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, name)
    }
    // The linker owns the buffer from here on.
    try LLVMError.check(
      LLVMOrcLLJITAddObjectFile(jit, LLVMOrcLLJITGetMainJITDylib(jit), buffer), "linking the kernel \(name)")
  }

  /// The address of a symbol of the objects added.
  package func address(of symbol: String) throws -> UInt {
    var address: LLVMOrcExecutorAddress = 0
    try LLVMError.check(LLVMOrcLLJITLookup(jit, &address, symbol), "finding the kernel \(symbol)")
    guard address != 0 else { throw LLVMError("finding the kernel \(symbol): it has no address") }
    return UInt(address)
  }
}

/// The major version of the LLVM in this process, as built; part of the key of cached objects.
package let llvmVersionText = String(cString: mcl_llvm_version())
