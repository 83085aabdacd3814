import ArgumentParser
import MCLEvaluation
import MCLGraph
import MCLRuntime
import MCLSupport

/// Everything about a training run that is no setting of the model, from a recipe, `--set` and the options, the later
/// winning.
package struct TrainingSettings {
  package private(set) var steps: Int?
  package private(set) var epochs: Int?
  package private(set) var seed: UInt64 = 1
  package private(set) var augmentation = AugmentationSettings()
  /// Of the program's inputs, by name.
  package private(set) var schedules: [String: ScheduleText] = [:]
  package private(set) var checkpointEvery = 100
  package private(set) var checkpointsKept = 3
  package private(set) var workers = 2
  package private(set) var watchEvery = 50
  /// MiB of decoded frames and unpacked flows.
  package private(set) var decodedMemory = 1024
  /// Share of the videos that may fail.
  package private(set) var maxFailed = 0.5
  /// How often neighbours are measured; nil where that was not said.
  private var knnEvery: String?
  private var knnVideosText: String?
  private var knnViewsText: String?
  /// Videos that neighbours are measured with, at most.
  package var knnVideos: Int { knnVideosText.flatMap { Int($0) } ?? 2000 }
  package var knnViews: String { knnViewsText ?? "1x1" }
  /// nil where neighbours are not measured.
  package var knnPeriod: StateMeasurement.Period? { knnEvery.flatMap { StateMeasurement.Period($0) } }

  package init() {}

  /// What recipes and `--set` call them; the options have hyphens.
  package static let keys =
    [
      "steps", "epochs", "seed", "checkpoint_every", "checkpoints_kept", "workers", "watch_every",
      "decoded_memory", "max_failed", "knn_every", "knn_videos", "knn_views",
    ] + AugmentationSettings.keys

  /// Of `knn_every`: a run goes on without measuring.
  private static let never = "never"

  /// The length of a run, which it may go on with otherwise (`--change`), as with other schedules.
  package static let lengthKeys = ["steps", "epochs"]

  /// Whether a key is of training, not of the model: one of `keys`, or a schedule's.
  package static func isKey(_ key: String) -> Bool { keys.contains(key) || scheduledInput(key) != nil }

  /// Whether a run may go on with another value of a key.
  package static func isChangeable(_ key: String) -> Bool {
    lengthKeys.contains(key) || scheduledInput(key) != nil
  }

  /// - Parameter origin: what stands before the value in messages, such as `recipes/demo.yaml: seed`.
  /// - Throws: `UsageError` for an unknown key or a value that it cannot have.
  package mutating func set(_ key: String, _ text: String, origin: String) throws {
    func wrong(_ what: String) -> UsageError { UsageError("\(origin) '\(text)': give \(what)") }
    func integer(_ range: ClosedRange<Int>) throws -> Int {
      guard let value = Int(text), range.contains(value) else {
        throw wrong("a number from \(range.lowerBound) to \(range.upperBound)")
      }
      return value
    }
    if AugmentationSettings.keys.contains(key) {
      try augmentation.set(key, text, origin: origin)
      return
    }
    if let input = Self.scheduledInput(key) {
      do { schedules[input] = try ScheduleText(text) } catch let error as UsageError {
        throw UsageError("\(origin): \(error)")
      }
      return
    }
    switch key {
    case "steps": (steps, epochs) = (try integer(1...1 << 40), nil)
    case "epochs": (steps, epochs) = (nil, try integer(1...1 << 40))
    case "seed":
      guard let value = UInt64(text) else { throw wrong("a number from 0 to 2^64-1") }
      seed = value
    case "checkpoint_every": checkpointEvery = try integer(1...1 << 40)
    case "checkpoints_kept": checkpointsKept = try integer(1...1 << 20)
    case "workers": workers = try integer(1...256)
    case "watch_every": watchEvery = try integer(1...1 << 40)
    case "max_failed":
      guard let share = Double(text), (0...1).contains(share) else { throw wrong("a share from 0 to 1") }
      maxFailed = share
    case "knn_every":
      guard text == Self.never || StateMeasurement.Period(text) != nil else {
        throw wrong("a number of steps from 1 on, or of epochs such as 1epoch, or never")
      }
      knnEvery = text
    case "knn_videos": knnVideosText = String(try integer(2...1 << 30))
    case "knn_views":
      guard (try? EvaluationViews(text)) != nil else {
        throw wrong("1 to 1000 clips of 1 or 3 crops, such as 1x1 or 3x1")
      }
      knnViewsText = text
    case "decoded_memory": decodedMemory = try integer(1...1 << 30)
    default:
      if let hint = Self.hint(key) { throw UsageError("\(origin): there is no such setting any more\(hint)") }
      let nearest = nearestName(to: key, in: Self.keys).map { "; did you mean '\($0)'?" } ?? ""
      throw UsageError("\(origin): there is no such setting of training\(nearest)")
    }
  }

  /// Every setting but the schedules as a text, those that were not given too.
  package var effective: [String: String] {
    var texts = [
      "seed": String(seed), "checkpoint_every": String(checkpointEvery),
      "checkpoints_kept": String(checkpointsKept), "workers": String(workers),
      "watch_every": String(watchEvery), "decoded_memory": String(decodedMemory),
      "max_failed": "\(maxFailed)",
    ]
    if let steps { texts["steps"] = String(steps) }
    if let epochs { texts["epochs"] = String(epochs) }
    texts["knn_every"] = knnEvery
    texts["knn_videos"] = knnVideosText
    texts["knn_views"] = knnViewsText
    return texts.merging(augmentation.texts) { $1 }
  }

  /// - Throws: `UsageError` where the settings do not go together.
  package func check() throws {
    guard (steps == nil) != (epochs == nil) else {
      throw UsageError("give --steps or --epochs, one of them, or a --recipe that says it")
    }
    guard knnEvery != nil || (knnVideosText == nil && knnViewsText == nil) else {
      throw UsageError("--knn-videos and --knn-views go with --knn-every")
    }
  }
}
