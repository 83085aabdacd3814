import LLVMBindings

/// Exponential and logarithm of float32 scalars and vectors, as polynomials with fused multiply-add: within 2 ulp,
/// correct at zero, infinities and NaN. The reductions and coefficients are those of Cephes' `expf` and `logf`.
extension ScalarEmitter {
  private func polynomial(_ x: IRValue, _ coefficients: [Double]) -> IRValue {
    var value = builder.constant(coefficients[0], x.type)
    for coefficient in coefficients.dropFirst() {
      value = multiplyAdd(value, x, builder.constant(coefficient, x.type))
    }
    return value
  }

  /// `a b + c`: rounded once where the target can, never a call.
  func multiplyAdd(_ a: IRValue, _ b: IRValue, _ c: IRValue) -> IRValue {
    hasFusedMultiplyAdd
      ? builder.fusedMultiplyAdd(a, b, c) : builder.build(.floatAdd, builder.build(.floatMultiply, a, b), c)
  }

  func exponential(_ argument: IRValue) -> IRValue {
    let float = argument.type
    let integer = builder.vector(builder.i32, builder.lanes(argument))
    // Beyond these the result is infinite or zero already; NaN passes both comparisons unchanged.
    let top = builder.constant(89.0, float)
    let bottom = builder.constant(-105.0, float)
    var x = builder.select(builder.compare(.orderedGreater, argument, top), top, argument)
    x = builder.select(builder.compare(.orderedLess, x, bottom), bottom, x)
    // Adding 1.5 x 2^23 rounds to an integer that stands in the low bits.
    let magic = builder.constant(12582912.0, float)
    let shifted = multiplyAdd(x, builder.constant(1.44269504088896341, float), magic)
    let whole = builder.build(.floatSubtract, shifted, magic)
    let exponent = builder.subtract(
      builder.cast(.bitcast, shifted, to: integer), builder.constant(0x4B40_0000, integer))
    var rest = multiplyAdd(whole, builder.constant(-0.693359375, float), x)
    rest = multiplyAdd(whole, builder.constant(2.12194440e-4, float), rest)
    let tail = polynomial(
      rest,
      [
        1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
      ])
    let square = builder.build(.floatMultiply, rest, rest)
    let value = builder.build(
      .floatAdd, multiplyAdd(tail, square, rest), builder.constant(1.0, float))
    // Two factors, since 2^exponent itself may be out of range where the result is not.
    let half = builder.build(.arithmeticShiftRight, exponent, builder.constant(1, integer))
    func power(_ exponent: IRValue) -> IRValue {
      let biased = builder.add(exponent, builder.constant(127, integer))
      let bits = builder.build(.shiftLeft, biased, builder.constant(23, integer))
      return builder.cast(.bitcast, bits, to: float)
    }
    let scaled = builder.build(.floatMultiply, value, power(half))
    return builder.build(.floatMultiply, scaled, power(builder.subtract(exponent, half)))
  }

  func logarithm(_ argument: IRValue) -> IRValue {
    let float = argument.type
    let integer = builder.vector(builder.i32, builder.lanes(argument))
    let zero = builder.constant(0.0, float)
    let isSmall = builder.compare(.orderedLess, argument, builder.constant(0x1p-126, float))
    let x = builder.select(
      isSmall, builder.build(.floatMultiply, argument, builder.constant(0x1p23, float)), argument)
    // Split so that the mantissa lies in [sqrt(1/2), sqrt(2)).
    let bits = builder.subtract(
      builder.cast(.bitcast, x, to: integer), builder.constant(0x3F35_04F3, integer))
    let exponent = builder.build(.arithmeticShiftRight, bits, builder.constant(23, integer))
    let mantissaBits = builder.add(
      builder.and(bits, builder.constant(0x7F_FFFF, integer)), builder.constant(0x3F35_04F3, integer))
    let f = builder.build(
      .floatSubtract, builder.cast(.bitcast, mantissaBits, to: float), builder.constant(1.0, float))
    let shift = builder.select(isSmall, builder.constant(-23.0, float), zero)
    let e = builder.build(.floatAdd, builder.cast(.signedToFloat, exponent, to: float), shift)
    let square = builder.build(.floatMultiply, f, f)
    var tail = polynomial(
      f,
      [
        7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
        -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
      ])
    tail = builder.build(.floatMultiply, tail, builder.build(.floatMultiply, f, square))
    tail = multiplyAdd(e, builder.constant(-2.12194440e-4, float), tail)
    tail = multiplyAdd(square, builder.constant(-0.5, float), tail)
    let value = multiplyAdd(
      e, builder.constant(0.693359375, float), builder.build(.floatAdd, f, tail))
    let infinity = builder.constant(Double.infinity, float)
    let isFinite = builder.compare(.orderedLess, argument, infinity)
    // Infinity and NaN give themselves.
    var result = builder.select(isFinite, value, argument)
    let isZero = builder.compare(.orderedEqual, argument, zero)
    result = builder.select(isZero, builder.constant(-Double.infinity, float), result)
    let isNegative = builder.compare(.orderedLess, argument, zero)
    return builder.select(isNegative, builder.constant(Double.nan, float), result)
  }
}
