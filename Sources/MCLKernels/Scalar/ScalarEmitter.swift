import LLVMBindings
import MCLGraph

/// Emits the elementary functions of scalar expressions on scalars and vectors alike.
///
/// Every result is rounded to its element type, so a value has the same bits wherever it is computed.
struct ScalarEmitter {
  let builder: ModuleBuilder
  let hasFusedMultiplyAdd: Bool

  func type(_ element: ElementType, lanes: Int) -> IRType {
    builder.vector(element == .int64 ? builder.i64 : builder.f32, lanes)
  }

  /// A float32 value in float64, to be accumulated; any other value as it is.
  func widened(_ value: IRValue) -> IRValue {
    guard builder.elementType(value.type) == builder.f32 else { return value }
    return builder.cast(.floatExtend, value, to: builder.vector(builder.f64, builder.lanes(value)))
  }

  /// A float64 sum rounded to float32; any other value as it is.
  func narrowed(_ value: IRValue) -> IRValue {
    guard builder.elementType(value.type) == builder.f64 else { return value }
    return builder.cast(.floatTruncate, value, to: builder.vector(builder.f32, builder.lanes(value)))
  }

  func constant(_ value: Double, _ element: ElementType, lanes: Int) -> IRValue {
    switch element {
    case .float32: builder.constant(Double(Float(value)), type(.float32, lanes: lanes))
    case .int64: builder.constant(Int(Int64(saturating: value)), type(.int64, lanes: lanes))
    }
  }

  func unary(_ function: UnaryFunction, _ a: IRValue, _ element: ElementType) -> IRValue {
    switch (function, element) {
    case (.negate, .float32): return builder.negateFloat(a)
    case (.negate, .int64): return builder.subtract(builder.zero(a.type), a)
    case (.absolute, .float32): return builder.callIntrinsic("llvm.fabs", overloads: [a.type], [a])
    case (.absolute, .int64):
      let zero = builder.zero(a.type)
      return builder.select(builder.compare(.signedLess, a, zero), builder.subtract(zero, a), a)
    case (.exponential, _): return exponential(a)
    case (.logarithm, _): return logarithm(a)
    case (.squareRoot, _): return builder.callIntrinsic("llvm.sqrt", overloads: [a.type], [a])
    case (.reciprocal, _): return builder.build(.floatDivide, builder.constant(1.0, a.type), a)
    }
  }

  func binary(_ function: BinaryFunction, _ a: IRValue, _ b: IRValue, _ element: ElementType) -> IRValue {
    switch (function, element) {
    case (.add, .float32): return builder.build(.floatAdd, a, b)
    case (.subtract, .float32): return builder.build(.floatSubtract, a, b)
    case (.multiply, .float32): return builder.build(.floatMultiply, a, b)
    case (.divide, .float32), (.remainder, .float32): return builder.build(.floatDivide, a, b)
    case (.maximum, .float32), (.minimum, .float32):
      // NaN in either argument passes: a comparison with NaN in b is false and keeps b.
      let better = builder.compare(function == .maximum ? .orderedGreater : .orderedLess, a, b)
      let missing = builder.compare(.unordered, a, a)
      return builder.select(builder.build(.or, better, missing), a, b)
    case (.add, .int64): return builder.add(a, b)
    case (.subtract, .int64): return builder.subtract(a, b)
    case (.multiply, .int64): return builder.multiply(a, b)
    case (.maximum, .int64): return builder.maximum(a, b)
    case (.minimum, .int64): return builder.minimum(a, b)
    case (.divide, .int64): return divide(a, b).quotient
    case (.remainder, .int64): return divide(a, b).remainder
    }
  }

  /// Division that rounds down and never traps: x / 0 is 0 with remainder 0, and the smallest number / -1 wraps.
  private func divide(_ a: IRValue, _ b: IRValue) -> (quotient: IRValue, remainder: IRValue) {
    let zero = builder.zero(a.type)
    let isZero = builder.compare(.equal, b, zero)
    let isMinusOne = builder.compare(.equal, b, builder.constant(-1, a.type))
    let safe = builder.select(builder.build(.or, isZero, isMinusOne), builder.constant(1, a.type), b)
    let truncated = builder.build(.signedDivide, a, safe)
    let rest = builder.subtract(a, builder.multiply(truncated, safe))
    let isInexact = builder.compare(.notEqual, rest, zero)
    let differs = builder.compare(.signedLess, builder.build(.xor, rest, safe), zero)
    let isAbove = builder.and(isInexact, differs)
    let floor = builder.select(isAbove, builder.add(truncated, -1), truncated)
    let signed = builder.select(isMinusOne, builder.subtract(zero, a), floor)
    // By 0 and by -1 the rest is that of a division by 1.
    return (builder.select(isZero, zero, signed), builder.select(isAbove, builder.add(rest, safe), rest))
  }

  /// `a comparison b`, as a mask.
  func compare(_ comparison: Comparison, _ a: IRValue, _ b: IRValue, _ element: ElementType) -> IRValue {
    switch (comparison, element) {
    case (.equal, .float32): builder.compare(.orderedEqual, a, b)
    case (.notEqual, .float32): builder.compare(.unorderedNotEqual, a, b)
    case (.less, .float32): builder.compare(.orderedLess, a, b)
    case (.lessOrEqual, .float32): builder.compare(.orderedLessOrEqual, a, b)
    case (.greater, .float32): builder.compare(.orderedGreater, a, b)
    case (.greaterOrEqual, .float32): builder.compare(.orderedGreaterOrEqual, a, b)
    case (.equal, .int64): builder.compare(.equal, a, b)
    case (.notEqual, .int64): builder.compare(.notEqual, a, b)
    case (.less, .int64): builder.compare(.signedLess, a, b)
    case (.lessOrEqual, .int64): builder.compare(.signedLessOrEqual, a, b)
    case (.greater, .int64): builder.compare(.signedGreater, a, b)
    case (.greaterOrEqual, .int64): builder.compare(.signedGreaterOrEqual, a, b)
    }
  }

  /// int64 to the nearest float32, rounded once; float32 toward zero to int64, clamped, NaN to 0.
  func convert(_ value: IRValue, to element: ElementType) -> IRValue {
    let target = type(element, lanes: builder.lanes(value))
    switch element {
    case .float32: return builder.cast(.signedToFloat, value, to: target)
    case .int64:
      return builder.callIntrinsic("llvm.fptosi.sat", overloads: [target, value.type], [value])
    }
  }
}
