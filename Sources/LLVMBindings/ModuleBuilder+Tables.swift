import CLLVM

extension ModuleBuilder {
  /// The address of a read-only array of int32 in the object.
  package func constantTable(_ values: [Int32]) -> IRValue {
    var elements: [LLVMValueRef?] = values.map {
      LLVMConstInt(i32.ref, UInt64(bitPattern: Int64($0)), 1)
    }
    return place(IRValue(ref: LLVMConstArray(i32.ref, &elements, UInt32(elements.count))))
  }

  /// The address of a constant's read-only copy in the object.
  package func place(_ constant: IRValue) -> IRValue {
    // The context makes each constant once.
    if let known = placedConstants[constant.ref] { return known }
    let global: LLVMValueRef = LLVMAddGlobal(module, LLVMTypeOf(constant.ref), "table")
    LLVMSetInitializer(global, constant.ref)
    LLVMSetGlobalConstant(global, 1)
    LLVMSetLinkage(global, LLVMPrivateLinkage)
    LLVMSetUnnamedAddress(global, LLVMGlobalUnnamedAddr)
    LLVMSetAlignment(global, 64)
    let address = IRValue(ref: LLVMConstBitCast(global, pointer.ref))
    placedConstants[constant.ref] = address
    return address
  }

  /// Asks for the line at an address, which need not be valid.
  package func prefetch(_ address: IRValue, forWriting: Bool, isFar: Bool = false) {
    _ = callIntrinsic(
      "llvm.prefetch", overloads: [pointer],
      [address, constant(forWriting ? 1 : 0, i32), constant(isFar ? 2 : 3, i32), constant(1, i32)])
  }

  /// The same integer, of which the optimiser knows nothing: a loop that counts from here does not become part of
  /// what the loops around it count.
  package func opaque(_ value: IRValue) -> IRValue {
    var parameters: [LLVMTypeRef?] = [LLVMTypeOf(value.ref)]
    let type = LLVMFunctionType(parameters[0], &parameters, 1, 0)
    var (template, constraints) = (Array("".utf8CString), Array("=r,0".utf8CString))
    let identity = LLVMGetInlineAsm(
      type, &template, 0, &constraints, constraints.count - 1, 0, 0, LLVMInlineAsmDialectATT, 0)
    var arguments: [LLVMValueRef?] = [value.ref]
    return IRValue(ref: LLVMBuildCall2(builder, type, identity, &arguments, 1, ""))
  }
}
