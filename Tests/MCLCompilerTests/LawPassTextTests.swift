import Foundation
import MCLCompiler
import MCLGraph
import Testing

/// What each pass makes of one small program, as text.
@Suite struct LawPassTextTests {
  /// A program over one input `x` of this shape, and its text before and after a pass that follows others.
  private static func lines(_ shape: [Int], after passes: [any Pass], _ build: (Tensor) -> Tensor) throws
    -> String
  {
    let context = ProgramContext()
    let x = context.input("x", shape)
    var graph = try Graph(
      name: "p", inputs: context.inputs, states: [], outputs: [("y", build(x))], updates: [], taps: [])
    for pass in passes { graph = try pass.run(graph) }
    return graph.entries.indices.map { index in
      // Where it was written in this file is not what a pass makes of it.
      let line = graph.line(index)
      let end = [" @\"", " !\""].compactMap { line.range(of: $0)?.lowerBound }.min() ?? line.endIndex
      return String(line[..<end])
    }.joined(separator: "\n")
  }

  @Test func eliminateDeadCode() throws {
    let context = ProgramContext()
    let x = context.input("x", [3])
    let graph = try Graph(
      name: "p", inputs: context.inputs, states: [], outputs: [("y", relu(x))], updates: [], taps: [],
      declared: [x, x.exponential()])
    #expect(graph.entries.count == 4)
    let after = try EliminateDeadCode().run(graph)
    #expect(after.entries.map(\.operation.name) == ["input", "constant", "binary"])
    #expect(after.inputs == graph.inputs)
  }

  @Test func printed() throws {
    let standardize: [any Pass] = [ExpandComposites()]
    print(
      try Self.lines([2, 3], after: standardize) {
        Tensor(Standardize(axes: [1], epsilon: 0.5), [$0]).detached()
      })
    print("--")
    print(
      try Self.lines([2, 3], after: [Simplify()]) {
        (($0 * 1).transposed([1, 0]).transposed([1, 0]) + ($0.filled(with: 2) * 3)).reshaped([6]).reshaped([
          3, 2,
        ])
      })
    print("--")
    print(
      try Self.lines([2, 3], after: [LowerToComprehensions()]) {
        $0.matmul($0.transposed([1, 0])).reshaped([4]).sum([0])
      })
    print("--")
    print(
      try Self.lines([2, 40], after: [LowerToComprehensions(), FusePointwise(), EliminateDeadCode()]) {
        ($0.exponential() * $0).sum([1])
      })
    print("--")
    print(
      try Self.lines([2, 40], after: [LowerToComprehensions(), FusePointwise(), EliminateDeadCode()]) {
        $0.sum([1]).exponential().broadcast(to: [2, 40]) * $0
      })
    print("--")
    print(
      try Self.lines(
        [2, 40], after: [LowerToComprehensions(), FusePointwise(), FuseEpilogues(), EliminateDeadCode()]
      ) { $0.sum([1]).exponential() * 2 })
    print("--")
    print(
      try Self.lines(
        [2, 40], after: [LowerToComprehensions(), FusePointwise(), FuseEpilogues(), EliminateDeadCode()]
      ) {
        let s = $0.sum([1]); return concatenate([s, s.exponential()], axis: 1)
      })
  }
}
