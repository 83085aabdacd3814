import Foundation
import MCLDataTestKit
import MCLEvaluation
import MCLSupport
import Testing

/// `predictions.csv` as a file that anybody may have written.
@Suite struct PredictionTableTests {
  private func rows(_ text: String) throws -> [[String]] { try CSVText.rows(text.utf8, of: "x.csv") }

  private func complaint(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "nothing"
    } catch { return error is UsageError ? "\(error)" : "another error: \(error)" }
  }

  @Test func whatIsQuotedIsRead() throws {
    let fields = [["a", "b,c", "d \"e\""], ["", "two\nlines", "ü"], ["", "", ""]]
    #expect(try rows(fields.map(CSVText.line).joined()) == fields)
    #expect(try rows("a,b\r\n\"c\",\r\n\nd,e") == [["a", "b"], ["c", ""], ["d", "e"]])
    #expect(try rows("").isEmpty && rows("\n\n").isEmpty)
    #expect(try rows("a,\"\"") == [["a", ""]])
    #expect(
      complaint { _ = try rows("a\n\"b\n\nc") }
        == "x.csv: line 2 opens a quotation mark that is not closed; evaluate anew, which writes it")
    #expect(
      complaint { _ = try rows("a,\"b\"c\n") }
        == "x.csv: line 1 goes on after a closing quotation mark; evaluate anew, which writes it")
  }

  @Test func tablesAreReadBack() throws {
    let place = try VideoTestFolder()
    let example = try EvaluationExample()
    let folder = try example.write(to: place.path + "/e")
    let table = try #require(try PredictionTable(folder, of: example.result))
    #expect(table.rows.count == 13)
    let knn = try #require(example.result.knn?.first)
    #expect(Double(table.rows.values.count(where: \.isRight)) / 13 == knn.top1)
    #expect(Double(table.rows.values.count(where: \.isAmongFive)) / 13 == knn.top5)
    #expect(table.rows["class 1/test_4.mp4"]?.label == "class 1")
    let retrieval = try EvaluationExample(kinds: [.retrieval])
    #expect(try PredictionTable(retrieval.write(to: place.path + "/r"), of: retrieval.result) == nil)
  }

  @Test func damagedTablesGetASentence() throws {
    let place = try VideoTestFolder()
    let example = try EvaluationExample()
    let folder = try example.write(to: place.path + "/e")
    let file = folder.file("predictions.csv")
    let text = try String(contentsOfFile: file, encoding: .utf8)
    func said(_ change: (String) -> String) throws -> String {
      let changed = change(text)
      #expect(changed != text)
      try changed.write(toFile: file, atomically: true, encoding: .utf8)
      return complaint { _ = try PredictionTable(folder, of: example.result) }
    }
    let end = "; evaluate anew, which writes it"
    #expect(try said { _ in "" } == "\(file): it is empty\(end)")
    #expect(
      try said { $0.replacing("class_2,", with: "klass,") } == "\(file): it has no column 'class_2'\(end)")
    #expect(
      try said { $0.replacing("video,label", with: "label,video") }
        == "\(file): its columns are not video,label,class_1,score_1,class_2,score_2,class_3,score_3\(end)")
    #expect(
      try said { $0.replacing("class 0/test_3.mp4,", with: "class 0/test_3.mp4,,") }
        == "\(file): row 5 has 9 fields, not 8\(end)")
    #expect(
      try said { $0.replacing("test_1.mp4,class 1", with: "test_1.mp4,class 9") }
        == "\(file): row 3 names 'class 9', which is none of the 3 classes\(end)")
    #expect(
      try said { $0.replacing("class 0/test_3.mp4", with: "class 0/test_0.mp4") }
        == "\(file): row 5 names the video 'class 0/test_0.mp4' a second time\(end)")
    let lines = text.split(separator: "\n")
    #expect(
      try said { _ in lines.dropLast().joined(separator: "\n") }
        == "\(file): it has 11 videos, but eval.json beside it tells of 12\(end)")
    let first = lines[1].split(separator: ",")
    #expect(
      try said { $0.replacing(lines[1], with: (first.dropLast() + ["nan"]).joined(separator: ",")) }
        == "\(file): row 2 has the score 'nan', which is no number\(end)")
    try FileManager.default.removeItem(atPath: file)
    #expect(
      complaint { _ = try PredictionTable(folder, of: example.result) }
        == "\(folder.path): it holds no predictions.csv, which its eval.json tells of; evaluate anew")
  }
}
