import Foundation
import MCLCompiler
import MCLEngineTestKit
import MCLGraph
import MCLKernels
import MCLTestKit
import Testing

/// Elementary functions of float32: their edges, their errors over all exponents, and the same bits wherever a kernel
/// computes them.
@Suite struct ElementaryFunctionTests {
  /// Largest error in units in the last place of the correctly rounded result; 0 where the result is that (docs/IR.md).
  static let bounds: [UnaryFunction: Int] = [
    .negate: 0, .absolute: 0, .squareRoot: 0, .reciprocal: 0, .exponential: 1, .logarithm: 1,
  ]

  static let least = Double(Float.leastNonzeroMagnitude)
  static let leastNormal = Double(Float.leastNormalMagnitude)
  static let largest = Double(Float.greatestFiniteMagnitude)

  struct Edge: CustomStringConvertible {
    var function: UnaryFunction
    var argument: Double
    var result: Double
    var description: String { "\(function.rawValue)(\(argument)) = \(result)" }
  }

  static let edges: [Edge] = {
    func all(_ function: UnaryFunction, _ pairs: [(Double, Double)]) -> [Edge] {
      (pairs + [(.nan, .nan)]).map { Edge(function: function, argument: $0.0, result: $0.1) }
    }
    return all(
      .exponential,
      [
        (0, 1), (-0.0, 1), (least, 1), (-least, 1), (88.72283172607422, 3.402798519021476e38),
        (88.7228469848633, .infinity), (89, .infinity), (1e30, .infinity), (largest, .infinity),
        (.infinity, .infinity), (-87.33655, 1.1754907e-38), (-103.27893, least), (-103.97, least),
        (-104.0, 0),
        (-105, 0), (-1e30, 0), (-largest, 0), (-.infinity, 0), (1, 2.7182817459106445),
      ])
      + all(
        .logarithm,
        [
          (0, -.infinity), (-0.0, -.infinity), (least, -103.27893), (leastNormal, -87.33655), (1, 0),
          (largest, 88.72284), (.infinity, .infinity), (-least, .nan), (-1, .nan), (-.infinity, .nan),
        ])
      + all(
        .squareRoot,
        [
          (0, 0), (-0.0, -0.0), (least, 3.743392130757122e-23), (largest, 1.8446743523953730e19), (4, 2),
          (.infinity, .infinity), (-least, .nan), (-1, .nan), (-.infinity, .nan),
        ])
      + all(
        .reciprocal,
        [
          (0, .infinity), (-0.0, -.infinity), (least, .infinity), (-least, -.infinity),
          (largest, 2.938735877055719e-39), (leastNormal, 8.507059173023462e37), (.infinity, 0),
          (-.infinity, -0.0),
        ])
      + all(
        .negate,
        [(0, -0.0), (-0.0, 0), (least, -least), (largest, -largest), (.infinity, -.infinity)])
      + all(
        .absolute,
        [(0, 0), (-0.0, 0), (-least, least), (-largest, largest), (-.infinity, .infinity), (1, 1)])
  }()

  /// Bits of a result; NaN is one value.
  static func bits(_ values: [Double]) -> [UInt32] {
    values.map { $0.isNaN ? Float.nan.bitPattern : Float($0).bitPattern }
  }

  /// Runs a program of one input `x` and gives output `y`.
  static func run(
    _ arguments: [Double], _ shape: [Int]? = nil, others: [String: Value] = [:],
    fuses: Bool = true, _ build: (ProgramContext, Tensor) -> Tensor
  ) throws -> [Double] {
    let context = ProgramContext()
    let x = context.input("x", shape ?? [arguments.count])
    let y = build(context, x)
    let graph = try Graph(
      name: "f", inputs: context.inputs, states: [], outputs: [("y", y)], updates: [], taps: [])
    let compiler = ProgramCompiler(KernelCompiler(cache: ObjectCache(directory: nil)), fuses: fuses)
    let inputs = others.merging(["x": Value(x.type, arguments)]) { own, _ in own }
    return try #require(CompiledRun(graph, inputs: inputs, compiler: compiler).outputs["y"]).elements
  }

  /// The steps between two floats of one sign, or from one through zero to the other.
  static func distance(_ a: Double, _ b: Double) -> Int {
    func place(_ value: Double) -> Int {
      let bits = Int(Float(value).bitPattern)
      return bits < 0x8000_0000 ? bits : 0x8000_0000 - bits
    }
    return a.isNaN || b.isNaN ? (a.isNaN && b.isNaN ? 0 : .max) : abs(place(a) - place(b))
  }

  /// The function in Double.
  static func exact(_ function: UnaryFunction, _ value: Double) -> Double {
    switch function {
    case .negate: -value
    case .absolute: abs(value)
    case .exponential: exp(value)
    case .logarithm: log(value)
    case .squareRoot: value.squareRoot()
    case .reciprocal: 1 / value
    }
  }

