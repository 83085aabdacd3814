import Foundation
import MCLCompiler
import MCLData
import MCLDrawing
import MCLExecution
import MCLGraph
import MCLSupport
import MCLVideo
import MCLWeights
import Synchronization

/// Runs a program of a model on batches, step after step, with a log, checkpoints and a curve.
///
/// A resumed run gives the same bits as one that was never stopped: batches are a function of their number, and a
/// checkpoint holds every state.
public final class Trainer {
  /// Runs the program and holds its states.
  public let executor: Executor
  let program: Graph
  let source: any BatchSource
  let validation: Validation?
  private let firstClips: FirstClips?
  let run: RunFolder
  let configuration: Configuration
  /// Steps done.
  public private(set) var done = 0
  /// The outputs of the batches of the step under way.
  private(set) var partial: [[String: Float]] = []
  private var records = CurveRecords()
  /// The largest share of validation samples that were right so far.
  var best: Double?
  /// The step after which they were measured last.
  var validated = 0
  /// What is measured of the states now and then; to be set before `start`.
  package var stateMeasurement: StateMeasurement? {
    didSet { description.measured = stateMeasurement?.numbers }
  }
  /// The step after which they were measured so last.
  var measured = 0
  /// What the numbers and pictures of the run are.
  public private(set) var description: RunDescription
  /// Told when a checkpoint begins to be written, and when it is.
  public var onSaving: (_ isUnderWay: Bool) -> Void = { _ in }

  /// A trainer of a compiled program. `start` has to be called before `train`.
  ///
  /// - Parameters:
  ///   - program: what the executor's plan was compiled of.
  ///   - source: gives every input of the program that has no default.
  ///   - validation: what is measured after each epoch.
  /// - Throws: `UsageError` for a schedule of an input that the program has not.
  public init(
    executor: Executor, program: Graph, source: any BatchSource, validation: Validation? = nil,
    run: RunFolder,
    configuration: Configuration
  ) throws {
    try Schedule.expect(configuration.schedules.keys, among: executor.plan.inputs, of: executor.plan.name)
    self.executor = executor
    self.program = program
    self.source = source
    self.validation = validation
    self.run = run
    self.configuration = configuration
    firstClips = FirstClips(source, program, executor.plan, configuration.policy)
    description = RunDescription(executor.plan, chances: program.chances)
    description.pictureRows = firstClips?.rows ?? []
    description.mark = RowQueue.all(in: program).first.map {
      RunDescription.Mark(
        step: $0.fullStep(runsPerStep: program.accumulation?.runs ?? 1),
        label: "\($0.state) full of written rows")
    }
  }

  /// Starts from random states, or from the run's latest whole checkpoint when resuming.
  /// - Parameter weights: what a new run's states start from instead, by name, where it has them.
  /// - Throws: `UsageError` when the folder holds a run and `resume` is false, or one that depends on other things.
  public func start(resume: Bool, weights: StateSources? = nil, report: (String) -> Void) throws {
    if !resume { try run.expectNoRun() }
    guard resume, let checkpoint = try Checkpoint.latest(in: run.path, report: report) else {
      try executor.initializeStates(seed: configuration.seed)
      if let weights {
        try executor.setStates(from: weights)
        weights.summary(otherwise: "started as in a new run").forEach(report)
      }
      try run.rewriteLog([])
      try run.trimLines(through: 0)
      return
    }
    if let difference = RunIdentity.difference(
      kept: checkpoint.metadata, now: identity, allowing: configuration.changes(since: checkpoint.step))
    {
      throw UsageError(
        "\(run.path) was trained with \(difference.text); resume with the same, or start another run in another folder"
          + (difference.isChangeable
            ? "; --change goes on with other schedules, numbers of the model or another length" : ""))
    }
    try expectSamePlan(checkpoint, report)
    try executor.restore(checkpoint.tensors)
    done = checkpoint.step
    if let text = checkpoint.metadata[Self.partialKey] {
      partial = try JSONDecoder().decode([[String: Float]].self, from: Data(text.utf8))
    }
    if let counter = program.accumulation?.counter,
      try executor.stateIntegers(counter) != [Int64(partial.count)]
    {
      throw UsageError(
        "\(run.path): its checkpoint does not say which batches of the step under way are done; start another run in "
          + "another folder")
    }
    let kept = try run.records(through: done)
    kept.forEach { records.append($0) }
    measured = kept.last { $0.measured != nil }?.step ?? 0
    try run.rewriteLog(kept)
    try run.trimLines(through: done)
    let results = RunFolder.lines(run.file(RunFolder.validationFile), as: Validation.Result.self)
    (best, validated) = (results.map(\.top1).max(), results.map(\.step).max() ?? 0)
  }

  /// A plan of other kernels gives other last bits: such a run is not the one that was stopped.
  private func expectSamePlan(_ checkpoint: Checkpoint, _ report: (String) -> Void) throws {
    guard let difference = PlanChoices(executor.plan).difference(from: checkpoint.metadata) else { return }
    guard configuration.allowsDifferentPlan else {
      throw UsageError(
        "\(run.path) was computed with other kernels: \(difference); resume where it ran before, or add "
          + "--allow-different-plan to go on with last digits that differ")
    }
    report("going on with another plan: \(difference)")
  }

  private var identity: [String: String] {
    configuration.identity.merging([
      "seed": String(configuration.seed), RunIdentity.schedulesKey: RunIdentity.text(configuration.schedules),
    ]) { first, _ in first }
  }

