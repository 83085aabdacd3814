import Foundation
import MCLGraph
import MCLPasses
import Testing

/// What each pass makes of one small program, as text, beside a case that it must leave alone.
@Suite struct LawPassTextTests {
  /// The entries of a program over one input `x` of this shape, after the passes.
  private static func text(
    _ shape: [Int], _ passes: [any Pass], updating state: Bool = false, _ build: (Tensor) -> Tensor
  ) throws -> String {
    let context = ProgramContext()
    let x =
      state
      ? context.state("x", shape, initializer: .constant(0), isTrainable: true) : context.input("x", shape)
    var graph = try Graph(
      name: "p", inputs: context.inputs, states: context.states, outputs: [("y", build(x))],
      updates: state ? [("x", x * 2)] : [], taps: [])
    for pass in passes { graph = try pass.run(graph) }
    try graph.verify()
    return graph.entries.indices.map { index in
      // Where it was written in this file is not what a pass makes of it.
      let line = graph.line(index)
      let end = [" @\"", " !\""].compactMap { line.range(of: $0)?.lowerBound }.min() ?? line.endIndex
      return String(line[..<end])
    }.joined(separator: "\n")
  }

  private static let lowered: [any Pass] = [LowerToComprehensions()]
  private static let fused: [any Pass] = lowered + [FusePointwise()]
  private static let finished: [any Pass] = fused + [FuseEpilogues(), EliminateDeadCode()]

  @Test func eliminateDeadCode() throws {
    let context = ProgramContext()
    let x = context.input("x", [3])
    let graph = try Graph(
      name: "p", inputs: context.inputs, states: [], outputs: [("y", relu(x))], updates: [], taps: [],
      declared: [x, x.exponential()])
    #expect(graph.entries.count == 3)
    let after = try EliminateDeadCode().run(graph)
    #expect(after.entries.map(\.operation.name) == ["input", "relu"])
    #expect(after.inputs == graph.inputs)
  }

