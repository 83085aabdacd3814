import Foundation
import MCLDataTestKit
import MCLEvaluation
import MCLSupport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Evaluations beside each other.
@Suite struct RunComparisonTests {
  private func complaint(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "nothing"
    } catch { return error is UsageError ? "\(error)" : "another error: \(error)" }
  }

  @Test func identicalRunsDoNotDiffer() throws {
    let place = try VideoTestFolder()
    let example = try EvaluationExample()
    let folders = try ["a", "b"].map { try example.write(to: "\(place.path)/\($0)") }
    let comparison = try RunComparison(folders, seed: 1)
    #expect(comparison.runs.map(\.name) == ["a", "b"] && comparison.testVideos == 13)
    #expect(comparison.rows.map(\.metric) == example.result.metrics.map(\.name))
    for row in comparison.rows {
      #expect(row.best == [0, 1] && row.cells[0]?.difference == nil && row.cells[1]?.difference == 0)
    }
    let interval = try #require(comparison.rows[0].cells[1]?.interval)
    #expect(interval.lower == 0 && interval.upper == 0 && interval.difference == 0)
    #expect(comparison.classes.isEmpty && comparison.remarks.isEmpty)
    #expect(!comparison.html.contains("Classes that differ most"))
  }

  @Test func differencesHaveIntervals() throws {
    let place = try VideoTestFolder()
    let better = try EvaluationExample(test: 60, strength: 3)
    let worse = try EvaluationExample(test: 60, strength: 0, weights: nil, singleFrame: true)
    let folders = [
      try worse.write(to: place.path + "/worse <x>"), try better.write(to: place.path + "/better"),
    ]
    let comparison = try RunComparison(folders, seed: 3)
    let row = try #require(comparison.rows.first { $0.metric == "knn20.top1" })
    let (first, second) = (try #require(worse.result.knn?.first), try #require(better.result.knn?.first))
    let cell = try #require(row.cells[1])
    let interval = try #require(cell.interval)
    #expect(row.best == [1] && row.cells[0]?.mean == first.top1 && cell.mean == second.top1)
    #expect(abs((cell.difference ?? 0) - (second.top1 - first.top1)) < 1e-12)
    #expect(abs(interval.difference - (second.top1 - first.top1)) < 1e-12)
    #expect(
      0 < interval.lower && interval.lower < interval.difference && interval.difference < interval.upper)
    #expect(comparison.rows.first { $0.metric == "knn20.top5" }?.cells[1]?.interval?.difference == 0)
    #expect(comparison.rows.first { $0.metric == "knn200.top1" }?.cells[1]?.interval == nil)
    #expect(comparison.classes.count == 3 && comparison.classes.allSatisfy { $0.run == 1 && $0.videos == 20 })
    #expect(comparison.classes.allSatisfy { $0.second > $0.first })
    let gains = comparison.classes.map { $0.second - $0.first }
    #expect(gains == gains.sorted(by: >))
    #expect(comparison.remarks == ["worse <x> has random weights", "worse <x> sees single frames"])

    // The terminal.
    let lines = comparison.lines
    #expect(lines.count == 1 + comparison.rows.count && lines[0].hasPrefix("percent"))
    let line = try #require(lines.first { $0.hasPrefix("knn20.top1 ") })
    #expect(line.contains(/\d+\.\d\* \+\d+\.\d \[\+\d+\.\d, \+\d+\.\d\]$/), "\(line)")
    #expect(
      comparison.explanation
        == "61 test videos; * is the best; differences are to worse <x>, in brackets with the 95 % interval of 10000 paired "
        + "resamples of the videos by seed 3")
    // JSON, and the same again.
    let object = try JSONSerialization.jsonObject(with: Data(try comparison.text.utf8)) as? [String: Any]
    #expect((object?["rows"] as? [Any])?.count == comparison.rows.count && object?["seed"] as? Int == 3)
    #expect(try RunComparison(folders, seed: 3).text == comparison.text)
  }

  @Test func thePageHoldsTheTableAndTheCharts() throws {
    let place = try VideoTestFolder()
    var trained = try EvaluationExample(test: 60, strength: 3).result
    let example = try EvaluationExample(test: 60, strength: 1)
    let folders = try ["a", "b <x>"].map { try example.write(to: "\(place.path)/\($0)") }
    trained.linear = EvaluationResult.Trained(
      seeds: [1, 2], top1: [0.5, 0.7], top5: [1, 1], meanClassAccuracy: [0.5, 0.7], constants: [:])
    var second = example.result
    second.linear = trained.linear
    try AtomicFile.write(try second.text, to: folders[1].file("eval.json"))
    let comparison = try RunComparison(folders, seed: 1)
    // A measure of the second alone.
    let row = try #require(comparison.rows.first { $0.metric == "linear.top1" })
    #expect(row.cells[0] == nil && row.cells[1]?.difference == nil && row.best == [1])
    #expect(abs((row.cells[1]?.standardError ?? 0) - 0.1) < 1e-12)
    let html = comparison.html
    #expect(html.contains("<td class=\"number\">- </td>") && html.contains("60.0 ± 10.0 ★"))
    #expect(html.contains("b &lt;x&gt;") && !html.contains("<x>") && !html.contains("http"))
    let pictures = html.matches(of: /<svg [^>]*role="img" aria-label="[^"]+">(?s:.*?)<\/svg>/)
    #expect(pictures.count == 2)
    for picture in pictures {
      let parser = XMLParser(data: Data(String(picture.0).utf8))
      #expect(parser.parse(), "\(String(describing: parser.parserError))")
    }
    let bars = comparison.rows.reduce(0) { $0 + $1.cells.count { $0 != nil } }
    #expect(html.matches(of: /<rect class="bar"/).count == bars)
    #expect(html.matches(of: /<circle class="difference"/).count == 2)
    // Whiskers of all bars but means over classes of one seed, and of the two differences.
    let plain = comparison.rows.filter { $0.metric.hasSuffix(".meanClass") && !$0.metric.hasPrefix("linear") }
    #expect(html.matches(of: /class="whisker"/).count == bars - 2 * plain.count + 2)
  }

  @Test func whatCannotBeComparedGetsASentence() throws {
    let place = try VideoTestFolder()
    func folder(_ name: String) -> String { "\(place.path)/\(name)" }
    let example = try EvaluationExample()
    let a = try example.write(to: folder("a"))
    #expect(
      complaint { _ = try RunComparison([a], seed: 1) }
        == "name at least two folders of 'mclc evaluate', the first being what others are compared with")
    let longer = try EvaluationExample(test: 14).write(to: folder("longer"))
    #expect(
      complaint { _ = try RunComparison([a, longer], seed: 1) }
        == "\(a.path) and \(longer.path) have different test sets: 2 videos stand in one of them alone, such as "
        + "'class 0/test_12.mp4' of \(longer.path); evaluate both on the same list")
    // One label is another.
    let relabelled = try example.write(to: folder("relabelled"))
    let file = relabelled.file("predictions.csv")
    let text = try String(contentsOfFile: file, encoding: .utf8)
    try text.replacing("test_1.mp4,class 1", with: "test_1.mp4,class 2").write(
      toFile: file, atomically: true, encoding: .utf8)
    #expect(
      complaint { _ = try RunComparison([a, relabelled], seed: 1) }
        == "\(a.path) and \(relabelled.path) have different test sets: 1 video has other labels, such as "
        + "'class 1/test_1.mp4'; evaluate both on the same list")
    // Without predictions the hashes tell.
    let retrieval = try EvaluationExample(kinds: [.retrieval]).write(to: folder("r"))
    let short = try EvaluationExample(test: 11, kinds: [.retrieval]).write(to: folder("s"))
    #expect(
      complaint { _ = try RunComparison([retrieval, short], seed: 1) }
        == "\(retrieval.path) and \(short.path) have different test sets: they have 12 and 11 videos of other hashes; "
        + "evaluate both on the same list")
    let without = try RunComparison([a, retrieval], seed: 1)
    #expect(
      without.remarks == [
        "r and a have no predictions of one protocol, so that there is no interval; compute them again with 'mclc evaluate "
          + "--rescore' and the same --protocol"
      ])
    #expect(without.rows.allSatisfy { $0.cells[1]?.interval == nil } && without.classes.isEmpty)
    // Two folders of one name are called by their paths.
    let other = try example.write(to: folder("x/a"))
    #expect(try RunComparison([a, other], seed: 1).runs.map(\.name) == [a.path, other.path])
  }
}
