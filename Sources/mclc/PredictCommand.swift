import ArgumentParser
import Foundation
import MCLCommandSupport
import MCLData
import MCLEvaluation
import MCLGraph
import MCLRuntime
import MCLSupport
import MCLWeights

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Says which classes videos are of, as a classifier that was trained sees them.",
    discussion: paragraphs(
      """
      Each video is seen in ten clips, spread evenly, or those of --views. The probabilities are the softmax of the mean
      scores. The program is the one that validation measures, or --program. Classes have the names that the run or the
      weights know; without any, numbers. A folder stands for all its videos. Any number of paths goes behind the run:

        mclc predict runs/classes video.mp4
        mclc predict runs/classes videos --best --json
        mclc predict weights.safetensors --model models/r2plus1d_18.mcl video.mp4

      With --over-time a clip slides over each video, and every place of it has a line: its seconds, the class and its
      probability. --every says how far it moves; by default as far as it is long. --picture draws the main classes.

        mclc predict runs/classes film.mp4 --over-time --every 0.5 --picture film.svg

      Frames are read as they are needed, so that a video may be long. A video that cannot be read is named; the others go
      on, and the exit code is 1 at the end, or 2 where none could be read. Scores are kept as 'embed' keeps features.

      \(MCLC.exitCodes)
      """))

  @Argument(
    help: ArgumentHelp(
      "The folder of a run, a checkpoint in it, or a file of weights with --model.", valueName: "run|weights")
  )
  var source: String
  @Argument(help: ArgumentHelp("Videos, and folders of videos.", valueName: "video")) var videos: [String]
  @Option(help: "The model of a file of weights (.mcl or .mclc); a run has its own.") var model: String?
  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "A setting of the model, or one of training that clips go through, as for 'embed'.",
      valueName: "key=value"))
  var settings: [String] = []
  @Flag(help: "Of a run's folder: its best.safetensors instead of its latest checkpoint.") var best = false
  @Flag(help: "Pass over tensors that are not of the model, which are an error otherwise.")
  var ignoreUnknown = false
  @Flag(help: "Print JSON; no progress.") var json = false

  @Flag(help: ArgumentHelp("A line for each place of a clip that slides over the video."))
  var overTime = false
  @Option(help: "With --over-time: seconds from one place to the next.") var every: Double?
  @Option(help: "With --over-time, of one video: a picture of the main classes (.svg or .png).")
  var picture: String?

  @OptionGroup(title: "Scores and views") var views: PredictionViewOptions

  func validate() throws {
    guard !videos.isEmpty else { throw ValidationError("name videos, or folders of videos") }
    guard overTime || (every == nil && picture == nil) else {
      throw ValidationError("--every and --picture go with --over-time")
    }
    if let every, !(every.isFinite && every > 0 && every <= 86_400) {
      throw ValidationError("--every takes seconds above 0, such as 0.5")
    }
    if let picture, !picture.hasSuffix(".svg"), !picture.hasSuffix(".png") {
      throw ValidationError("--picture \(picture): name a file that ends in .svg or .png")
    }
    if overTime, views.views != nil {
      throw ValidationError("--views and --over-time exclude each other: one clip slides, in one crop")
    }
  }

  func run() throws {
    try reporting {
      let signals = SignalWatch()
      let dataset = try VideoDataset(paths: videos)
      if let picture {
        guard dataset.videos.count == 1 else {
          throw UsageError("--picture draws one video, but there are \(dataset.videos.count); name one")
        }
        try expectFolder(of: picture)
        try expectDistinct(picture, from: dataset.videos.map(\.path))
      }
      let place = FileManager.default.temporaryDirectory.appendingPathComponent("mclc-\(UUID().uuidString)")
      defer { try? FileManager.default.removeItem(at: place) }
      let job = try FeatureJob(
        try features(), try views.options(), cache: place.path, signals: signals, isSilent: json,
        choose: { try FeatureProgram.classifying(in: $0, program: $1, layer: $2) })
      let report = PredictionReport(job: job, isJSON: json, topCount: 5)
      if !report.classes.areKnown, !json {
        say("mclc: the weights do not say how classes are called; they are numbered from 0")
      }
      let prepared = try job.prepared(dataset, in: ".")
      let unreadable =
        overTime
        ? try report.overTime(prepared, every: every, picture: picture) : try report.whole(prepared)
      guard unreadable == 0 else { throw ExitCode(1) }
    }
  }

  private func features() throws -> FeatureOptions {
    var arguments = [source] + (model.map { ["--model", $0] } ?? [])
    arguments += settings.flatMap { ["--set", $0] }
    arguments += (best ? ["--best"] : []) + (ignoreUnknown ? ["--ignore-unknown"] : [])
    return try FeatureOptions.parse(arguments)
  }
}

/// Which scores a prediction takes, and of what.
struct PredictionViewOptions: ParsableArguments {
  @Option(help: "The program that scores classes; by default the one that validation measures.")
  var program: String?
  @Option(
    help: ArgumentHelp("The output or tap of it that is the scores, f32 [N, classes].", valueName: "name"))
  var layer: String?
  @Option(
    help: ArgumentHelp("Clips of a video and crops of each, 10x1 by default.", valueName: "clipsxcrops"))
  var views: String?
  @Option(
    help: ArgumentHelp(
      "The scale of views, as for 'embed'; fit is that of validation.", valueName: "fit|none|pixels"))
  var resize = "fit"
  @Option(help: "Where scores and the indices of frames are kept; by default RUN/evaluation, else nowhere.")
  var cache: String?
  @Option(help: "Threads that decode; 2 by default. They change no bit.") var workers = 2

  /// As those of `embed`.
  func options() throws -> ViewOptions {
    var arguments = ["--views", views ?? "10x1", "--resize", resize, "--workers", "\(workers)"]
    for (name, value) in [("--program", program), ("--layer", layer), ("--cache", cache)] {
      if let value { arguments += [name, value] }
    }
    return try ViewOptions.parse(arguments)
  }
}
