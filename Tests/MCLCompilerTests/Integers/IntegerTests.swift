import MCLCompiler
import MCLExecution
import MCLGraph
import MCLPasses
import MCLSupport
import MCLTestKit
import Testing

/// Integers at the edges of 64 bits and of what floats hold, by every engine.
@Suite struct IntegerTests {
  static let edges = RandomValues.edges

  /// All pairs fill vectors and what is left of them; a few alone fill no vector.
  @Test(arguments: [IntegerEdges.pairs.count, 3, 1]) func arithmeticIsThatOfTheTable(count: Int) throws {
    let table = Array(IntegerEdges.pairs.suffix(count))
    let type = TensorType(.int64, [count])
    let engines = try IntegerEngines([("a", type), ("b", type)]) { x in
      guard let a = x["a"], let b = x["b"] else { return [] }
      return [
        ("sum", a + b), ("difference", a - b), ("product", a * b), ("quotient", a / b), ("remainder", a % b),
        ("whole", (a / b) * b + a % b), ("larger", maximum(a, b)), ("smaller", minimum(a, b)),
      ]
    }
    try engines.expect(
      [
        "sum": table.map(\.sum), "difference": table.map(\.difference), "product": table.map(\.product),
        "quotient": table.map(\.quotient), "remainder": table.map(\.remainder),
        "whole": table.map { $0.b == 0 ? 0 : $0.a }, "larger": table.map { max($0.a, $0.b) },
        "smaller": table.map { min($0.a, $0.b) },
      ], of: ["a": integers(table.map(\.a)), "b": integers(table.map(\.b))])
  }

  @Test func negationAndMagnitudeWrap() throws {
    let values: [Int64] = [.min, .min + 1, -5, 0, 5, 9_007_199_254_740_993, -9_007_199_254_740_993, .max, 1]
    let engines = try IntegerEngines([("a", TensorType(.int64, [values.count]))]) { x in
      x["a"].map { [("negated", -$0), ("magnitude", $0.magnitude()), ("twice", -(-$0))] } ?? []
    }
    try engines.expect(
      [
        "negated": [.min, .max, 5, 0, -5, -9_007_199_254_740_993, 9_007_199_254_740_993, -.max, -1],
        "magnitude": [.min, .max, 5, 0, 5, 9_007_199_254_740_993, 9_007_199_254_740_993, .max, 1],
        "twice": values,
      ], of: ["a": integers(values)])
  }

  @Test func comparisonsAreExact() throws {
    let pairs: [(Int64, Int64)] = Self.edges.flatMap { a -> [(Int64, Int64)] in
      [(a, a), (a, a &+ 1), (a, 0), (a, a &- 1)]
    }
    let type = TensorType(.int64, [pairs.count])
    let engines = try IntegerEngines([("a", type), ("b", type)]) { x in
      guard let a = x["a"], let b = x["b"] else { return [] }
      return Comparison.allCases.map { ($0.rawValue, select(a, $0, b, then: a, else: b)) }
    }
    var expected: [String: [Int64]] = [:]
    for comparison in Comparison.allCases {
      expected[comparison.rawValue] = pairs.map { a, b in
        let isChosen =
          switch comparison {
          case .equal: a == b
          case .notEqual: a != b
          case .less: a < b
          case .lessOrEqual: a <= b
          case .greater: a > b
          case .greaterOrEqual: a >= b
          }
        return isChosen ? a : b
      }
    }
    try engines.expect(expected, of: ["a": integers(pairs.map(\.0)), "b": integers(pairs.map(\.1))])
  }

