import ArgumentParser
import Foundation
import MCLCommandSupport
import MCLData
import MCLDrawing
import MCLEvaluation
import MCLSupport

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measures what a network has learnt.",
    discussion: paragraphs(
      """
      The network is frozen. Features of the videos to test with are compared with those of the videos to train with, by
      the cosine. knn: the 20 and 200 nearest vote for a test video's class. retrieval: how often one of the nearest 1, 5,
      10, 20 and 50 has the class of the query, for videos (mean over views) and single clips. linear: a linear layer is
      trained on normalised features, as published for Kinetics. svm: a linear support vector machine (liblinear -s 2) on
      video means, as published for UCF101. Beside each number stands what chance gives.

        mclc evaluate runs/first --data videos --validate 0.2 --out first
        mclc evaluate runs/first --data UCF-101 --train-list trainlist01.txt --test-list testlist01.txt --out first
        mclc evaluate runs/first --data UCF-101 --train-list ucfTrainTestlist --splits all --protocol svm --out first
        mclc evaluate runs/first --data videos --validate 0.2 --init none --out random
        mclc evaluate runs/first --data videos --validate 0.2 --single-frame --out still
        mclc evaluate moco.safetensors --model models/r2plus1d.mcl --data videos --protocol knn --out moco

      With the same videos, --init none says what the architecture gives without training, and --single-frame what is left
      without motion.
      Without lists a share of each class is tested, drawn by the seed; of a run's own videos those that it held back. OUT
      gets eval.json (all numbers and what they depend on), predictions.csv and confusion.csv (of linear, else of svm, else
      the votes of the 20 nearest). With --splits each split has a folder of these, and splits.json holds their means.
      Test videos that cannot be read count as wrong.

      \(MCLC.exitCodes)
      """))

  @OptionGroup var features: FeatureOptions
  @OptionGroup(title: "The videos") var videos: EvaluationVideoOptions
  @OptionGroup(title: "Features and views") var views: ViewOptions
  @OptionGroup(title: "What is trained on top") var probes: ProbeOptions
  @Option(
    name: .customLong("protocol"),
    help: "What is measured: knn, retrieval, linear, svm, or several with commas between.")
  var protocols = FeatureEvaluation.Kind.usual
  @Option(help: "The folder to write to; it is made if need be.") var out: String
  @Flag(help: "Print eval.json; no progress.") var json = false

  func run() throws {
    try reporting {
      let signals = SignalWatch()
      let kinds = try FeatureEvaluation.Kind.all(protocols)
      _ = try probes.options(seed: 1)
      let splits = try videos.chosenSplits()
      let job = try FeatureJob(
        features, views, cache: (out as NSString).appendingPathComponent("cache"), signals: signals,
        isSilent: json)
      guard let splits else {
        let result = try evaluated(videos, kinds, job, out: out)
        return try json ? printResult(try result.text, terminator: "") : show(result, out: out)
      }
      var results: [(split: Int, result: EvaluationResult)] = []
      for split in splits {
        var own = videos
        own.split = split
        let folder = (out as NSString).appendingPathComponent("split\(split)")
        let result = try evaluated(own, kinds, job, out: folder)
        results.append((split, result))
        if !json { try show(result, out: folder) }
      }
      let summary = SplitSummary(results)
      let path = (out as NSString).appendingPathComponent("splits.json")
      do { try AtomicFile.write(try summary.text, to: path) } catch let error as TensorFileError {
        throw UsageError(error.description)
      }
      if json { return try printResult(try summary.text, terminator: "") }
      for line in EvaluationLines(summary).lines { try printResult(line) }
      say(path)
    }
  }

  /// Evaluates on one choice of videos and writes the files to a folder.
  private func evaluated(
    _ videos: EvaluationVideoOptions, _ kinds: [FeatureEvaluation.Kind], _ job: FeatureJob, out: String
  ) throws -> EvaluationResult {
    let sides = try EvaluationSides(videos, run: job.run, seed: job.seed)
    do { try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true) } catch {
      throw UsageError("\(out): the folder cannot be made; choose another with --out")
    }
    let evaluation = try FeatureEvaluation(
      classes: sides.classes,
      training: try job.table(of: sides.training.videos, in: sides.training.folder, "to train with"),
      test: try job.table(of: sides.test.videos, in: sides.test.folder, "to test with"))
    let outcome = try measured(evaluation, kinds, job)
    job.signals.enter(.finishing)
    let result = try result(outcome, evaluation, sides, job)
    try write(result, outcome, evaluation, to: out)
    return result
  }

  private func show(_ result: EvaluationResult, out: String) throws {
    for line in EvaluationLines(result).lines { try printResult(line) }
    for remark in result.remarks { say("mclc: \(remark)") }
    say("\(out): eval.json" + (result.shown == nil ? "" : ", predictions.csv, confusion.csv"))
  }

  private func measured(
    _ evaluation: FeatureEvaluation, _ kinds: [FeatureEvaluation.Kind], _ job: FeatureJob
  ) throws -> FeatureEvaluation.Outcome {
    job.signals.enter(.comparing)
    let bar = ProgressBar(isSilent: json)
    var (last, began) = ("", ContinuousClock.now)
    let outcome = try evaluation.run(
      kinds, options: try probes.options(seed: job.seed), threads: try threadCount()
    ) { progress in
      let part = progress.part
      if let code = job.signals.exitCode {
        bar.clear()
        say("mclc: stopped while \(part); the features are kept")
        throw ExitCode(code)
      }
      // What says nothing for long is not waited for.
      job.signals.enter(progress.isSilent ? .fitting : .comparing)
      let isNew = part != last
      if isNew { (last, began) = (part, .now) }
      if progress.isSilent, isNew {
        bar.clear()
        job.tell("\(part) on \(evaluation.training.count) videos; liblinear does not say how far it is")
      }
      guard !progress.isSilent || progress.share > 0 else { return }
      let seconds = began.duration(to: .now) / .seconds(1)
      let left = progress.share > 0 ? seconds * (1 - progress.share) / progress.share : .infinity
      bar.show(progress.share, "\(part), \(ProgressBar.duration(left)) left")
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
          + (side == "test" ? " and count as wrong" : ""))
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
    _ result: EvaluationResult, _ outcome: FeatureEvaluation.Outcome, _ evaluation: FeatureEvaluation,
    to out: String
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
