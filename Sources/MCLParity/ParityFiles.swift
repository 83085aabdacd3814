import Foundation
import MCLGraph
import MCLSupport
import MCLWeights

/// The files of a check: what is expected, and where weights and inputs come from.
package struct ParityFiles {
  package enum Start {
    /// Weights, states and inputs in a file; `batchN.` tensors drive step N.
    case file(SafeTensors)
    /// By the formula.
    case formula
  }

  package let start: Start
  package let expected: SafeTensors
  /// Whether both are one file, so that it holds inputs beside expectations.
  package let isOneFile: Bool

  package init(start: Start, expected: SafeTensors, isOneFile: Bool) {
    self.start = start
    self.expected = expected
    self.isOneFile = isOneFile
  }

  /// The settings of a model that metadata may hold; other keys there are information.
  package static let settingKeys = [
    "block", "layers", "widths", "stem", "frames", "size", "batch", "num_channels", "mlp_layers",
    "queue_size",
    "queue_index_start", "temperature", "temperature_intra", "alpha", "sgd_lr", "sgd_momentum",
    "weight_decay",
    "order_weight", "mal_weight", "num_classes", "accumulate", "clip_norm", "bn_groups",
  ]

  /// What configures the run: the expected file's metadata over the inputs file's.
  package var metadata: [String: String] {
    guard case .file(let file) = start else { return expected.metadata }
    return file.metadata.merging(expected.metadata) { _, new in new }
  }

  /// The model's settings: those given over the files'.
  package func settings(given: [String: String]) -> [String: String] {
    metadata.filter { Self.settingKeys.contains($0.key) }.merging(given) { _, new in new }
  }

  /// The steps that the file speaks of.
  /// - Throws: `UsageError` when that is no number.
  package func steps() throws -> Int {
    guard let text = metadata["steps"] else { return 1 }
    guard let steps = Int(text), (1...100_000).contains(steps) else {
      throw UsageError("the expected file's 'steps' is '\(text)'; it must be a number from 1 to 100000")
    }
    return steps
  }

  /// The names of the parameters in the order of vectors of norms: a JSON list in the metadata.
  package var parameterOrder: [String] {
    guard let text = metadata["param_order"] else { return [] }
    return (try? JSONDecoder().decode([String].self, from: Data(text.utf8))) ?? []
  }

  private var startName: String {
    if case .file(let file) = start { file.path } else { "the formula" }
  }

  /// Every state before the first step.
  /// - Throws: `UsageError` naming the first that the file lacks or holds in another shape.
  func states(of program: Graph) throws -> [String: Value] {
    var states: [String: Value] = [:]
    for state in program.states {
      let value: Value?
      switch start {
      case .formula: value = FormulaTensors(suffix: metadata["seed_suffix"] ?? "").state(state)
      case .file(let file):
        if file.entries[state.name] != nil {
          value = try file.value(state.name, as: state.type)
        } else if let start = state.initializer.scalar,
          state.name.hasPrefix("velocity.") || state.name.hasPrefix("accumulated")
            || state.name == "queue_index"
        {
          // Momenta and sums start at zero and the cursor where the model says.
          value = Value(state.type, filledWith: start)
        } else {
          value = nil
        }
      }
      guard let value else {
        throw UsageError(
          "\(startName) gives no start for state '\(state.name)' \(state.type); use the model and the --set that it was "
            + "made for")
      }
      states[state.name] = value
    }
    return states
  }

  /// What the program is given in a step, from 1.
  /// - Throws: `UsageError` naming the first input that is nowhere, or has another shape.
  func inputs(of program: Graph, step: Int) throws -> [String: Value] {
    var inputs: [String: Value] = [:]
    for input in program.inputs where input.defaultValue == nil {
      inputs[input.name] = try value(of: input, step)
    }
    return inputs
  }

  private func value(of input: Graph.Input, _ step: Int) throws -> Value {
    switch start {
    case .file(let file):
      if let value = try Self.value(of: input, step, in: file) { return value }
    case .formula:
      // A golden that lists something for every step draws the rest for every step.
      let isNewEachStep = expected.entries.keys.contains { $0.hasPrefix("batch\(step).") }
      let formula = FormulaTensors(suffix: metadata["seed_suffix"] ?? "")
      if let value = formula.input(input, prefix: isNewEachStep ? "batch\(step)." : "") { return value }
    }
    if input.type.element == .int64 {
      if let value = try Self.value(of: input, step, in: expected) { return value }
      if let labels = metadata[input.name]?.split(separator: ",").map({ Int64($0) }),
        labels.count == input.type.count, !labels.contains(nil)
      {
        return Value(input.type, integers: labels.compactMap { $0 })
      }
    }
    throw UsageError(
      "\(startName) gives no value for input '\(input.name)' \(input.type); use the model and the --set that it was made "
        + "for")
  }

  /// The input of one step, or of all; nil when the file has neither.
  private static func value(of input: Graph.Input, _ step: Int, in file: SafeTensors) throws -> Value? {
    for name in ["batch\(step).\(input.name)", input.name] where file.entries[name] != nil {
      return try file.value(name, as: input.type)
    }
    if step > 1, file.entries["batch1.\(input.name)"] != nil {
      throw UsageError(
        "\(file.path): it has 'batch1.\(input.name)' but none for step \(step); give --steps \(step - 1)")
    }
    return nil
  }
}
