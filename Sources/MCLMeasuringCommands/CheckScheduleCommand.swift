import ArgumentParser
import Foundation
import MCLCommandSupport
import MCLParity
import MCLSupport

struct CheckScheduleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schedule", abstract: "Compares learning rates with those of a file.",
    discussion: paragraphs(
      """
      FILE is a safetensors file of the published scheduler's rates: tensors NAME.lr, a rate a step, with their
      configuration as JSON in the metadata NAME and, where given, exact values in NAME.exact.

        mclc check schedule Tests/Goldens/schedule.safetensors

      Exit codes: 0 all within the gate, 1 one is off or not compared, 2 usage or bad input.
      """))

  @Argument(help: "The file of rates (.safetensors).") var file: String
  @Flag(help: "Print the table as JSON.") var json = false

  func run() throws {
    try reporting {
      let check: ScheduleCheck
      do { check = try ScheduleCheck(path: file) } catch let error as TensorFileError {
        throw UsageError(error.description)
      }
      if json { try printJSON(object(check)) } else { try printTable(check) }
      guard check.isOK else { throw ExitCode(1) }
    }
  }

  private func object(_ check: ScheduleCheck) -> [String: Any] {
    // JSON has no infinity.
    func number(_ value: Double) -> Any { value.isFinite ? value : "infinity" }
    let rows = check.rows.map { row -> [String: Any] in
      [
        "name": row.name, "count": row.count, "worstAbsolute": number(row.worstAbsolute),
        "worstRelative": number(row.worstRelative), "worstStep": row.worstStep, "gate": row.gate,
        "ok": row.isOK,
      ]
    }
    return ["file": file, "rows": rows, "notCompared": check.notCompared, "ok": check.isOK]
  }

  private func printTable(_ check: ScheduleCheck) throws {
    func padded(_ text: String) -> String { text + String(repeating: " ", count: max(0, 28 - text.count)) }
    try printResult("\(padded("learning rates")) count   absolute   relative  at step     gate")
    for row in check.rows {
      let numbers = String(
        format: "%5d %10.2e %10.2e %8d %8.0e", row.count, row.worstAbsolute, row.worstRelative,
        row.worstStep, row.gate)
      try printResult("\(padded(row.name)) \(numbers)  \(row.isOK ? "ok" : "OFF")")
    }
    for name in check.notCompared { try printResult("not compared: \(name)") }
    let off = check.rows.count { !$0.isOK }
    try printResult(
      "\(check.rows.count) lists, \(check.rows.reduce(0) { $0 + $1.count }) rates: "
        + (check.isOK ? "all within the gate" : "\(off) off, \(check.notCompared.count) not compared"))
  }
}