  /// Saturation is this language's own rule: PyTorch leaves what is out of range to the processor.
  @Test func floatsBecomeIntegersTowardZero() throws {
    let table: [(Double, Int64)] = [
      (.nan, 0), (.infinity, .max), (-.infinity, .min), (1e30, .max), (-1e30, .min), (0x1p63, .max),
      (-0x1p63, .min), (0x1.fffffep62, 9_223_371_487_098_961_920),
      (-0x1.fffffep62, -9_223_371_487_098_961_920),
      (0.999_999_9, 0), (-0.999_999_9, 0), (-0.5, 0), (0.5, 0), (-0.0, 0), (1.5, 1), (-1.5, -1),
      (16_777_216, 16_777_216),
      (0x1p-149, 0), (2_147_483_648, 2_147_483_648), (-3, -3), (0x1p53, 9_007_199_254_740_992),
    ]
    let engines = try IntegerEngines([("x", TensorType(.float32, [table.count]))]) { x in
      x["x"].map { [("integer", $0.converted(to: .int64)), ("of a sum", ($0 + 0.25).converted(to: .int64))] }
        ?? []
    }
    let inputs = ["x": Value(TensorType(.float32, [table.count]), table.map { Double(Float($0.0)) })]
    for (engine, outputs) in try engines.results(inputs) {
      #expect(outputs["integer"]?.integers == table.map(\.1), "\(engine)")
      // A quarter more is the same wherever f32 has no quarters, and where nothing is finite.
      #expect(outputs["of a sum"]?.integers.prefix(9) == table.map(\.1).prefix(9), "\(engine)")
    }
  }

  /// Rounded once: the last but one is above the middle by 1, which a Double between would lose.
  @Test func integersBecomeTheNearestFloats() throws {
    let table: [(Int64, Double)] = [
      (16_777_217, 16_777_216), (16_777_219, 16_777_220), (-16_777_217, -16_777_216),
      (9_007_199_254_740_993, 9_007_199_254_740_992), (.max, 0x1p63), (.min, -0x1p63), (0, 0), (-1, -1),
      (4_611_686_293_305_294_849, 4_611_686_568_183_201_792),
      (4_611_686_293_305_294_848, 4_611_686_018_427_387_904),
    ]
    let type = TensorType(.int64, [table.count])
    let engines = try IntegerEngines([("n", type)]) { x in
      x["n"].map { [("float", $0.converted(to: .float32)), ("again", $0.converted(to: .float32) * 2)] } ?? []
    }
    for (engine, outputs) in try engines.results(["n": integers(table.map(\.0))]) {
      #expect(outputs["float"]?.elements == table.map(\.1), "\(engine)")
      #expect(outputs["again"]?.elements == table.map { $0.1 * 2 }, "\(engine)")
    }
  }

  /// Numbers that stand in the kernel, of the exact Int overloads, and what is folded before.
  @Test(arguments: [
    16_777_217, 9_007_199_254_740_993, -9_007_199_254_740_993, Int.max, Int.min, Int.max - 1, 0, -1, 8,
    1 << 62,
  ])
  func constantsAreExact(number: Int) throws {
    let values = Self.edges
    let constant = Int64(number)
    let engines = try IntegerEngines([("a", TensorType(.int64, [values.count]))]) { x in
      guard let a = x["a"] else { return [] }
      let alone = a.filled(with: number)
      return [
        ("alone", alone), ("folded", alone * alone + alone), ("sum", a + number), ("product", number * a),
        ("difference", number - a), ("larger", maximum(a, number)), ("smaller", minimum(a, number)),
        ("quotient", a / number), ("remainder", a % number),
        ("less", select(a, .less, number, then: a, else: alone)),
        ("padded", alone.padded(axis: 0, before: 1, after: 2)),
        ("joined", concatenate([alone, a], axis: 0)),
      ]
    }
    let alone = values.map { _ in constant }
    func floored(_ a: Int64) -> (quotient: Int64, remainder: Int64) {
      guard constant != 0 else { return (0, 0) }
      let (quotient, rest) = a.dividingFullWidthFloor(by: constant)
      return (quotient, rest)
    }
    try engines.expect(
      [
        "alone": alone, "folded": alone.map { $0 &* $0 &+ $0 }, "sum": values.map { $0 &+ constant },
        "product": values.map { $0 &* constant }, "difference": values.map { constant &- $0 },
        "larger": values.map { max($0, constant) }, "smaller": values.map { min($0, constant) },
        "quotient": values.map { floored($0).quotient }, "remainder": values.map { floored($0).remainder },
        "less": values.map { $0 < constant ? $0 : constant }, "padded": [0] + alone + [0, 0],
        "joined": alone + values,
      ], of: ["a": integers(values)])
  }

