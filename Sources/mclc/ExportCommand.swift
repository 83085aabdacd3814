import ArgumentParser
import Foundation
import MCLCommandSupport
import MCLData
import MCLEvaluation
import MCLFrontend
import MCLGraph
import MCLRuntime
import MCLSupport
import MCLWeights

extension ExportedWeights.Network: ExpressibleByArgument {}

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes a run's weights under PyTorch's names, or the network for PyTorch.",
    discussion: paragraphs(
      """
      RUN is the folder of 'train', whose latest whole checkpoint is taken, or one checkpoint file. Where OUT ends in
      .safetensors it gets the parameters and buffers of the model's layers. Other states, such as momenta and queues, are
      left out, and how many is said. In Python:

        model.load_state_dict(safetensors.torch.load_file("weights.safetensors"))

      Any other OUT is a folder. It gets weights.safetensors, preprocessing.json, which says how frames become the network's
      input, model.py, which has the network and that preparation for torch and safetensors alone, and README.md. The network
      is the program that 'embed' would take. The metadata of the weights hold the preprocessing too.

        mclc export runs/first -o first
        mclc export runs/first -o weights.safetensors
        mclc export runs/first/checkpoint-00000400.safetensors --network copy -o momentum.safetensors
      """))

  @Argument(help: ArgumentHelp("The folder of a run, or a checkpoint.", valueName: "run"))
  var source: String
  @Option(name: .shortAndLong, help: "The file to write (.safetensors), or a folder.") var out: String
  @Option(help: "trained, or copy: what starts as a copy of it, such as a momentum encoder.")
  var network: ExportedWeights.Network = .trained
  @Option(help: "The model, for a checkpoint that stands outside its run's folder (.mcl or .mclc).")
  var model: String?
  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "A setting of that model, or mean, standard_deviation or centre_crop of its clips.",
      valueName: "key=value"))
  var settings: [String] = []
  @Option(help: "The program that is the network, as for 'embed'.") var program: String?
  @Option(help: "The output or tap of it that is the feature, as for 'embed'.") var layer: String?
  @Option(
    help: ArgumentHelp(
      "The scale of views that preprocessing says, as for 'embed'.", valueName: "fit|none|pixels"))
  var resize = "fit"

  func validate() throws {
    let ofModel = settings.filter { !TrainingSettings.isKey(String($0.prefix { $0 != "=" })) }
    guard model != nil || ofModel.isEmpty else { throw ValidationError("--set needs --model") }
  }

  private var isFile: Bool { out.hasSuffix(".safetensors") }

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
        if isFile {
          metadata[Preprocessing.key] = try preprocessing()
          try SafeTensors.write(weights.tensors, metadata: metadata, to: out)
        } else {
          try write(weights, metadata, file)
        }
        say("\(out): \(weights.tensors.count) tensors of \(file.path)")
        if !weights.leftOut.isEmpty {
          let groups = weights.leftOut.map { "\($0.group) \($0.count)" }.joined(separator: ", ")
          say(
            "left out: \(weights.leftOut.reduce(0) { $0 + $1.count }) states that are no weights (\(groups))")
        }
      } catch let error as TensorFileError { throw UsageError(error.description) }
    }
  }

  /// What 'embed' would do with the run: its program, and what clips go through.
  private func job() throws -> FeatureJob {
    let options = [source] + (model.map { ["--model", $0] } ?? []) + settings.flatMap { ["--set", $0] }
    let views =
      ["--views", "1x1", "--resize", resize] + (program.map { ["--program", $0] } ?? [])
      + (layer.map { ["--layer", $0] } ?? [])
    return try FeatureJob(
      try FeatureOptions.parse(options), try ViewOptions.parse(views), cache: "",
      signals: SignalWatch(.finishing), isSilent: true)
  }

  /// For the metadata of weights alone; nil where it is not known, which is said.
  private func preprocessing() throws -> String? {
    do { return try job().preprocessing.json(isPretty: false) } catch {
      guard error is UsageError || error is ModelLoadError || error is ModelError,
        program == nil, layer == nil, resize == "fit"
      else { throw error }
      say("mclc: the weights do not say how clips are prepared: \(error)")
      return nil
    }
  }

  private func write(_ weights: ExportedWeights, _ metadata: [String: String], _ file: WeightFile) throws {
    let job = try job()
    let table = try metadata[RunIdentity.classesKey].map { try ClassTable($0).names }
    let folder = try ModelFolder(
      job.module, job.program, weights: weights, metadata: metadata, preprocessing: job.preprocessing,
      classes: table.flatMap { $0.count == job.program.width ? $0 : nil }, path: file.path)
    try folder.write(to: out)
  }

  /// The weights of the model that was named.
  private func namesOfWeights() throws -> (states: Set<String>, names: WeightNames) {
    guard let model else {
      throw UsageError(
        "\(source): it does not say which of its states are weights, as an older mclc wrote it; name the model with "
          + "--model, and its settings with --set")
    }
    let ofModel = settings.filter { !TrainingSettings.isKey(String($0.prefix { $0 != "=" })) }
    let module = try ModelOptions.parse([model] + ofModel.flatMap { ["--set", $0] }).load()
    let states = module.programs.flatMap(\.states)
    return (Set(states.filter(\.isWeight).map(\.name)), WeightNames(states))
  }
}