  /// Each edge alone, in whole vectors and in what is left of them.
  @Test(arguments: UnaryFunction.allCases)
  func edgesAreAsStated(function: UnaryFunction) throws {
    let edges = Self.edges.filter { $0.function == function }
    for count in [1, 7, 16, 37] {
      let arguments = (0..<count * edges.count).map { edges[$0 % edges.count].argument }
      let results = try Self.run(arguments) { Tensor(Unary(function), [$1]) }
      for (index, result) in results.enumerated() {
        let edge = edges[index % edges.count]
        let isExact = Self.bounds[function] == 0 || edge.result.isInfinite || edge.result == 0
        let isSame =
          isExact
          ? Self.bits([result]) == Self.bits([edge.result])
          : Self.distance(result, edge.result) <= Self.bounds[function] ?? 0
        #expect(isSame, "\(edge), but \(result) of \(count * edges.count)")
      }
    }
  }

  /// Every exponent of both signs, with the ends of its mantissas and random ones.
  static func everyExponent(_ perExponent: Int, seed: UInt64) -> [Double] {
    var random = RandomValues(seed: seed)
    return (0..<512).flatMap { (high: UInt32) -> [Double] in
      (0..<perExponent).map { (number: Int) -> Double in
        let mantissa: UInt32 =
          switch number {
          case 0: 0
          case 1: 1
          case 2: 0x7F_FFFF
          default: UInt32(random.integer(below: 1 << 23))
          }
        return Double(Float(bitPattern: high << 23 | mantissa))
      }
    }
  }

  @Test(arguments: UnaryFunction.allCases)
  func errorsAreWithinTheirBounds(function: UnaryFunction) throws {
    let seed = LawCompiledTests.seed
    let arguments = Self.everyExponent(soakFactor == 1 ? 200 : 20_000, seed: seed)
    let results = try Self.run(arguments) { Tensor(Unary(function), [$1]) }
    let bound = try #require(Self.bounds[function])
    var worst = 0
    for (argument, result) in zip(arguments, results) {
      let expected = Self.exact(function, argument)
      let error = Self.distance(result, expected)
      if error > bound { Issue.record("\(function.rawValue)(\(argument)) is \(result), not \(expected)") }
      worst = max(worst, error)
      if worst == .max { break }
    }
    print("\(function.rawValue), seed \(seed): at most \(worst) units in the last place")
  }

  /// A function has the same bits in an elementwise loop, in one over a transposed operand, before and after a reduction,
  /// in the epilogue of each family of contractions, and in an operand that a contraction makes.
  @Test(arguments: UnaryFunction.allCases)
  func everyFamilyGivesTheSameBits(function: UnaryFunction) throws {
    // What the identity matrix multiplies must be finite; half of the arguments lie where results are ordinary.
    var random = RandomValues(seed: LawCompiledTests.seed)
    let size = 64
    let arguments = (0..<size * size).map { number in
      number % 2 == 0
        ? Double(Float(40 * random.normal()))
        : Double(Float(sign: .plus, exponent: random.integer(below: 200) - 100, significand: 1.5))
    }
    // Several operations, so that one that is not rounded shows.
    let apply = { (x: Tensor) in Tensor(Unary(function), [x]) * 0.7 + x * x * 0.3 }
    let expected = Self.bits(try Self.run(arguments) { apply($1) })
    func expect(
      _ name: String, _ shape: [Int], others: [String: Value] = [:],
      _ build: (ProgramContext, Tensor) -> Tensor
    ) throws {
      let found = Self.bits(try Self.run(arguments, shape, others: others, build))
      let differing = zip(found, expected).count { $0 != $1 }
      #expect(found.count == expected.count && differing == 0, "\(name): \(differing) differ")
    }
    try expect("a column at a time", [size * size, 1]) { apply($1) }
    try expect("transposed", [size, size]) { apply($1.transposed([1, 0])).transposed([1, 0]) }
    try expect("before a maximum", [size * size, 1]) { apply($1).maximum([1]) }
    try expect("after a maximum", [size * size, 1]) { apply($1.maximum([1])) }
    try expect("after a sum", [size * size, 1]) { _, x in
      apply(concatenate([x, x.filled(with: 0)], axis: 1).sum([1]))
    }
    let identity = Value(
      TensorType(.float32, [size, size]),
      (0..<size * size).map { $0 / size == $0 % size ? 1.0 : 0 })
    try expect("after a product", [size, size], others: ["i": identity]) { context, x in
      apply(x.matmul(context.input("i", [size, size])))
    }
    try expect("after few rows' products", [size * size / 512, 512 / size, size], others: ["i": identity]) {
      context, x in
      let matrix = context.input("i", [size, size]).transposed([1, 0])
      let rows = (0..<x.shape[0]).map { number in
        x.sliced(axis: 0, number..<number + 1).reshaped([x.shape[1], size]).matmul(matrix)
      }
      return apply(concatenate(rows, axis: 0))
    }
    try expect("after a convolution", [1, size, 1, 8, 8], others: ["w": identity]) { context, x in
      let weight = context.input("w", [size, size]).reshaped([size, size, 1, 1, 1])
      return apply(Tensor(Convolution(ConvolutionGeometry()), [x, weight]))
    }
    try expect("made by a convolution", [1, size, 1, 8, 8], others: ["w": identity]) { context, x in
      let weight = context.input("w", [size, size]).reshaped([size, size, 1, 1, 1])
      let made = apply(x)
      let finite = select(made.magnitude(), .less, 1e30, then: made, else: made.filled(with: 0))
      let read = Tensor(Convolution(ConvolutionGeometry()), [finite, weight])
      // What the convolution reads and what is stored are one value, or this is not zero.
      return select(read, .equal, finite, then: made, else: made.filled(with: 12_345))
    }
  }
}
