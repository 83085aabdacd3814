/// Takes divisors out of a contraction: the input gradient of a strided convolution.
///
/// A coordinate `(x + p - k) / s` is whole only where `x + p - k` is a multiple of s. For each residue of x that fixes
/// the residue of k, so the problem falls apart into problems without a divisor, one a residue class of the
/// outputs, each with its share of k: nothing is multiplied that the definition leaves out.
extension ContractionProblem {
  /// The most problems one may fall apart into.
  private static let mostClasses = 32

  /// The problems without divisors that make up this one; nil where they are too many or not of this kind.
  func splitByResidue() -> [ContractionProblem]? {
    let checks = (a.guards + b.guards).filter { $0.divisor > 1 }
    guard !checks.isEmpty else { return [self] }
    var moduli = sizes.map { _ in 1 }
    for check in checks {
      for axis in sizes.indices where check.coefficients[axis] != 0 {
        let modulus = check.divisor / Self.greatestCommonDivisor(check.coefficients[axis], check.divisor)
        moduli[axis] = moduli[axis] * modulus / Self.greatestCommonDivisor(moduli[axis], modulus)
      }
    }
    let innerAxes = Set(inner)
    let outerAxes = sizes.indices.filter { !innerAxes.contains($0) }
    let classes = outerAxes.reduce(1) { $0 * moduli[$1] }
    let shares = inner.reduce(1) { $0 * moduli[$1] }
    guard classes <= Self.mostClasses, shares <= 4096 else { return nil }

    var problems: [ContractionProblem] = []
    for number in 0..<classes {
      var residues = sizes.map { _ in 0 }
      Self.spread(number, over: outerAxes, moduli, into: &residues)
      guard outerAxes.allSatisfy({ residues[$0] < sizes[$0] }) else { continue }
      var found: [Int]?
      for share in 0..<shares {
        Self.spread(share, over: inner, moduli, into: &residues)
        let isWhole = checks.allSatisfy { check in
          let sum = zip(check.coefficients, residues).reduce(check.offset) { $0 + $1.0 * $1.1 }
          return sum % check.divisor == 0
        }
        guard isWhole, inner.allSatisfy({ residues[$0] < sizes[$0] }) else { continue }
        if found != nil { return nil }
        found = residues
      }
      Self.spread(0, over: inner, moduli, into: &residues)
      problems.append(restricted(moduli, found ?? residues, isEmpty: found == nil))
    }
    return problems
  }

  /// The part where each axis is its residue more than a multiple of its modulus.
  private func restricted(_ moduli: [Int], _ residues: [Int], isEmpty: Bool) -> ContractionProblem {
    var part = self
    part.isEmpty = isEmpty
    for axis in sizes.indices {
      part.sizes[axis] = max(1, (sizes[axis] - residues[axis] + moduli[axis] - 1) / moduli[axis])
      part.outputOffset += outputStrides[axis] * residues[axis]
      part.outputStrides[axis] *= moduli[axis]
      part.starts[axis] += part.steps[axis] * residues[axis]
      part.steps[axis] *= moduli[axis]
    }
    part.a.restrict(moduli, residues, sizes: part.sizes, isEmpty: isEmpty)
    part.b.restrict(moduli, residues, sizes: part.sizes, isEmpty: isEmpty)
    return part
  }

  private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
    var (a, b) = (abs(a), abs(b))
    while b != 0 { (a, b) = (b, a % b) }
    return a
  }

  private static func spread(_ number: Int, over axes: [Int], _ moduli: [Int], into residues: inout [Int]) {
    var rest = number
    for axis in axes {
      residues[axis] = rest % moduli[axis]
      rest /= moduli[axis]
    }
  }
}

extension LinearAccess {
  /// Substitutes `modulus x axis + residue` for every axis; the divisors must then cancel, or nothing be loaded.
  fileprivate mutating func restrict(_ moduli: [Int], _ residues: [Int], sizes: [Int], isEmpty: Bool) {
    for axis in sizes.indices {
      offset += strides[axis] * residues[axis]
      strides[axis] *= moduli[axis]
    }
    guards = guards.compactMap { check in
      var check = check
      for axis in sizes.indices {
        check.offset += check.coefficients[axis] * residues[axis]
        check.coefficients[axis] *= moduli[axis]
      }
      if check.divisor > 1 {
        if isEmpty { return nil }
        check.offset /= check.divisor
        for axis in sizes.indices {
          check.coefficients[axis] /= check.divisor
          strides[axis] += check.coefficients[axis] * check.stride
        }
        offset += check.offset * check.stride
        check.divisor = 1
      }
      var low = check.offset
      var high = check.offset
      for (coefficient, size) in zip(check.coefficients, sizes) {
        low += min(0, coefficient * (size - 1))
        high += max(0, coefficient * (size - 1))
      }
      return low < 0 || high >= check.extent ? check : nil
    }
  }
}
