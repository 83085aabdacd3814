import ArgumentParser
import Foundation
import MCLCommandSupport
import MCLReport
import MCLSupport

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Writes a run's report: one HTML file that needs nothing else.",
    discussion: paragraphs(
      """
      Curves of every output beside what chance gives, throughput and scheduled inputs, similarities of positives
      and negatives, variance and effective rank of the embeddings, and the run's first clips with their motion and the
      saliency, early and late. Of a run that is under way, what is there so far.

        mclc report runs/demo -o report.html
      """))

  @Argument(help: ArgumentHelp("The folder of a run.", valueName: "run")) var folder: String
  @Option(name: .shortAndLong, help: "The file to write (.html).") var out: String

  func run() throws {
    try reporting {
      try expectDistinct(
        out,
        from: ["log.jsonl", "embeddings.jsonl", "speed.jsonl", "loss.svg", "config.yaml", "model.mclc"].map {
          "\(folder)/\($0)"
        })
      let report = try RunReport(folder: folder)
      do { try AtomicFile.write(report.html, to: out) } catch let error as TensorFileError {
        throw UsageError(error.description)
      }
      say("\(out): the report of \(folder)")
    }
  }
}
