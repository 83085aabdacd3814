import Foundation
import MCLRuntime
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Collects what an SVG is made of.
private final class Elements: NSObject, XMLParserDelegate {
  var counts: [String: Int] = [:]
  var points: [String] = []
  var text = ""

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String] = [:]
  ) {
    counts[name, default: 0] += 1
    if let list = attributes["points"] { points.append(list) }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
}

@Suite struct ReportTests {
  private func record(_ step: Int, _ outputs: [String: Float]) throws -> StepRecord {
    let fields = outputs.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
    return try JSONDecoder().decode(
      StepRecord.self,
      from: Data("{\"step\":\(step),\"epoch\":1,\"learningRate\":0.1,\"outputs\":{\(fields)}}".utf8))
  }

  private func parse(_ curve: LossCurve) throws -> Elements {
    let elements = Elements()
    let parser = XMLParser(data: Data(curve.svg.utf8))
    parser.delegate = elements
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    return elements
  }

  @Test func theCurveIsWellFormed() throws {
    let records = try (1...100).map {
      try record($0, ["loss.inter": 4 + sin(Float($0)), "loss.mal": 2, "loss.total": 9, "prob.inter": 0.1])
    }
    let picture = try parse(LossCurve(records, queueFull: 30))
    #expect(picture.counts["svg"] == 1)
    #expect(picture.counts["polyline"] == 4, "a pale and a smooth line of each term")
    #expect(picture.points.allSatisfy { $0.split(separator: " ").count == 100 })
    #expect(picture.text.contains("Loss terms, 100 steps"))
    #expect(picture.text.contains("inter-video contrast") && picture.text.contains("motion alignment"))
    #expect(!picture.text.contains("intra-video contrast"))
    #expect(picture.text.contains("queue full of real keys"))
    #expect(!(try parse(LossCurve(records, queueFull: 100)).text.contains("queue full")))
    // Every point lies within the axes.
    for point in picture.points.joined(separator: " ").split(separator: " ") {
      let place = point.split(separator: ",").compactMap { Double($0) }
      #expect(place.count == 2 && (64...936).contains(place[0]) && (48...424).contains(place[1]))
    }
  }

  @Test(arguments: [[], [0], [3], [1e30, 2e37], [1e-30], [0, 1e9]] as [[Float]])
  func anyLossesGiveACurve(losses: [Float]) throws {
    let records = try losses.enumerated().map { try record($0.offset + 1, ["loss.order": $0.element]) }
    let picture = try parse(LossCurve(records, queueFull: nil))
    #expect(picture.counts["polyline", default: 0] == (losses.isEmpty ? 0 : 2))
    #expect(!picture.points.joined().contains("nan"))
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
