import MCLGraph

extension Comprehension {
  /// A formula people can read: `sum[a6..a9] %0[a0,a3*2-1] * %1[a2,a6]`.
  package var text: String {
    let value = body.text(accesses)
    let reduced = reduction == .none ? value : "\(reduction.rawValue)[\(reductionShape)] \(value)"
    return epilogue == .accumulator ? reduced : "{\(reduced)} then \(epilogue.text(accesses))"
  }
}

extension AffineIndex {
  var text: String {
    var terms: [String] = []
    for (axis, coefficient) in coefficients.enumerated() where coefficient != 0 {
      terms.append(coefficient == 1 ? "a\(axis)" : "a\(axis)*\(coefficient)")
    }
    if offset != 0 || terms.isEmpty { terms.append("\(offset)") }
    let sum = terms.joined(separator: "+").replacing("+-", with: "-")
    return divisor == 1 ? sum : "(\(sum))/\(divisor)"
  }
}

extension ScalarExpression {
  func text(_ accesses: [Access]) -> String {
    switch self {
    case .load(let index):
      let access = accesses[index]
      return "%\(access.operand)[\(access.indices.map(\.text).joined(separator: ","))]"
    case .constant(let value): return "\(value)"
    case .integer(let value): return "\(value)"
    case .index(let axis): return "a\(axis)"
    case .accumulator: return "result"
    case .unary(let function, let a): return "\(function.rawValue)(\(a.text(accesses)))"
    case .binary(let function, let a, let b):
      return "\(function.rawValue)(\(a.text(accesses)), \(b.text(accesses)))"
    case .select(let comparison, let a, let b, let c, let d):
      return "(\(a.text(accesses)) \(comparison.rawValue) \(b.text(accesses)) ? \(c.text(accesses)) : "
        + "\(d.text(accesses)))"
    case .convert(let type, let a): return "\(type.rawValue)(\(a.text(accesses)))"
    }
  }
}
