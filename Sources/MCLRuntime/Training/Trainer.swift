import Foundation
import MCLGraph
import Synchronization

/// Runs the `step` program of a model on batches, step after step, with a log, checkpoints and a curve.
///
/// A resumed run gives the same bits as one that was never stopped: batches are a function of their number, and a
/// checkpoint holds every state.
public final class Trainer {
  public struct Configuration: Sendable {
    /// Steps in all, from the start of the run.
    public var steps: Int
    public var seed: UInt64
    public var schedule: LearningRateSchedule
    public var lossWeights: LossWeights
    /// Epochs in all, which the loss weights may depend on.
    public var epochs: Int
    public var checkpointEvery: Int
    public var checkpointsKept: Int
    public var loaderWorkers: Int
    /// What else the numbers depend on (see `RunIdentity`), kept in checkpoints and compared on resume.
    public var identity: [String: String]

    public init(
      steps: Int, seed: UInt64, schedule: LearningRateSchedule, lossWeights: LossWeights = .constant,
      epochs: Int = 1, checkpointEvery: Int = 100, checkpointsKept: Int = 3,
      loaderWorkers: Int = 2, identity: [String: String] = [:]
    ) {
      self.steps = steps
      self.seed = seed
      self.schedule = schedule
      self.lossWeights = lossWeights
      self.epochs = epochs
      self.checkpointEvery = checkpointEvery
      self.checkpointsKept = checkpointsKept
      self.loaderWorkers = loaderWorkers
      self.identity = identity
    }
  }

  public enum Outcome: Sendable, Equatable {
    case finished(steps: Int)
    case alreadyFinished(steps: Int)
    /// Stopped when asked to; a checkpoint holds these steps, unless there are none.
    case interrupted(steps: Int)
  }

  /// What happened in a step, for progress.
  public struct Progress: Sendable {
    public var record: StepRecord
    public var steps: Int
    public var samplesPerSecond: Double
    /// The share of the time spent waiting for data.
    public var dataWait: Double
    public var secondsLeft: Double
  }

  public let executor: Executor
  private let batches: TubeletBatches
  private let run: RunFolder
  private let configuration: Configuration
  private var done = 0
  private var records: [StepRecord] = []

  /// - Throws: `UsageError` when the program is no training step of this method.
  public init(executor: Executor, batches: TubeletBatches, run: RunFolder, configuration: Configuration)
    throws
  {
    let given = ["xq", "x1", "x2", "x3", "mag", "order"]
    let wanted = executor.plan.inputs.filter { $0.defaultValue == nil }.map(\.name)
    guard Set(wanted) == Set(given) else {
      throw UsageError(
        "program '\(executor.plan.name)' takes the inputs \(wanted.joined(separator: ", ")), but training gives "
          + given.joined(separator: ", "))
    }
    for name in configuration.lossWeights.inputs(epoch: 1, epochs: 1).keys.sorted()
    where !executor.plan.inputs.contains(where: { $0.name == name && $0.defaultValue != nil }) {
      throw UsageError(
        "program '\(executor.plan.name)' has no input '\(name)' that the loss weights '\(configuration.lossWeights)' could set; "
          + "train with constant ones, or give the model this input")
    }
    self.executor = executor
    self.batches = batches
    self.run = run
    self.configuration = configuration
  }

  /// Starts from random states, or from the run's latest whole checkpoint when resuming.
  /// - Parameter weights: what a new run's states start from instead, by name, where it has them.
  /// - Throws: `UsageError` when the folder holds a run and `resume` is false, or one that depends on other things.
  public func start(resume: Bool, weights: SafeTensors? = nil, report: (String) -> Void) throws {
    if !resume, run.hasCheckpoints {
      throw UsageError(
        "\(run.path) holds a run already; add --resume to go on with it, or choose another folder with --out")
    }
    guard resume, let checkpoint = try Checkpoint.latest(in: run.path, report: report) else {
      try executor.initializeStates(seed: configuration.seed)
      if let weights {
        try executor.setWeights(weights).summary(of: executor.plan.states.count).forEach(report)
      }
      try run.rewriteLog([])
      return
    }
    if let difference = RunIdentity.difference(kept: checkpoint.metadata, now: identity) {
      throw UsageError(
        "\(run.path) was trained with \(difference); resume with the same, or start another run in another folder"
      )
    }
    try executor.restore(checkpoint.tensors)
    done = checkpoint.step
    records = try run.records(through: done)
    try run.rewriteLog(records)
  }

  private var identity: [String: String] {
    var weights = configuration.lossWeights.rawValue
    if configuration.lossWeights == .ucf101 { weights += " over \(configuration.epochs) epochs" }
    return configuration.identity.merging([
      "seed": String(configuration.seed), "schedule": configuration.schedule.description,
      "loss weights": weights,
    ]) { first, _ in first }
  }

