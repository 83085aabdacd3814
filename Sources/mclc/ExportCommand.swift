import ArgumentParser
import Foundation
import MCLRuntime

extension ExportedWeights.Encoder: ExpressibleByArgument {}

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Writes a run's weights under PyTorch's names.",
    discussion: """
      RUN is the folder of 'train', whose latest whole checkpoint is taken, or one checkpoint file. In Python:

        model.load_state_dict(safetensors.torch.load_file("weights.safetensors"))

      Momenta, the queue and the other encoder are left out.

        mclc export runs/first -o weights.safetensors
        mclc export runs/first/checkpoint-00000400.safetensors --encoder key -o momentum.safetensors
      """)

  @Argument(help: ArgumentHelp("The folder of a run, or a checkpoint.", valueName: "run"))
  var source: String
  @Option(name: .shortAndLong, help: "The file to write (.safetensors).") var out: String
  @Option(help: "query, or key: the momentum encoder.") var encoder: ExportedWeights.Encoder = .query

  func run() throws {
    try reporting {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: source, isDirectory: &isFolder) else {
        throw UsageError("\(source): there is no such run or checkpoint; check the path")
      }
      do {
        let states = try ExportedWeights.states(at: source, isFolder: isFolder.boolValue) {
          say("mclc: \($0)")
        }
        let tensors = try ExportedWeights.tensors(of: states.tensors, encoder: encoder, path: source)
        // 'pt' is what PyTorch's own writers note.
        var metadata = ["format": "pt"]
        for key in ["model", "settings", "step"] { metadata[key] = states.metadata[key] }
        try SafeTensors.write(tensors, metadata: metadata, to: out)
        say("\(out): \(tensors.count) tensors of \(source)")
      } catch let error as TensorFileError { throw UsageError(error.description) }
    }
  }
}
