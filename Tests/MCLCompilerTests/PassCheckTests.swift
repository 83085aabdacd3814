import MCLGraph
import MCLPasses
import MCLTestKit
import Testing

/// MCL_CHECK=2: a pass that changes a value is named.
@Suite struct PassCheckTests {
  /// A pass that makes one product a sum, which keeps all types.
  struct Broken: Pass {
    let name = "broken"

    func run(_ graph: Graph) throws -> Graph {
      var result = graph
      let isProduct = { (entry: Graph.Entry) in (entry.operation as? Binary)?.function == .multiply }
      if let index = graph.entries.lastIndex(where: isProduct) {
        result.entries[index].operation = Binary(.add)
      }
      return result
    }
  }

  static func tinyStep() throws -> Graph {
    try projectModel("tiny", settings: ["size": "32", "frames": "8", "batch": "2", "queue_size": "16"])
      .program("step")
  }

  @Test func theRealPassesChangeNoValueOfATrainingStep() throws {
    let graph = try Self.tinyStep()
    let checked = try Pipeline.run(graph, passes: Pipeline.passes, level: .interpret)
    #expect(checked.records.map(\.name) == Pipeline.passes.map(\.name))
  }

  @Test func aPassThatChangesAValueIsNamed() throws {
    let graph = try Self.tinyStep()
    let passes: [any Pass] = [EliminateDeadCode(), Broken()]
    // Types still agree, so that verification alone says nothing.
    _ = try Pipeline.run(graph, passes: passes, level: .verify)
    let error = #expect(throws: ModelError.self) {
      try Pipeline.run(graph, passes: passes, level: .interpret)
    }
    let message = "\(error.map(String.init(describing:)) ?? "")"
    #expect(message.contains("pass broken changed program 'step' on random inputs: "), "\(message)")
    #expect(message.contains(" instead of "), "\(message)")
  }

  /// A small error counts where it is more than another order of summation makes.
  @Test(arguments: [(1e-6, false), (0, true)])
  func theToleranceIsThatOfSummation(error: Double, isAccepted: Bool) throws {
    struct Scaled: Pass {
      let name = "scaled"
      let factor: Double

      func run(_ graph: Graph) throws -> Graph {
        var result = graph
        for (index, entry) in graph.entries.enumerated() {
          guard let constant = entry.operation as? Constant, constant.value == 3 else { continue }
          result.entries[index].operation = Constant(value: 3 * factor, shape: entry.type.shape)
        }
        return result
      }
    }
    let graph = try PassTests.program([4, 33]) { ($0 * 3).sum([1]) }
    let run = { try Pipeline.run(graph, passes: [Scaled(factor: 1 + error)], level: .interpret) }
    if isAccepted { _ = try run() } else { #expect(throws: ModelError.self) { _ = try run() } }
  }
}
