import ArgumentParser
import MCLGraph
import MCLRuntime

/// Everything about a training run that is no setting of the model, from a recipe, `--set` and the options, the later
/// winning.
struct TrainingSettings {
  private(set) var steps: Int?
  private(set) var epochs: Int?
  private(set) var seed: UInt64 = 1
  private(set) var augmentation = AugmentationSettings()
  private(set) var schedule: TrainCommand.Schedule = .constant
  private(set) var warmupEpochs = 5
  private(set) var warmupMultiplier = 100.0
  private(set) var milestones: [Double] = []
  private(set) var decayRate = 0.1
  private(set) var lossWeights: LossWeights = .constant
  private(set) var checkpointEvery = 100
  private(set) var checkpointsKept = 3
  private(set) var workers = 2
  private(set) var watchEvery = 50
  /// MiB of decoded frames and unpacked flows.
  private(set) var decodedMemory = 1024
  /// Share of the videos that may fail.
  private(set) var maxFailed = 0.5
  /// The program's input that the schedule sets; nil for `defaultRateInput` where the program has it.
  private(set) var learningRateInput: String?
  /// What was set, as it was written.
  private(set) var texts: [String: String] = [:]

  static let defaultRateInput = "sgd_lr"

  /// What recipes and `--set` call them; the options have hyphens.
  static let keys =
    [
      "steps", "epochs", "seed", "schedule", "learning_rate_input", "warmup_epochs", "warmup_multiplier",
      "milestones", "decay_rate", "loss_weights", "checkpoint_every", "checkpoints_kept", "workers",
      "watch_every", "decoded_memory", "max_failed",
    ] + AugmentationSettings.keys

  /// What a run may go on with otherwise (`--change`).
  static let changeableKeys = [
    "steps", "epochs", "schedule", "warmup_epochs", "warmup_multiplier", "milestones", "decay_rate",
    "loss_weights",
  ]

  /// - Parameter origin: what stands before the value in messages, such as `recipes/demo.yaml: seed`.
  /// - Throws: `UsageError` for an unknown key or a value that it cannot have.
  mutating func set(_ key: String, _ text: String, origin: String) throws {
    func wrong(_ what: String) -> UsageError { UsageError("\(origin) '\(text)': give \(what)") }
    func integer(_ range: ClosedRange<Int>) throws -> Int {
      guard let value = Int(text), range.contains(value) else {
        throw wrong("a number from \(range.lowerBound) to \(range.upperBound)")
      }
      return value
    }
    func number(atLeast least: Double) throws -> Double {
      guard let value = Double(text), value.isFinite, value >= least else {
        throw wrong(least > 0 && least < 1e-6 ? "a number above 0" : "a number of at least \(short(least))")
      }
      return value
    }
    func choice<Value: RawRepresentable & CaseIterable>(_: Value.Type) throws -> Value
    where Value.RawValue == String {
      guard let value = Value(rawValue: text) else {
        throw wrong("one of " + Value.allCases.map(\.rawValue).joined(separator: ", "))
      }
      return value
    }
    if AugmentationSettings.keys.contains(key) {
      try augmentation.set(key, text, origin: origin)
      texts[key] = text
      return
    }
    switch key {
    case "steps": (steps, epochs) = (try integer(1...1 << 40), nil)
    case "epochs": (steps, epochs) = (nil, try integer(1...1 << 40))
    case "seed":
      guard let value = UInt64(text) else { throw wrong("a number from 0 to 2^64-1") }
      seed = value
    case "schedule": schedule = try choice(TrainCommand.Schedule.self)
    case "learning_rate_input": learningRateInput = text
    case "warmup_epochs": warmupEpochs = try integer(0...1 << 20)
    case "warmup_multiplier": warmupMultiplier = try number(atLeast: 1)
    case "milestones":
      let epochs = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
      let known = epochs.compactMap { $0 }
      guard known.count == epochs.count, known.allSatisfy({ (1...1 << 40).contains($0) }),
        zip(known, known.dropFirst()).allSatisfy({ $0 < $1 })
      else { throw wrong("epochs in order, such as 120,160") }
      milestones = known.map(Double.init)
    case "decay_rate": decayRate = try number(atLeast: .leastNormalMagnitude)
    case "loss_weights": lossWeights = try choice(LossWeights.self)
    case "checkpoint_every": checkpointEvery = try integer(1...1 << 40)
    case "checkpoints_kept": checkpointsKept = try integer(1...1 << 20)
    case "workers": workers = try integer(1...256)
    case "watch_every": watchEvery = try integer(1...1 << 40)
    case "max_failed":
      maxFailed = try number(atLeast: 0)
      guard maxFailed <= 1 else { throw wrong("a share from 0 to 1") }
    case "decoded_memory": decodedMemory = try integer(1...1 << 30)
    default:
      let nearest = nearestName(to: key, in: Self.keys).map { "; did you mean '\($0)'?" } ?? ""
      throw UsageError("\(origin): there is no such setting of training\(nearest)")
    }
    if key == "steps" { texts["epochs"] = nil }
    if key == "epochs" { texts["steps"] = nil }
    texts[key] = text
  }

  /// Every setting as a text, those that were not given too.
  var effective: [String: String] {
    var texts = [
      "seed": String(seed), "schedule": schedule.rawValue, "warmup_epochs": String(warmupEpochs),
      "warmup_multiplier": "\(warmupMultiplier)", "decay_rate": "\(decayRate)",
      "loss_weights": lossWeights.rawValue, "checkpoint_every": String(checkpointEvery),
      "checkpoints_kept": String(checkpointsKept), "workers": String(workers),
      "watch_every": String(watchEvery),
      "decoded_memory": String(decodedMemory), "max_failed": "\(maxFailed)",
    ]
    if let steps { texts["steps"] = String(steps) }
    if let epochs { texts["epochs"] = String(epochs) }
    if let learningRateInput { texts["learning_rate_input"] = learningRateInput }
    if !milestones.isEmpty { texts["milestones"] = milestones.map { String(Int($0)) }.joined(separator: ",") }
    return texts.merging(augmentation.texts) { $1 }
  }

  /// - Throws: `UsageError` where the settings do not go together.
  func check() throws {
    guard (steps == nil) != (epochs == nil) else {
      throw UsageError("give --steps or --epochs, one of them, or a --recipe that says it")
    }
    guard milestones.isEmpty == (schedule != .step) else {
      throw UsageError("--milestones and --schedule step go together; give both or neither")
    }
    if let first = milestones.first, first <= Double(warmupEpochs) {
      throw UsageError(
        "--milestones \(Int(first)): give epochs in order, after the warm-up of \(warmupEpochs), such as 120,160"
      )
    }
  }

  /// The learning rate over a run.
  /// - Parameter inAll: the run's epochs, where it is given in steps.
  func rates(base: Double, stepsPerEpoch: Double, inAll: Double) -> LearningRateSchedule {
    let warmup = Double(warmupEpochs)
    return switch schedule {
    case .constant: .constant(base)
    case .cosine:
      .cosine(
        base: base, stepsPerEpoch: stepsPerEpoch, epochs: epochs.map(Double.init) ?? inAll, warmup: warmup,
        multiplier: warmupMultiplier)
    case .step:
      .step(
        base: base, stepsPerEpoch: stepsPerEpoch, warmup: warmup, milestones: milestones, rate: decayRate,
        multiplier: warmupMultiplier)
    }
  }
}
