import Foundation
import MCLTestKit
import Testing

@Suite struct HelpTests {
  private let command = CommandLineTests()

  /// On a terminal of 80 columns nothing is wrapped twice, and nothing runs over.
  @Test(arguments: [
    [], ["compile"], ["run"], ["prepare"], ["inspect"], ["train"], ["check"], ["check", "model"],
    ["synthesize"], ["embed"], ["evaluate"], ["compare"], ["predict"],
    ["bench", "step"], ["bench", "compile"], ["bench", "flow"], ["bench", "kernels"], ["bench", "loader"],
    ["import"],
    ["export"], ["report"],
  ])
  func helpFillsItsLines(of name: [String]) throws {
    let help = try command.run("mclc", name + ["--help"], environment: ["COLUMNS": "80"])
    #expect(help.code == 0)
    let overview = try #require(help.output.components(separatedBy: "USAGE:").first)
    let lines = overview.components(separatedBy: "\n")
    for (line, next) in zip(lines, lines.dropFirst()) {
      #expect(line.count <= 80, "\(line)")
      guard let first = line.first, first != " ", let start = next.first, start != " " else { continue }
      let word = next.prefix { $0 != " " }
      #expect(line.count + 1 + word.count > 79, "'\(line)' is wrapped before '\(word)'")
    }
    for line in help.output.components(separatedBy: "\n") where !line.hasPrefix("USAGE:") {
      #expect(line.count <= 80, "\(line)")
    }
  }

  @Test func optionsOfTrainStandInGroups() throws {
    let help = try command.mclc(["train", "--help"]).output
    for title in ["THE VIDEOS:", "THE RUN:", "LENGTH AND DRAWS:", "SCHEDULES:"] {
      #expect(help.contains("\n\(title)\n"), "\(title)")
    }
  }

  @Test(arguments: [
    ["train", "models/tiny.mcl"], ["run", "models/tiny.mcl"], ["compile", "models/tiny.mcl", "--nonsense"],
    ["compile", "no.mcl"], ["inspect"], ["nonsense"], ["report", "/nowhere", "-o", "x.html"],
  ])
  func everyMessageBeginsAlike(arguments: [String]) throws {
    let outcome = try command.mclc(arguments)
    #expect(outcome.code == 2 && outcome.errors.hasPrefix("mclc: "), "\(outcome.errors)")
  }

  @Test func passesThatChangeNothingAreOneLine() throws {
    let outcome = try command.mclc(["compile", "models/tiny.mcl", "--program", "embed"] + SmallRun.set)
    #expect(outcome.code == 0)
    let rows = outcome.output.split(separator: "\n").filter { $0.contains(" -> ") }
    #expect(rows.contains { $0.contains("lower ") } && !rows.contains { $0.contains("keep-old-states") })
    #expect(
      outcome.output.contains(/\n  \d+ passes changed nothing \(.*keep-old-states.*\), [\d.]+ ms\n/),
      "\(outcome.output)")
  }
}