  @Test func expandComposites() throws {
    let text = try Self.text([2, 3], [ExpandComposites()]) {
      Tensor(Standardize(axes: [1], epsilon: 0.5), [$0]).detached()
    }
    #expect(
      text == """
        %0 = input() name="x" element="f32" shape=[2,3] : f32[2,3]
        %1 = reduce(%0) kind="sum" axes=[1] : f32[2,1]
        %2 = constant() value=3.0 element="f32" shape=[2,1] : f32[2,1]
        %3 = binary(%1, %2) function="divide" : f32[2,1]
        %4 = broadcast(%3) shape=[2,3] : f32[2,3]
        %5 = binary(%0, %4) function="subtract" : f32[2,3]
        %6 = binary(%5, %5) function="multiply" : f32[2,3]
        %7 = reduce(%6) kind="sum" axes=[1] : f32[2,1]
        %8 = binary(%7, %2) function="divide" : f32[2,1]
        %9 = constant() value=0.5 element="f32" shape=[2,1] : f32[2,1]
        %10 = binary(%8, %9) function="add" : f32[2,1]
        %11 = unary(%10) function="squareRoot" : f32[2,1]
        %12 = unary(%11) function="reciprocal" : f32[2,1]
        %13 = broadcast(%12) shape=[2,3] : f32[2,3]
        %14 = binary(%5, %13) function="multiply" : f32[2,3]
        """)
  }

  @Test func simplify() throws {
    // Only one rule after another takes the two transposes and the reshape back to where it began.
    let text = try Self.text([2, 3], [Simplify(), EliminateDeadCode()]) { x in
      let turned = (x * 1).transposed([1, 0]).transposed([1, 0])
      let moved = turned + x.filled(with: 2) * 3
      return Tensor(Reshape(to: [2, 3]), [moved.reshaped([6])])
    }
    #expect(
      text == """
        %0 = input() name="x" element="f32" shape=[2,3] : f32[2,3]
        %1 = constant() value=6.0 element="f32" shape=[2,3] : f32[2,3]
        %2 = binary(%0, %1) function="add" : f32[2,3]
        """)
  }

  @Test func lowerToComprehensions() throws {
    let text = try Self.text([2, 3], Self.lowered) {
      $0.matmul($0.transposed([1, 0])).reshaped([4]).sum([0])
    }
    #expect(
      text == """
        %0 = input() name="x" element="f32" shape=[2,3] : f32[2,3]
        %1 = compute(%0) axes=[3,2] shape=[3,2] rule="%0[a1,a0]" : f32[3,2]
        %2 = compute(%0, %1) axes=[2,2,3] shape=[2,2] rule="sum[[3]] multiply(%0[a0,a2], %1[a2,a1])" : f32[2,2]
        %3 = reshape(%2) shape=[4] : f32[4]
        %4 = compute(%2) axes=[1,4] shape=[1] rule="sum[[4]] %0[a1]" : f32[1]
        """)
  }

  @Test func keepOldStates() throws {
    let passes = Self.lowered + [KeepOldStates()]
    #expect(
      try Self.text([2, 3], passes, updating: true) { $0.reshaped([6]) } == """
        %0 = state() name="x" element="f32" shape=[2,3] : f32[2,3]
        %1 = reshape(%0) shape=[6] : f32[6]
        %2 = compute() axes=[2,3] shape=[2,3] rule="2.0" : f32[2,3]
        %3 = compute(%0, %2) axes=[2,3] shape=[2,3] rule="multiply(%0[a0,a1], %1[a0,a1])" : f32[2,3]
        %4 = compute(%0) axes=[6] shape=[6] rule="%0[a0]" : f32[6]
        """)
    // A state that the run leaves alone is read where it stands.
    let still = try Self.text([2, 3], passes) { $0.reshaped([6]) }
    #expect(!still.contains("compute"))
    let computed = try Self.text([2, 3], passes, updating: true) { $0.sum([0]) }
    #expect(computed == (try Self.text([2, 3], Self.lowered, updating: true) { $0.sum([0]) }))
  }

  @Test func copyNewStates() throws {
    func text(_ shape: [Int], _ value: (Tensor) -> Tensor) throws -> String {
      let context = ProgramContext()
      let x = context.state("x", shape, initializer: .constant(0))
      var graph = try Graph(
        name: "p", inputs: [], states: context.states, outputs: [], updates: [("x", value(x))], taps: [])
      for pass in Self.fused + [FuseEpilogues(), CopyNewStates()] { graph = try pass.run(graph) }
      try graph.verify()
      return graph.entries.indices.map { graph.line($0) }.joined(separator: "\n")
    }
    func sum(_ x: Tensor) -> Tensor { x.sum([1]).broadcast(to: x.shape) + x }
    #expect(try text([128, 128]) { $0.matmul($0) }.contains("rule=\"%0[a0,a1]\" : f32[128,128]"))
    #expect(!(try text([16, 16]) { $0.matmul($0) }).contains("rule=\"%0[a0,a1]\""))
    #expect(!(try text([128, 128]) { sum($0) }).contains("rule=\"%0[a0,a1]\""))
  }

  @Test func fusePointwise() throws {
    #expect(
      try Self.text([2, 40], Self.fused) { ($0.exponential() * $0).sum([1]) } == """
        %0 = input() name="x" element="f32" shape=[2,40] : f32[2,40]
        %1 = compute(%0) axes=[2,1,40] shape=[2,1] rule="sum[[40]] multiply(exponential(%0[a0,a2]), %0[a0,a2])" : f32[2,1]
        """)
    // The exponential of a sum is computed once a row, not once an element.
    #expect(
      try Self.text([2, 40], Self.fused) { $0.sum([1]).exponential().broadcast(to: [2, 40]) * $0 } == """
        %0 = input() name="x" element="f32" shape=[2,40] : f32[2,40]
        %1 = compute(%0) axes=[2,1,40] shape=[2,1] rule="sum[[40]] %0[a0,a2]" : f32[2,1]
        %2 = compute(%1) axes=[2,1] shape=[2,1] rule="exponential(%0[a0,a1])" : f32[2,1]
        %3 = compute(%0, %2) axes=[2,40] shape=[2,40] rule="multiply(%1[a0,0], %0[a0,a1])" : f32[2,40]
        """)
  }

  @Test func fuseEpilogues() throws {
    #expect(
      try Self.text([2, 40], Self.finished) { $0.sum([1]).exponential() * 2 } == """
        %0 = input() name="x" element="f32" shape=[2,40] : f32[2,40]
        %1 = compute(%0) axes=[2,1,40] shape=[2,1] rule="{sum[[40]] %0[a0,a2]} then multiply(exponential(result), 2.0)" : f32[2,1]
        """)
    // A sum that another reads as well is stored.
    #expect(
      try Self.text([2, 40], Self.finished) { x in
        let sum = x.sum([1])
        return concatenate([sum, sum.exponential()], axis: 1)
      } == """
        %0 = input() name="x" element="f32" shape=[2,40] : f32[2,40]
        %1 = compute(%0) axes=[2,1,40] shape=[2,1] rule="sum[[40]] %0[a0,a2]" : f32[2,1]
        %2 = compute(%1) axes=[2,1] shape=[2,1] rule="exponential(%0[a0,a1])" : f32[2,1]
        %3 = compute(%1, %2) axes=[2,2] shape=[2,2] rule="(a1 less 1 ? %0[a0,a1] : %1[a0,a1-1])" : f32[2,2]
        """)
  }
}
