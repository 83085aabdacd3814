import MCLGraph
import MCLKernelForms
import MCLKernels
import Testing

@Suite struct LoopKernelTests {
  let harness = KernelHarness()
  static let sizes = [1, 3, 7, 8, 9, 17, 33]

  @Test(arguments: sizes) func arithmeticOfEveryKind(size: Int) throws {
    var generator = SplitMix(state: UInt64(size))
    let a = random(size * 5, &generator)
    let b = random(size * 5, &generator).map { $0 + ($0 < 0 ? -0.1 : 0.1) }
    let shape = [5, size]
    let accesses = (0..<2).map { Access.identity(operand: $0, shape: shape, rank: 2) }
    for function in BinaryFunction.allCases where function != .remainder {
      let body = ScalarExpression.binary(function, .load(0), .load(1))
      try harness.check(
        Comprehension(axes: shape, accesses: accesses, body: body), [a, b], note: "\(function)")
    }
    for function in UnaryFunction.allCases {
      let positive: ScalarExpression = .unary(.absolute, .load(1))
      let body = ScalarExpression.unary(function, positive)
      try harness.check(
        Comprehension(axes: shape, accesses: accesses, body: body), [a, b], note: "\(function)")
    }
    for comparison in Comparison.allCases {
      let body = ScalarExpression.select(
        comparison, .load(0), .constant(0.25), then: .load(1), else: .constant(-3))
      try harness.check(
        Comprehension(axes: shape, accesses: accesses, body: body), [a, b], note: "\(comparison)")
    }
  }

  @Test func missingValues() throws {
    let values: [Double] = [.nan, 1, -1, .infinity, -.infinity, 0, .nan, 2, 3]
    let other: [Double] = [1, .nan, 1, 1, 1, .nan, .nan, 2, -3]
    let access = (0..<2).map { Access.identity(operand: $0, shape: [9], rank: 1) }
    for function in [BinaryFunction.maximum, .minimum] {
      let body = ScalarExpression.binary(function, .load(0), .load(1))
      try harness.check(Comprehension(axes: [9], accesses: access, body: body), [values, other])
    }
    for comparison in Comparison.allCases {
      let body = ScalarExpression.select(
        comparison, .load(0), .load(1), then: .constant(1), else: .constant(2))
      try harness.check(Comprehension(axes: [9], accesses: access, body: body), [values, other])
    }
  }

  /// Units in the last place between a result and the exact value.
  private func distance(_ actual: Float, _ exact: Double) -> Double {
    let rounded = Float(exact)
    if rounded.isInfinite || actual.isInfinite { return actual == rounded ? 0 : .infinity }
    let unit = Double(max(rounded.magnitude, .leastNormalMagnitude).ulp)
    return (Double(actual) - exact).magnitude / unit
  }

  @Test(arguments: [UnaryFunction.exponential, .logarithm])
  func elementaryFunctionsAreAccurate(function: UnaryFunction) throws {
    var generator = SplitMix(state: 11)
    var inputs: [Double]
    if function == .exponential {
      inputs = (0..<200_000).map { _ in Double.random(in: -104...89, using: &generator) }
      inputs += (0..<100_000).map { _ in Double.random(in: -1...1, using: &generator) }
      inputs += [0, -0.0, .infinity, -.infinity, .nan, 88.72, 88.73, 1e30, -1e30, -87.4, -103.9, -104.1]
    } else {
      inputs = (0..<200_000).map { _ in
        Double(Float(bitPattern: UInt32.random(in: 1..<0x7F80_0000, using: &generator)))
      }
      inputs += (0..<100_000).map { _ in Double.random(in: 0.5...2, using: &generator) }
      inputs += [0, -0.0, .infinity, -.infinity, .nan, -1, 1, 1e-45, Double(Float.greatestFiniteMagnitude)]
    }
    inputs = inputs.map { Double(Float($0)) }
    let comprehension = Comprehension(
      axes: [inputs.count], accesses: [.identity(operand: 0, shape: [inputs.count], rank: 1)],
      body: .unary(function, .load(0)))
    let bytes = try harness.evaluate(comprehension, [inputs], [.float32]).bytes
    let actual = bytes.withUnsafeBytes { KernelHarness.values($0, .float32) }
    var worst = 0.0
    for (input, value) in zip(inputs, actual) {
      let exact = function == .exponential ? exponential(input) : logarithm(input)
      if exact.isNaN {
        #expect(value.isNaN)
      } else {
        let error = distance(Float(value), exact)
        if error > 2 { Issue.record("\(function)(\(input)) = \(value) instead of \(exact)") }
        worst = max(worst, error)
      }
    }
    print("\(function): worst error \(worst) ulp over \(inputs.count) points")
  }