  /// Long enough for several tasks and for sums in parts.
  @Test(arguments: [(7, 40), (40, 7), (3, 70_001), (1, 300_000), (70_001, 3)])
  func sumsWrapAndMaximaAreExact(rows: Int, columns: Int) throws {
    var random = RandomValues(seed: UInt64(rows * columns))
    let value = random.value(TensorType(.int64, [rows, columns]), .anyIntegers)
    let engines = try IntegerEngines([("a", value.type)]) { x in
      guard let a = x["a"] else { return [] }
      return [
        ("all", a.sum()), ("largest", a.maximum([0, 1])), ("along rows", a.sum([1])),
        ("along columns", a.sum([0])),
        ("largest of rows", a.maximum([1])), ("largest of columns", a.maximum([0])),
        ("squares", (a * a).sum()),
        ("twice", (a * 2).sum([0])),
      ]
    }
    let numbers = value.integers
    let lines = (0..<rows).map { row in numbers[(row * columns)..<((row + 1) * columns)] }
    var (sums, maxima) = ([Int64](repeating: 0, count: columns), [Int64](repeating: .min, count: columns))
    for (place, number) in numbers.enumerated() {
      sums[place % columns] &+= number
      maxima[place % columns] = max(maxima[place % columns], number)
    }
    try engines.expect(
      [
        "all": [numbers.reduce(0, &+)], "largest": [numbers.max() ?? 0],
        "along rows": lines.map { $0.reduce(0, &+) }, "along columns": sums,
        "largest of rows": lines.map { $0.max() ?? 0 }, "largest of columns": maxima,
        "squares": [numbers.reduce(0) { $0 &+ $1 &* $1 }], "twice": sums.map { $0 &* 2 },
      ], of: ["a": value], threads: 2)
  }

  @Test func labelsOutOfRangeGiveZeros() throws {
    let labels: [Int64] = [0, 4, 5, -1, .min, .max, 1 << 32, 9_007_199_254_740_993, 1 << 33 | 1]
    let engines = try IntegerEngines([("n", TensorType(.int64, [labels.count]))]) { x in
      x["n"].map { [("y", Tensor(OneHot(classes: 5), [$0]))] } ?? []
    }
    for (engine, outputs) in try engines.results(["n": integers(labels)]) {
      let rows = outputs["y"]?.elements ?? []
      #expect(rows == labels.flatMap { label in (0..<5).map { $0 == label ? 1.0 : 0 } }, "\(engine)")
    }
  }

  @Test(
    arguments: zip(
      [0, 6, 7, -1, .min, .max, 9_007_199_254_740_993, -9_007_199_254_740_993] as [Int64],
      // Modulo 7, with the sign of 7.
      [0, 6, 0, 6, 6, 0, 5, 2])
  )
  func anyCursorIsARow(cursor: Int64, row: Int) throws {
    let rows: [Int64] = [.max, 9_007_199_254_740_993]
    let engines = try IntegerEngines([
      ("base", TensorType(.int64, [7, 1])), ("rows", TensorType(.int64, [2, 1])),
      ("start", TensorType(.int64, [])),
    ]) { x in
      guard let base = x["base"], let rows = x["rows"], let start = x["start"] else { return [] }
      return [("y", Tensor(UpdateRows(), [base, rows, start]))]
    }
    var expected = [Int64](repeating: .min, count: 7)
    expected[row] = rows[0]
    expected[(row + 1) % 7] = rows[1]
    try engines.expect(
      ["y": expected],
      of: [
        "base": Value(TensorType(.int64, [7, 1]), integers: [Int64](repeating: .min, count: 7)),
        "rows": Value(TensorType(.int64, [2, 1]), integers: rows),
        "start": Value(TensorType(.int64, []), integers: [cursor]),
      ])
  }

