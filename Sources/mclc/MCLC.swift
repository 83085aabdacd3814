import ArgumentParser
import Foundation

@main
struct MCLC: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mclc",
    abstract: "Compiles and trains video networks on CPUs.",
    discussion: paragraphs(
      """
      Exit codes: 0 done, 1 the work failed, 2 usage or bad input, 130 and 143 stopped by Ctrl-C and SIGTERM.
      """),
    version: "0.1.0",
    subcommands: [
      CompileCommand.self, RunCommand.self, PrepareCommand.self, InspectCommand.self,
      TrainCommand.self, CheckCommand.self, SynthesizeCommand.self,
      BenchCommand.self, ImportCommand.self, ExportCommand.self, ReportCommand.self,
    ])

  /// Parses and runs; usage errors leave with 2, as all bad input does.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      say(fullMessage(for: error))
      Foundation.exit(2)
    }
  }
}
