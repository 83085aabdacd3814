import Foundation
import MCLData
import MCLDataTestKit
import MCLDrawing
import MCLRuntime
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Collects what an SVG is made of.
private final class Elements: NSObject, XMLParserDelegate {
  var counts: [String: Int] = [:]
  var points: [String] = []
  var levels: [String] = []
  var text = ""

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String] = [:]
  ) {
    counts[name, default: 0] += 1
    if let list = attributes["points"] { points.append(list) }
    if attributes["class"] == "level", let y = attributes["y1"] { levels.append(y) }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
}

@Suite struct ReportTests {
  private func record(_ step: Int, _ outputs: [String: Float]) throws -> StepRecord {
    let fields = outputs.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
    return try JSONDecoder().decode(
      StepRecord.self,
      from: Data("{\"step\":\(step),\"epoch\":1,\"scheduled\":{\"rate\":0.1},\"outputs\":{\(fields)}}".utf8))
  }

  private func parse(_ curve: LossCurve) throws -> Elements {
    let elements = Elements()
    let parser = XMLParser(data: Data(curve.svg.utf8))
    parser.delegate = elements
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    return elements
  }

  private static let description = RunDescription(
    outputs: [
      .init(name: "loss.inter", chance: 4.5), .init(name: "loss.mal"),
      .init(name: "prob.inter", chance: 0.01),
      .init(name: "loss.late"),
    ], mark: .init(step: 30, label: "queue <full>"))

  @Test func theCurveIsWellFormed() throws {
    let records = try (1...100).map {
      try record($0, ["loss.inter": 4 + sin(Float($0)), "loss.mal": -2, "loss.late": 9, "prob.inter": 0.1])
    }
    let picture = try parse(LossCurve(records, description: Self.description))
    #expect(picture.counts["svg"] == 2)
    #expect(picture.counts["polyline"] == 4, "a pale and a smooth line of each of the first group's outputs")
    #expect(picture.points.allSatisfy { $0.split(separator: " ").count == 100 })
    #expect(picture.text.contains("100 steps"))
    #expect(picture.text.contains("loss.inter, dashed: chance 4.500") && picture.text.contains("loss.mal"))
    #expect(!picture.text.contains("prob.inter") && !picture.text.contains("loss.late"))
    #expect(picture.text.contains("queue <full>"))
    #expect(picture.levels.count == 1)
    var late = Self.description
    late.mark?.step = 100
    #expect(!(try parse(LossCurve(records, description: late)).text.contains("queue")))
    // Every point lies within the axes, what is negative below zero.
    for point in picture.points.joined(separator: " ").split(separator: " ") {
      let place = point.split(separator: ",").compactMap { Double($0) }
      #expect(place.count == 2 && (52...948).contains(place[0]) && (16...386).contains(place[1]))
    }
    #expect(Set(picture.points.map { $0.split(separator: ",")[1].prefix(4) }).count > 1)
  }

  @Test(arguments: [[], [0], [3], [1e30, 2e37], [1e-30], [0, 1e9], [-4, 2], [-1e30], [.nan]] as [[Float]])
  func anyLossesGiveACurve(losses: [Float]) throws {
    let records = try losses.enumerated().map {
      $0.element.isNaN ? try record(1, [:]) : try record($0.offset + 1, ["loss.order": $0.element])
    }
    let picture = try parse(
      LossCurve(records, description: RunDescription(outputs: [.init(name: "loss.order", chance: 0.7)])))
    #expect(picture.counts["polyline", default: 0] == (losses.contains { !$0.isNaN } ? 1 : 0))
    #expect(!picture.points.joined().contains("nan"))
  }

  @Test func progressShowsTheFirstOutputsAndChance() {
    let values: [String: Float] = ["loss.inter": 4.25, "loss.mal": 1.5, "prob.inter": 0.0123, "loss.late": 2]
    #expect(
      Self.description.progress(values)
        == "loss: inter 4.250 (chance 4.500) mal 1.500, prob: inter 0.0123 (chance 0.01), loss: late 2.000")
    let other = RunDescription(outputs: ["energy", "a.x", "a.y", "b", "c", "d", "e"].map { .init(name: $0) })
    #expect(
      other.progress(["energy": -3, "a.y": 1, "b": 2, "e": 9])
        == "energy -3.000, a: y 1.000, b 2.000, e 9.000")
    #expect(other.progress([:]) == "")
  }

  /// All of the first, then as many each time their number doubles.
  @Test func picturesBecomeRare() {
    let marks = PictureMarks(every: 10, last: 123_456)
    #expect((1...320).filter(marks.contains) == [1] + Array(stride(from: 10, through: 320, by: 10)))
    #expect((330...640).filter(marks.contains) == Array(stride(from: 340, through: 640, by: 20)))
    #expect((650...1280).filter(marks.contains) == Array(stride(from: 680, through: 1280, by: 40)))
    #expect(marks.contains(123_456) && !marks.contains(123_455))
    #expect((1...123_456).count(where: marks.contains) < 32 + 16 * 12)
  }

  /// A slow start is forgotten.
  @Test func whatIsLeftIsReckonedOfTheLatestSteps() {
    var recent = Trainer.RecentSteps()
    for _ in 0..<5 { recent.append(seconds: 100, waited: 50) }
    #expect(recent.seconds == 100 && recent.waited == 50)
    for _ in 0..<20 { recent.append(seconds: 2, waited: 0.5) }
    #expect(recent.seconds == 2 && recent.waited == 0.5)
  }

  @Test func durations() {
    let cases: [(Double, String)] = [
      (0, "0s"), (0.4, "0s"), (48, "48s"), (59.4, "59s"), (59.6, "1m00s"), (200, "3m20s"), (3599.4, "59m59s"),
      (3599.6, "1h00m"), (7500, "2h05m"), (90000, "25h00m"), (-1, "?"), (.nan, "?"), (.infinity, "?"),
      (1e12, "?"),
    ]
    for (seconds, text) in cases { #expect(ProgressBar.duration(seconds) == text) }
  }
}
