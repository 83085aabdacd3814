import MCLGraph
import MCLTestKit
import Testing

/// Nothing walks an expression by recursion: a chain of 10^5 nodes would overflow the stack.
@Suite struct LongChainTests {
  @Test func hundredThousandNodes() throws {
    let length = 100_000
    let x = Tensor(InputLeaf(name: "x", type: TensorType(.float32, [2])), [])
    var y = x
    for _ in 0..<length / 2 { y = (y * 1.00001).twiceNegated() }
    let slope = gradient(of: y.sum(), at: x)
    let graph = try Graph(
      name: "chain", inputs: [Graph.Input(name: "x", type: x.type)], states: [],
      outputs: [("y", y), ("slope", slope)], updates: [], taps: [])
    #expect(graph.entries.count > length)
    var interpreter = Interpreter(graph, states: [:])
    let outputs = try interpreter.run(["x": Value(x.type, [1, -2])]).outputs
    var expected = 1.0
    for _ in 0..<length / 2 { expected *= 1.00001 }
    let slopes = try #require(outputs["slope"]).elements
    #expect(slopes.allSatisfy { abs($0 - expected) < 1e-9 })
    let values = try #require(outputs["y"]).elements
    #expect(abs(values[1] + 2 * expected) < 1e-9)

    let text = graph.text
    let read = try Module(text: "mclgraph 1\nmodel \"chain\"\n\(text)")
    #expect(read.programs.first?.text == text)
  }

  @Test func longChainOfMistakes() {
    var y = Tensor(poisonedBy: Diagnostic("the first mistake"))
    for _ in 0..<100_000 { y = -y }
    #expect(topologicalOrder([y]).compactMap(\.diagnostic).map(\.message) == ["the first mistake"])
  }
}

extension Tensor {
  /// The negative of the negative: two nodes more with the same value and derivative.
  fileprivate func twiceNegated() -> Tensor { -(-self) }
}