  @Test(arguments: sizes) func broadcastsAndTransposes(size: Int) throws {
    var generator = SplitMix(state: UInt64(size) + 100)
    let a = random(size * 6, &generator)
    let row = random(6, &generator)
    let column = random(size, &generator)
    // a[j, i] x row[i] + column[j], over (i, j).
    let transposed = Comprehension(
      axes: [6, size],
      accesses: [
        Access(operand: 0, [.axis(1, of: 2, extent: size), .axis(0, of: 2, extent: 6)]),
        Access(operand: 1, [.axis(0, of: 2, extent: 6)]),
        Access(operand: 2, [.axis(1, of: 2, extent: size)]),
      ], body: .load(0) * .load(1) + .load(2))
    try harness.check(transposed, [a, row, column], tolerance: 1e-5)
    // Uniform work is done once a row.
    let normalized = Comprehension(
      axes: [6, size],
      accesses: [
        .identity(operand: 0, shape: [6, size], rank: 2), Access(operand: 1, [.axis(0, of: 2, extent: 6)]),
        Access(operand: 2, []),
      ],
      body: .load(0) * .unary(.reciprocal, .unary(.squareRoot, .unary(.absolute, .load(1)))) - .load(2))
    try harness.check(normalized, [a, row, [0.5]], tolerance: 1e-4)
  }

  @Test(arguments: sizes) func slicesPaddingAndStrides(size: Int) throws {
    var generator = SplitMix(state: UInt64(size) + 200)
    let a = random(4 * size, &generator)
    for (coefficient, offset) in [(1, 0), (1, -2), (1, 3), (2, 0), (2, -1), (-1, size - 1), (3, -4)] {
      let comprehension = Comprehension(
        axes: [6, size],
        accesses: [
          Access(
            operand: 0,
            [
              AffineIndex([1, 0], offset: -1, extent: 4),
              AffineIndex([0, coefficient], offset: offset, extent: size),
            ], fill: -7.5)
        ], body: .load(0) + .constant(1))
      try harness.check(comprehension, [a], note: "step \(coefficient) offset \(offset)")
    }
    for divisor in [2, 3] {
      for offset in [0, 1, -1] {
        let comprehension = Comprehension(
          axes: [5, 2 * size],
          accesses: [
            Access(
              operand: 0,
              [
                AffineIndex([1, 0], offset: offset, divisor: divisor, extent: 4),
                AffineIndex([0, 1], offset: offset, divisor: divisor, extent: size),
              ], fill: 9)
          ], body: .load(0))
        try harness.check(comprehension, [a], note: "divisor \(divisor) offset \(offset)")
      }
    }
  }

  @Test(arguments: sizes) func reductions(size: Int) throws {
    var generator = SplitMix(state: UInt64(size) + 300)
    let shape = [5, size, 6]
    let a = random(5 * size * 6, &generator)
    for kept in [[], [0], [1], [2], [0, 1], [1, 2], [2, 0]] {
      let reduced = (0..<3).filter { !kept.contains($0) }
      let order = kept + reduced
      let access = Access(
        operand: 0, (0..<3).map { .axis(order.firstIndex(of: $0)!, of: 3, extent: shape[$0]) })
      for reduction in [Reduction.sum, .maximum, .firstMaximumPosition] {
        let comprehension = Comprehension(
          axes: order.map { shape[$0] }, outputRank: kept.count, accesses: [access],
          body: .load(0) * .load(0) + .constant(0.5), reduction: reduction,
          epilogue: reduction == .firstMaximumPosition
            ? .accumulator + .constant(1) : .accumulator * .constant(0.25),
          element: reduction == .firstMaximumPosition ? .int64 : .float32)
        try harness.check(comprehension, [a], note: "\(reduction) keeping \(kept) of \(shape)")
      }
    }
  }

  @Test func largeSumsAreAccurate() throws {
    var generator = SplitMix(state: 5)
    for (outputs, inner) in [(1, 300_007), (3, 70_001), (65, 5_003)] {
      let a = random(outputs * inner, &generator, in: 0...1)
      let over = Comprehension(
        axes: [outputs, inner], outputRank: 1,
        accesses: [.identity(operand: 0, shape: [outputs, inner], rank: 2)], body: .load(0), reduction: .sum)
      try harness.check(over, [a], tolerance: 3e-7)
      let along = Comprehension(
        axes: [outputs, inner], outputRank: 1,
        accesses: [Access(operand: 0, [.axis(1, of: 2, extent: inner), .axis(0, of: 2, extent: outputs)])],
        body: .load(0), reduction: .sum)
      try harness.check(along, [a], tolerance: 3e-7)
    }
  }

