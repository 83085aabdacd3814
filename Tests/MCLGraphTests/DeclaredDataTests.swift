import MCLGraph
import MCLTestKit
import Testing

/// What a program says of its data and of what is watched in it: part of the text, and wrong in one sentence.
@Suite struct DeclaredDataTests {
  private func module(_ build: @escaping @Sendable (ProgramContext) -> Step) throws -> Module {
    try Model("m") { _ in Program("step", build) }.module()
  }

  private func mistakes(_ build: @escaping @Sendable (ProgramContext) -> Step) -> [String] {
    let error = #expect(throws: ModelError.self) { try module(build) }
    return error?.diagnostics.map(\.message) ?? []
  }

  /// All that can be declared.
  private func everything() throws -> Module {
    try module { context in
      let sample = context.sample(.tubelets, batch: 2, frames: 8, step: 3, size: (64, 48))
      let clip = sample.clip("clip", of: .first)
      let again = sample.clip("again", of: .first, view: "clip", placement: .centre)
      let slow = sample.clip("slow", of: "a moment \"of\" its own", frames: 2, step: 12)
      let motion = sample.motion("motion", of: clip, shape: [2, 2, 2])
      let label = sample.label("label", of: Settings(["n": "7"]).classes("n", default: 3))
      _ = (sample.number("number"), sample.order("order"), context.permutation("p", of: 2, purpose: "keys"))
      _ = (context.uniform("noise", [2, 3]), context.rows(batch: 2).tensor("row", [5], named: "features"))
      let scores = (again + clip).mean(.time, .height, .width).reshaped([2, 3])
      let queue = context.state("queue", [4, 3], initializer: .constant(0))
      let cursor = context.state("cursor", [], .int64, initializer: .constant(0))
      let counter = context.state("counter", [], .int64, initializer: .constant(0))
      context.tap("map", motion * 2)
      return Step(
        outputs: [("scores", scores), ("slow", slow.sum()), ("loss", scores.crossEntropy(labels: label))],
        updates: [(counter, counter + 1), (queue, queue * 2), (cursor, cursor + 1)],
        watches: [
          .embeddings(queries: "scores", positives: ["scores", "scores"], queue: "queue", cursor: "cursor"),
          .saliency(value: "map", clip: "clip"), .classes(scores: "scores", labels: "label"),
        ], accumulation: Graph.Accumulation(counter: "counter", runs: 4))
    }
  }

