import Foundation
import MCLData
import MCLDataTestKit
import MCLExecution
import MCLGraph
import MCLRuntime
import MCLSupport
import MCLVideo
import Testing

/// Clips that any program can declare, and labels, numbers, motion of them.
@Suite struct ClipFeederTests {
  private static let videos = Result { try ColourVideos() }

  private func batches(
    order: DeclaredBatches.Order = .shuffled, classes: ClassTable? = nil, policy: AugmentationPolicy = .full,
    _ declare: @escaping @Sendable (ProgramContext, VideoSample) -> [Tensor]
  ) throws -> DeclaredBatches {
    let model = Model("m") { _ in
      Program("step") { context in
        let sample = context.sample(.clips, batch: 2, frames: 4, step: 2, size: (24, 32))
        let inputs = declare(context, sample).enumerated().map { ("\($0)", $1) }
        return Step(outputs: inputs.map { (name: $0.0, tensor: $0.1) })
      }
    }
    return try DeclaredBatches(
      DataDeclaration(model.module().program("step")), from: .videos(Self.videos.get().prepared.videos),
      policy: policy, seed: 4, classes: classes, order: order)
  }

  private func plane(_ batch: Batch, _ name: String, sample: Int, frame: Int, of frames: Int) -> [Float] {
    let size = 24 * 32
    let start = (sample * 3 * frames + frame) * size
    return Array(batch.floats(name)[start..<start + size])
  }

