import MCLGraph
import MCLPasses
import MCLTestKit
import Testing

/// Every rule of `Simplify`, fuzzed from its own examples: it fires where it should and nowhere else, and what it makes
/// has the same values, NaN and infinities included.
@Suite struct RuleSimplifyTests {
  static let draws = 100 * soakFactor

  @Test func everyRuleHasExamples() {
    for rule in SimplificationRules.all {
      let examples = SimplificationExamples.all.filter { $0.rule == rule.name }
      #expect(examples.contains { $0.fires }, "no example of '\(rule.name)'")
      #expect(examples.contains { !$0.fires }, "nothing that '\(rule.name)' must leave alone")
    }
    let names = Set(SimplificationRules.all.map(\.name))
    #expect(names.count == SimplificationRules.all.count)
    for example in SimplificationExamples.all { #expect(names.contains(example.rule)) }
  }

  private static func rewritten(_ graph: Graph, _ rules: [SimplificationRule]) throws -> Graph {
    let result = try EliminateDeadCode().run(Simplify(rules: rules).run(graph))
    try result.verify()
    return result
  }

  private static func values(_ graph: Graph, _ inputs: [String: Value]) throws -> Value {
    var interpreter = Interpreter(graph, states: [:])
    return try #require(try interpreter.run(inputs).outputs["y"])
  }

  /// The first place where two values differ by more than float rounding.
  private static func difference(_ a: Value, _ b: Value) -> String? {
    guard a.type == b.type else { return "\(a.type) became \(b.type)" }
    if a.type.element == .int64 {
      return a.integers == b.integers ? nil : "\(a.integers) became \(b.integers)"
    }
    for (x, y) in zip(a.elements, b.elements) where x.bitPattern != y.bitPattern && !(x.isNaN && y.isNaN) {
      // What is folded is rounded to float32: to half a unit, or beyond its range.
      if a.type.element == .float32, Double(Float(x)) == Double(Float(y)) { continue }
      return "\(x) became \(y)"
    }
    return nil
  }

  @Test func everyRuleKeepsTheValues() throws {
    var fired = 0
    for (number, example) in SimplificationExamples.all.enumerated() {
      let rule = try #require(SimplificationRules.all.first { $0.name == example.rule })
      for index in 0..<Self.draws {
        let draw = ExampleDraw(seed: UInt64(number * 1_000_003 + index))
        let graph = try draw.program(example.make(draw))
        let plain = try Self.rewritten(graph, [])
        let simplified = try Self.rewritten(graph, [rule])
        let note = "'\(example.rule)' on \(example.form), draw \(index)"
        #expect((simplified.text != plain.text) == example.fires, "\(note): \(simplified.text)")
        if example.fires { fired += 1 }
        let expected = try Self.values(graph, draw.inputs)
        for (what, result) in [
          ("the rule", simplified), ("all rules", try Self.rewritten(graph, SimplificationRules.all)),
        ] {
          if let difference = Self.difference(expected, try Self.values(result, draw.inputs)) {
            Issue.record("\(note), by \(what): \(difference)")
          }
          #expect(try Self.rewritten(result, SimplificationRules.all).entries.count <= result.entries.count)
        }
      }
    }
    let examples = SimplificationExamples.all.count
    print(
      "rules: \(SimplificationRules.all.count) with \(examples) examples of \(Self.draws) draws; fired \(fired)"
    )
    #expect(fired == Self.draws * SimplificationExamples.all.count { $0.fires })
  }

  /// The fuzzing itself is checked: a rule that is wrong for NaN alone must be found out.
  @Test func aWrongRuleIsSeen() throws {
    let wrong = SimplificationRule(name: "x * 0 is 0") { site in
      guard (site.operation as? Binary)?.function == .multiply,
        (site.entries[1].operation as? Constant)?.value == 0
      else { return nil }
      return .operand(site.operands[1])
    }
    var seen = 0
    for index in 0..<100 {
      let draw = ExampleDraw(seed: UInt64(index))
      let shape = draw.shape()
      let graph = try draw.program(draw.input(shape) * draw.constant(0, shape))
      let result = try Self.values(Self.rewritten(graph, [wrong]), draw.inputs)
      if Self.difference(try Self.values(graph, draw.inputs), result) != nil { seen += 1 }
    }
    #expect(seen > 20)
  }
}
