import Foundation
import MCLCommandSupport
import MCLSupport

/// A benchmark that takes turns among processes: it computes when a line asks for it, and only then.
enum BenchTurns {
  /// Says in JSON that it is ready, then answers each line of standard input with the seconds its work took, until
  /// 'quit' or the end.
  ///
  /// - Parameter work: does what a line asks for and gives its seconds; nil where the line asks for nothing it knows.
  /// - Throws: `UsageError` for such a line, and what `work` throws.
  static func serve(requests: String, _ work: (String) throws -> Double?) throws {
    try printResult("{\"ready\": true}")
    fflush(nil)
    while let line = readLine(), line != "quit" {
      guard let seconds = try work(line) else {
        throw UsageError("'\(line)' is no request; send \(requests) or 'quit'")
      }
      try printResult(
        String(format: "{\"seconds\": %.6f, \"peakRSSMiB\": %.1f}", seconds, StepReport.peakRSSMiB))
      fflush(nil)
    }
  }
}