  /// Trains to the end, or until `shouldStop` says so.
  /// - Throws: `ExecutionError` when a loss is not finite, before it changes anything.
  public func train(shouldStop: () -> Bool, progress: (Progress) -> Void) throws -> Outcome {
    guard try catchUp(shouldStop) else { return .interrupted(steps: done) }
    guard done < configuration.steps else { return .alreadyFinished(steps: done) }
    let source = source
    let perStep = program.accumulation?.runs ?? 1
    let loader = try BatchLoader(
      indices: done * perStep + partial.count..<configuration.steps * perStep,
      workers: configuration.loaderWorkers, capacity: configuration.loaderWorkers + 1
    ) { try source.batch($0) }
    defer { loader.stop() }
    let events = try EventFile(folder: run.path, step: done)
    try description.write(in: run.path)
    let marks = PictureMarks(every: configuration.watchEvery, last: configuration.steps)
    var recent = RecentSteps()
    let clock = ContinuousClock()
    let first = (done: done, partial: partial.count)
    var measuring = 0.0
    var (stepStart, waited) = (clock.now, 0.0)
    while done < configuration.steps {
      if shouldStop() {
        // Nothing new, nothing to keep: a run that was stopped before its first batch leaves no checkpoint.
        if done > first.done || partial.count > first.partial { try save() }
        return .interrupted(steps: done)
      }
      let batch = try loader.next()
      let epoch = source.epoch(ofSample: done * perStep * source.batchSize)
      let runs = done * perStep + partial.count
      let scheduled = configuration.schedules.mapValues { $0.value(step: done, epoch: epoch, batch: runs) }
      for (name, value) in scheduled { try executor.setInput(name, floats: [Float(value)]) }
      let isLast = partial.count == perStep - 1
      let pictures =
        isLast && marks.contains(done + 1) ? try firstClips?.pictures(executor) ?? [] : []
      try executor.give(batch)
      var measurement: EmbeddingMeasurement?
      try executor.run {
        try FailedStep.expectFinite(executor, step: done + 1, in: run, replay: configuration.replay)
        guard isLast, done == 0 || (done + 1) % configuration.watchEvery == 0 else { return }
        measurement = try EmbeddingMeasurement(
          step: done + 1, runs: batch.index, of: executor, program)
      }
      partial.append(try executor.scalarOutputs())
      guard isLast else { continue }
      done += 1
      var record = StepRecord(
        step: done, epoch: epoch, scheduled: scheduled.isEmpty ? nil : scheduled,
        outputs: StepRecord.mean(partial))
      partial = []
      let (ofStep, ended) = (Self.seconds(clock.now - stepStart), clock.now)
      do { record.measured = try measure(shouldStop) } catch {
        // The step is kept before the run ends for want of what only shows it.
        try keep(record)
        try save()
        throw error
      }
      try keep(record)
      if let measurement { try run.append(try RunFolder.line(measurement), to: RunFolder.measurementsFile) }
      let now = clock.now
      let ofMeasuring = record.measured == nil ? nil : Self.seconds(now - ended)
      measuring += ofMeasuring ?? 0
      let speed = RunFolder.Speed(
        step: done, samplesPerSecond: Double(source.batchSize * perStep) / ofStep,
        dataWait: (loader.totalWait - waited) / ofStep, residentBytes: ProcessMemory.resident,
        measuring: ofMeasuring)
      recent.append(seconds: ofStep, waited: loader.totalWait - waited)
      (stepStart, waited) = (now, loader.totalWait)
      let result = try validate(shouldStop)
      let shown = Progress(
        record: record, validation: result, steps: configuration.steps,
        samplesPerSecond: Double(source.batchSize * perStep) / recent.seconds,
        dataWait: recent.waited / recent.seconds,
        secondsLeft: (recent.seconds + measuring / Double(done - first.done))
          * Double(configuration.steps - done), residentBytes: speed.residentBytes)
      do {
        try run.append(try RunFolder.line(speed), to: RunFolder.speedFile)
        try events.write(shown, measurement, pictures)
        try SampleImages.write(pictures, step: done, in: run.path)
      } catch {
        // These files only show the run. The steps are kept before it ends for want of them.
        try save()
        throw error
      }
      progress(shown)
      if done % configuration.checkpointEvery == 0 || done == configuration.steps { try save() }
    }
    return .finished(steps: done)
  }

  private static func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
  }

  private func keep(_ record: StepRecord) throws {
    records.append(record)
    try run.append(record)
  }

  /// Writes a checkpoint and the loss curve.
  private func save() throws {
    onSaving(true)
    defer { onSaving(false) }
    try Checkpoint(step: done, metadata: try metadata(), tensors: try executor.stateTensors())
      .write(in: run.path, keeping: configuration.checkpointsKept)
    try writeCurve()
  }

  /// What a checkpoint says beside its tensors.
  func metadata() throws -> [String: String] {
    var metadata = identity
    metadata["steps"] = String(configuration.steps)
    metadata.merge(Checkpoint.weightsMetadata(executor.plan.states)) { first, _ in first }
    metadata.merge(PlanChoices(executor.plan).texts) { first, _ in first }
    if !partial.isEmpty {
      metadata[Self.partialKey] = String(decoding: try Self.encoder.encode(partial), as: UTF8.self)
    }
    return metadata
  }

  private static let partialKey = "outputs of the step under way"
  private static let encoder = {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return encoder
  }()

  private func writeCurve() throws {
    guard records.count > 0 else { return }
    try AtomicFile.write(
      LossCurve(records.records, steps: records.count, description: description).svg,
      to: run.file("loss.svg"))
  }
}

extension Executor {
  /// Every output of one number.
  package func scalarOutputs() throws -> [String: Float] {
    var values: [String: Float] = [:]
    for output in plan.outputs where output.type.count == 1 {
      values[output.name] = Float(try result(output.name).elements[0])
    }
    return values
  }
}
