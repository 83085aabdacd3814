import CLLVM

/// An LLVM type; valid as long as its module builder.
package struct IRType: Equatable {
  let ref: LLVMTypeRef
}

/// An LLVM value (constant, instruction, argument or global); valid as long as its module builder.
package struct IRValue {
  let ref: LLVMValueRef

  package var type: IRType { IRType(ref: LLVMTypeOf(ref)) }
}

/// An LLVM basic block; valid as long as its module builder.
package struct IRBlock {
  let ref: LLVMBasicBlockRef
}

/// An LLVM function with the type it is called by.
package struct IRFunction {
  let value: IRValue
  let type: IRType
  package let parameters: [IRValue]
}

/// Integer comparisons.
package enum IntegerPredicate {
  case equal, notEqual, signedLess, signedLessOrEqual, signedGreater, signedGreaterOrEqual, unsignedLess

  var code: LLVMIntPredicate {
    switch self {
    case .equal: LLVMIntEQ
    case .notEqual: LLVMIntNE
    case .signedLess: LLVMIntSLT
    case .signedLessOrEqual: LLVMIntSLE
    case .signedGreater: LLVMIntSGT
    case .signedGreaterOrEqual: LLVMIntSGE
    case .unsignedLess: LLVMIntULT
    }
  }
}

/// Floating-point comparisons: `ordered…` are false and `unordered…` true when an argument is NaN.
package enum FloatPredicate {
  case orderedEqual, unorderedNotEqual, orderedLess, orderedLessOrEqual, orderedGreater
  case orderedGreaterOrEqual, unordered, ordered

  var code: LLVMRealPredicate {
    switch self {
    case .orderedEqual: LLVMRealOEQ
    case .unorderedNotEqual: LLVMRealUNE
    case .orderedLess: LLVMRealOLT
    case .orderedLessOrEqual: LLVMRealOLE
    case .orderedGreater: LLVMRealOGT
    case .orderedGreaterOrEqual: LLVMRealOGE
    case .unordered: LLVMRealUNO
    case .ordered: LLVMRealORD
    }
  }
}

/// Integer and floating-point instructions of two arguments.
package enum BinaryInstruction {
  case add, subtract, multiply, signedDivide, signedRemainder, unsignedDivide, unsignedRemainder
  case and, or, xor, shiftLeft, arithmeticShiftRight, logicalShiftRight
  case floatAdd, floatSubtract, floatMultiply, floatDivide

  var opcode: LLVMOpcode {
    switch self {
    case .add: LLVMAdd
    case .subtract: LLVMSub
    case .multiply: LLVMMul
    case .signedDivide: LLVMSDiv
    case .signedRemainder: LLVMSRem
    case .unsignedDivide: LLVMUDiv
    case .unsignedRemainder: LLVMURem
    case .and: LLVMAnd
    case .or: LLVMOr
    case .xor: LLVMXor
    case .shiftLeft: LLVMShl
    case .arithmeticShiftRight: LLVMAShr
    case .logicalShiftRight: LLVMLShr
    case .floatAdd: LLVMFAdd
    case .floatSubtract: LLVMFSub
    case .floatMultiply: LLVMFMul
    case .floatDivide: LLVMFDiv
    }
  }
}

/// Conversions between types.
package enum CastInstruction {
  case truncate, zeroExtend, signExtend, signedToFloat, floatToSigned, floatExtend, floatTruncate, bitcast

  var opcode: LLVMOpcode {
    switch self {
    case .truncate: LLVMTrunc
    case .zeroExtend: LLVMZExt
    case .signExtend: LLVMSExt
    case .signedToFloat: LLVMSIToFP
    case .floatToSigned: LLVMFPToSI
    case .floatExtend: LLVMFPExt
    case .floatTruncate: LLVMFPTrunc
    case .bitcast: LLVMBitCast
    }
  }
}
