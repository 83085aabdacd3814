import ArgumentParser
import Foundation
import MCLCommandSupport
import MCLMeasuringCommands
import MCLSupport

@main
struct MCLC: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mclc",
    abstract: "Compiles and trains video networks on CPUs.",
    discussion: paragraphs(
      """
      Results go to standard output, and a command fails where they cannot be written; what is said to people goes to
      standard error, and is dropped where it cannot be written. MCL_THREADS sets the threads that compute; by default
      there is one for each processor that the process may use.

      \(exitCodes)
      """),
    version: "0.1.0",
    subcommands: [
      CompileCommand.self, RunCommand.self, PrepareCommand.self, InspectCommand.self,
      TrainCommand.self, EmbedCommand.self, EvaluateCommand.self, CompareCommand.self, PredictCommand.self,
      CheckCommand.self, SynthesizeCommand.self,
      BenchCommand.self, ImportCommand.self, ExportCommand.self, ReportCommand.self,
    ])

  /// What the help of a command that answers signals says of them all.
  static let exitCodes = """
    Exit codes: 0 done, 1 the work failed or its result could not be written, 2 usage or bad input, 129, 130 and 143 stopped
    by SIGHUP, Ctrl-C and SIGTERM.
    """

  static func main() {
    ProcessSetup.begin()
    Foundation.exit(status())
  }

  /// Parses and runs.
  /// - Returns: the exit code; usage errors have 2, as all bad input does.
  private static func status() -> Int32 {
    do {
      do {
        var command = try parseAsRoot()
        try command.run()
      } catch  where exitCode(for: error) == .success {
        // The help or the version was asked for.
        try printResult(fullMessage(for: error))
      }
      try StandardOutput.close()
      return 0
    } catch let error as StandardOutputError {
      return failed(error).rawValue
    } catch {
      let (code, message) = (exitCode(for: error), fullMessage(for: error))
      // The parser's own word for a mistake is not that of the other messages.
      let mistake = "Error: "
      if !message.isEmpty {
        let text = TrainingSettings.addingHint(to: message)
        say(text.hasPrefix(mistake) ? "mclc: " + text.dropFirst(mistake.count) : text)
      }
      return code == .validationFailure ? 2 : code.rawValue
    }
  }
}
