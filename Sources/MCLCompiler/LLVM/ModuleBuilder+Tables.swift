import CLLVM

extension ModuleBuilder {
  /// The address of a read-only array of int32 in the object.
  package func constantTable(_ values: [Int32]) -> IRValue {
    var elements: [LLVMValueRef?] = values.map {
      LLVMConstInt(i32.ref, UInt64(bitPattern: Int64($0)), 1)
    }
    let array: LLVMValueRef = LLVMConstArray(i32.ref, &elements, UInt32(elements.count))
    let global: LLVMValueRef = LLVMAddGlobal(module, LLVMTypeOf(array), "table")
    LLVMSetInitializer(global, array)
    LLVMSetGlobalConstant(global, 1)
    LLVMSetLinkage(global, LLVMPrivateLinkage)
    LLVMSetUnnamedAddress(global, LLVMGlobalUnnamedAddr)
    LLVMSetAlignment(global, 64)
    return IRValue(ref: LLVMConstBitCast(global, pointer.ref))
  }

  /// Asks for the line at an address, which need not be valid.
  package func prefetch(_ address: IRValue, forWriting: Bool) {
    _ = callIntrinsic(
      "llvm.prefetch", overloads: [pointer],
      [address, constant(forWriting ? 1 : 0, i32), constant(3, i32), constant(1, i32)])
  }
}
