import ArgumentParser

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
  @Option(help: "The program to train; by default 'step', or the only one that updates states.") var program:
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
      With --resume: go on with another learning rate, schedule or length (an input of the model such as sgd_lr, or \
      epochs, steps, schedule, warmup_epochs, warmup_multiplier, milestones, decay_rate, loss_weights); recorded in \
      config.yaml. May be given often.
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
      A file of hyper-parameters (.yaml) or the name of one in recipes/: ucf101, kinetics, demo. --set and the options \
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
      blur_probability, blur_sigma, flip_probability, mean, standard_deviation.
      """)
  var augmentation: String?

  var texts: [(key: String, text: String?)] { [("augmentation", augmentation)] }
}

/// The learning rate over time, and the losses'.
struct ScheduleOptions: ParsableArguments {
  @Option(
    help: """
      The learning rate over time. constant: the model's sgd_lr. cosine: a linear warm-up from sgd_lr/multiplier, then \
      half a cosine to 1e-6 at the end (the reference's). step: the same warm-up, then times --decay-rate at each of \
      --milestones. constant by default.
      """)
  var schedule: String?
  @Option(help: "The model's input that the learning rate is given to; sgd_lr by default.")
  var learningRateInput: String?
  @Option(help: "Epochs of warm-up of cosine and step; 5 by default.") var warmupEpochs: String?
  @Option(help: "The warm-up begins at sgd_lr divided by this; 100 by default.") var warmupMultiplier: String?
  @Option(help: "Epochs after which step lowers the rate, such as 120,160.") var milestones: String?
  @Option(help: "What step multiplies the rate by at each milestone; 0.1 by default.") var decayRate: String?
  @Option(
    help: """
      How much the order and the motion alignment losses count. constant: the model's order_weight and mal_weight. \
      ucf101: order epoch/epochs, alignment 2 in epochs 1 to 5, then 1. kinetics: order 0, alignment as ucf101. \
      constant by default.
      """)
  var lossWeights: String?

  var texts: [(key: String, text: String?)] {
    [
      ("schedule", schedule), ("learning_rate_input", learningRateInput), ("warmup_epochs", warmupEpochs),
      ("warmup_multiplier", warmupMultiplier), ("milestones", milestones), ("decay_rate", decayRate),
      ("loss_weights", lossWeights),
    ]
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
