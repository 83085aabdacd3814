import LLVMBindings
import MCLGraph

extension ScalarEmitter {
  /// `sum of (x - mean)^2 = sum of x^2 - (sum of x)^2 / count`, never below zero.
  ///
  /// In float64 the squares of float32 values are exact, so that the difference is good to float32 as long as the mean
  /// is below some ten thousand deviations.
  func squaredDeviations(sum: IRValue, ofSquares squares: IRValue, count: Int) -> IRValue {
    let share = builder.build(.floatMultiply, sum, builder.constant(1 / Double(count), sum.type))
    let difference = multiplyAdd(builder.negateFloat(sum), share, squares)
    let zero = builder.zero(sum.type)
    return builder.select(builder.compare(.orderedLess, difference, zero), zero, difference)
  }
}

extension ScalarEmitter {
  /// An expression of a reduced value and constants, in the reduced value's lanes.
  func evaluate(_ tree: ScalarExpression, accumulator: IRValue) -> IRValue {
    func value(_ part: ScalarExpression) -> IRValue { evaluate(part, accumulator: accumulator) }
    switch tree {
    case .accumulator, .load, .index: return accumulator
    case .integer(let number): return constant(Double(number), .float32, lanes: builder.lanes(accumulator))
    case .constant(let number): return constant(number, .float32, lanes: builder.lanes(accumulator))
    case .unary(let function, let a): return unary(function, value(a), .float32)
    case .binary(let function, let a, let b): return binary(function, value(a), value(b), .float32)
    case .select(let comparison, let a, let b, let yes, let no):
      return builder.select(compare(comparison, value(a), value(b), .float32), value(yes), value(no))
    case .convert(_, let a): return value(a)
    }
  }
}
