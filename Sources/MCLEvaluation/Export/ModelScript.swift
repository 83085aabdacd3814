import MCLGraph
import MCLSupport
import MCLWeights

/// `model.py`: a network as a PyTorch module that needs torch and safetensors alone, made of a program's graph, with the
/// preparation of clips that `preprocessing.json` describes.
struct ModelScript {
  /// A tensor that the module has.
  struct Weight {
    var name: String
    var shape: [Int]
    var element: Element
    /// Whether gradient descent changes it.
    var isParameter: Bool

    enum Element: String { case float32, float64, int64, uint8 }
  }

  let text: String

  /// - Parameters:
  ///   - title: what the module is, a phrase.
  ///   - weights: all tensors of the exported weights, in order.
  init(_ program: TorchProgram, title: String, weights: [Weight], batch: Int, isPooled: Bool) {
    let quoted = TorchProgram.quoted
    let states = weights.map { weight in
      "    \(quoted(weight.name)): (\(weight.isParameter ? "True" : "False"), torch.\(weight.element.rawValue), "
        + "\(TorchProgram.tuple(weight.shape))),"
    }
    let result = isPooled ? "\(program.result).flatten(2).mean(2)" : program.result
    let body = (program.lines + ["return \(result)"]).map { "        " + $0 }
    let clips = program.isBatchFixed ? "\(batch)" : "None"
    // A docstring ends with quotation marks, and what stands in it is escaped.
    let safe = title.replacing("\\", with: "/").replacing("\"", with: "'")
    text = [
      "\"\"\"\(safe): a PyTorch module, written by mclc export.", Self.head,
      "# Clips that the network takes at once; None: any number.", "CLIPS = \(clips)", "",
      "# The weights, by name: whether it is a parameter, the element type, the shape.", "STATES = {",
      states.joined(separator: "\n"), "}", "", Self.network, body.joined(separator: "\n"), "", Self.loading,
      ModelPreparationScript.text,
    ].joined(separator: "\n")
  }

  private static let head = #"""

        import model
        network = model.load()                                   # the weights beside this file, strictly
        features = model.video_features(network, frames)         # uint8 [D, H, W, 3], RGB, as decoded: [views, width]
        feature = features.double().mean(0)                      # of the video

    It needs torch and safetensors. What happens to frames stands in preprocessing.json and is done by Preprocessing below.
    """
    import json
    import pathlib

    import torch
    from torch import nn
    from torch.nn import functional

    FOLDER = pathlib.Path(__file__).resolve().parent

    """#

  private static let network = #"""

    class Network(nn.Module):
        """The graph of the program, an assignment a value; shapes stand behind them."""

        def __init__(self):
            super().__init__()
            for name, (is_parameter, element, shape) in STATES.items():
                *scopes, last = name.split(".")
                module = self
                for scope in scopes:
                    if scope not in module._modules:
                        module.add_module(scope, nn.Module())
                    module = module._modules[scope]
                value = torch.zeros(shape, dtype=element)
                if is_parameter:
                    module.register_parameter(last, nn.Parameter(value))
                else:
                    module.register_buffer(last, value)

        def forward(self, clip):
            if CLIPS is not None and clip.shape[0] != CLIPS:
                raise ValueError(f"this network takes {CLIPS} clips at once, not {clip.shape[0]}")
            w = {**dict(self.named_parameters()), **dict(self.named_buffers())}
    """#

  private static let loading = #"""

    def load(path=FOLDER / "weights.safetensors"):
        """The network with its weights, ready for evaluation; a name or a shape that differs is an error."""
        from safetensors.torch import load_file

        network = Network()
        network.load_state_dict(load_file(str(path)), strict=True)
        return network.eval()

    """#
}
