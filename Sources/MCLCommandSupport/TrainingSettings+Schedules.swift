import MCLData
import MCLGraph
import MCLRuntime
import MCLSupport

/// Schedules of the program's inputs: settings of training by the keys `schedule.INPUT`.
extension TrainingSettings {
  private static let schedulePrefix = "schedule."

  package static func scheduleKey(_ input: String) -> String { schedulePrefix + input }

  /// The input that a key gives a schedule; nil for other keys.
  package static func scheduledInput(_ key: String) -> String? {
    guard key.hasPrefix(schedulePrefix), key.count > schedulePrefix.count else { return nil }
    return String(key.dropFirst(schedulePrefix.count))
  }

  /// Settings of one learning rate's schedule that mclc had before every input could have one.
  private static let formerKeys = [
    "schedule", "learning_rate_input", "warmup_epochs", "warmup_multiplier", "milestones", "decay_rate",
    "loss_weights",
  ]

  /// What to write instead of a key that was; nil for others.
  package static func hint(_ key: String) -> String? {
    formerKeys.contains(key)
      ? "; a schedule names its input, such as --schedule sgd_lr='cosine warmup=5'" : nil
  }

  /// The parser's message for an unknown option, with what to write instead where the option was one.
  package static func addingHint(to message: String) -> String {
    for key in formerKeys {
      let name = "'--\(key.replacing("_", with: "-"))'"
      guard let hint = hint(key), message.contains("Unknown option \(name)") else { continue }
      return message.replacing(
        "Unknown option \(name)", with: "Unknown option \(name)\(hint)", maxReplacements: 1)
    }
    return message
  }

  /// Every schedule as a text, by its input.
  package var scheduleTexts: [String: String] { schedules.mapValues(\.description) }

  /// The schedules over a run.
  /// - Throws: `UsageError` where one does not fit the run.
  package func schedules(of program: Graph, over length: TrainingLength) throws -> [String: Schedule] {
    var result: [String: Schedule] = [:]
    for (name, text) in schedules {
      let own = program.inputs.first { $0.name == name }?.defaultValue?.double ?? 0
      do {
        result[name] = try text.schedule(
          default: own, stepsPerEpoch: length.stepsPerEpoch,
          epochs: epochs.map(Double.init) ?? length.epochs, batchesPerStep: length.batchesPerStep)
      } catch let error as UsageError { throw UsageError("schedule of \(name): \(error)") }
    }
    return result
  }

  /// What of the schedules is likely not meant, a sentence each.
  package func scheduleWarnings(over length: TrainingLength) -> [String] {
    schedules.sorted { $0.key < $1.key }.compactMap { name, text in
      text.warning(stepsPerEpoch: length.stepsPerEpoch, epochs: length.epochs).map {
        "schedule of \(name): \($0)"
      }
    }
  }
}
