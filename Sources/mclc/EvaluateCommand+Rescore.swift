import ArgumentParser
import Foundation
import MCLCommandSupport
import MCLEvaluation
import MCLSupport

extension EvaluateCommand {
  /// Computes protocols again from the features that an evaluation kept.
  func computeAgain(
    _ folder: EvaluationFolder, _ kinds: [FeatureEvaluation.Kind], _ signals: SignalWatch
  ) throws {
    try refuseWhatIsNotRead()
    let controls = try controls()
    let stored = try folder.result()
    let tables = try folder.features(of: stored)
    let evaluation = try FeatureEvaluation(
      classes: stored.classTable, training: tables.training, test: tables.test)
    try controls.forEach { try $0.expectSameVideos(as: evaluation) }
    try makeFolder()
    let outcome = try measured(evaluation, kinds, signals)
    try finish(
      stored.rescored(outcome), outcome, evaluation, controls, EvaluationPictures(seed: features.seed ?? 1),
      signals)
  }

  /// Options that say what features are made of, which are there already.
  private static let optionsOfFeatures = [
    "--model", "--set", "--best", "--init", "--ignore-unknown", "--data", "--train-list", "--test-list",
    "--validate", "--split", "--program", "--layer", "--views", "--resize", "--single-frame", "--cache",
    "--workers",
  ]

  /// - Throws: `UsageError` for an option that says what the features already are. Defaults cannot be told from what was
  ///   given but by the words of the command.
  private func refuseWhatIsNotRead() throws {
    if let source = features.source {
      throw UsageError(
        "--rescore takes features as they are, so that \(source) would not be read; leave it out")
    }
    let words = CommandLine.arguments.dropFirst()
    let given = Self.optionsOfFeatures.first { option in
      words.contains { $0 == option || $0.hasPrefix(option + "=") }
    }
    if let given {
      throw UsageError(
        "--rescore takes features as they are, so that \(given) would change nothing; leave it out, or evaluate anew"
      )
    }
  }

  func controls() throws -> [EvaluationControl] {
    try controlFolders.map { try EvaluationControl(EvaluationFolder($0)) }
  }

  func makeFolder() throws {
    do { try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true) } catch {
      throw UsageError("\(out): the folder cannot be made; choose another with --out")
    }
  }

  /// Makes the page, writes all files, and says what came out.
  func finish(
    _ result: EvaluationResult, _ outcome: FeatureEvaluation.Outcome, _ evaluation: FeatureEvaluation,
    _ controls: [EvaluationControl], _ pictures: EvaluationPictures, _ signals: SignalWatch
  ) throws {
    let shown = try ShownVideos(
      evaluation, scores: outcome.scores, seed: pictures.seed, threads: try threadCount())
    let strips = try pictures.strips(of: shown, in: evaluation, signals: signals, isSilent: json)
    signals.enter(.finishing)
    let commands = EvaluationControl.Kind.allCases.map { kind in
      (kind, rescore == nil ? kind.commands(CommandLine.arguments, out: out) : [])
    }
    let page = EvaluationPage(
      name: EvaluationFolder(out).name, result: result, evaluation: evaluation, scores: outcome.scores,
      shown: shown, strips: strips, controls: controls,
      commands: Dictionary(uniqueKeysWithValues: commands))
    try write(result, outcome, evaluation, page: page.html)
    if json { return try printResult(try result.text, terminator: "") }
    for line in EvaluationLines(result).lines { try printResult(line) }
    for remark in result.remarks { say("mclc: \(remark)") }
    say(
      "\(out): eval.html, eval.json" + (outcome.scores.isEmpty ? "" : ", predictions.csv, confusion.csv")
        + (rescore == nil ? ", features" : ""))
  }
}
