import MCLData

extension Trainer {
  /// What a training run is told: its length, its seed, its schedules, and what is kept of it.
  public struct Configuration: Sendable {
    /// Steps in all, from the start of the run.
    public var steps: Int
    /// The seed of the draws that states start from.
    public var seed: UInt64
    /// The schedules of scalar inputs, by name; other inputs have the program's own values.
    public var schedules: [String: Schedule]
    /// Steps between checkpoints, above 0. The last step always writes one.
    public var checkpointEvery: Int
    /// How many of the latest checkpoints stay; 1 at least.
    public var checkpointsKept: Int
    /// Steps between measurements of the embeddings, and between pictures.
    public var watchEvery: Int
    /// Threads that make batches ahead, 1 ... 1024. The bits of a run do not depend on it.
    public var loaderWorkers: Int
    /// Whose mean and deviation clips were normalised by, for pictures of them.
    public var policy: AugmentationPolicy
    /// What else the numbers depend on (see `RunIdentity`), kept in checkpoints and compared on resume.
    public var identity: [String: String]
    /// Whether a plan that computes otherwise than the run's may go on with it.
    public var allowsDifferentPlan: Bool
    /// The command that runs a step's program on tensors of a file, for messages.
    public var replay: String
    /// What was asked to be otherwise than the run's checkpoints say.
    public var changes: [Change]

    /// Settings that a run goes on with from some step on.
    public struct Change: Sendable {
      package var step: Int
      package var allowed: RunIdentity.Changes

      package init(step: Int, allowed: RunIdentity.Changes) {
        self.step = step
        self.allowed = allowed
      }
    }

    /// What may differ from a checkpoint of a step.
    func changes(since step: Int) -> RunIdentity.Changes {
      changes.filter { $0.step >= step }.reduce(into: RunIdentity.Changes()) { $0.merge($1.allowed) }
    }

    /// A configuration. Only the length and the seed have to be given.
    /// - Precondition: `checkpointEvery` is above 0.
    public init(
      steps: Int, seed: UInt64, schedules: [String: Schedule] = [:], checkpointEvery: Int = 100,
      checkpointsKept: Int = 3, watchEvery: Int = 50, loaderWorkers: Int = 2,
      policy: AugmentationPolicy = .full,
      identity: [String: String] = [:], allowsDifferentPlan: Bool = false,
      replay: String = "mclc run MODEL", changes: [Change] = []
    ) {
      self.steps = steps
      self.seed = seed
      self.schedules = schedules
      self.checkpointEvery = checkpointEvery
      self.checkpointsKept = checkpointsKept
      self.watchEvery = max(watchEvery, 1)
      self.loaderWorkers = loaderWorkers
      self.policy = policy
      self.identity = identity
      self.allowsDifferentPlan = allowsDifferentPlan
      self.replay = replay
      self.changes = changes
    }
  }

  /// How training ended; each case has the number of steps that the run has done in all.
  public enum Outcome: Sendable, Equatable {
    /// The last step was done just now.
    case finished(steps: Int)
    /// The last step was done before; nothing was left to do.
    case alreadyFinished(steps: Int)
    /// Stopped when asked to; a checkpoint holds these steps, unless there are none.
    case interrupted(steps: Int)
  }

  /// Times of the latest steps, of which what is left is reckoned: the first ones compile, warm up and fill caches.
  package struct RecentSteps {
    private var steps: [(seconds: Double, waited: Double)] = []
    /// Steps that are looked back at.
    static let count = 20

    package init() {}

    package mutating func append(seconds: Double, waited: Double) {
      steps.append((seconds, waited))
      if steps.count > Self.count { steps.removeFirst() }
    }

    /// The mean of a step; never 0 once there is one.
    package var seconds: Double {
      max(steps.reduce(0) { $0 + $1.seconds } / Double(max(steps.count, 1)), 1e-9)
    }
    package var waited: Double { steps.reduce(0) { $0 + $1.waited } / Double(max(steps.count, 1)) }
  }

  /// What happened in a step, for progress; rates are of the latest steps.
  public struct Progress: Sendable {
    /// The number, the epoch and the outputs of the step.
    public var record: StepRecord
    /// What the validation samples gave after this step; nil where they were not measured.
    public var validation: Validation.Result?
    /// Steps of the whole run.
    public var steps: Int
    /// Samples trained on in a second.
    public var samplesPerSecond: Double
    /// The share of the time spent waiting for data.
    public var dataWait: Double
    /// The mean time of a step times the number of steps left.
    public var secondsLeft: Double
    /// Memory of the process in use, in bytes.
    public var residentBytes: Int
  }
}
