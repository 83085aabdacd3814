import ArgumentParser
import MCLCommandSupport

/// What features are made with: options of `embed` and `evaluate`.
struct FeatureOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      """
      The folder of a run, a checkpoint in it, or a file of weights with --model. A run brings its model and settings, its \
      mean and deviation of colours, and its videos.
      """, valueName: "run|weights"))
  var source: String?
  @Option(help: "The model of a file of weights, or of random ones (.mcl or .mclc); a run has its own.")
  var model: String?
  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      """
      A setting of the model, or one of training that clips go through: mean, standard_deviation, centre_crop; may be given \
      often.
      """, valueName: "key=value"))
  var settings: [String] = []
  @Flag(help: "Of a run's folder: its best.safetensors instead of its latest checkpoint.") var best = false
  @Option(
    name: .customLong("init"),
    help: ArgumentHelp(
      "none: draw the weights by --seed instead. It shows what the architecture gives without any training.",
      valueName: "none"))
  var initial: String?
  @Option(help: "What random weights and a share to test with are drawn by; the run's own, else 1.")
  var seed: UInt64?
  @Flag(help: "Pass over tensors that are not of the model, which are an error otherwise.")
  var ignoreUnknown = false
}

/// Which features are made, and of what.
struct ViewOptions: ParsableArguments {
  @Option(
    help: """
      The program that makes features: any that updates nothing and takes one clip. By default the one with one output \
      f32 [N, D]; of several, the one called embed, or that takes no labels.
      """)
  var program: String?
  @Option(
    help: ArgumentHelp(
      "The output or tap of it that is the feature, f32 [N, D] or [N, D, ...], averaged over what follows D.",
      valueName: "name"))
  var layer: String?
  @Option(
    help: ArgumentHelp(
      """
      Clips of a video, spread evenly, and crops of each: 1 is the centre, 3 are centre, top left and bottom right.
      """, valueName: "clipsxcrops"))
  var views = "20x1"
  @Option(
    help: ArgumentHelp(
      """
      fit: the largest crop of the clip's aspect, scaled to the clip, as validation has it. none: a crop of the clip's size \
      from the frame as it is. A number: the same from frames whose short side has so many pixels.
      """, valueName: "fit|none|pixels"))
  var resize = "fit"
  @Flag(help: "Show each clip's middle frame all the time: what can be told without motion.")
  var singleFrame = false
  @Option(
    help: """
      Where features of videos and the indices of their frames are kept, so that a second call computes nothing; by default \
      RUN/evaluation, or beside what is written.
      """)
  var cache: String?
  @Option(help: "Threads that decode; 2 by default. They change no bit.") var workers = 2
}
