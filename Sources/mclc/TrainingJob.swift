import ArgumentParser
import Foundation
import MCLCommandSupport
import MCLCompiler
import MCLData
import MCLDrawing
import MCLExecution
import MCLFrontend
import MCLGraph
import MCLParity
import MCLRuntime
import MCLSupport
import MCLWeights

/// One call of `mclc train`: from what was asked for to the end of the run.
struct TrainingJob {
  /// What was asked for: options over recipe over, when a run goes on by itself, what its folder says.
  struct Request {
    /// The model's file, or the folder of the run that goes on.
    var model: String
    /// The run's own configuration, where the folder alone was named.
    var previous: RunConfiguration?
    /// The configuration that the folder holds already, however it was named.
    var earlier: RunConfiguration?
    var folder: String
    var training: TrainingSettings
    var modelSettings: [String: String]
    var data: RunConfiguration.Data
    /// The program to train, by name; nil for the only one.
    var program: String?
    /// The folder of the motion; nil for the run's own.
    var cache: String?
    var flow: String?
    var initial: String?
    var ignoresUnknown: Bool
    var recipe: String?
    var resumes: Bool
    var changes: [(key: String, value: String)]
    var ignoresMemory: Bool
    var allowsDifferentPlan: Bool
    var isSilent: Bool
    /// Whether it is a part of other work, which prints its own result.
    var isPart = false
  }

  let request: Request
  let signals: SignalWatch
  var settings: TrainingSettings { request.training }

  init(_ request: Request, signals: SignalWatch) {
    self.request = request
    self.signals = signals
  }

  func run() throws {
    let selection = try TrainingSelection(request.data, seed: settings.seed)
    let folder = try RunFolder(request.folder)
    if !request.resumes { try folder.expectNoRun() }
    let (module, classes) = try module(for: selection)
    let program = try module.trainingProgram(request.program)
    try Schedule.expect(settings.schedules.keys, among: program.inputs, of: program.name)
    let neighbours = try TrainingNeighbours(
      settings, request.data, selection, module: module, training: program)
    let weights = try startingWeights(module, program, folder)
    let cache = request.cache ?? folder.file("motion")
    let data = try TrainingData(
      selection, classes: classes, cache: cache, flow: request.flow,
      for: program, validating: module.validationProgram(of: program), signals: signals,
      isSilent: request.isSilent)
    signals.enter(.starting)
    tell(data.summary)
    if !request.resumes { try data.expectEnoughSamples() }
    let length = try TrainingLength(
      settings, samples: data.samples.count, batch: data.declaration.batchSize,
      batchesPerStep: program.accumulation?.runs ?? 1)
    warnOfQueues(program, module, data, length)
    let configuration = try configuration(module, program, data, length, weights?.hash)

    tell("compiling \(module.name)")
    let threads = try threadCount()
    let plan = try compiled(program, watching: { if case .classes = $0 { false } else { true } })
    try expectRoom(plan, threads, data.videos)
    let batches = try data.batches(settings) { name, reason in
      say("mclc: \(name) failed and is replaced by another sample: \(reason)")
    }
    let trainer = try Trainer(
      executor: try Executor(plan, threads: threads), program: program, source: batches,
      validation: try validation(data, threads), run: folder, configuration: configuration)
    trainer.stateMeasurement = try neighbours?.measurement(
      data, cache: cache, threads: threads, signals: signals, isSilent: request.isSilent
    ) { try compiled($0) { _ in false } }
    try trainer.start(resume: request.resumes, weights: weights?.sources) { say("mclc: \($0)") }
    try keep(module, program, data, weights, step: trainer.done, plan: plan, in: folder)
    try finish(try train(trainer), folder)
  }

  func tell(_ line: @autoclosure () -> String) {
    if !request.isSilent { say(line()) }
  }

  // MARK: What is trained

  /// The plan of a program with what it watches.
  private func compiled(_ program: Graph, watching isWatched: (Graph.Watch) -> Bool) throws -> ExecutionPlan {
    let taps = Set(program.watches.filter(isWatched).flatMap(\.values)).intersection(program.taps.map(\.name))
    return try signals.leavingAtOnce { try ProgramCompiler().compileChecked(program, taps: taps).plan }
  }

  /// What measures the run after each epoch; nil where nothing is to be measured.
  private func validation(_ data: TrainingData, _ threads: Int?) throws -> Validation? {
    let held = try data.validationBatches(settings) { name, reason in
      say("mclc: \(name), which is to validate with, failed and is left out: \(reason)")
    }
    guard let (program, batches) = held else { return nil }
    let plan = try compiled(program) { _ in true }
    return try Validation(
      executor: try Executor(plan, threads: threads), program: program, source: batches,
      workers: settings.workers)
  }

  /// The model, with as many classes as the data has, and these where it takes labels.
  private func module(for selection: TrainingSelection) throws -> (Module, ClassTable?) {
    var module = try module(request.modelSettings)
    let program = try module.trainingProgram(request.program)
    try expectChangeable(program)
    var classes: ClassTable?
    if let wanted = try DataDeclaration(program).needs.classes {
      let table = try selection.classes()
      classes = table
      if wanted.count != table.count, let setting = wanted.setting, request.modelSettings[setting] == nil,
        request.previous == nil
      {
        module = try self.module(request.modelSettings.merging([setting: String(table.count)]) { $1 })
        tell("\(setting) = \(table.count), as the videos have so many classes")
      } else if wanted.count < table.count {
        throw UsageError(
          "the videos have \(table.count) classes, but the model \(wanted.count)"
            + (wanted.setting.map { "; leave --set \($0) out, or give \(table.count)" } ?? "; mend its label")
        )
      }
    }
    return (
      try module.applying(
        Dictionary(uniqueKeysWithValues: inputChanges), path: request.model, option: "--change"), classes
    )
  }

