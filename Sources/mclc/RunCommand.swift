import ArgumentParser
import Foundation
import MCLCommandSupport
import MCLGraph
import MCLParity
import MCLSupport
import MCLWeights

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Runs a program of a model once on tensors from a file.",
    discussion: paragraphs(
      """
      MODEL may be the folder of a run: then its model is run with the weights of its latest checkpoint. --weights names
      other ones: a run's folder, a checkpoint, or what 'mclc export' or 'import' wrote. --tensors gives inputs, and
      states too. States are called by their own names or by PyTorch's; a tensor that the model does not know is an error,
      and so is a state that no file gives, unless --initialize draws it. Bytes (U8) given to an input of floats are clips
      and decode as (2 u - 255) / 128. Inputs such as the learning rate keep their defaults. Outputs and taps are written by name; with --states also every state that the program changed. Integers
      (i64, in files I64) are read, computed and written exactly; --json prints what is written, each tensor as its type and
      its numbers, row-major.

        mclc run runs/first --program embed --tensors clip.safetensors --out features.safetensors
        mclc run models/tiny.mcl --set batch=1 --program embed --weights weights.safetensors --tensors clip.safetensors --out features.safetensors
        mclc run models/r2plus1d.mcl --program step --tensors batch.safetensors --taps 'xconv,mal.*' --out o.safetensors
        mclc run runs/x --program step --unfused --tensors runs/x/failed-step-00000123.safetensors
      """))

  @OptionGroup var options: ModelOptions
  @Option(help: "The program to run.") var program: String
  @Option(help: "A file of inputs and states (.safetensors); may be given often, later files win.")
  var tensors: [String] = []
  @Option(
    help: "The weights: a run's folder, a checkpoint or exported weights; may be given often, later ones win."
  )
  var weights: [String] = []
  @Option(help: "The file to write (.safetensors).") var out: String?
  @Option(
    help: "Taps to write besides the outputs, separated by commas; 'query.*' is all that start so, '*' all.")
  var taps: String?
  @Flag(help: "Draw the states that no file gives, as a new run does; without it they are an error.")
  var initialize = false
  @Option(help: "For --initialize: what the draws depend on.") var seed: UInt64 = 1
  @Flag(help: "Pass over tensors that are not of the model, which are an error otherwise.")
  var ignoreUnknown = false
  @Option(help: "compiled, or reference: the operations' definitions in Double.")
  var engine: ParityCheck.Engine = .compiled
  @Flag(
    help: """
      Run each operation by itself and stop at the first value that is not finite, named by its place in the model.
      """)
  var unfused = false
  @Flag(help: "Write also the states that the program changed.") var states = false
  @Flag(help: "Print JSON: what is written, or would be with --out.") var json = false

  func validate() throws {
    guard !unfused || engine == .compiled else {
      throw ValidationError("--unfused is of the compiled engine; leave one of both out")
    }
    guard unfused || json || out != nil else {
      throw ValidationError("give --out, the file to write, or --json")
    }
  }

  func run() throws {
    try reporting {
      if let out { try expectDistinct(out, from: tensors + weights + modelFiles(options.model)) }
      let module = try options.load()
      let graph = try module.program(program)
      let taps = try chosen(graph.taps.map(\.name))
      let report = { (line: String) in say("mclc: \(line)") }
      let own =
        weights.isEmpty && isFolder(options.model)
        ? try WeightFile.latest(ofRun: options.model, report: report) : nil
      let files = try [own].compactMap { $0 } + (weights + tensors).map { try WeightFile($0, report: report) }
      if let out { try expectDistinct(out, from: files.map(\.path)) }
      let run = try TensorRun(
        graph, of: module.programs, taps: taps,
        files: files,
        seed: initialize ? seed : nil, ignoringUnknown: ignoreUnknown)
      run.remarks.forEach(say)
      let written = try run.outputs(
        engine: engine, threads: try threadCount(), includingStates: states, unfused: unfused)
      if unfused { say("every value of program '\(graph.name)' is finite") }
      if json { try printJSON(written.mapValues(\.object)) }
      guard let out else { return }
      try SafeTensors.write(
        written, metadata: ["program": graph.name].merging(Checkpoint.weightsMetadata(graph.states)) { $1 },
        to: out)
      say("\(out): \(written.count) tensors")
    }
  }

  /// The taps asked for: by name, or all that start with what stands before a '*'.
  /// - Throws: `UsageError` where no tap starts so.
  private func chosen(_ names: [String]) throws -> Set<String> {
    var chosen = Set<String>()
    for part in (taps ?? "").split(separator: ",") {
      guard part.hasSuffix("*") else {
        chosen.insert(String(part))
        continue
      }
      let found = names.filter { $0.hasPrefix(part.dropLast()) }
      guard !found.isEmpty else {
        throw UsageError("--taps \(part): no tap of program '\(program)' starts so; '*' writes them all")
      }
      chosen.formUnion(found)
    }
    return chosen
  }

}

extension HostTensor {
  /// For JSON: the element type as in files, the shape, and the numbers, row-major; what is not finite is a text.
  fileprivate var object: [String: Any] {
    let values: [Any]
    let element: SafeTensors.Element
    switch storage {
    case .int64(let integers): (element, values) = (.int64, integers.map { $0 as Any })
    case .uint8(let bytes): (element, values) = (.uint8, bytes.map { $0 as Any })
    case .float32(let floats):
      (element, values) = (.float32, floats.map { $0.isFinite ? $0 as Any : "\($0)" as Any })
    case .float64(let doubles):
      (element, values) = (.float64, doubles.map { $0.isFinite ? $0 as Any : "\($0)" as Any })
    }
    return ["type": element.rawValue, "shape": shape, "values": values]
  }
}