  @Test func theTextHoldsAllOfIt() throws {
    let module = try everything()
    let read = try Module(text: module.text)
    #expect(read.text == module.text)
    let (before, after) = (try module.program("step"), try read.program("step"))
    #expect(after.inputs == before.inputs && after.watches == before.watches)
    #expect(after.accumulation == before.accumulation && after.watches.count == 3)
    for line in [
      "input \"clip\" : f32[2,3,8,64,48] from tubelets.clip moment=\"first\" step=3 view=\"clip\"",
      "from tubelets.clip moment=\"first\" placement=\"centre\" step=3 view=\"clip\"",
      "input \"slow\" : f32[2,3,2,64,48] from tubelets.clip moment=\"a moment \\\"of\\\" its own\" step=12 view=\"slow\"",
      "input \"motion\" : f32[2,2,2,2] from tubelets.motion block=32 clip=\"clip\" frames=4",
      "input \"label\" : i64[2] from tubelets.label classes=7 setting=\"n\"",
      "input \"number\" : i64[2] from tubelets.number", "from random.permutation purpose=\"keys\"",
      "input \"row\" : f32[2,5] from rows.tensor name=\"features\"",
      "watch embeddings \"scores\" positives [\"scores\", \"scores\"] queue \"queue\" cursor \"cursor\"",
      "watch saliency \"map\" clip \"clip\"", "watch classes \"scores\" labels \"label\"",
      "accumulate \"counter\" runs=4",
    ] { #expect(module.text.contains(line), "\(line)") }
  }

  @Test func wrongTextsGetASentence() throws {
    let text = try everything().text
    for (old, new, sentence) in [
      ("from tubelets.number", "of tubelets.number", "'from' or the end of the line is expected"),
      ("from tubelets.number", "from tubelets", "'.' is expected"),
      ("step=3 view", "step=3 step=4 view", "the attribute 'step' stands twice"),
      ("watch classes", "watch cats", "'cats' cannot be watched; embeddings, saliency and classes can"),
      (
        "labels \"label\"", "labels \"labels\"",
        "program 'step': what is watched names the input 'labels', which the program has not; did you mean 'label'?"
      ),
      (
        "watch saliency \"map\"", "watch saliency \"scores\"",
        "program 'step': what is watched names the value 'scores', which is f32[2,3], not f32 [N, t, h, w]"
      ),
      (
        "queue \"queue\" cursor", "queue \"cursor\" cursor",
        "program 'step': what is watched names the state 'cursor', which is i64[], not f32 [K, 3]"
      ),
      ("runs=4", "runs=0", "program 'step': a step of 0 runs cannot be; give at least 1"),
      (
        "accumulate \"counter\"", "accumulate \"queue\"",
        "program 'step': what is watched names the state 'queue', which is f32[4,3], not i64[]"
      ),
    ] {
      #expect(text.contains(old))
      let error = #expect(throws: ModelError.self) { try Module(text: text.replacing(old, with: new)) }
      #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "")")
    }
  }

  @Test func motionThatDoesNotFitItsClipIsSaid() {
    func motion(_ shape: [Int], other: Bool = false) -> [String] {
      mistakes { context in
        let sample = context.sample(.clips, batch: 2, frames: 8, size: (64, 48))
        let clip = other ? context.input("x", [2, 3, 8, 64, 48]) : sample.clip("clip")
        return Step(outputs: [("m", sample.motion("m", of: clip, shape: shape).sum())])
      }
    }
    #expect(
      motion([3, 2, 2]) == ["the motion 'm' has 3 times for 8 frames; give a number that divides them"])
    #expect(motion([2, 2]) == ["the motion 'm' has the shape [2, 2]; give [t, h, w]"])
    #expect(
      motion([2, 5, 2]) == [
        "the motion 'm' has maps of 5x2 cells for clips of 64x48 pixels; give their sides over a power of two, such as 2x2"
      ])
    #expect(
      motion([2, 2, 2], other: true) == [
        "the motion 'm' is of a value that is no clip of this sample; pass what 'clip' gave"
      ])
  }

  /// Cells of 32 pixels where these fit, as the published method's; else of a power of two.
  @Test(arguments: [([1, 2, 2], 32), ([8, 64, 48], 1), ([4, 16, 12], 4), ([2, 1, 1], 64)])
  func cellsArePowersOfTwo(shape: [Int], block: Int) throws {
    let module = try module { context in
      let sample = context.sample(.clips, batch: 2, frames: 8, size: (64, 48))
      return Step(outputs: [("m", sample.motion("m", of: sample.clip("clip"), shape: shape).sum())])
    }
    let source = try #require(try module.program("step").inputs.last?.source)
    #expect(source.attributes["block"] == .integer(block))
    #expect(source.attributes["frames"] == .integer(8 / shape[0]))
  }

  @Test func mistakesOfNamesAreSaid() {
    #expect(
      mistakes { context in
        Step(outputs: [("x", context.input("x", [2], from: Graph.Source("my feeder", "clip")))])
      } == ["input 'x': 'my feeder' is no name of a feeder, field or attribute; use letters, digits and '_'"])
    #expect(
      mistakes { context in
        Step(
          outputs: [("x", context.input("x", [2, 2]))], watches: [.classes(scores: "x", labels: "label")])
      } == ["program 'step': what is watched names the input 'label', which the program has not"])
  }

  /// PyTorch's rule, written out beside the function.
  @Test func descentIsWhatItSays() throws {
    let graph = try module { context in
      let weight = context.state("w", [3], initializer: .constant(2), isTrainable: true)
      let loss = (weight * weight * weight).sum()
      let rate = context.scalar("rate", default: 0.1)
      return Step(
        outputs: [("loss", loss)], updates: context.descent(of: loss, rate: rate, momentum: 0.5, decay: 0.25))
    }.program("step")
    #expect(graph.updates.map(\.name) == ["velocity.w", "w"] && graph.taps.map(\.name) == ["grad.w"])
    var interpreter = Interpreter(
      graph,
      states: [
        "w": Value(TensorType(.float32, [3]), [2, 2, 2]),
        "velocity.w": Value(TensorType(.float32, [3]), [0, 0, 0]),
      ])
    var (weight, velocity) = (2.0, 0.0)
    for _ in 0..<3 {
      _ = try interpreter.run([:])
      velocity = 0.5 * velocity + (3 * weight * weight + 0.25 * weight)
      weight -= 0.1 * velocity
      let found = try #require(interpreter.states["w"]?.elements[1])
      #expect(abs(found - weight) < 1e-6 * max(1, abs(weight)))
    }
  }
}
