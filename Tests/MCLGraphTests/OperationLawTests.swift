import MCLGraph
import MCLTestKit
import Testing

/// What every operation keeps, on its samples.
@Suite struct OperationLawTests {
  @Test func everyOperationHasSamples() {
    for kind in OperationRegistry.all {
      #expect(OperationSamples.samples(of: kind.name).count >= 5, "\(kind.name) needs samples")
    }
    #expect(OperationRegistry.byName.count == OperationRegistry.all.count, "two operations have one name")
  }

  @Test func whatIsInferredIsWhatIsEvaluated() throws {
    for (index, sample) in OperationSamples.all.enumerated() where !(sample.operation is any Leaf) {
      let type = try sample.operation.infer(sample.operands)
      var random = RandomValues(seed: UInt64(index))
      let value = sample.operation.evaluate(sample.values(using: &random), result: type)
      #expect(value.type == type, "\(sample)")
      #expect(value.elements.count == type.count, "\(sample)")
      let isFinite = value.elements.allSatisfy { $0.isFinite }
      #expect(isFinite, "\(sample)")
    }
  }

  @Test func attributesReadBack() throws {
    for sample in OperationSamples.all {
      let attributes = Dictionary(sample.operation.attributes, uniquingKeysWith: { first, _ in first })
      let kind = try #require(OperationRegistry.byName[sample.operation.name])
      let again = try kind.init(from: AttributeReader(operation: kind.name, values: attributes))
      #expect(again.attributes.map(\.0) == sample.operation.attributes.map(\.0))
      #expect(again.attributes.map(\.1) == sample.operation.attributes.map(\.1))
      for key in attributes.keys {
        var fewer = attributes
        fewer[key] = nil
        #expect(throws: ShapeError.self) {
          try kind.init(from: AttributeReader(operation: kind.name, values: fewer))
        }
      }
    }
  }

  @Test func gradientsOfBothOrdersAreDerivatives() throws {
    var checked: [String: Int] = [:]
    var worst = (error: 0.0, what: "")
    for (index, sample) in OperationSamples.all.enumerated() {
      for outcome in try GradientCheck.outcomes(of: sample, seed: UInt64(1000 + index)) {
        #expect(
          outcome.error < 1e-6,
          "order \(outcome.order) of \(sample): \(outcome.symbolic) by rule, \(outcome.numeric) by differences"
        )
        if outcome.error > worst.error { worst = (outcome.error, "order \(outcome.order) of \(sample)") }
        checked[sample.operation.name, default: 0] += 1
      }
    }
    print("gradients: worst error \(worst.error), \(worst.what)")
    let without = ["input", "state", "constant", "detach", "one_hot", "update_rows", "max_pool_position"]
    #expect(Set(checked.keys) == Set(OperationRegistry.byName.keys).subtracting(without))
  }

  @Test func whatIsLoweredIsWhatIsEvaluated() throws {
    var kinds: [String: Int] = [:]
    for (index, sample) in OperationSamples.all.enumerated() where !(sample.operation is any Leaf) {
      let type = try sample.operation.infer(sample.operands)
      var random = RandomValues(seed: UInt64(2000 + index))
      let values = sample.values(using: &random)
      let expected = sample.operation.evaluate(values, result: type)
      let leaves = sample.operands.enumerated().map {
        Tensor(InputLeaf(name: "x\($0.offset)", type: $0.element), [])
      }
      let lowered: Value
      switch sample.operation.lower(leaves, result: type) {
      case .comprehension(let comprehension):
        kinds["comprehension", default: 0] += 1
        // The output axes may split the result's shape finer, but never hold other elements.
        #expect(comprehension.outputCount == type.count, "\(sample)")
        #expect(comprehension.element == type.element, "\(sample)")
        lowered = ComprehensionReference.evaluate(comprehension, values)
      case .reinterpret:
        kinds["reinterpret", default: 0] += 1
        lowered = values[0].with(type)
      case .composite(let formula):
        kinds["composite", default: 0] += 1
        #expect(formula.type == type, "\(sample)")
        let graph = try Graph(
          name: "formula",
          inputs: leaves.enumerated().map { Graph.Input(name: "x\($0.offset)", type: $0.element.type) },
          states: [], outputs: [("y", formula)], updates: [], taps: [])
        var interpreter = Interpreter(graph, states: [:])
        let inputs = Dictionary(
          values.enumerated().map { ("x\($0.offset)", $0.element) }, uniquingKeysWith: { first, _ in first })
        lowered = try #require(try interpreter.run(inputs).outputs["y"])
      case .updateRows:
        kinds["updateRows", default: 0] += 1
        #expect(sample.operation is UpdateRows)
        continue
      case .leaf:
        Issue.record("\(sample) is lowered as storage")
        continue
      }
      if type.element == .int64 {
        #expect(lowered.integers == expected.integers, "\(sample)")
      } else {
        #expect(
          Deviation(lowered.elements, from: expected.elements).relativeToLargest < 1e-12, "\(sample)")
      }
    }
    #expect(kinds.keys.sorted() == ["composite", "comprehension", "reinterpret", "updateRows"])
  }

  @Test func gradientCheckSeesAWrongRule() throws {
    // The check itself is checked: an operation whose rule is off by a factor must be found out.
    let sample = OperationSample(WrongSquare(), [TensorType(.float32, [3])])
    let outcomes = try GradientCheck.outcomes(of: sample, seed: 1)
    #expect(outcomes.count == 2)
    // The second order differentiates what the wrong rule gave, and does that rightly.
    #expect(outcomes[0].error > 1e-3)
    #expect(outcomes[1].error < 1e-6)
  }
}

/// `x * x` with the derivative `x`.
private struct WrongSquare: MCLGraph.Operation {
  static let name = "wrong_square"
  init() {}
  init(from attributes: AttributeReader) throws {}
  func infer(_ operands: [TensorType]) throws -> TensorType { operands[0] }
  func evaluate(_ operands: [Value], result: TensorType) -> Value {
    Value(result, operands[0].elements.map { $0 * $0 })
  }
  func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    [upstream * operands[0]]
  }
  func lower(_ operands: [Tensor], result: TensorType) -> Lowering { .leaf }
}
