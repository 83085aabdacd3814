import MCLCompiler
import MCLGraph
import MCLKernels
import MCLPasses
import MCLTestKit
import Testing

/// What passes and planning say they did, and why they let things be.
@Suite struct DecisionTests {
  private static func decisions(_ graph: Graph) throws -> [Decision] {
    try ProgramCompiler(KernelCompiler(cache: ObjectCache(directory: nil))).compile(graph).report.decisions
  }

  private static func one(
    _ decisions: [Decision], _ rule: String, _ operation: String
  ) throws -> Decision {
    let found = decisions.filter { $0.rule == rule && $0.subject.operation == operation }
    #expect(found.count == 1, "\(found)")
    return try #require(found.first)
  }

  /// `x exp(log(s) + 2)`, `s = sum(x^2) + 1`: the square goes into the sum, the map of few elements after it does too,
  /// but not into the product over all.
  @Test func aFusedCaseAndOneThatIsNot() throws {
    let graph = try PassTests.program([4, 333]) { x in
      x * ((x * x).sum([1]) + 1).logarithm().exponential()
    }
    let decisions = try Self.decisions(graph)
    let square = decisions.filter {
      $0.rule == "fuse-pointwise" && $0.subject.type.shape == [4, 333] && $0.isDone
    }
    #expect(square.map(\.subject.operation) == ["multiply"])
    #expect(square.first?.targets.map(\.operation) == ["sum"])
    let exponential = try Self.one(decisions, "fuse-pointwise", "exponential")
    #expect(!exponential.isDone && exponential.targets.map(\.operation).contains("multiply"))
    #expect(exponential.reason == "smaller than what reads it: it would be computed again and again")
    let epilogue = try Self.one(decisions, "fuse-epilogues", "exponential")
    #expect(epilogue.isDone && epilogue.targets.map(\.operation) == ["sum"])
  }

  @Test func aSumWithOtherReadersKeepsItsResult() throws {
    let graph = try PassTests.program([4, 33]) { x in
      let sum = x.sum([1])
      return (sum * sum).squareRoot() + sum.exponential().sum([0]).broadcast(to: [4, 1])
    }
    let refused = try Self.decisions(graph).filter { $0.rule == "fuse-epilogues" && !$0.isDone }
    #expect(!refused.isEmpty)
    for decision in refused {
      #expect(decision.targets.first?.operation == "sum")
      #expect(decision.reason == "the reduction has other readers: its own result must be stored")
    }
  }

  @Test func aContractionTakesNoMaps() throws {
    let graph = try PassTests.program([32, 48]) { x in relu(x).matmul(x.transposed([1, 0])) }
    let decision = try Self.one(Self.decisions(graph), "fuse-pointwise", "relu")
    #expect(decision.reason == "read by a contraction, whose kernels take plain products of reads")
    #expect(decision.subject.type.shape == [32, 48] && decision.targets.map(\.operation) == ["matmul"])
  }

  /// A state that is doubled is written in place; one that is turned around is copied.
  @Test func updatesInPlaceAndNot() throws {
    let context = ProgramContext()
    let a = context.state("a", [3, 3], initializer: .constant(1))
    let b = context.state("b", [3, 3], initializer: .constant(1))
    let graph = try Graph(
      name: "test", inputs: [], states: context.states, outputs: [],
      updates: [("a", a * 2), ("b", b.transposed([1, 0]) * 3)], taps: [], declared: [a, b])
    let decisions = try Self.decisions(graph).filter { $0.rule == "update-in-place" }
    #expect(decisions.map(\.reason) == [nil, "reads the old value at other places than it writes"])
  }

  /// The operations of a launch, by how they came into it.
  @Test func aLaunchKnowsWhatWasPutTogether() throws {
    let graph = try PassTests.program([4, 333]) { x in ((x * x).sum([1]) + 1).squareRoot() }
    let compiled = try ProgramCompiler(KernelCompiler(cache: ObjectCache(directory: nil))).compile(graph)
    #expect(compiled.plan.launches.count == 1)
    let parts = try #require(compiled.plan.launches.first).parts
    #expect(parts.filter { $0.role == .main }.map(\.operation) == ["sum"])
    #expect(parts.filter { $0.role == .prologue }.map(\.operation) == ["multiply"])
    #expect(Set(parts.filter { $0.role == .epilogue }.map(\.operation)) == ["add", "squareRoot"])
  }
}
