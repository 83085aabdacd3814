import MCLEvaluation
import MCLGraph
import MCLSupport
import MCLTestKit
import Testing

/// Which program makes features, and which does not.
@Suite struct FeatureProgramTests {
  private typealias Build = @Sendable (ProgramContext, VideoSample) -> Step

  private static let mean: Build = { _, sample in
    Step(outputs: [("f", sample.clip("c").mean([2, 3, 4]).reshaped([2, 3]))])
  }

  private func module(_ programs: [(String, Build)]) throws -> Module {
    try Model("m") { _ in
      for (name, build) in programs {
        Program(name) { context in
          build(context, context.sample(.clips, batch: 2, frames: 4, step: 2, size: (24, 32)))
        }
      }
    }.module()
  }

  private func complaint(_ module: Module, program: String? = nil, layer: String? = nil) -> String {
    let error = #expect(throws: UsageError.self) {
      try FeatureProgram.chosen(in: module, program: program, layer: layer)
    }
    return error?.description ?? ""
  }

  @Test func theShippedModelsHaveOne() throws {
    let tiny = try FeatureProgram.chosen(
      in: projectModel("tiny", settings: ["size": "32"]), program: nil, layer: nil)
    #expect(tiny.graph.name == "embed" && tiny.output == "feature" && tiny.pooled == 1)
    #expect(
      tiny.clip.frames == 16 && tiny.clip.step == 2 && tiny.idleInputs.isEmpty && !tiny.liveStates.isEmpty)
    let heads = try FeatureProgram.chosen(
      in: projectModel("tiny", settings: ["size": "32"]), program: nil, layer: "feat.inter")
    #expect(heads.graph.name == "encode" && heads.output == "feat.inter" && heads.graph.outputs.count == 1)
    // What a classifier knows before its scores.
    let module = try projectModel("r2plus1d_18")
    let classifier = try FeatureProgram.chosen(in: module, program: nil, layer: nil)
    #expect(classifier.graph.name == "embed" && classifier.output == "feature" && classifier.width == 512)
    let scores = try FeatureProgram.chosen(in: module, program: "evaluate", layer: nil)
    #expect(scores.width == 400)
    let (before, after) = (Set(classifier.liveStates.map(\.name)), Set(scores.liveStates.map(\.name)))
    #expect(before.isSubset(of: after) && after.subtracting(before) == ["fc.weight", "fc.bias"])
  }

  @Test func namesMeanNothingButEmbed() throws {
    let one = try FeatureProgram.chosen(in: try module([("anything", Self.mean)]), program: nil, layer: nil)
    #expect(one.graph.name == "anything" && one.width == 3 && one.batch == 2)
    let two = try module([("one", Self.mean), ("two", Self.mean)])
    #expect(
      complaint(two)
        == "model 'm' has several programs that give features ('one', 'two'); name one with --program")
    #expect(
      complaint(two, program: "twa")
        == "model 'm' has no program 'twa' among 'one', 'two'; did you mean 'two'?")
    let usual = try FeatureProgram.chosen(
      in: try module([("one", Self.mean), ("embed", Self.mean)]), program: nil, layer: nil)
    #expect(usual.graph.name == "embed")
  }

  @Test func whatGivesNoFeatureIsSaid() throws {
    func said(_ layer: String? = nil, _ build: @escaping Build) throws -> String {
      complaint(try module([("p", build)]), program: "p", layer: layer)
    }
    #expect(
      try said { context, sample in
        let state = context.state("s", [1], initializer: .constant(0))
        return Step(
          outputs: [("f", sample.clip("c").mean([2, 3, 4]).reshaped([2, 3]))], updates: [(state, state + 1)])
      }
        == "program 'p' updates states, so that making features would change them; name another with --program"
    )
    #expect(
      try said { _, sample in Step(outputs: [("f", sample.clip("c"))]) }
        == "program 'p' has no output f32 [N, D]; name an output or a tap with --layer")
    #expect(
      try said { _, sample in
        let f = sample.clip("c").mean([2, 3, 4]).reshaped([2, 3])
        return Step(outputs: [("f", f), ("g", f + 1)])
      } == "program 'p' has several outputs f32 [N, D] ('f', 'g'); name one with --layer")
    #expect(
      try said("g") { _, sample in Step(outputs: [("f", sample.clip("c"))]) }
        == "program 'p' has no output or tap 'g'; did you mean 'f'?")
    #expect(
      try said { _, sample in
        Step(outputs: [("f", (sample.clip("c") + sample.clip("d")).mean([2, 3, 4]).reshaped([2, 3]))])
      } == "program 'p' takes 2 clips ('c', 'd'), but features are made of one; name another with --program")
    #expect(
      try said { context, _ in Step(outputs: [("f", context.rows(batch: 2).tensor("x", [3]))]) }
        == "program 'p' takes no clip of a video, of which features are made")
    #expect(
      try said { context, sample in
        Step(outputs: [
          ("f", sample.clip("c").mean([2, 3, 4]).reshaped([2, 3]) + context.uniform("u", [2, 3]))
        ])
      }
        == "'f' of program 'p' depends on 'u', but a feature is made of a clip alone; name another with --layer"
    )
    #expect(
      try said { context, sample in
        Step(outputs: [
          ("f", context.state("s", [2, 3], initializer: .constant(0)) + 1), ("g", sample.clip("c")),
        ])
      } == "'f' of program 'p' does not depend on the clip; name another with --layer")
    #expect(
      try said("g") { _, sample in
        let clip = sample.clip("c").mean([2, 3, 4]).reshaped([2, 3])
        return Step(outputs: [("f", clip), ("g", clip.sum())])
      }
        == "'g' of program 'p' is f32[], but a feature is f32 [N, D] or [N, D, ...]; name another with --layer"
    )
  }

  @Test func valuesOfHigherRankArePooled() throws {
    let pooled = try FeatureProgram.chosen(
      in: try module([("p", { _, sample in Step(outputs: [("f", sample.clip("c") * 2)]) })]), program: "p",
      layer: "f")
    #expect(pooled.width == 3 && pooled.pooled == 4 * 24 * 32)
  }
}
