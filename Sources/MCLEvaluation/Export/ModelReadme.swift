import MCLSupport

/// `README.md` of an exported network, for people who have never heard of mclc.
struct ModelReadme {
  let text: String

  init(
    model: String, program: FeatureProgram, preprocessing: Preprocessing, classes: [String]?, tensors: Int
  ) {
    let (clip, preparation) = (preprocessing.clip, preprocessing.preparation)
    func list(_ numbers: [Float]) -> String { numbers.map { "\($0)" }.joined(separator: ", ") }
    let scale =
      switch preparation.scale {
      case .fit:
        "the largest crop of the clip's aspect in the middle, its sides times \(preparation.centreShare)"
      case .none: "a crop of the clip's own size in the middle, at the scale as decoded"
      case .shortSide(let side):
        "a short side of \(side) pixels, then a crop of the clip's own size in the middle"
      }
    let short = preprocessing.shortSide.map {
      "RGB frames; where the short side is longer than \($0) pixels they are scaled down to it"
    }
    let rows = [
      ("decoding", "8-bit RGB of full range; BT.601 and limited range where the stream states nothing else"),
      ("shape", "turned the way up that they are shown, pixels square"),
      ("size", short ?? "RGB frames as decoded"),
      (
        "clip",
        "\(clip.frames) frames, \(clip.step) apart; in a shorter video each frame stands several times in place"
      ),
      ("scale and crop", scale),
      (
        "resize",
        "to \(clip.width)x\(clip.height), bilinear and antialiased (triangle as wide as the scale), rows first, rounded to "
          + "8 bits after each axis"
      ),
      ("colours", "(level / 255 - mean) / deviation"), ("mean of R, G, B", list(preparation.mean)),
      ("deviation of R, G, B", list(preparation.standardDeviation)), ("tensor", "f32 [N, 3, T, H, W]"),
    ]
    let table = rows.map { "| \($0) | \($1) |" }.joined(separator: "\n")
    let scores = classes.map { names in
      """

      ## Classes
      The numbers are scores of these classes, in this order:

      \(names.enumerated().map { "\($0). \(Self.plain($1))" }.joined(separator: "\n"))

      """
    }
    text = """
      # \(Self.plain(model))
      A network that makes \(program.width) numbers ('\(Self.plain(program.output))') of a clip of a video. It was trained with mclc.

      | file | what |
      |---|---|
      | `weights.safetensors` | \(tensors) tensors under PyTorch's names |
      | `preprocessing.json` | how frames become the network's input |
      | `model.py` | the network and the preprocessing, for torch and safetensors alone |

      ```python
      import model
      network = model.load()
      features = model.video_features(network, frames)  # frames: uint8 [D, H, W, 3]; gives [20, \(program.width)]
      ```

      ## Preprocessing
      | step | what |
      |---|---|
      \(table)

      Keep to it. A colleague who took ImageNet's mean and deviation instead of the run's own got features that look right:
      their cosine with the right ones was 0.970, and their neighbours were others.

      Of the same frames `model.py` makes the features of `mclc embed` to 1e-4. Decoders differ: where another one enlarges
      colours otherwise, or where mclc scales frames down while it decodes them, levels differ by about one.
      \(scores ?? "")
      """
  }

  private static func plain(_ text: String) -> String {
    String(text.map { $0.isNewline ? " " : $0 })
  }
}
