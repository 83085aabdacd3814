import ArgumentParser
import Foundation
import MCLData
import MCLDrawing
import MCLEvaluation
import MCLSupport

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measures what a network has learnt, by its features or fine-tuned.",
    discussion: paragraphs(
      """
      Features of the videos to test with are compared with those of the videos to train with, by the cosine. knn: the 20
      and 200 nearest vote for a test video's class. retrieval: how often one of the nearest 1, 5, 10, 20 and 50 has the
      class of the query, for videos (mean over views) and single clips. Beside each number stands what chance gives.

        mclc evaluate runs/first --data videos --validate 0.2 --out first
        mclc evaluate runs/first --data UCF-101 --train-list trainlist01.txt --test-list testlist01.txt --out first
        mclc evaluate runs/first --data videos --validate 0.2 --init none --out random
        mclc evaluate runs/first --data videos --validate 0.2 --single-frame --out still
        mclc evaluate runs/first --data videos --protocol finetune --out tuned
        mclc evaluate moco.safetensors --model models/r2plus1d.mcl --data videos --protocol knn --out moco

      finetune trains all weights on labels in OUT/finetune, a run that a second call goes on with, then tests.
      With the same videos, --init none says what the architecture gives without training, and --single-frame what is left
      without motion.
      Without lists a share of each class is tested, drawn by the seed; of a run's own videos those that it held back. OUT
      gets eval.json (all numbers and what they depend on), predictions.csv and confusion.csv (votes of the 20 nearest).

      \(MCLC.exitCodes)
      """))

  @OptionGroup var features: FeatureOptions
  @OptionGroup(title: "The videos") var videos: EvaluationVideoOptions
  @OptionGroup(title: "Features and views") var views: ViewOptions
  @OptionGroup(title: "Fine-tuning") var tuning: FinetuneOptions
  @Option(
    name: .customLong("protocol"),
    help: "What is measured: knn, retrieval, finetune, or several with commas between.")
  var protocols = "knn,retrieval"
  @Option(help: "The folder to write to; it is made if need be.") var out: String
  @Flag(help: "Print eval.json; no progress.") var json = false

  func run() throws {
    try reporting {
      let signals = SignalWatch()
      let (others, isTuned) = FinetuneJob.split(protocols)
      let kinds = isTuned && others.isEmpty ? [] : try FeatureEvaluation.Kind.all(others)
      let job = try FeatureJob(
        features, views, cache: (out as NSString).appendingPathComponent("cache"), signals: signals,
        isSilent: json)
      let sides = try EvaluationSides(videos, run: job.run, seed: job.seed)
      let folder = (out as NSString).appendingPathComponent(FinetuneJob.name)
      let tune = isTuned ? try FinetuneJob(tuning, job, sides, folder: folder) : nil
      do { try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true) } catch {
        throw UsageError("\(out): the folder cannot be made; choose another with --out")
      }
      let evaluation = try FeatureEvaluation(
        classes: sides.classes,
        training: try job.table(of: sides.training.videos, in: sides.training.folder, "to train with"),
        test: try job.table(of: sides.test.videos, in: sides.test.folder, "to test with"))
      let outcome = try measured(evaluation, kinds, job)
      let tuned = try tune?.run()
      signals.enter(.finishing)
      var result = try result(outcome, evaluation, sides, job)
      result.finetune = tuned
      try write(result, outcome, evaluation)
      if json { return try printResult(try result.text, terminator: "") }
      for line in EvaluationLines(result).lines { try printResult(line) }
      for remark in result.remarks { say("mclc: \(remark)") }
      say("\(out): eval.json" + (outcome.scores.isEmpty ? "" : ", predictions.csv, confusion.csv"))
    }
  }

  private func measured(
    _ evaluation: FeatureEvaluation, _ kinds: [FeatureEvaluation.Kind], _ job: FeatureJob
  ) throws -> FeatureEvaluation.Outcome {
    job.signals.enter(.comparing)
    let bar = ProgressBar(isSilent: json)
    let start = ContinuousClock.now
    var last = ""
    var began = start
    let outcome = try evaluation.run(kinds, threads: try threadCount()) { part, done in
      if let code = job.signals.exitCode {
        bar.clear()
        say("mclc: stopped while comparing \(part); the features are kept")
        throw ExitCode(code)
      }
      if part != last { (last, began) = (part, .now) }
      let seconds = began.duration(to: .now) / .seconds(1)
      let left = done > 0 ? seconds * (1 - done) / done : .infinity
      bar.show(done, "comparing \(part), \(ProgressBar.duration(left)) left")
    }
    bar.clear()
    return outcome
  }

  private func result(
    _ outcome: FeatureEvaluation.Outcome, _ evaluation: FeatureEvaluation, _ sides: EvaluationSides,
    _ job: FeatureJob
  ) throws -> EvaluationResult {
    let source = try job.source()
    let settings = Dictionary(
      job.module.settings.map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last })
    let weights = EvaluationResult.Weights(
      file: job.weights?.path, seed: job.weights == nil ? job.seed : nil, sha256: source.weights)
    var remarks = sides.remarks + outcome.remarks
    if job.weights == nil {
      remarks.append("the weights are random: what the architecture gives without training")
    }
    if source.preparation.isSingleFrame {
      remarks.append("each clip shows its middle frame alone: what is left without motion")
    }
    let (training, test) = (evaluation.training, evaluation.test)
    for (table, side) in [(training, "train"), (test, "test")] where !table.unreadable.isEmpty {
      remarks.append(
        "\(table.unreadable.count) of the \(table.count + table.unreadable.count) videos to \(side) with could not be read"
      )
    }
    return EvaluationResult(
      model: EvaluationResult.Model(name: job.module.name, settings: settings, weights: weights),
      features: source,
      width: training.width, classes: sides.classes.names,
      training: EvaluationResult.Part(
        training, origin: sides.training.origin, listSHA256: sides.training.listHash),
      test: EvaluationResult.Part(test, origin: sides.test.origin, listSHA256: sides.test.listHash),
      views: EvaluationResult.Views(job.views, source), outcome: outcome, remarks: remarks)
  }

  /// Writes the files, the result last: where it is, the others are of it.
  private func write(
    _ result: EvaluationResult, _ outcome: FeatureEvaluation.Outcome, _ evaluation: FeatureEvaluation
  ) throws {
    func path(_ name: String) -> String { (out as NSString).appendingPathComponent(name) }
    do {
      if outcome.scores.isEmpty {
        // Those of an evaluation before would be taken for this one's.
        for name in ["predictions.csv", "confusion.csv"] {
          try? FileManager.default.removeItem(atPath: path(name))
        }
      } else {
        try AtomicFile.write(evaluation.predictions(outcome.scores), to: path("predictions.csv"))
        try AtomicFile.write(evaluation.confusion(outcome.scores), to: path("confusion.csv"))
      }
      try AtomicFile.write(try result.text, to: path("eval.json"))
    } catch let error as TensorFileError { throw UsageError(error.description) }
  }
}