  @Test func firstMaximumTakesTheFirstOfEqualsAndNaN() throws {
    let rows: [[Double]] = [
      [1, 3, 3, 2], [-.infinity, -.infinity, -.infinity, -.infinity], [1, .nan, 5, .nan], [4, 4, 4, 4],
      [0, -1, -2, -3], [.nan, 1, 2, 3], [1, 2, 3, .nan], [2, 1, .infinity, .infinity], [-5, -4, -4, -9],
    ]
    for transposed in [false, true] {
      let access =
        transposed
        ? Access(operand: 0, [.axis(1, of: 2, extent: 4), .axis(0, of: 2, extent: 9)])
        : .identity(operand: 0, shape: [9, 4], rank: 2)
      let values = transposed ? (0..<4).flatMap { c in rows.map { $0[c] } } : rows.flatMap { $0 }
      for reduction in [Reduction.firstMaximumPosition, .maximum] {
        let comprehension = Comprehension(
          axes: [9, 4], outputRank: 1, accesses: [access], body: .load(0), reduction: reduction,
          element: reduction == .maximum ? .float32 : .int64)
        try harness.check(comprehension, [values])
      }
    }
  }

  @Test(arguments: sizes) func integers(size: Int) throws {
    var generator = SplitMix(state: UInt64(size) + 400)
    let a = randomIntegers(size, -100...100, &generator)
    let b = randomIntegers(size, 1...9, &generator).enumerated().map {
      $0.offset % 3 == 0 ? -$0.element : $0.element
    }
    let accesses = (0..<2).map { Access.identity(operand: $0, shape: [size], rank: 1) }
    for function in BinaryFunction.allCases {
      let body = ScalarExpression.binary(function, .load(0), .load(1))
      try harness.check(
        Comprehension(axes: [size], accesses: accesses, body: body, element: .int64), [a, b],
        [.int64, .int64], note: "\(function)")
    }
    for divisor in [8.0, 7.0, -3.0] {
      let body = ScalarExpression.binary(.remainder, .load(0) + .index(0), .constant(divisor))
      try harness.check(
        Comprehension(axes: [size], accesses: accesses, body: body, element: .int64), [a, b],
        [.int64, .int64])
    }
    let body = ScalarExpression.select(
      .less, .convert(.float32, .load(0)), .constant(1.5), then: .convert(.int64, .constant(2.75)),
      else: .unary(.negate, .load(1)))
    try harness.check(
      Comprehension(axes: [size], accesses: accesses, body: body, element: .int64), [a, b], [.int64, .int64])
    let sum = Comprehension(
      axes: [size], outputRank: 0, accesses: accesses, body: .load(0) * .load(1), reduction: .sum,
      element: .int64)
    try harness.check(sum, [a, b], [.int64, .int64])
  }

  @Test func integersNeverTrap() throws {
    let a: [Double] = [5, -9_223_372_036_854_775_808, 0]
    let b: [Double] = [0, -1, 0]
    let accesses = (0..<2).map { Access.identity(operand: $0, shape: [3], rank: 1) }
    for function in [BinaryFunction.divide, .remainder] {
      let comprehension = Comprehension(
        axes: [3], accesses: accesses, body: .binary(function, .load(0), .load(1)), element: .int64)
      _ = try harness.evaluate(comprehension, [a, b], [.int64, .int64])
    }
    let conversion = Comprehension(
      axes: [3], accesses: [.identity(operand: 0, shape: [3], rank: 1)], body: .convert(.int64, .load(0)),
      element: .int64)
    let bytes = try harness.evaluate(conversion, [[.nan, 1e30, -1e30]], [.float32]).bytes
    let actual = bytes.withUnsafeBytes { Array($0.bindMemory(to: Int64.self)) }
    #expect(actual == [0, .max, .min])
  }

  @Test func coordinates() throws {
    let comprehension = Comprehension(
      axes: [3, 1, 19], accesses: [],
      body: .convert(.float32, .index(0) * .constant(100) + .index(2) + .index(1)))
    try harness.check(comprehension, [])
    let triangle = Comprehension(
      axes: [9, 17], outputRank: 1, accesses: [],
      body: .select(
        .less, .index(1), .index(0), then: .convert(.float32, .index(1)), else: .constant(0)),
      reduction: .sum)
    try harness.check(triangle, [])
  }

  @Test(arguments: [0, 1, 5, 6, -1, -13, 1_000_003]) func rowsWrap(start: Int) throws {
    let update = RowUpdate(rowCount: 7, updatedRows: 3, rowLength: 21)
    let compiled = try harness.compiler.compile([KernelSpecification(update)])
    let library = try KernelLibrary(compiled.objects)
    let base = (0..<(7 * 21)).map(Double.init)
    let rows = (0..<(3 * 21)).map { -1 - Double($0) }
    var output = KernelHarness.bytes(base, .float32)
    try harness.run(
      compiled.plans[0], library,
      operands: [output, KernelHarness.bytes(rows, .float32), KernelHarness.bytes([Double(start)], .int64)],
      output: &output)
    var expected = base
    for row in 0..<3 {
      let place = (((start + row) % 7) + 7) % 7
      for column in 0..<21 { expected[place * 21 + column] = rows[row * 21 + column] }
    }
    #expect(output == KernelHarness.bytes(expected, .float32))
  }
}
