import Foundation
import MCLData
import MCLDataTestKit
import MCLDrawing
import MCLEvaluation
import MCLSupport
import MCLVideo
import Testing

/// The page of an evaluation, without a network's features: what stands on it, and how large it is.
@Suite struct EvaluationPageTests {
  /// A strip as large as those of real videos: noise, which no quantiser makes small.
  private static func strip(seed: UInt64) throws -> JPEGImage {
    var random = CounterRandom(seed: seed, purpose: "noise")
    return try JPEGImage(
      width: 390, height: 72, rgb: (0..<390 * 72 * 3).map { _ in UInt8(random.integer(below: 256)) },
      limit: 8_000)
  }

  /// A thousand videos of four hundred classes, with all the pictures there are.
  @Test func aLargePageIsSmallEnough() throws {
    let example = try EvaluationExample(
      classes: 400, training: 800, test: 1000, views: 1, width: 32, strength: 0.7)
    let bare = try example.page()
    let shown = try ShownVideos(example.evaluation, scores: example.outcome.scores, seed: 1, threads: 2)
    #expect(shown.mistakes.count == 12 && shown.queries.count == 8)
    #expect(shown.videos.count > 20 && shown.videos.count <= 60)
    let strip = try Self.strip(seed: 1)
    let strips = Dictionary(
      uniqueKeysWithValues: shown.videos.map { ($0, EvaluationPage.Strip.picture(strip)) })
    let html = try example.page(strips: strips).html
    #expect(html.utf8.count < 3_000_000, "\(html.utf8.count) bytes")
    #expect(html.utf8.count > bare.html.utf8.count)
    // 12 mistakes, and 8 videos with 5 neighbours each.
    #expect(html.matches(of: /src="data:image\/jpeg;base64,/).count == 12 + 8 * 6)
    #expect(html.matches(of: /<circle\s/).count == 1000)
    #expect(html.contains("<canvas id=\"matrix\" role=\"img\" aria-label=\"Confusions of 400 classes: "))
    #expect(!bare.html.contains("http") && !bare.html.contains(/\bnan\b/))
    for heading in [
      "Numbers", "Classes", "Confusions", "Most surely wrong", "Nearest neighbours", "Map of the features",
      "What the numbers depend on",
    ] { #expect(html.contains("<h2>\(heading)</h2>"), "\(heading)") }
    // More points than a map can hold are drawn from.
    let huge = try EvaluationExample(
      classes: 2, training: 20, test: 2300, views: 1, width: 4, kinds: [.retrieval])
    let points = try huge.page().html
    #expect(points.matches(of: /<circle\s/).count == 2000)
    #expect(points.contains("2000 of the 2300 test videos"))
  }

  @Test func numbersStandBesideChanceAndControls() throws {
    let place = try VideoTestFolder()
    let example = try EvaluationExample(strength: 2)
    let random = try EvaluationExample(strength: 0, weights: nil)
    try random.write(to: place.path + "/r")
    let control = try EvaluationControl(EvaluationFolder(place.path + "/r"))
    try control.expectSameVideos(as: example.evaluation)
    let command = ["/usr/bin/mclc", "evaluate", "run", "--out", "o", "--json"]
    let commands = Dictionary(
      uniqueKeysWithValues: EvaluationControl.Kind.allCases.map { ($0, $0.commands(command, out: "o")) })
    let html = try example.page(controls: [control], commands: commands).html
    #expect(html.contains("<th scope=\"col\" class=\"number\">random initialisation<small>r</small></th>"))
    #expect(!html.contains("The control random initialisation is missing"))
    #expect(html.contains("<h3>The control single frame is missing</h3>"))
    #expect(
      html.contains(
        "<pre>mclc evaluate run --single-frame --out o-single-frame\nmclc evaluate run --out o --control o-single-frame</pre>"
      ))
    // A row: what it is, this evaluation, chance, the control.
    func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }
    let own = try #require(example.result.metrics.first { $0.name == "knn20.top1" })
    let other = try #require(random.result.metrics.first { $0.name == "knn20.top1" })
    #expect(own.mean > other.mean)
    #expect(
      html.contains(
        "<th scope=\"row\">vote of the 20 nearest neighbours: the class is right (top-1)</th>"
          + "<td class=\"number\"><b>\(percent(own.mean))</b></td><td class=\"number\">33.3 %</td>"
          + "<td class=\"number\">\(percent(other.mean))</td>"))
    // Three classes are a table with heads, and what is foreign is escaped.
    #expect(
      html.contains("<table class=\"matrix\">") && html.contains("<tr><th scope=\"row\">class 0</th><td"))
    #expect(html.contains("test &lt;b&gt;.mp4") && !html.contains("test <b>.mp4"))
    #expect(html.contains("<li>a first remark</li>") && html.contains("<td>aa</td>"))
    #expect(html.contains("so that there are no frames") && !html.contains("<img"))
    #expect(
      try example.page(controls: [control]).html.contains(
        "Run the command of this evaluation with --single-frame"))

    let without = try EvaluationExample(kinds: [.retrieval]).page().html
    #expect(
      without.contains("No protocol of this evaluation says a class for each video: add knn to --protocol."))
    #expect(!without.contains("<h2>Confusions</h2>") && without.contains("<h2>Nearest neighbours</h2>"))
  }

  @Test func controlsAreOfTheSameVideos() throws {
    let place = try VideoTestFolder()
    let example = try EvaluationExample()
    try EvaluationExample(test: 11).write(to: place.path + "/x")
    let other = try EvaluationControl(EvaluationFolder(place.path + "/x"))
    let error = #expect(throws: UsageError.self) { try other.expectSameVideos(as: example.evaluation) }
    #expect(
      error?.description
        == "--control \(place.path)/x: its 11 videos to test with are not the 12 of this evaluation; evaluate it with the "
        + "same lists, shares and seed")
    #expect(other.title == "x")
    try EvaluationExample(weights: nil, singleFrame: true).write(to: place.path + "/y")
    let both = try EvaluationControl(EvaluationFolder(place.path + "/y"))
    #expect(both.title == "random initialisation, single frame")
  }

  @Test func commandsCanBePasted() {
    let given = [
      "mclc", "evaluate", "my runs/a", "--best", "--out=o/", "--control", "x", "--data", "v's", "--control=y",
    ]
    #expect(
      EvaluationControl.Kind.random.commands(given, out: "o/") == [
        "mclc evaluate 'my runs/a' --data 'v'\\''s' --init none --out o-random",
        "mclc evaluate 'my runs/a' --best --out=o/ --control x --data 'v'\\''s' --control=y --control o-random",
      ])
    #expect(
      EvaluationControl.Kind.singleFrame.commands(given, out: "o/").first
        == "mclc evaluate 'my runs/a' --best --data 'v'\\''s' --single-frame --out o-single-frame")
  }

  @Test func videosAreShownAsFramesOrWords() throws {
    let example = try EvaluationExample(strength: 0)
    let shown = try ShownVideos(example.evaluation, scores: example.outcome.scores, seed: 1, threads: 2)
    let first = try #require(shown.queries.first)
    let video = ShownVideos.Video(side: .test, place: first.video)
    let html = try example.page(strips: [video: .missing("it is <gone>")]).html
    #expect(html.contains("<p class=\"gone\">No frames: it is &lt;gone&gt;</p>"))
    #expect(html.contains("<p class=\"gone\">No frames: the video was not read.</p>"))
    let scores = try #require(shown.mistakes.map(\.score).first)
    #expect(shown.mistakes.allSatisfy { $0.score <= scores && $0.label != $0.predicted })
    #expect(zip(shown.mistakes, shown.mistakes.dropFirst()).allSatisfy { $0.score >= $1.score })

    let colours = try ColourVideos(frames: 40)
    let prepared = try #require(colours.prepared.videos.first { $0.video.name.description == "red.avi" })
    let strip = try FrameStrip.picture(of: prepared, from: .init(budget: 0, shortSide: 256))
    // Four frames of 96x72, with two pixels between.
    #expect(strip.width == 390 && strip.height == 72 && strip.bytes.count <= 8_000)
    #expect(FrameStrip.numbers(frameCount: 40, count: 4) == [5, 15, 25, 35])
    #expect(FrameStrip.numbers(frameCount: 1, count: 4) == [0, 0, 0, 0])
    try Data("gone".utf8).write(to: URL(fileURLWithPath: colours.data + "/red.avi"))
    #expect(throws: VideoError.self) {
      try FrameStrip.picture(of: prepared, from: .init(budget: 0, shortSide: 256))
    }
  }
}
