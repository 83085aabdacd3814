import ArgumentParser
import Foundation
import MCLCommandSupport
import MCLGraph
import MCLParity
import MCLSupport
import MCLWeights

package struct CheckCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Compares programs with numbers made by another implementation.",
    subcommands: [
      CheckModelCommand.self, CheckScheduleCommand.self, CheckInflateCommand.self, CheckMotionCommand.self,
      CheckFlowCommand.self,
    ],
    defaultSubcommand: CheckModelCommand.self)

  package init() {}
}

extension ParityCheck.Engine: ExpressibleByArgument {}

struct CheckModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "Compares a model's step with expected tensors (the default of 'check').",
    discussion: paragraphs(
      """
      Settings come from --set, then the expected file's metadata, the inputs file's, the model's defaults. The compiled
      program is run three times: with every tap, unfused, and exactly as 'train' runs it. Exit code 1 when a tensor is outside its gate
      or the expected file holds one that means nothing here.

        mclc check models/r2plus1d.mcl --inputs mcl_tiny_init.safetensors --expect mcl_tiny_main.safetensors
        mclc check models/r2plus1d.mcl --expect trajectory.safetensors           (inputs in the same file)
        mclc check models/r2plus1d_18.mcl --formula --expect r2plus1d_18_tv.safetensors
        mclc check models/tiny.mcl --gradients --set size=32 --set batch=2
      """))

  @OptionGroup var options: ModelOptions
  @Option(help: "Weights, states and inputs (.safetensors); the expected file itself when left out.")
  var inputs: String?
  @Flag(help: "Fill weights and inputs by the goldens' formula.") var formula = false
  @Option(help: "What is expected (.safetensors).") var expect: String?
  @Option(help: "compiled, or reference: the operations' definitions in Double.")
  var engine: ParityCheck.Engine = .compiled
  @Option(help: "Training steps; all that the expected file speaks of when left out.") var steps: Int?
  @Flag(help: "Check the program's derivatives of order 1 and 2 against differences instead.")
  var gradients = false
  @Option(help: "With --gradients: the program.") var program: String = "step"
  @Option(help: "With --gradients: what decides the values and directions.") var seed: UInt64 = 1
  @Flag(help: "List every tensor, not only the worst.") var all = false
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    if gradients {
      guard expect == nil, inputs == nil, !formula else {
        throw ValidationError(
          "--gradients compares with differences: leave out --expect, --inputs and --formula")
      }
      return
    }
    guard expect != nil else {
      throw ValidationError("say what is expected: --expect FILE.safetensors, or --gradients")
    }
    guard inputs == nil || !formula else { throw ValidationError("give --inputs or --formula, not both") }
    if let steps, !(1...100_000).contains(steps) { throw ValidationError("--steps takes 1 to 100000") }
  }

  func run() throws {
    try reporting {
      if gradients { return try checkGradients() }
      guard let expect else { return }
      let expected = try tensors(expect)
      let start: ParityFiles.Start = formula ? .formula : .file(try inputs.map(tensors) ?? expected)
      let files = ParityFiles(
        start: start, expected: expected, isOneFile: !formula && (inputs == nil || inputs == expect))
      let settings = files.settings(given: try options.dictionary())
      let module = try loadModel(options.model, settings: settings)
      let check = try ParityCheck(
        module: module, files: files, steps: steps, threads: try threadCount(),
        report: { if !json, isatty(STDERR_FILENO) == 1 { say($0) } })
      let outcome = try check.run(engine)
      if json { try printJSON(object(outcome)) } else { try printResult(table(outcome)) }
      if !outcome.isWithin { throw ExitCode(1) }
    }
  }

  private func tensors(_ path: String) throws -> SafeTensors {
    do { return try SafeTensors(path: path) } catch let error as TensorFileError {
      throw UsageError("\(error)")
    }
  }

  private func checkGradients() throws {
    let graph = try options.load().program(program)
    let outcomes = try ProgramGradientCheck(graph, seed: seed).outcomes()
    if json {
      try printJSON([
        "program": graph.name,
        "checks": outcomes.map {
          [
            "output": $0.output, "order": $0.order, "derivative": $0.symbolic, "difference": $0.numeric,
            "error": $0.error, "ok": $0.isWithin,
          ] as [String: Any]
        },
      ])
    } else {
      try printResult("order  derivative        difference        relative   ok   output")
      for outcome in outcomes {
        try printResult(
          String(
            format: "%5d  %-16.9g  %-16.9g  %.2e   %@  %@", outcome.order, outcome.symbolic, outcome.numeric,
            outcome.error, outcome.isWithin ? "ok " : "OFF", outcome.output))
      }
    }
    if !outcomes.allSatisfy(\.isWithin) { throw ExitCode(1) }
  }

  // MARK: Reports

  private func worstFirst(_ outcome: ParityCheck.Outcome) -> [ParityCheck.Row] {
    outcome.rows.sorted { $0.share != $1.share ? $0.share > $1.share : $0.name < $1.name }
  }

  private func table(_ outcome: ParityCheck.Outcome) -> String {
    let rows = worstFirst(outcome)
    var lines = ["absolute   relative   error      gate       share  ok   run         tensor"]
    for (index, row) in rows.enumerated() where all || index < 20 || !row.isWithin {
      lines.append(
        String(
          format: "%.2e   %.2e   %.2e   %.2e   %5.2f  ", row.absolute, row.relative, row.error,
          row.gate.limit, row.share)
          + (row.isWithin ? row.isWidened ? "ok*  " : "ok   " : "OFF  ")
          + row.run.padding(toLength: 12, withPad: " ", startingAt: 0)
          + row.name)
    }
    let off = Set(rows.filter { !$0.isWithin }.map(\.name)).count
    lines.append(
      "\(outcome.expected) tensors expected: \(outcome.compared) compared (\(rows.count) comparisons), "
        + "\(outcome.ignored.count) left out by rule, \(outcome.unknown.count) unknown; \(off) off")
    for (rule, names) in Dictionary(grouping: outcome.ignored, by: \.rule).sorted(by: { $0.key < $1.key }) {
      lines.append("  left out: \(names.count), \(rule)")
    }
    if rows.contains(where: \.isWidened) {
      lines.append(
        "  ok*: within five times what one rounding of the first weights makes, which is more than the gate")
    }
    if !outcome.unknown.isEmpty {
      lines.append("  unknown: " + outcome.unknown.joined(separator: ", "))
    }
    let compared = Set(rows.map(\.name))
    if outcome.unknown.isEmpty, outcome.compared + outcome.ignored.count != outcome.expected {
      lines.append("  never computed: \(outcome.expected - outcome.ignored.count - compared.count) tensors")
    }
    return lines.joined(separator: "\n")
  }

  private func object(_ outcome: ParityCheck.Outcome) -> [String: Any] {
    func number(_ value: Double) -> Any { value.isFinite ? value : "\(value)" }
    return [
      "ok": outcome.isWithin, "expected": outcome.expected, "compared": outcome.compared,
      "ignored": outcome.ignored.map { ["name": $0.name, "rule": $0.rule] }, "unknown": outcome.unknown,
      "rows": worstFirst(outcome).map { row in
        [
          "name": row.name, "run": row.run, "absolute": number(row.absolute),
          "relative": number(row.relative),
          "error": number(row.error), "gate": row.gate.limit, "ok": row.isWithin, "widened": row.isWidened,
        ] as [String: Any]
      },
    ]
  }
}
