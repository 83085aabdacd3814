import ArgumentParser
import Foundation
import MCLCommandSupport
import MCLParity
import MCLSupport

struct CheckInflateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inflate",
    abstract: "Compares imported and inflated checkpoints with the published conversion's.",
    discussion: paragraphs(
      """
      FILE is X.safetensors, which holds the expected tensors: then X.pth.tar and X_legacy.pth.tar beside it are read. Or
      it is one such checkpoint, and --expect names the expected tensors (X.safetensors beside it when left out). Exact.

        mclc check inflate goldens/inflate_full_moco.safetensors

      Exit codes: 0 all equal, 1 something differs, 2 usage or bad input.
      """))

  @Argument(help: "The expected tensors (.safetensors) or a checkpoint (.pth.tar).") var file: String
  @Option(help: "The expected tensors of a checkpoint.") var expect: String?
  @Flag(help: "Print the table as JSON.") var json = false

  func run() throws {
    try reporting {
      let check: InflateCheck
      do {
        check = try InflateCheck(checkpoints: try checkpoints(), expected: expectedPath)
      } catch let error as TensorFileError { throw UsageError(error.description) }
      if json { try printJSON(object(check)) } else { try printResult(table(check)) }
      if !check.isOK { throw ExitCode(1) }
    }
  }

  private static let suffixes = [".pth.tar", "_legacy.pth.tar", ".pth", "_legacy.pth", ".pt"]
  private var isExpected: Bool { expect == nil && file.hasSuffix(".safetensors") }

  private var expectedPath: String {
    if let expect { return expect }
    if isExpected { return file }
    let suffixes = Self.suffixes.sorted { $0.count > $1.count }
    let suffix = suffixes.first { file.hasSuffix($0) } ?? ""
    return file.dropLast(suffix.count) + ".safetensors"
  }

  private func checkpoints() throws -> [String] {
    guard isExpected else { return [file] }
    let stem = String(file.dropLast(".safetensors".count))
    let found = Self.suffixes.map { stem + $0 }.filter { FileManager.default.fileExists(atPath: $0) }
    guard !found.isEmpty else {
      throw UsageError("\(file): there is no checkpoint beside it; name one and give --expect \(file)")
    }
    return found
  }

  private func object(_ check: InflateCheck) -> [String: Any] {
    [
      "ok": check.isOK,
      "rows": check.rows.map { row in
        [
          "checkpoint": row.checkpoint, "part": row.part, "compared": row.compared, "ok": row.isOK,
          "corrected": row.corrected, "different": row.different, "missing": row.missing,
          "surplus": row.surplus,
        ] as [String: Any]
      },
    ]
  }

  private func table(_ check: InflateCheck) -> String {
    var lines = ["part      compared  differ  missing  surplus  ok   checkpoint"]
    for row in check.rows {
      lines.append(
        row.part.padding(toLength: 9, withPad: " ", startingAt: 0)
          + String(
            format: "%9d %7d %8d %8d  ", row.compared, row.different.count, row.missing.count,
            row.surplus.count) + (row.isOK ? "ok   " : "OFF  ")
          + (row.checkpoint as NSString).lastPathComponent
          + (row.corrected > 0 ? " (\(row.corrected) of the query's head)" : ""))
      for (what, names) in [
        ("differs", row.different), ("missing", row.missing), ("surplus", row.surplus),
      ] {
        for name in names.prefix(10) { lines.append("  \(what): \(name)") }
      }
    }
    lines.append(check.isOK ? "all equal" : "\(check.rows.count { !$0.isOK }) of \(check.rows.count) off")
    return lines.joined(separator: "\n")
  }
}
