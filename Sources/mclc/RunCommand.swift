import ArgumentParser
import Foundation
import MCLCompiler
import MCLGraph
import MCLRuntime

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Runs a program of a model once on tensors from a file.",
    discussion: """
      The file gives inputs and states by name; bytes (U8) given to an input of floats are clips and decode as
      (2 u - 255) / 128. Inputs such as the learning rate keep their defaults. A checkpoint of 'train' serves as the file
      of states. Outputs and taps are written by name; with --states also every state that the program changed. Integers
      (i64, in files I64) are read, computed and written exactly; --json prints what is written, each tensor as its type and
      its numbers, row-major.

        mclc run models/tiny.mcl --program encode --tensors clip.safetensors --seed 1 --out features.safetensors
        mclc run models/r2plus1d.mcl --program step --tensors batch.safetensors --taps 'xconv,mal.*' --out o.safetensors
        mclc run models/tiny.mcl --program step --unfused --tensors runs/x/failed-step-00000123.safetensors
      """)

  @OptionGroup var options: ModelOptions
  @Option(help: "The program to run.") var program: String
  @Option(help: "A file of inputs and states (.safetensors); may be given often, later files win.")
  var tensors: [String]
  @Option(help: "The file to write (.safetensors).") var out: String?
  @Option(
    help: "Taps to write besides the outputs, separated by commas; 'query.*' is all that start so, '*' all.")
  var taps: String?
  @Option(
    help: "Initialize the states that the files do not hold, with this seed; without it they are an error.")
  var seed: UInt64?
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
      let graph = try options.load().program(program)
      let taps = try chosen(graph.taps.map(\.name))
      let run = try TensorRun(graph, taps: taps, files: try tensors.map(open), seed: seed)
      let written = try run.outputs(
        engine: engine, threads: try threadCount(), includingStates: states, unfused: unfused)
      if unfused { say("every value of program '\(graph.name)' is finite") }
      if json { try printJSON(written.mapValues(\.object)) }
      guard let out else { return }
      try SafeTensors.write(written, metadata: ["program": graph.name], to: out)
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

  private func open(_ path: String) throws -> SafeTensors {
    do { return try SafeTensors(path: path) } catch let error as TensorFileError {
      throw UsageError("\(error)")
    }
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
