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
    abstract: "Measures what a network has learnt, by its features or fine-tuned.",
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
        mclc evaluate runs/first --data videos --protocol finetune --out tuned
        mclc evaluate moco.safetensors --model models/r2plus1d.mcl --data videos --protocol knn --out moco
        mclc evaluate --rescore first --protocol retrieval --out again

      finetune trains all weights on labels in OUT/finetune, a run that a second call goes on with, then tests.
      With the same videos, --init none says what the architecture gives without training, and --single-frame what is left
      without motion.
      Without lists a share of each class is tested, drawn by the seed; of a run's own videos those that it held back. OUT
      gets eval.json (all numbers and what they depend on), eval.html (numbers beside controls, classes, confusions,
      mistakes and neighbours as frames, a map), predictions.csv and confusion.csv (of linear, else of svm, else the votes
      of the 20 nearest), and the features of both sides for --rescore. With --splits each split has a folder of these, and
      splits.json holds their means. Test videos that cannot be read count as wrong.

      \(MCLC.exitCodes)
      """))

  @OptionGroup var features: FeatureOptions
  @OptionGroup(title: "The videos") var videos: EvaluationVideoOptions
  @OptionGroup(title: "Features and views") var views: ViewOptions
  @OptionGroup(title: "What is trained on top") var probes: ProbeOptions
  @OptionGroup(title: "Fine-tuning") var tuning: FinetuneOptions
  @Option(
    name: .customLong("protocol"),
    help: "What is measured: knn, retrieval, linear, svm, finetune, or several with commas between.")
  var protocols = FeatureEvaluation.Kind.usual
  @Option(
    name: .customLong("out"),
    help: "The folder to write to; it is made if need be. With --rescore its own folder by default.")
  var outFolder: String?
  @Option(
    help: ArgumentHelp(
      """
      Compute the protocols again from the features that an evaluation kept in its folder, without the network and the \
      videos, such as with another --protocol.
      """, valueName: "folder"))
  var rescore: String?
  @Option(
    name: .customLong("control"), parsing: .singleValue,
    help: ArgumentHelp(
      """
      The folder of another evaluation on the same videos, whose numbers stand beside these in eval.html; may be given often.
      """, valueName: "folder"))
  var controlFolders: [String] = []
  @Flag(help: "Print eval.json; no progress.") var json = false

  func run() throws {
    try reporting {
      let signals = SignalWatch()
      let (others, isTuned) = FinetuneJob.split(protocols)
      let kinds =
        isTuned && others.isEmpty ? [] : try FeatureEvaluation.Kind.all(others, besides: [FinetuneJob.name])
      _ = try probes.options(seed: 1)
      if let rescore {
        guard !isTuned else {
          throw UsageError(
            "--rescore computes from features, which finetune does not; leave it out of --protocol")
        }
        return try computeAgain(EvaluationFolder(rescore), kinds, signals)
      }
      guard let out = outFolder else { throw UsageError("name the folder to write to with --out") }
      let splits = try videos.chosenSplits()
      let controls = try controls()
      let job = try FeatureJob(
        features, views, cache: (out as NSString).appendingPathComponent("cache"), signals: signals,
        isSilent: json)
      guard let splits else {
        let result = try evaluated(videos, kinds, isTuned, job, controls, to: EvaluationFolder(out))
        return try json ? printResult(try result.text, terminator: "") : show(result, out)
      }
      var results: [(split: Int, result: EvaluationResult)] = []
      for split in splits {
        var own = videos
        own.split = split
        let folder = EvaluationFolder((out as NSString).appendingPathComponent("split\(split)"))
        let result = try evaluated(own, kinds, isTuned, job, controls, to: folder)
        results.append((split, result))
        if !json { try show(result, folder.path) }
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
    _ videos: EvaluationVideoOptions, _ kinds: [FeatureEvaluation.Kind], _ isTuned: Bool, _ job: FeatureJob,
    _ controls: [EvaluationControl], to folder: EvaluationFolder
  ) throws -> EvaluationResult {
    let sides = try EvaluationSides(videos, run: job.run, seed: job.seed)
    let tune = isTuned ? try FinetuneJob(tuning, job, sides, folder: folder.file(FinetuneJob.name)) : nil
    try makeFolder(folder.path)
    let evaluation = try FeatureEvaluation(
      classes: sides.classes,
      training: try job.table(of: sides.training.videos, in: sides.training.folder, "to train with"),
      test: try job.table(of: sides.test.videos, in: sides.test.folder, "to test with"))
    let pictures = EvaluationPictures(job)
    try controls.forEach { try $0.expectSameVideos(as: evaluation) }
    let outcome = try measured(evaluation, kinds, seed: job.seed, job.signals)
    var result = try result(outcome, evaluation, sides, job)
    result.finetune = try tune?.run()
    try write(result, outcome, evaluation, controls, pictures, to: folder, job.signals)
    return result
  }

  func measured(
    _ evaluation: FeatureEvaluation, _ kinds: [FeatureEvaluation.Kind], seed: UInt64, _ signals: SignalWatch
  ) throws -> FeatureEvaluation.Outcome {
    signals.enter(.comparing)
    let bar = ProgressBar(isSilent: json)
    var (last, began) = ("", ContinuousClock.now)
    let outcome = try evaluation.run(
      kinds, options: try probes.options(seed: seed), threads: try threadCount()
    ) { progress in
      let part = progress.part
      if let code = signals.exitCode {
        bar.clear()
        say("mclc: stopped while \(part); the features are kept")
        throw ExitCode(code)
      }
      // What says nothing for long is not waited for.
      signals.enter(progress.isSilent ? .fitting : .comparing)
      let isNew = part != last
      if isNew { (last, began) = (part, .now) }
      if progress.isSilent, isNew {
        bar.clear()
        if !json {
          say("\(part) on \(evaluation.training.count) videos; liblinear does not say how far it is")
        }
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
    var remarks = sides.remarks
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
      views: EvaluationResult.Views(job.views, source), seed: job.seed, outcome: outcome, remarks: remarks)
  }
}