  /// A position compared with a number that f32 does not hold: `NarrowPositions` must leave it an integer.
  @Test func positionsAreNotComparedInFloats() throws {
    let pool = PoolGeometry(kernel: [1, 1, 2], stride: [1, 1, 2], padding: [0, 0, 0])
    let engines = try IntegerEngines([("x", TensorType(.float32, [1, 1, 1, 1, 8]))]) { x in
      guard let x = x["x"] else { return [] }
      let positions = Tensor(MaxPoolPosition(pool), [x])
      let chosen = select(positions + 16_777_216, .equal, 16_777_217, then: positions, else: positions - 5)
      return [
        ("y", chosen), ("z", select(positions, .less, 16_777_217, then: positions, else: positions - 9)),
      ]
    }
    let input = Value(TensorType(.float32, [1, 1, 1, 1, 8]), [1, 2, 2, 1, 1, 1, 3, 4])
    try engines.expect(["y": [1, -5, -5, 1], "z": [1, 0, 0, 1]], of: ["x": input])
  }

  @Test func statesCountBeyondWhatFloatsHold() throws {
    let context = ProgramContext()
    let counter = context.state("counter", [3], .int64, initializer: .integer(9_007_199_254_740_993))
    let graph = try Graph(
      name: "count", inputs: [], states: context.states, outputs: [("old", counter)],
      updates: [("counter", counter + 1)], taps: [])
    var interpreter = Interpreter(graph, states: try StateStarts(graph.states, seed: 1).values(graph.states))
    let executor = try Executor(ProgramCompiler().compile(graph).plan, threads: 1)
    try executor.initializeStates(seed: 1)
    for step in 0..<3 {
      let expected = [Int64](repeating: 9_007_199_254_740_993 + Int64(step), count: 3)
      #expect(try interpreter.run([:]).outputs["old"]?.integers == expected)
      try executor.run()
      #expect(try executor.integers("old") == expected)
      #expect(try executor.result("old").integers == expected)
    }
    #expect(
      try executor.stateIntegers("counter") == [
        9_007_199_254_740_996, 9_007_199_254_740_996, 9_007_199_254_740_996,
      ])
    let error = #expect(throws: ExecutionError.self) { try executor.value("old") }
    #expect(error?.description == "'old' is i64[3]; read it as integers")
  }

  /// MCL_CHECK=2 tells integers apart that are one Double.
  @Test func aPassThatChangesAnIntegerByOneIsNamed() throws {
    struct Off: Pass {
      let name = "off"
      func run(_ graph: Graph) throws -> Graph {
        var result = graph
        for (index, entry) in graph.entries.enumerated() {
          guard let constant = entry.operation as? Constant, constant.number == 9_007_199_254_740_993 else {
            continue
          }
          result.entries[index].operation = Constant(9_007_199_254_740_992, entry.type)
        }
        return result
      }
    }
    let engines = try IntegerEngines([("a", TensorType(.int64, [2]))]) { x in
      x["a"].map { [("y", $0 + Int(9_007_199_254_740_993))] } ?? []
    }
    let error = #expect(throws: ModelError.self) {
      try Pipeline.run(engines.graph, passes: [Off()], level: .interpret)
    }
    let message = "\(error.map(String.init(describing:)) ?? "")"
    #expect(
      message.contains("pass off changed program 'integers' on random inputs: output 'y' is "), "\(message)")
  }
}

extension Int64 {
  /// Quotient and remainder of a division that rounds down, found in 128 bits.
  fileprivate func dividingFullWidthFloor(by divisor: Int64) -> (Int64, Int64) {
    let (a, b) = (Int128(self), Int128(divisor))
    var (quotient, rest) = a.quotientAndRemainder(dividingBy: b)
    if rest != 0, (rest < 0) != (b < 0) { (quotient, rest) = (quotient - 1, rest + b) }
    return (Int64(truncatingIfNeeded: quotient), Int64(rest))
  }
}