  /// Trains to the end, or until `shouldStop` says so.
  /// - Throws: `ExecutionError` when a loss is not finite; the last checkpoint is then the one before it.
  public func train(shouldStop: () -> Bool, progress: (Progress) -> Void) throws -> Outcome {
    guard done < configuration.steps else { return .alreadyFinished(steps: done) }
    let batches = batches
    let loader = try BatchLoader(
      indices: done..<configuration.steps, workers: configuration.loaderWorkers,
      capacity: configuration.loaderWorkers + 1
    ) { try batches.batch($0) }
    defer { loader.stop() }
    let events = try EventFile(folder: run.path, step: done)
    let clock = ContinuousClock()
    let start = clock.now
    let first = done
    let hasRate = executor.plan.inputs.contains { $0.name == "sgd_lr" }
    while done < configuration.steps {
      if shouldStop() {
        // Nothing new, nothing to keep: a run that was stopped before its first step leaves no checkpoint.
        if done > first { try save() }
        return .interrupted(steps: done)
      }
      let batch = try loader.next()
      let rate = configuration.schedule.rate(step: done)
      if hasRate { try executor.setInput("sgd_lr", floats: [Float(rate)]) }
      let epoch = batches.epoch(ofSample: done * batch.count)
      let weights = configuration.lossWeights.inputs(epoch: epoch, epochs: configuration.epochs)
      for (name, weight) in weights { try executor.setInput(name, floats: [Float(weight)]) }
      try executor.give(batch)
      try executor.run()
      let outputs = try executor.scalarOutputs()
      if let bad = outputs.filter({ !$0.value.isFinite }).min(by: { $0.key < $1.key }) {
        throw ExecutionError(
          "step \(done + 1): \(bad.key) is \(bad.value); the checkpoints are of the steps before; start another run "
            + "with a lower learning rate")
      }
      done += 1
      let record = StepRecord(
        step: done, epoch: epoch, learningRate: rate, lossWeights: weights.isEmpty ? nil : weights,
        outputs: outputs)
      records.append(record)
      try run.append(record)
      let elapsed = (clock.now - start).components
      let seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
      let each = seconds / Double(done - first)
      let now = Progress(
        record: record, steps: configuration.steps, samplesPerSecond: Double(batch.count) / each,
        dataWait: loader.totalWait / seconds, secondsLeft: each * Double(configuration.steps - done))
      try write(now, batch, to: events, isFirst: done == first + 1)
      progress(now)
      if done % configuration.checkpointEvery == 0 || done == configuration.steps { try save() }
    }
    return .finished(steps: done)
  }

  /// What TensorBoard shows: every scalar of the step; samples at the first step, at checkpoints 1, 2, 4, 8, … and at
  /// the end.
  private func write(_ now: Progress, _ batch: ClipBatch, to events: EventFile, isFirst: Bool) throws {
    var scalars = now.record.outputs
    scalars["learning_rate"] = Float(now.record.learningRate)
    scalars["speed/samples_per_second"] = Float(now.samplesPerSecond)
    scalars["speed/data_wait"] = Float(now.dataWait)
    for (name, weight) in now.record.lossWeights ?? [:] { scalars[name] = Float(weight) }
    try events.write(step: done, scalars: scalars)
    let checkpoints = done / configuration.checkpointEvery
    let isMarked =
      done % configuration.checkpointEvery == 0 && checkpoints > 0 && checkpoints & (checkpoints - 1) == 0
    guard isFirst || isMarked || done == configuration.steps else { return }
    func shape(_ name: String) -> [Int] { executor.plan.inputs.first { $0.name == name }?.type.shape ?? [] }
    try events.write(
      step: done,
      images: SampleImages.sheets(
        clips: batch.xq, shape: shape("xq"), motion: batch.mag, motionShape: shape("mag")))
  }

  /// Writes a checkpoint and the loss curve.
  private func save() throws {
    var metadata = identity
    metadata["steps"] = String(configuration.steps)
    try Checkpoint(step: done, metadata: metadata, tensors: try executor.stateTensors())
      .write(in: run.path, keeping: configuration.checkpointsKept)
    try writeCurve()
  }

  private func writeCurve() throws {
    guard !records.isEmpty else { return }
    let queue = executor.plan.states.first { $0.name == "queue" }?.type.shape.first
    let batch = executor.plan.inputs.first { $0.name == "xq" }?.type.shape.first
    var fill: Int?
    if let queue, let batch { fill = (queue + 3 * batch - 1) / (3 * batch) }
    try AtomicFile.write(LossCurve(records, queueFull: fill).svg, to: run.file("loss.svg"))
  }
}

extension Executor {
  /// Sets the inputs of a training step.
  func give(_ batch: ClipBatch) throws {
    try setInput("xq", floats: batch.xq)
    try setInput("x1", floats: batch.x1)
    try setInput("x2", floats: batch.x2)
    try setInput("x3", floats: batch.x3)
    try setInput("mag", floats: batch.mag)
    try setInput("order", integers: batch.order)
  }

  /// Every output of one number.
  public func scalarOutputs() throws -> [String: Float] {
    var values: [String: Float] = [:]
    for output in plan.outputs where output.type.count == 1 {
      values[output.name] = try value(output.name)[0]
    }
    return values
  }
}
