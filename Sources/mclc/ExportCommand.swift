import ArgumentParser
import Foundation
import MCLCommandSupport
import MCLData
import MCLGraph
import MCLRuntime
import MCLSupport
import MCLWeights

extension ExportedWeights.Network: ExpressibleByArgument {}

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Writes a run's weights under PyTorch's names.",
    discussion: paragraphs(
      """
      RUN is the folder of 'train', whose latest whole checkpoint is taken, or one checkpoint file. In Python:

        model.load_state_dict(safetensors.torch.load_file("weights.safetensors"))

      Written are the parameters and buffers of the model's layers. Other states, such as momenta and queues, are left
      out, and how many is said.

        mclc export runs/first -o weights.safetensors
        mclc export runs/first/checkpoint-00000400.safetensors --network copy -o momentum.safetensors
      """))

  @Argument(help: ArgumentHelp("The folder of a run, or a checkpoint.", valueName: "run"))
  var source: String
  @Option(name: .shortAndLong, help: "The file to write (.safetensors).") var out: String
  @Option(help: "trained, or copy: what starts as a copy of it, such as a momentum encoder.")
  var network: ExportedWeights.Network = .trained
  @Option(help: "The model, for a checkpoint of an older mclc, which does not say which states are weights.")
  var model: String?
  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("A setting of that model.", valueName: "key=value"))
  var settings: [String] = []

  func validate() throws {
    guard model != nil || settings.isEmpty else { throw ValidationError("--set needs --model") }
  }

  func run() throws {
    try reporting {
      guard FileManager.default.fileExists(atPath: source) else {
        throw UsageError("\(source): there is no such run or checkpoint; check the path")
      }
      try expectDistinct(out, from: [source] + (model.map(modelFiles) ?? []))
      do {
        let file = try WeightFile(source) { say("mclc: \($0)") }
        if file.path != source { try expectDistinct(out, from: [file.path]) }
        let states = try ExportedWeights.states(in: file)
        let known = try states.weights ?? namesOfWeights()
        let weights = try ExportedWeights(
          of: states.tensors, weights: known.states, names: known.names, network: network, path: source)
        // 'pt' is what PyTorch's own writers note.
        var metadata = ["format": "pt"]
        for key in ["model", "settings", "step", RunIdentity.classesKey] {
          metadata[key] = file.tensors.metadata[key]
        }
        try SafeTensors.write(weights.tensors, metadata: metadata, to: out)
        say("\(out): \(weights.tensors.count) tensors of \(file.path)")
        if !weights.leftOut.isEmpty {
          let groups = weights.leftOut.map { "\($0.group) \($0.count)" }.joined(separator: ", ")
          say(
            "left out: \(weights.leftOut.reduce(0) { $0 + $1.count }) states that are no weights (\(groups))")
        }
      } catch let error as TensorFileError { throw UsageError(error.description) }
    }
  }

  /// The weights of the model that was named.
  private func namesOfWeights() throws -> (states: Set<String>, names: WeightNames) {
    guard let model else {
      throw UsageError(
        "\(source): it does not say which of its states are weights, as an older mclc wrote it; name the model with "
          + "--model, and its settings with --set")
    }
    let module = try ModelOptions.parse([model] + settings.flatMap { ["--set", $0] }).load()
    let states = module.programs.flatMap(\.states)
    return (Set(states.filter(\.isWeight).map(\.name)), WeightNames(states))
  }
}