/// An evaluation's numbers as people read them.
struct EvaluationLines {
  let lines: [String]

  init(_ result: EvaluationResult) {
    func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }
    var lines = [
      "\(result.test.videos) videos to test with against \(result.training.videos) to train with, \(result.classes.count) "
        + "classes, \(result.views.text) views, features of \(result.width) numbers"
    ]
    if let tuned = result.finetune, let top1 = tuned.top1.first, let top5 = tuned.top5.first {
      lines.append(
        "fine-tuned: top-1 \(percent(top1)) (chance \(percent(result.chance.top1))), top-5 \(percent(top5)) (chance "
          + "\(percent(result.chance.top5))), mean over classes \(percent(tuned.meanClassAccuracy.first ?? 0))"
      )
    }
    for neighbours in result.knn ?? [] {
      lines.append(
        "kNN, k = \(neighbours.k)\(neighbours.used < neighbours.k ? " (\(neighbours.used))" : ""): top-1 "
          + "\(percent(neighbours.top1)) (chance \(percent(result.chance.top1)), most frequent class "
          + "\(percent(result.chance.mostFrequentClass))), top-5 \(percent(neighbours.top5)) (chance "
          + "\(percent(result.chance.top5))), mean over classes \(percent(neighbours.meanClassAccuracy))")
    }
    for (name, recalls) in [("videos", result.videoRetrieval), ("clips", result.clipRetrieval)] {
      guard let recalls else { continue }
      let parts = recalls.map { "R@\($0.k) \(percent($0.recall)) (\(percent($0.chance)))" }
      lines.append("retrieval of \(name), in parentheses by chance: " + parts.joined(separator: ", "))
    }
    self.lines = lines
  }
}
