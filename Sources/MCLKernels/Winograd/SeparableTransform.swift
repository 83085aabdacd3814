import LLVMBindings

/// Emits `M0 X M1'` for matrices of constants, or `M0 x` where there is one direction only.
struct SeparableTransform {
  let builder: ModuleBuilder
  let scalar: ScalarEmitter
  /// One matrix a direction.
  let matrices: [[[Double]]]

  /// The results, the last direction innermost; each value is asked for once.
  ///
  /// - Parameter value: the value at one place a direction, nil where it is zero.
  func results(_ value: ([Int]) -> IRValue?) -> [IRValue?] { results(0, [], value) }

  private func results(_ level: Int, _ place: [Int], _ value: ([Int]) -> IRValue?) -> [IRValue?] {
    guard level < matrices.count else { return [value(place)] }
    let parts = (0..<(matrices[level].first?.count ?? 0)).map { results(level + 1, place + [$0], value) }
    return matrices[level].flatMap { row in
      (parts.first ?? []).indices.map { position in combination(row) { parts[$0][position] } }
    }
  }

  /// Gives the results one by one as soon as they are made. The values are asked for again for every row of the first of
  /// two directions, so that few of them are in registers at a time.
  func forEach(_ value: ([Int]) -> IRValue?, _ result: (_ number: Int, _ value: IRValue?) -> Void) {
    guard let first = matrices.first, let last = matrices.last, matrices.count == 2 else {
      for (number, value) in results(value).enumerated() { result(number, value) }
      return
    }
    for (i, row) in first.enumerated() {
      let middle = (0..<(last.first?.count ?? 0)).map { j in combination(row) { value([$0, j]) } }
      for (j, row) in last.enumerated() { result(i * last.count + j, combination(row) { middle[$0] }) }
    }
  }

  /// The sum of some values times constants; nil where all are zero.
  private func combination(_ row: [Double], _ value: (Int) -> IRValue?) -> IRValue? {
    var terms = row.indices.compactMap { position -> (factor: Double, value: IRValue)? in
      row[position] == 0 ? nil : value(position).map { (row[position], $0) }
    }
    guard !terms.isEmpty else { return nil }
    let first = terms.remove(at: terms.firstIndex { $0.factor == 1 } ?? 0)
    func constant(_ factor: Double) -> IRValue { builder.constant(factor, first.value.type) }
    let start =
      first.factor == 1
      ? first.value : builder.build(.floatMultiply, first.value, constant(first.factor))
    return terms.reduce(start) { sum, term in
      switch term.factor {
      case 1: builder.build(.floatAdd, sum, term.value)
      case -1: builder.build(.floatSubtract, sum, term.value)
      default: scalar.multiplyAdd(term.value, constant(term.factor), sum)
      }
    }
  }

  /// Loads, multiply-adds and stores of `forEach`.
  static func operations(_ matrices: [[[Double]]]) -> Int {
    let counts = matrices.map { matrix in matrix.reduce(0) { $0 + $1.count { $0 != 0 } } }
    guard matrices.count == 2 else {
      return matrices.reduce(0) { $0 + $1.count + ($1.first?.count ?? 0) } + counts.reduce(0, +)
    }
    let (rows, columns) = (matrices[0].count, matrices[1].first?.count ?? 0)
    return counts[0] * columns + counts[1] * rows + rows * matrices[1].count
  }
}
