import MCLCompiler
import MCLData
import MCLDataTestKit
import MCLEvaluation
import MCLExecution
import MCLGraph
import MCLRuntime
import MCLSupport
import Testing

/// Votes of neighbours by the states of a training as they are.
@Suite struct NeighbourMeasurementTests {
  private static let videos = Result { (try ColourVideos(), try ColourVideos(frames: 44)) }

  /// The mean colour of a clip, times a state that the step trains.
  private static let module = Result {
    try Model("m") { _ in
      Program("step") { context in
        let factor = context.state("factor", [1], initializer: .constant(1))
        return Step(outputs: [("factor", factor)], updates: [(factor, factor * 2)])
      }
      Program("embed") { context in
        let factor = context.state("factor", [1], initializer: .constant(1))
        let clip = context.sample(.clips, batch: 2, frames: 4, step: 2, size: (24, 32))
          .clip("c", placement: .centre)
        return Step(outputs: [("f", clip.mean([2, 3, 4]).reshaped([2, 3]) * factor.reshaped([1, 1]))])
      }
    }.module()
  }

  private func measurement(
    _ training: [String], _ test: [String], missing: Set<Int> = []
  ) throws -> NeighbourMeasurement {
    let (first, second) = try Self.videos.get()
    let program = try FeatureProgram.chosen(in: Self.module.get(), program: nil, layer: nil)
    func labelled(_ videos: [PreparedVideo], _ labels: [String]) -> [PreparedVideo] {
      zip(videos, labels).map { video, label in
        var video = video
        video.video.label = label
        return video
      }
    }
    var asking = labelled(second.prepared.videos, test)
    for place in missing { asking[place].video.path = "/nowhere.avi" }
    let searched = labelled(first.prepared.videos, training)
    let reader = ViewReader(
      try EvaluationViews("1x1"), of: program.clip,
      ClipPreparation(mean: [0, 0, 0], standardDeviation: [1, 1, 1]), shortSide: 256)
    let executor = try Executor(ProgramCompiler().compile(program.graph).plan, threads: 2)
    return NeighbourMeasurement(
      try FeatureExtraction(program, executor: executor, reader: reader, cache: nil, workers: 2),
      executor: executor,
      videos: .init(
        classes: try ClassTable(searched.map(\.video)), training: searched, test: asking), threads: 2)
  }

  /// The states of a training, with a factor.
  private func trained(_ factor: Float) throws -> Executor {
    let executor = try Executor(
      ProgramCompiler().compile(Self.module.get().program("step")).plan, threads: 1)
    try executor.initializeStates(seed: 1)
    try executor.setState("factor", floats: [factor])
    return executor
  }

  @Test func coloursAreToldApartAsFarAsTheStatesDo() throws {
    // The videos are in the order blue, green, red.
    let right = try measurement(["b", "g", "r"], ["b", "g", "r"])
    var told: [[Int]] = []
    let found = try right.run(trained(1)) { told.append([$0, $1]) }
    #expect(found.top1 == 1 && found.training == 3 && found.test == 3 && found.unreadable.isEmpty)
    #expect(told.first == [0, 6] && told.last == [6, 6] && right.chance == 1.0 / 3)
    // Of two training classes alone, a third of the answers is wrong; the labels decide, not the places.
    let two = try measurement(["b", "g", "g"], ["g", "g", "g"])
    #expect(try two.run(trained(1)).top1 == 2.0 / 3)
    #expect(try measurement(["b", "g", "r"], ["g", "r", "b"]).run(trained(1)).top1 == 0)
    // States are taken anew each time: with a factor of 0 all are alike, and the first class is answered.
    #expect(try right.run(trained(0)).top1 == 1.0 / 3)
    #expect(try right.run(trained(-3)).top1 == 1)
  }

  @Test func whatCannotBeReadIsWrong() throws {
    let found = try measurement(["b", "g", "r"], ["g", "g", "r"], missing: [0]).run(trained(1))
    #expect(found.top1 == 2.0 / 3 && found.test == 2 && found.unreadable.count == 1)
    let nothing = try measurement(["b", "g", "r"], ["b", "g", "r"], missing: [0, 1, 2])
    let error = #expect(throws: UsageError.self) { _ = try nothing.run(trained(1)) }
    #expect(
      error?.description.hasPrefix(
        "none of the videos to measure neighbours of could be read; the last said: ")
        == true, "\(String(describing: error))")
  }

  @Test func featuresOfStatesThatAreNotTrainedAreRefused() throws {
    let module = try Self.module.get()
    let program = try FeatureProgram.chosen(in: module, program: nil, layer: nil)
    try NeighbourMeasurement.expectStates(of: program, in: try module.program("step"))
    var other = try module.program("step")
    other.states = []
    let error = #expect(throws: UsageError.self) {
      try NeighbourMeasurement.expectStates(of: program, in: other)
    }
    #expect(
      error?.description
        == "program 'embed' makes features with state 'factor' f32[1], which program 'step' does not train; make features "
        + "of the states that are trained")
  }
}
