import MCLCompiler
import MCLEngineTestKit
import MCLGraph
import MCLKernelForms
import MCLKernels
import MCLTestKit
import Testing

/// A value is one value: however a program is compiled, its values have the same bits (docs/IR.md, "Floats").
@Suite struct LawBitTests {
  static let seed = LawCompiledTests.seed &* 1_000_000

  /// A way to compile a program.
  struct Way {
    var name: String
    var fuses = true
    var taps = false
    var without: Set<String> = []
    var threads = 1
  }

  /// All ways besides the usual one.
  static let ways: [Way] =
    [
      Way(name: "unfused", fuses: false), Way(name: "watched", taps: true),
      Way(name: "watched and unfused", fuses: false, taps: true),
    ] + OptionalParts.passes.map { Way(name: "without \($0)", without: [$0]) }
    + ["by-products", "share-maps", "make-operands"].map { Way(name: "without \($0)", without: [$0]) }

  /// Every value by its name; NaN is one value whatever its bits.
  static func bits(_ program: RoundedProgram, _ way: Way) throws -> [String: [UInt32]] {
    let compiler = ProgramCompiler(
      KernelCompiler(cache: ObjectCache(directory: nil)), fuses: way.fuses, without: way.without)
    let run = try CompiledRun(
      program.graph, inputs: program.inputs, states: program.states, threads: way.threads,
      taps: way.taps ? Set(program.graph.taps.map(\.name)) : [], compiler: compiler)
    var values = run.outputs
    for (name, value) in run.states { values["state \(name)"] = value }
    return values.mapValues { value in
      value.elements.map { $0.isNaN ? Float.nan.bitPattern : Float($0).bitPattern }
    }
  }

  /// What first differs between two ways, if anything.
  static func difference(_ a: [String: [UInt32]], _ b: [String: [UInt32]]) -> String? {
    for (name, expected) in a.sorted(by: { $0.key < $1.key }) {
      guard let actual = b[name], actual.count == expected.count else { return "\(name) is missing" }
      for (index, (x, y)) in zip(expected, actual).enumerated() where x != y {
        return "\(name) is \(Float(bitPattern: y)) instead of \(Float(bitPattern: x)) at \(index)"
      }
    }
    return nil
  }

  /// A rotating sample of ways a program; 10,000 programs under `make soak`.
  @Test func everyWayToCompileGivesTheSameBits() throws {
    let count = soakFactor == 1 ? 30 : 10_000
    var compared = 0
    for number in 0..<count {
      let seed = Self.seed &+ UInt64(number)
      let program = try RoundedProgram(seed: seed)
      let expected = try Self.bits(program, Way(name: "as trained"))
      let chosen = [
        Self.ways[0], Self.ways[1 + number % 2], Self.ways[3 + number % (Self.ways.count - 3)],
      ]
      for var way in chosen {
        way.threads = 1 + number % 3
        if let difference = Self.difference(expected, try Self.bits(program, way)) {
          Issue.record("program \(seed), \(way.name): \(difference)")
        }
        compared += expected.values.reduce(0) { $0 + $1.count }
      }
    }
    print("bits of random programs, seed \(Self.seed): \(compared) values in \(count) programs")
    #expect(compared > 50 * count)
  }

  /// The law finds a rewriting that multiplies in another order wherever the product between is not watched.
  @Test func aRewritingThatReassociatesIsFound() throws {
    let isFound = try (0..<40).contains { number in
      var program = try RoundedProgram(seed: Self.seed &+ UInt64(number))
      let expected = try Self.bits(program, Way(name: "watched", taps: true))
      program.graph = try Self.reassociated(program.graph)
      return Self.difference(expected, try Self.bits(program, Way(name: "as trained"))) != nil
    }
    #expect(isFound)
  }

  /// The program with `(a * b) * c` as `a * (b * c)`.
  private static func reassociated(_ graph: Graph) throws -> Graph {
    var tensors: [Tensor] = []
    for entry in graph.entries {
      var operands = entry.operands.map { tensors[$0] }
      if (entry.operation as? Binary)?.function == .multiply,
        (operands[0].operation as? Binary)?.function == .multiply
      {
        let inner = operands[0].operands
        operands = [inner[0], inner[1] * operands[1]]
      }
      tensors.append(Tensor(entry.operation, operands))
    }
    func named(_ list: [Graph.Named]) -> [(name: String, tensor: Tensor)] {
      list.map { ($0.name, tensors[$0.entry]) }
    }
    return try Graph(
      name: graph.name, inputs: graph.inputs, states: graph.states, outputs: named(graph.outputs),
      updates: named(graph.updates), taps: [], declared: tensors)
  }
}
