import ArgumentParser
import MCLCommandSupport

/// What a run is validated with.
struct ValidationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Measure videos that are held back after each epoch: a list of videos of --data, another folder of videos, or a share \
      of the videos such as 0.2, of each class alike. The model needs a program that watches classes. The best checkpoint \
      is kept as best.safetensors.
      """, valueName: "list|folder|share"))
  var validate: String?
  @Option(help: "The program to train; by default 'step', else the first that updates states.") var program:
    String?
}

/// The run of `train`: where it is kept, and whether it goes on.
struct RunOptions: ParsableArguments {
  @Option(help: "The folder of the run; with --resume RUN it is RUN.") var out: String?
  @Flag(
    help: """
      Go on with a run: with the one whose folder stands in the model's place, as it was started, or with the one in \
      --out; an empty folder starts at 0.
      """)
  var resume = false
  @Option(
    name: .customLong("change"), parsing: .singleValue,
    help: ArgumentHelp(
      """
      With --resume: go on with another number of the model (a scalar input such as sgd_lr), another schedule \
      (schedule.sgd_lr) or length (epochs, steps); recorded in config.yaml. May be given often.
      """, valueName: "key=value"))
  var changes: [String] = []
  @Option(
    help: """
      Weights a new run starts from: the folder of a run, a checkpoint, or what 'mclc import' or 'export' wrote \
      (.safetensors, by PyTorch's names or the states').
      """)
  var `init`: String?
  @Flag(help: "With --init: pass over tensors that are not of the model, which are an error otherwise.")
  var ignoreUnknown = false
  @Flag(
    help: "Resume though this machine or mclc computes with other kernels; the last digits then differ.")
  var allowDifferentPlan = false
  @Flag(help: "Print a summary as JSON at the end; no progress.") var json = false
}

/// How long `train` trains, and on what draws.
struct LengthOptions: ParsableArguments {
  @Option(
    help: """
      A file of hyper-parameters (.yaml) or the name of one in recipes/: ucf101, kinetics, ucf101-finetune, hmdb51-finetune, demo, r2plus1d_18-scratch, r2plus1d_18-finetune. --set and the options \
      win over it.
      """)
  var recipe: String?
  @Option(parsing: .unconditional, help: "Steps in all.") var steps: String?
  @Option(parsing: .unconditional, help: "Epochs in all, each one draw a video.") var epochs: String?
  @Option(help: "What every random draw depends on; 1 by default.") var seed: String?
  @Option(
    help: """
      Batches a step: their gradients are averaged for one update of the parameters and the momentum encoder; batch \
      norm's statistics and the queue move with each. The model's setting accumulate; 1 by default.
      """)
  var accumulate: String?

  var texts: [(key: String, text: String?)] { [("steps", steps), ("epochs", epochs), ("seed", seed)] }
}

/// What clips go through before they are trained on.
struct MotionOptions: ParsableArguments {
  @Option(help: "Where motion is kept, as 'mclc prepare' leaves it; RUN/motion by default.") var cache:
    String?
  @Option(
    help: "Which motion: tvl1 or codec, as for 'mclc prepare'; by default what the cache holds, else tvl1.")
  var flow: String?
  @Option(
    help: """
      Which augmentation clips get after the crop: full (the default) or crop-and-flip. --set or a recipe gives its \
      numbers one by one: colour_probability, brightness, contrast, saturation, hue, grey_probability, \
      blur_probability, blur_sigma, flip_probability, crop_area, crop_aspect, centre_crop, mean, standard_deviation; \
      rand_augment=2,9 adds 2 operations of RandAugment at level 9 of 30.
      """)
  var augmentation: String?

  var texts: [(key: String, text: String?)] { [("augmentation", augmentation)] }
}

/// The model's scalar inputs over time.
struct ScheduleOptions: ParsableArguments {
  @Option(
    name: .customLong("schedule"), parsing: .singleValue,
    help: ArgumentHelp(
      """
      A scalar input of the model over the run, such as sgd_lr='cosine to=1e-6 warmup=5'; may be given often. Kinds: \
      constant VALUE, linear from= to= over=, cosine from= to= over=, steps at=120,160 times=0.1, steps at=5 \
      values=2,1. Each takes warmup= and multiplier= (it begins at 1/100), and by=epoch for a value an epoch, by=batch for one a batch. Lengths \
      are epochs, or steps as 500steps. Without value or from the input's own number in the model holds.
      """, valueName: "input=schedule"))
  var schedules: [String] = []

  /// The schedules by their inputs.
  /// - Throws: `UsageError` for one without '=' or given twice.
  func dictionary() throws -> [String: String] {
    try parsedSettings(schedules, option: "--schedule", example: "sgd_lr='cosine warmup=5'")
  }
}

/// What a run writes, and what it takes of the machine.
struct ResourceOptions: ParsableArguments {
  @Option(help: "Steps between checkpoints; 100 by default.") var checkpointEvery: String?
  @Option(help: "How many checkpoints are kept; 3 by default.") var checkpointsKept: String?
  @Option(
    help: "Steps between measurements of the embeddings and pictures of the first clips; 50 by default.")
  var watchEvery: String?
  @Option(help: "Threads that decode and augment; 2 by default.") var workers: String?
  @Option(help: "MiB of decoded frames and flows kept in memory; 1024 by default.") var decodedMemory: String?
  @Option(
    help: """
      Share of the videos that may fail while training, 0 to 1; each is named and replaced by the next of its epoch's \
      order, and with more of them the run ends. 0.5 by default.
      """)
  var maxFailed: String?
  @Flag(help: "Start though the memory that is available seems too little.") var ignoreMemory = false

  var texts: [(key: String, text: String?)] {
    [
      ("checkpoint_every", checkpointEvery), ("checkpoints_kept", checkpointsKept),
      ("watch_every", watchEvery), ("workers", workers), ("decoded_memory", decodedMemory),
      ("max_failed", maxFailed),
    ]
  }
}
