import ArgumentParser
import Foundation
import MCLCommandSupport
import MCLGraph
import MCLSupport
import MCLWeights

extension Inflation.Variant: ExpressibleByArgument {}

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Converts PyTorch weights to safetensors, without running anything in them.",
    discussion: paragraphs(
      """
      CHECKPOINT is a file of torch.save (.pth, .pth.tar), zip or legacy. Nothing in it is executed, and only what is asked
      for must be readable: the rest is listed. With --inflate, the weights of a 2-D ResNet become those of the R(2+1)D
      backbone. With --model, the file gets the weights that fit the model by name and shape, and what fits, starts new or
      is left out is listed.

      What stands before the network's names (module., _orig_mod., model., encoder_q., ...) is found by trying which of all
      beginnings makes the most names and shapes fit, and is taken off. Of encoders that fit equally, as of a method with a
      momentum encoder, the trained one is taken: the one whose name has no word for a moving average (momentum, target,
      teacher, ema, k, ...), else the first in the file. --prefix chooses another. Where names tell of less than half of the
      model, its layers are looked for by their order and shapes, as nn.Sequential numbers them and other authors name them;
      which layer was taken for which is said.

        mclc import moco_v2_200ep_pretrain.pth.tar --inflate ucf101 -o moco.safetensors --model models/r2plus1d.mcl
        mclc import r2plus1d_18.pth -o tv.safetensors --model models/r2plus1d_18.mcl --set num_classes=400
        mclc train models/r2plus1d.mcl --init moco.safetensors --data videos --out runs/moco --epochs 200

      Exit codes: 0 done, 1 the work failed, 2 usage or bad input.
      """))

  @Argument(help: "A file of torch.save.") var checkpoint: String
  @Option(name: .shortAndLong, help: "The file to write (.safetensors).") var out: String
  @Option(
    help: """
      Inflate a 2-D network. ucf101 drops the projection head; kinetics makes it the head of the contrast between videos.
      """)
  var inflate: Inflation.Variant?
  @Option(help: "The key that holds the state dict, or keys separated by dots; found where it is left out.")
  var key: String?
  @Option(
    help: "What stands before the network's names, such as module.encoder_q; found where it is left out.")
  var prefix: String?
  @Option(help: "A model (.mcl or .mclc) that is to start from the weights: those that fit it are taken.")
  var model: String?
  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("A setting of that model.", valueName: "key=value"))
  var settings: [String] = []
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    guard model != nil || settings.isEmpty else { throw ValidationError("--set needs --model") }
  }

  func run() throws {
    try reporting {
      // The file is written beside its place first.
      for written in [out, out + ".part"] {
        try expectDistinct(written, from: [checkpoint] + (model.map(modelFiles) ?? []))
      }
      do {
        let file = try TorchCheckpoint(path: checkpoint)
        let states = try model.map(states)
        let weights = try ImportedWeights(
          file, .init(key: key, prefix: prefix, inflation: inflate, states: states))
        try SafeTensors.write(weights.tensors, metadata: metadata, to: out)
        if json { try printJSON(object(weights, file.format)) } else { report(weights, file.format) }
      } catch let error as TensorFileError { throw UsageError(error.description) }
    }
  }

  /// The states of a model's training step, whatever it is called: of the program with the most.
  private func states(_ model: String) throws -> [Graph.State] {
    let options = try ModelOptions.parse([model] + settings.flatMap { ["--set", $0] })
    return try options.load().programs.max { $0.states.count < $1.states.count }?.states ?? []
  }

  private var metadata: [String: String] {
    inflate.map { ["format": "pt", "inflated": $0.rawValue] } ?? ["format": "pt"]
  }

  // MARK: Reports

  private func report(_ weights: ImportedWeights, _ format: TorchCheckpoint.Format) {
    for remark in weights.remarks { say("mclc: \(remark)") }
    for line in weights.comparison?.summary ?? [] { say(line) }
    if !weights.unexpected.isEmpty {
      say("not of the model, left out: \(NameGroups(weights.unexpected, beyond: weights.prefix).description)")
    }
    if !weights.unread.isEmpty {
      say("not read: \(weights.unread.joined(separator: "; "))")
    }
    let numbers = weights.tensors.values.reduce(0) { $0 + $1.count }
    say("\(out): \(weights.tensors.count) tensors, \(short(Double(numbers))) numbers (\(format) format)")
  }

  private func object(_ weights: ImportedWeights, _ format: TorchCheckpoint.Format) -> [String: Any] {
    [
      "tensors": weights.tensors.count, "format": format.rawValue, "remarks": weights.remarks, "out": out,
      "key": weights.keys, "prefix": weights.prefix, "unread": weights.unread,
      "missing": weights.comparison?.missing ?? [], "unexpected": weights.unexpected,
      "otherShapes": (weights.comparison?.otherShapes ?? []).map {
        ["name": $0.tensor, "shape": $0.shape, "expected": $0.expected.shape] as [String: Any]
      },
      "groups": (weights.comparison?.groups ?? []).map {
        ["name": $0.name, "fitting": $0.fitting, "count": $0.count, "missing": $0.missing] as [String: Any]
      },
      "leftOut": NameGroups(weights.unexpected, beyond: weights.prefix).groups.map {
        ["name": $0.name, "count": $0.members.count] as [String: Any]
      },
    ]
  }
}
