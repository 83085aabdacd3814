import ArgumentParser
import Foundation
import MCLCommandSupport
import MCLData
import MCLMotion
import MCLParity
import MCLRuntime
import MCLSupport

struct CheckMotionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "motion",
    abstract: "Compares motion maps, velocities, targets and boxes with those of a file.",
    discussion: paragraphs(
      """
      FILE is a safetensors file of quantised flows and of what the published code computes of them. Every tensor of it is
      compared; one that is off, missing or unknown makes the command fail.

        mclc check motion goldens/motion.safetensors

      Exit codes: 0 all within the gates, 1 one is off or not compared, 2 usage or bad input.
      """))

  @Argument(help: "The file of flows and measures (.safetensors).") var file: String
  @Flag(help: "Print the table as JSON.") var json = false

  func run() throws { try checkTable(file, json: json) { try MotionCheck.table(path: file) } }
}

struct CheckFlowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flow", abstract: "Compares TV-L1 flow with OpenCV's and with the truth of a file.",
    discussion: paragraphs(
      """
      FILE is a safetensors file of pairs of frames with OpenCV's flow, its parameters in the metadata, and the true flow
      where that is known. Means decide, never the largest difference.

        mclc check flow goldens/tvl1.safetensors

      Exit codes: 0 all within the gates, 1 one is off or not compared, 2 usage or bad input.
      """))

  @Argument(help: "The file of pairs (.safetensors).") var file: String
  @Flag(help: "Print the table as JSON.") var json = false

  func run() throws { try checkTable(file, json: json) { try FlowCheck.table(path: file) } }
}

/// Computes and prints a table; exit code 1 where it is not all within the gates.
private func checkTable(_ file: String, json: Bool, _ table: () throws -> MotionCheckTable) throws {
  try reporting {
    let result: MotionCheckTable
    do { result = try table() } catch let error as TensorFileError {
      throw UsageError(error.description)
    } catch let
      error as MotionError
    { throw UsageError("\(file): \(error)") } catch let error as SamplingError {
      throw UsageError("\(file): \(error)")
    }
    if json { try printJSON(object(result, file)) } else { try printTable(result) }
    guard result.isOK else { throw ExitCode(1) }
  }
}

private func object(_ table: MotionCheckTable, _ file: String) -> [String: Any] {
  // JSON has no infinity.
  func number(_ value: Double) -> Any { value.isFinite ? value : "infinity" }
  let rows = table.rows.map { row -> [String: Any] in
    [
      "name": row.name, "count": row.count, "measure": row.measure.rawValue, "error": number(row.error),
      "gate": row.gate, "ok": row.isOK, "note": row.note,
    ]
  }
  return [
    "file": file, "rows": rows, "ok": table.isOK,
    "notCompared": table.notCompared.map { ["name": $0.name, "reason": $0.reason] },
  ]
}

private func printTable(_ table: MotionCheckTable) throws {
  func padded(_ text: String) -> String { text + String(repeating: " ", count: max(0, 32 - text.count)) }
  try printResult("\(padded("tensor"))   count    error     gate  measure")
  for row in table.rows {
    let numbers = String(format: "%8d %8.1e %8.1e", row.count, row.error, row.gate)
    let measure = row.measure.rawValue.padding(toLength: 9, withPad: " ", startingAt: 0)
    try printResult("\(padded(row.name))\(numbers)  \(measure)  \(row.isOK ? "ok " : "OFF")  \(row.note)")
  }
  for (name, reason) in table.notCompared { try printResult("not compared: \(name): \(reason)") }
  let off = table.rows.count { !$0.isOK }
  try printResult(
    "\(table.rows.count) comparisons: "
      + (table.isOK ? "all within the gates" : "\(off) off, \(table.notCompared.count) not compared"))
}
