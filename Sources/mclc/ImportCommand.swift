import ArgumentParser
import Foundation
import MCLCompiler
import MCLGraph
import MCLRuntime

extension Inflation.Variant: ExpressibleByArgument {}

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Converts PyTorch weights to safetensors, without running anything in them.",
    discussion: paragraphs(
      """
      CHECKPOINT is a file of torch.save (.pth, .pth.tar), zip or legacy, that holds tensors, containers and numbers only;
      one that asks for anything else is refused with its name. With --inflate, the weights of a 2-D ResNet (MoCo v2, or
      a plain one) become those of the R(2+1)D backbone. With --model, the weights that the model misses and those it does
      not know are listed.

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
  @Option(help: "The key that holds the state dict, where it is none of the usual ones.") var key: String?
  @Option(help: "A model (.mcl or .mclc) to compare the names with.") var model: String?
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
      let (format, weights): (TorchCheckpoint.Format, ImportedWeights)
      do {
        let file = try TorchCheckpoint(path: checkpoint)
        format = file.format
        weights = try ImportedWeights(file, key: key, inflate: inflate)
      } catch let error as TensorFileError { throw UsageError(error.description) }
      var assignment: WeightAssignment?
      var states = 0
      if let model {
        let options = try ModelOptions.parse([model] + settings.flatMap { ["--set", $0] })
        // The training step, whatever it is called: the program with the most states.
        let program = try options.load().programs.max { $0.states.count < $1.states.count }
        states = program?.states.count ?? 0
        assignment = try WeightAssignment(
          program?.states ?? [], shapes: weights.tensors.mapValues(\.shape), path: checkpoint)
      }
      try SafeTensors.write(weights.tensors, metadata: metadata, to: out)
      if json {
        try printJSON([
          "tensors": weights.tensors.count, "format": format.rawValue, "remarks": weights.remarks, "out": out,
          "missing": assignment?.missing ?? [], "unexpected": assignment?.unexpected ?? [],
        ])
      } else {
        for remark in weights.remarks { say("mclc: \(remark)") }
        for line in assignment?.summary(of: states) ?? [] { say(line) }
        let numbers = weights.tensors.values.reduce(0) { $0 + $1.count }
        say("\(out): \(weights.tensors.count) tensors, \(short(Double(numbers))) numbers (\(format) format)")
      }
    }
  }

  private var metadata: [String: String] {
    inflate.map { ["format": "pt", "inflated": $0.rawValue] } ?? ["format": "pt"]
  }
}
