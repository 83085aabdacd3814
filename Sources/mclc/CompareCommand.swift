import ArgumentParser
import Foundation
import MCLCommandSupport
import MCLEvaluation
import MCLSupport

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Puts evaluations beside each other, with what is uncertain about them.",
    discussion: paragraphs(
      """
      Takes folders of 'mclc evaluate' whose test videos are the same, and gives a table: a row a measure, a column a folder.
      Differences are to the first. Where predictions.csv says which videos are right, a difference has the 95 % interval of
      10000 paired resamples of the videos. If it leaves 0 out, the difference is unlikely to come of which videos were drawn.

        mclc compare first random
        mclc compare first second third -o compare.html
      """))

  @Argument(
    help: ArgumentHelp(
      "Folders of 'mclc evaluate'; the others are compared with the first.", valueName: "folder"))
  var folders: [String] = []
  @Option(name: .shortAndLong, help: "An HTML page to write: table, bars, classes that differ most.") var out:
    String?
  @Option(help: "What the resamples are drawn by.") var seed: UInt64 = 1
  @Flag(help: "Print the comparison as JSON.") var json = false

  func run() throws {
    try reporting {
      let folders = folders.map(EvaluationFolder.init)
      if let out {
        guard FilePath(out).ending == "html" else {
          throw UsageError("--out \(out): name a file that ends in .html")
        }
        try expectFolder(of: out)
        let page = FilePath(out)
        if FileManager.default.fileExists(atPath: out),
          let own = folders.first(where: { FilePath($0.file(EvaluationFolder.pageFile)).isSameFile(as: page) }
          )
        {
          throw UsageError(
            "--out \(out): it is the page of \(own.path), which is compared; name another file")
        }
      }
      let comparison = try RunComparison(folders, seed: seed)
      if let out {
        do { try AtomicFile.write(comparison.html, to: out) } catch let error as TensorFileError {
          throw UsageError(error.description)
        }
      }
      if json {
        try printResult(try comparison.text, terminator: "")
      } else {
        for line in comparison.lines { try printResult(line) }
        say(comparison.explanation)
        for remark in comparison.remarks { say("mclc: \(remark)") }
      }
      if let out { say("\(out): the comparison") }
    }
  }
}
