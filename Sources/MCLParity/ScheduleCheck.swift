import Foundation
import MCLRuntime
import MCLSupport
import MCLWeights

/// Compares learning rates with those of a file that the published scheduler made.
///
/// A tensor `NAME.lr` holds the rate of each step and one after the last; metadata `NAME` is its configuration as JSON;
/// metadata `NAME.exact`, where present, some of the values in Double.
package struct ScheduleCheck: Sendable {
  /// One list of rates against ours.
  package struct Row: Sendable, Equatable {
    package var name: String
    /// Rates compared.
    package var count: Int
    package var worstAbsolute: Double
    package var worstRelative: Double
    /// The step of the worst relative error.
    package var worstStep: Int
    /// The relative error that is still equal.
    package var gate: Double
    /// False also where a rate is not a number.
    package var isOK: Bool
  }

  /// The worst first.
  package let rows: [Row]
  /// Tensors of the file that are no learning rates.
  package let notCompared: [String]
  package static let gate = 1e-6

  package var isOK: Bool { notCompared.isEmpty && rows.allSatisfy(\.isOK) }

  /// - Throws: `TensorFileError` for a file that cannot be read, `UsageError` for one that holds no schedules, or one
  ///   whose configuration is not complete or does not fit its rates.
  package init(path: String) throws {
    let file = try SafeTensors(path: path)
    var rows: [Row] = []
    var others: [String] = []
    for tensor in file.names {
      let name = String(tensor.dropLast(3))
      guard tensor.hasSuffix(".lr"), let text = file.metadata[name] else {
        others.append(tensor)
        continue
      }
      func wrong(_ what: String) -> UsageError {
        UsageError("\(path): schedule \(TensorFileError.quoted(name)) \(what)")
      }
      let configuration: Configuration
      do { configuration = try JSONDecoder().decode(Configuration.self, from: Data(text.utf8)) } catch {
        throw wrong(
          "has a configuration that is not complete; it needs lr_scheduler, epochs, warmup_epoch, n and base")
      }
      guard let schedule = configuration.schedule else {
        throw wrong(
          "is of the kind \(TensorFileError.quoted(configuration.lr_scheduler)) or has impossible numbers; known are "
            + "constant, cosine and step")
      }
      let rates = try file.doubles(tensor)
      guard rates.count == configuration.epochs * configuration.n + 1 else {
        throw wrong(
          "has \(rates.count) rates, but \(configuration.epochs) epochs of \(configuration.n) steps need "
            + "\(configuration.epochs * configuration.n + 1)")
      }
      rows.append(Self.row(tensor, rates.enumerated().map { ($0.offset, $0.element) }, schedule))
      guard let exactText = file.metadata["\(name).exact"] else { continue }
      guard let exact = try? JSONDecoder().decode([String: String].self, from: Data(exactText.utf8)) else {
        throw wrong("has exact values that are no object of texts")
      }
      rows.append(
        Self.row(
          "\(name).exact",
          try exact.map { key, value in
            guard let step = Int(key), step >= 0, let rate = Double(value) else {
              throw wrong(
                "has the exact value \(TensorFileError.quoted("\(key): \(value)")), which is no number")
            }
            return (step, rate)
          }.sorted { $0.0 < $1.0 }, schedule))
    }
    guard !rows.isEmpty else {
      throw UsageError(
        "\(path): it holds no schedules, tensors 'NAME.lr' with their configuration in metadata 'NAME'; check the path"
      )
    }
    self.rows = rows.sorted { ($0.isOK ? 1 : 0, -$0.worstRelative) < ($1.isOK ? 1 : 0, -$1.worstRelative) }
    notCompared = others
  }

  private static func row(
    _ name: String, _ expected: [(step: Int, rate: Double)], _ schedule: Schedule
  ) -> Row {
    var row = Row(
      name: name, count: expected.count, worstAbsolute: 0, worstRelative: 0, worstStep: 0, gate: gate,
      isOK: true)
    for (step, rate) in expected {
      let error = abs(schedule.value(step: step, epoch: 1) - rate)
      // A rate of zero has no relative error: it must be met to 1e-7.
      let relative = rate == 0 ? (error < 1e-7 ? 0 : .infinity) : error / abs(rate)
      row.isOK = row.isOK && relative <= gate
      row.worstAbsolute = max(row.worstAbsolute, error.isNaN ? .infinity : error)
      let worst = relative.isNaN ? .infinity : relative
      if worst > row.worstRelative { (row.worstRelative, row.worstStep) = (worst, step) }
    }
    return row
  }

  /// The published script's options, by their names there.
  private struct Configuration: Decodable {
    var lr_scheduler: String
    var epochs: Int
    var warmup_epoch: Int
    var warmup_multiplier: Double?
    var lr_decay_epochs: [Double]?
    var lr_decay_rate: Double?
    var n: Int
    var base: Double

    /// As a recipe writes it; the published cosine ends at 1e-6.
    var text: String? {
      let warmup = "warmup=\(warmup_epoch) multiplier=\(warmup_multiplier ?? 100)"
      switch lr_scheduler {
      case "constant": return "constant"
      case "cosine": return "cosine to=1e-6 \(warmup)"
      case "step":
        guard let lr_decay_epochs, let lr_decay_rate else { return nil }
        let milestones = lr_decay_epochs.map { "\($0)" }.joined(separator: ",")
        return "steps at=\(milestones) times=\(lr_decay_rate) \(warmup)"
      default: return nil
      }
    }

    var schedule: Schedule? {
      guard (0...1 << 30).contains(epochs), (1...1 << 30).contains(n), (0...epochs).contains(warmup_epoch),
        base.isFinite, let text
      else { return nil }
      return try? ScheduleText(text).schedule(
        default: base, stepsPerEpoch: Double(n), epochs: Double(epochs))
    }
  }
}
