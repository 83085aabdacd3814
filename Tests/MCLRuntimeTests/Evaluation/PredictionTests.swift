import Foundation
import MCLData
import MCLDataTestKit
import MCLEvaluation
import MCLGraph
import MCLSupport
import MCLTestKit
import Testing

/// Classes of videos: probabilities, names, and what becomes of them over time.
@Suite struct PredictionTests {
  @Test func probabilitiesAreTheSoftmax() {
    // exp(1), exp(2), exp(3) over their sum.
    let prediction = ClassPrediction(scores: [1, 2, 3])
    let wanted = [0.0900305731703805, 0.244728471054798, 0.665240955774822]
    #expect(zip(prediction.probabilities, wanted).allSatisfy { abs($0 - $1) < 1e-14 })
    #expect(prediction.top(2) == [2, 1] && prediction.top(9) == [2, 1, 0])
    // Scores that no exponential holds, and equal ones.
    let large = ClassPrediction(scores: [1000, 1000, -1000])
    #expect(large.probabilities == [0.5, 0.5, 0] && large.top(2) == [0, 1])
  }

  @Test func classesHaveNamesOrNumbers() throws {
    let table = try ClassTable(#"["run","walk"]"#)
    let known = ClassNames(table, count: 3)
    #expect(known.areKnown && (0..<3).map { known[$0] } == ["run", "walk", "class 2"])
    let unknown = ClassNames(nil, count: 2)
    #expect(!unknown.areKnown && unknown[1] == "class 1")
    // A table of another head says nothing of these scores.
    #expect(!ClassNames(table, count: 1).areKnown)
  }

  @Test func theProgramIsThatOfValidation() throws {
    let module = try projectModel("r2plus1d_18")
    let chosen = try FeatureProgram.classifying(in: module, program: nil, layer: nil)
    #expect(chosen.graph.name == "validate" && chosen.output == "logits" && chosen.width == 400)
    let named = try FeatureProgram.classifying(in: module, program: "evaluate", layer: nil)
    #expect(named.graph.name == "evaluate" && named.output == "logits")
    let none = #expect(throws: UsageError.self) {
      try FeatureProgram.classifying(
        in: projectModel("tiny", settings: ["size": "32"]), program: nil, layer: nil)
    }
    #expect(
      none?.description
        == "no program of model 'tiny' ('step', 'encode', 'embed') watches scores of classes without updating states, so "
        + "that none predicts; name one with --program, and its scores with --layer")
  }

  @Test func clipsSlideToTheEnd() {
    func starts(_ every: Int, _ frames: Int, span: Int) -> [Int] {
      let views = EvaluationViews.sliding(every: every, over: frames, span: span)
      return (0..<views.count).map { views.start(ofClip: $0, frameCount: frames, span: span) }
    }
    #expect(starts(4, 16, span: 8) == [0, 4, 8])
    #expect(starts(4, 18, span: 8) == [0, 4, 8, 10])
    #expect(starts(100, 18, span: 8) == [0, 10])
    #expect(starts(3, 8, span: 8) == [0] && starts(3, 5, span: 8) == [0])
    // What is kept of one is not taken for another.
    let views = EvaluationViews.sliding(every: 4, over: 16, span: 8)
    #expect(views.description == "3x1, a clip every 4 frames")
  }

  @Test func aTimelineHasSecondsAndClasses() {
    let views = EvaluationViews.sliding(every: 10, over: 25, span: 10)
    let timeline = PredictionTimeline(
      scores: [0, 0, 9, 0, 9, 0, 0, 9, 0], views: views, frameCount: 25, span: 10, framesPerSecond: 10)
    #expect(timeline.windows.map(\.start) == [0, 1, 1.5] && timeline.windows.map(\.end) == [1, 2, 2.5])
    #expect(timeline.windows.map { $0.prediction.top(1) } == [[2], [1], [1]])
    #expect(timeline.mainClasses(2) == [1, 2])
    // A video shorter than a clip ends where it ends, though its frames are shown twice.
    let short = PredictionTimeline(
      scores: [1, 0], views: .sliding(every: 3, over: 5, span: 8), frameCount: 5, span: 8,
      framesPerSecond: 10)
    #expect(short.windows.map(\.start) == [0] && short.windows.map(\.end) == [0.4])
  }

  @Test func aPictureHasARowAClassAndAColumnAWindow() throws {
    let views = EvaluationViews.sliding(every: 10, over: 30, span: 10)
    let timeline = PredictionTimeline(
      scores: [0, 9, 0, 9, 9, 0], views: views, frameCount: 30, span: 10, framesPerSecond: 10)
    let names = ClassNames(try ClassTable(#"["a<b","walk"]"#), count: 2)
    let picture = PredictionPicture(timeline, classes: names)
    #expect(picture.classCount == 2)
    let svg = picture.svg(title: "x & y")
    #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n") && svg.contains("<title>x &amp; y</title>"))
    #expect(svg.contains(">a&lt;b</text>") && svg.contains(">walk</text>"))
    #expect(svg.components(separatedBy: "fill-opacity=").count - 1 == 6)
    // The more probable class stands first: exp(9) / (1 + exp(9)) twice of three.
    let opacities = svg.matches(of: /fill-opacity="([0-9.]+)"/).map { String($0.1) }
    #expect(opacities == ["1.000", "1.000", "0.000", "0.000", "0.000", "1.000"])
    #expect(svg.contains(">0.00 s<") && svg.contains(">1.50 s<") && svg.contains(">3.00 s<"))
    #expect(picture.png.width == 932 && picture.png.height == 104)
    // Thousands of windows share the columns.
    let long = EvaluationViews.sliding(every: 1, over: 2009, span: 10)
    let many = PredictionTimeline(
      scores: (0..<2000).flatMap { $0 < 1000 ? [0, 9] : [9, 0] as [Float] }, views: long, frameCount: 2009,
      span: 10, framesPerSecond: 10)
    let wide = PredictionPicture(many, classes: names).svg(title: "t")
    #expect(wide.components(separatedBy: "fill-opacity=").count - 1 == 2 * 720)
  }

  @Test func videosAreNamedAsTheyWereGiven() throws {
    let folder = try VideoTestFolder()
    let inner = folder.path + "/videos/b"
    try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
    for name in ["/videos/b/2.avi", "/videos/b/1.avi", "/3.avi"] {
      try Data([1]).write(to: URL(fileURLWithPath: folder.path + name))
    }
    let single = folder.path + "/3.avi"
    let dataset = try VideoDataset(paths: [single, folder.path + "/videos", single, "/nowhere.avi"])
    #expect(
      dataset.videos.map(\.name.description) == [
        single, folder.path + "/videos/b/1.avi", folder.path + "/videos/b/2.avi", "/nowhere.avi",
      ])
    #expect(dataset.videos.map(\.label) == [nil, "b", "b", nil])
  }
}
