import Foundation
import MCLGraph
import MCLParity
import MCLTestKit
import MCLWeights
import Testing

/// Whole training steps against numbers of the official code run in Double, by what `mclc check` does.
@Suite struct GoldenParityTests {
  static let core = repositoryFolder.appendingPathComponent("Tests/Goldens")
  static let folder = ProcessInfo.processInfo.environment["MCL_GOLDENS"].map { URL(fileURLWithPath: $0) }

  /// A check of one expected file of a folder, as the goldens' names say: `mcl_X_VARIANT` starts from `mcl_X_init`,
  /// a trajectory from itself, the others by the formula.
  static func check(_ name: String, in folder: URL, steps: Int? = nil) throws -> ParityCheck {
    func file(_ name: String) throws -> SafeTensors {
      try SafeTensors(path: folder.appendingPathComponent("\(name).safetensors").path)
    }
    let expected = try file(name)
    let isFormula = expected.metadata["weights"] == "formula"
    let first = "\(name.split(separator: "_").dropLast().joined(separator: "_"))_init"
    let isOneFile = !isFormula && !name.hasPrefix("mcl_")
    let start: ParityFiles.Start = isFormula ? .formula : .file(isOneFile ? expected : try file(first))
    let files = ParityFiles(start: start, expected: expected, isOneFile: isOneFile)
    let module = try projectModel(expected.metadata["model"] ?? "", settings: files.settings(given: [:]))
    return try ParityCheck(module: module, files: files, steps: steps)
  }

  static func expectWithin(_ outcome: ParityCheck.Outcome, _ name: String) {
    for row in outcome.rows where !row.isWithin {
      Issue.record("\(name), \(row.run): \(row.name) is off by \(row.error), the gate is \(row.gate.limit)")
    }
    #expect(outcome.unknown.isEmpty, "\(name) holds \(outcome.unknown)")
    #expect(outcome.compared + outcome.ignored.count == outcome.expected, "\(name) was not compared whole")
    let isWithin = outcome.isWithin
    #expect(isWithin, "\(name) is not met")
    let worst = outcome.rows.max { $0.share < $1.share }
    print(
      "parity \(name): \(outcome.compared) tensors, worst \(worst?.share ?? 0) of its gate: \(worst?.name ?? "")"
    )
  }

  /// `mcl_nonsquare` (96x80, layers 2,1,2,1) is by an independent PyTorch program: Benchmarks/peer/make_golden.py.
  @Test(arguments: [
    "mcl_tiny_main", "mcl_nonsquare_main", "p3d50_mcl", "r2plus1d_18_tv", "trajectory_accumulate",
    "supervised_narrow", "supervised_r2plus1d_18",
  ])
  func theCompiledStepMeetsTheCoreGoldens(name: String) throws {
    // All five steps are those of `supervised_narrow`; at full width they are under `make soak`.
    let steps = soakFactor == 1 && name == "supervised_r2plus1d_18" ? 1 : nil
    Self.expectWithin(try Self.check(name, in: Self.core, steps: steps).run(.compiled), name)
  }

  @Test(arguments: ["mcl_tiny_main", "mcl_nonsquare_main", "trajectory_accumulate", "supervised_narrow"])
  func theReferenceMeetsTheSmallGoldens(name: String) throws {
    // The largest of them; `mcl_tiny_main` has as many steps.
    let steps = soakFactor == 1 && name == "mcl_nonsquare_main" ? 1 : nil
    Self.expectWithin(try Self.check(name, in: Self.core, steps: steps).run(.reference), name)
  }

  /// Each by both engines in the long suite. Where settings alone differ from a core golden's, the reference engine is
  /// held by that one.
  static let others: [(String, ParityCheck.Engine)] = [
    "mcl_tiny_alpha09", "mcl_tiny_warmup", "mcl_basic_main", "mcl_basic_alpha09", "mcl_basic_warmup",
    "trajectory",
  ].flatMap { name in
    ParityCheck.Engine.allCases.filter { $0 == .compiled || name == "mcl_basic_main" || soakFactor > 1 }
      .map { (name, $0) }
  }

  @Test(
    .enabled(if: folder != nil, "MCL_GOLDENS names no folder of goldens: only the core set is compared"),
    arguments: others)
  func theOtherGoldensAreMet(name: String, engine: ParityCheck.Engine) throws {
    Self.expectWithin(try Self.check(name, in: try #require(Self.folder)).run(engine), "\(name) \(engine)")
  }

  @Test(
    .enabled(if: soakFactor > 1, "the interpreter at full width takes minutes: see make soak"),
    arguments: ["r2plus1d_18_tv", "p3d50_mcl", "supervised_r2plus1d_18"])
  func theReferenceMeetsTheGoldensOfFullWidth(name: String) throws {
    Self.expectWithin(try Self.check(name, in: Self.core).run(.reference), name)
  }
}
