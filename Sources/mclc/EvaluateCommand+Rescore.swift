import ArgumentParser
import Foundation
import MCLCommandSupport
import MCLEvaluation
import MCLSupport

extension EvaluateCommand {
  /// Computes protocols again from the features that an evaluation kept.
  func computeAgain(
    _ kept: EvaluationFolder, _ kinds: [FeatureEvaluation.Kind], _ signals: SignalWatch
  ) throws {
    try refuseWhatIsNotRead()
    let controls = try controls()
    let stored = try kept.result()
    let tables = try kept.features(of: stored)
    let evaluation = try FeatureEvaluation(
      classes: stored.classTable, training: tables.training, test: tables.test)
    try controls.forEach { try $0.expectSameVideos(as: evaluation) }
    let folder = EvaluationFolder(outFolder ?? kept.path)
    try makeFolder(folder.path)
    let seed = features.seed ?? stored.seed
    let outcome = try measured(evaluation, kinds, seed: seed, signals)
    let result = stored.rescored(outcome, seed: seed)
    try write(result, outcome, evaluation, controls, EvaluationPictures(seed: seed), to: folder, signals)
    try json ? printResult(try result.text, terminator: "") : show(result, folder.path)
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

  func makeFolder(_ path: String) throws {
    do { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
      throw UsageError("\(path): the folder cannot be made; choose another with --out")
    }
  }

  /// Makes the page and writes all files, the result last: where it is, the others are of it.
  func write(
    _ result: EvaluationResult, _ outcome: FeatureEvaluation.Outcome, _ evaluation: FeatureEvaluation,
    _ controls: [EvaluationControl], _ pictures: EvaluationPictures, to folder: EvaluationFolder,
    _ signals: SignalWatch
  ) throws {
    let shown = try ShownVideos(
      evaluation, scores: outcome.scores, seed: pictures.seed, threads: try threadCount())
    let strips = try pictures.strips(of: shown, in: evaluation, signals: signals, isSilent: json)
    signals.enter(.finishing)
    let commands = EvaluationControl.Kind.allCases.map { kind in
      (kind, rescore == nil ? kind.commands(CommandLine.arguments, out: folder.path) : [])
    }
    let page = EvaluationPage(
      name: folder.name, result: result, evaluation: evaluation, scores: outcome.scores,
      shown: shown, strips: strips, controls: controls,
      commands: Dictionary(uniqueKeysWithValues: commands))
    let files = [EvaluationFolder.predictionsFile, EvaluationFolder.confusionFile].map(folder.file)
    do {
      // Those of the folder that was read are the same.
      if rescore.map(absolutePath) != absolutePath(folder.path) {
        try folder.writeFeatures(training: evaluation.training, test: evaluation.test)
      }
      if outcome.scores.isEmpty {
        // Those of an evaluation before would be taken for this one's.
        for file in files { try? FileManager.default.removeItem(atPath: file) }
      } else {
        try AtomicFile.write(evaluation.predictions(outcome.scores), to: files[0])
        try AtomicFile.write(evaluation.confusion(outcome.scores), to: files[1])
      }
      try AtomicFile.write(page.html, to: folder.file(EvaluationFolder.pageFile))
      try AtomicFile.write(try result.text, to: folder.file(EvaluationFolder.resultFile))
    } catch let error as TensorFileError { throw UsageError(error.description) }
  }

  func show(_ result: EvaluationResult, _ out: String) throws {
    for line in EvaluationLines(result).lines { try printResult(line) }
    for remark in result.remarks { say("mclc: \(remark)") }
    say(
      "\(out): eval.html, eval.json" + (result.shown == nil ? "" : ", predictions.csv, confusion.csv")
        + (rescore == nil ? ", features" : ""))
  }
}