  @Test func clipsOfAMomentBeginTogetherAndViewsLookAlike() throws {
    let batches = try batches { _, sample in
      [
        sample.clip("fast", of: "a", view: "v", frames: 8, step: 1),
        sample.clip("slow", of: "a", view: "v", frames: 2, step: 4),
        sample.clip("other", view: "v", frames: 2, step: 4),
        sample.clip("look", of: "a", frames: 2, step: 4),
      ]
    }
    var (sameStarts, sameLooks) = (0, 0)
    for index in 0..<6 {
      let batch = try batches.batch(index)
      for position in 0..<2 {
        for (slow, fast) in [(0, 0), (1, 4)] {
          #expect(
            plane(batch, "slow", sample: position, frame: slow, of: 2)
              == plane(batch, "fast", sample: position, frame: fast, of: 8))
        }
        let first = plane(batch, "slow", sample: position, frame: 0, of: 2)
        if plane(batch, "other", sample: position, frame: 0, of: 2) == first { sameStarts += 1 }
        if plane(batch, "look", sample: position, frame: 0, of: 2) == first { sameLooks += 1 }
      }
    }
    #expect(sameStarts < 6, "another moment is drawn on its own")
    #expect(sameLooks == 0, "another view is drawn on its own")
    let drawn = try #require(try batches.drawn(3))
    #expect(drawn.clips.map(\.input) == ["fast", "slow", "other", "look"] && drawn.guided == nil)
    #expect(drawn.clips[0].frames.first == drawn.clips[1].frames.first && drawn.clips[1].frames.count == 2)
  }

  @Test func batchesAreFunctionsOfTheirNumber() throws {
    func make() throws -> DeclaredBatches {
      try batches { context, sample in
        [sample.clip("one"), sample.clip("two"), context.permutation("p", of: 2), context.uniform("u", [5])]
      }
    }
    let one = try make()
    let expected = try (0..<6).map { try one.batch($0) }
    #expect(
      Set(expected.map { $0.floats("one") }).count == 6
        && expected[0].floats("one") != expected[0].floats("two"))
    #expect(Set(expected.map { $0.floats("u") }).count == 6)
    for batch in expected {
      #expect(batch.integers("p").sorted() == [0, 1])
      #expect(batch.floats("u").allSatisfy { (0..<1).contains($0) } && batch.floats("u").count == 5)
    }
    for workers in [1, 4] {
      let again = try make()
      let loader = try BatchLoader(indices: 2..<6, workers: workers, capacity: workers + 1) {
        try again.batch($0)
      }
      for index in 2..<6 { #expect(try loader.next() == expected[index]) }
      loader.stop()
    }
  }

  /// The middle is no draw: the same for every seed, epoch and policy, in the order of the list.
  @Test func theMiddleIsNotDrawn() throws {
    let batches = try batches(order: .listed) { _, sample in
      [sample.clip("clip", placement: .centre), sample.number("number")]
    }
    let (first, second, third) = (try batches.batch(0), try batches.batch(1), try batches.batch(3))
    #expect(first.integers("number") == [0, 1] && second.integers("number") == [2, 0])
    #expect(first.samples == [0, 1] && third.samples == [0, 1])
    #expect(first.floats("clip") == third.floats("clip"))
    let drawn = try #require(try batches.drawn(0))
    #expect(drawn.clips[0].frames == [16, 18, 20, 22], "of 40 frames, 7 in the middle")
    #expect(drawn.clips[0].augmentation.crop == Crop(x: 0, y: 0, width: 64, height: 48))
    #expect(drawn.clips[0].augmentation.colour.isEmpty && !drawn.clips[0].augmentation.isFlipped)
    var policy = AugmentationPolicy.full
    policy.centreShare = 0.5
    let half = policy.centred(frameWidth: 64, frameHeight: 48, width: 10, height: 10)
    #expect(half.crop == Crop(x: 20, y: 12, width: 24, height: 24))
  }

  @Test func labelsAreTheClassesOfTheTable() throws {
    var videos = try Self.videos.get().prepared.videos
    for (number, label) in ["b", "a", "b"].enumerated() { videos[number].video.label = label }
    let table = try ClassTable(videos.map(\.video))
    let model = Model("m") { settings in
      Program("step") { context in
        let sample = context.sample(.clips, batch: 3, frames: 4, size: (8, 8))
        let label = sample.label("label", of: settings.classes("n", default: 2))
        return Step(outputs: [("l", label), ("c", sample.clip("clip").sum())])
      }
    }
    let declaration = try DataDeclaration(model.module().program("step"))
    #expect(
      declaration.needs.classes == DataNeeds.Classes(count: 2, setting: "n")
        && !declaration.needs.isMotionNeeded)
    #expect(declaration.needs.leastFrames == 7 && declaration.batchSize == 3)
    let batches = try DeclaredBatches(
      declaration, from: .videos(videos), seed: 1, classes: table, order: .listed)
    #expect(try batches.batch(0).integers("label") == [1, 0, 1])
  }

  /// Motion of the clip's own crop: where the square of the test's videos moves, in each of its times.
  @Test func motionIsThatOfItsClip() throws {
    let batches = try batches(order: .listed, policy: .cropAndFlip) { _, sample in
      let clip = sample.clip("clip", frames: 8, placement: .centre)
      return [clip, sample.motion("m", of: clip, shape: [4, 6, 8])]
    }
    #expect(try DataDeclaration(tubeletsOf: 16, size: 32).needs.velocitySpans == [32])
    let motion = try batches.batch(0).floats("m")
    #expect(motion.count == 2 * 4 * 6 * 8 && motion.allSatisfy { $0 >= 0 })
    // Frames of 64x48 pixels in 8x6 cells: the square is at rows 12 to 28, columns t + 2 to t + 14 of frame t.
    let cells = Array(motion[0..<48])
    let strongest = try #require(cells.indices.max { cells[$0] < cells[$1] })
    #expect((1...3).contains(strongest / 8), "row \(strongest / 8)")
    #expect((1...4).contains(strongest % 8), "column \(strongest % 8)")
  }

  @Test func whatCannotBeGivenIsSaidInASentence() throws {
    func complaint(_ inputs: [Graph.Input]) -> String {
      var graph = Graph(name: "p")
      graph.inputs = inputs
      let error = #expect(throws: UsageError.self) { try DataDeclaration(graph) }
      return error?.description ?? ""
    }
    func input(
      _ feeder: String, _ field: String, _ shape: [Int] = [2, 3, 4, 8, 8],
      _ attributes: [String: Attribute] = [:]
    ) -> Graph.Input {
      Graph.Input(
        name: "x", type: TensorType(.float32, shape), source: Graph.Source(feeder, field, attributes))
    }
    #expect(
      complaint([Graph.Input(name: "x", type: TensorType(.float32, [2]))])
        == "program 'p' does not say where training takes 'x' from; declare it as a field of a sample, such as "
        + "sample.clip(\"x\")")
    #expect(
      complaint([input("clip", "clip")])
        == "input 'x' from clip.clip: there is no feeder 'clip' among tubelets, clips, rows, random; did you mean 'clips'?"
    )
    #expect(
      complaint([input("clips", "clap")])
        == "input 'x' from clips.clap: 'clips' gives clip, motion, label, number, but no 'clap'; did you mean 'clip'?"
    )
    #expect(
      complaint([input("clips", "clip", [2, 3, 4, 8, 8], ["stap": .integer(2)])])
        == "input 'x' from clips.clip: there is no attribute 'stap'; did you mean 'step'?")
    #expect(
      complaint([input("clips", "clip", [2, 3, 4, 8])])
        == "input 'x' from clips.clip: it is f32[2,3,4,8], but the field gives f32 [N, 3, T, H, W]")
    #expect(
      complaint([input("clips", "clip", [2, 3, 4, 8, 8], ["step": .integer(0)])])
        == "input 'x' from clips.clip: 'step' is no integer from 1 to 1048576")
    #expect(
      complaint([input("clips", "clip", [2, 3, 4, 8, 8], ["placement": .text("center")])])
        == "input 'x' from clips.clip: there is no placement 'center'; there are random and centre")
    #expect(
      complaint([input("tubelets", "clip", [2, 3, 4, 8, 8], ["moment": .text("fourth")])])
        .hasPrefix("input 'x': tubelets have the moments first, second, third, not 'fourth'"))
    #expect(
      complaint([input("random", "uniform", [4])])
        == "program 'p' takes no samples; declare a clip of a video or a row of a file")
    #expect(
      complaint([
        input("clips", "clip"),
        Graph.Input(name: "y", type: TensorType(.float32, [3, 5]), source: Graph.Source("rows", "tensor")),
      ]) == "the program takes both videos and rows of a file as samples; declare one of them")
  }
}