  private func module(_ own: [String: String]) throws -> Module {
    let module =
      request.previous == nil
      ? try loadModel(request.model, settings: own)
      : try RunConfiguration.model(in: request.folder, given: own)
    if let key = module.settings.map(\.key).first(where: TrainingSettings.keys.contains) {
      throw UsageError(
        "\(request.model): its setting '\(key)' is called as one of training is, which --set would give it to; give it "
          + "another name in the model")
    }
    return module
  }

  /// What `--change` says of inputs of the program.
  var inputChanges: [(String, String)] {
    request.changes.filter { !TrainingSettings.isChangeable($0.key) }.map { ($0.key, $0.value) }
  }

  /// - Throws: `UsageError` for a change of what is no number of the program.
  private func expectChangeable(_ program: Graph) throws {
    let numbers = program.inputs.filter { $0.defaultValue != nil }.map(\.name)
    for (key, _) in inputChanges where !numbers.contains(key) {
      let known = (numbers + TrainingSettings.lengthKeys + [TrainingSettings.scheduleKey("INPUT")]).joined(
        separator: ", ")
      throw UsageError(
        "--change \(key): a run goes on only with another of \(known); start a new run for others")
    }
  }

  /// Where a new run's states start from, and the hash of it.
  typealias Start = (sources: StateSources?, path: String, hash: String)

  /// - Throws: `UsageError` where the weights cannot be read or do not fit.
  private func startingWeights(_ module: Module, _ program: Graph, _ folder: RunFolder) throws -> Start? {
    // What a run that goes on started from is in its checkpoint.
    if let recorded = request.previous?.initialWeights, folder.hasCheckpoints {
      return (nil, recorded.path, recorded.hash)
    }
    guard let path = request.initial else { return nil }
    let file = try WeightFile(path) { say("mclc: \($0)") }
    let sources = try StateSources(
      program, of: module.programs, files: [file], ignoringUnknown: request.ignoresUnknown,
      classes: try DataDeclaration(program).needs.classes?.count)
    return (sources, absolutePath(file.path), try RunIdentity.weights(file.tensors))
  }

  private func warnOfQueues(
    _ program: Graph, _ module: Module, _ data: TrainingData, _ length: TrainingLength
  ) {
    for queue in RowQueue.all(in: program) {
      let setting = module.settings.first { $0.value == String(queue.capacity) }?.key
      let warning = queue.warning(
        steps: length.steps, runsPerStep: length.batchesPerStep, samples: data.declaration.batchSize,
        videos: data.samples.count, setting: setting)
      if let warning { say("mclc: \(warning)") }
    }
  }

  private func configuration(
    _ module: Module, _ program: Graph, _ data: TrainingData, _ length: TrainingLength, _ initial: String?
  ) throws -> Trainer.Configuration {
    let schedules = try settings.schedules(of: program, over: length)
    for warning in settings.scheduleWarnings(over: length) { say("mclc: \(warning)") }
    for (name, schedule) in schedules.sorted(by: { $0.key < $1.key }) { tell("\(name): \(schedule)") }
    var identity = [
      "model": module.name,
      "settings": module.settings.map { "\($0.key)=\($0.value)" }.joined(separator: " "),
      "augmentation": settings.augmentation.description, "inputs": RunIdentity.inputs(program),
      "program": RunIdentity.program(program),
    ].merging(data.identity) { first, _ in first }
    identity["init"] = initial
    let changes =
      (request.earlier?.changes ?? []).map {
        Trainer.Configuration.Change(step: $0.step, allowed: allowed(Array($0.values.keys)))
      } + [Trainer.Configuration.Change(step: .max, allowed: allowed(request.changes.map(\.key)))]
    return Trainer.Configuration(
      steps: length.steps, seed: settings.seed, schedules: schedules,
      checkpointEvery: settings.checkpointEvery,
      checkpointsKept: settings.checkpointsKept, watchEvery: settings.watchEvery,
      loaderWorkers: settings.workers, policy: settings.augmentation.policy, identity: identity,
      allowsDifferentPlan: request.allowsDifferentPlan,
      replay: "mclc run \(ShellText.quoted(request.folder))", changes: changes)
  }

  /// What a change of these keys makes different in a run's identity.
  private func allowed(_ keys: [String]) -> RunIdentity.Changes {
    let inputs = Set(keys.filter { !TrainingSettings.isChangeable($0) })
    // An input's own number is part of its schedule.
    var schedules = inputs.union(keys.compactMap(TrainingSettings.scheduledInput))
    if keys.contains(where: TrainingSettings.lengthKeys.contains) {
      // So is the length, but no text that is not asked for.
      let texts = settings.scheduleTexts
      schedules.formUnion(texts.keys.filter { request.earlier?.schedules?[$0] == texts[$0] })
    }
    return RunIdentity.Changes(settings: inputs, schedules: schedules)
  }

  /// - Throws: `UsageError` where the training would not fit into memory.
  private func expectRoom(_ plan: ExecutionPlan, _ threads: Int?, _ videos: [PreparedVideo]) throws {
    let all = videos.reduce(0) { (sum: Int, video: PreparedVideo) -> Int in
      sum + video.frameCount * video.width * video.height * 5
    }
    let forecast = MemoryForecast(
      plan, threads: threads ?? ProcessorCount.threads, workers: settings.workers,
      decoded: min(all, settings.decodedMemory << 20))
    guard let available = ProcessMemory.available else { return }
    tell("memory: \(forecast.summary), \(MemoryForecast.size(available)) available")
    guard !request.ignoresMemory, let complaint = forecast.complaint(available: available) else { return }
    throw UsageError(complaint)
  }
}
