import Foundation
import MCLEvaluation
import MCLGraph
import MCLRuntime
import MCLSupport
import MCLTestKit
import MCLVideo
import MCLWeights
import Testing

/// How clips are prepared, as one description that files carry.
@Suite struct PreprocessingTests {
  private let described = Preprocessing(
    clip: .init(frames: 16, step: 2, height: 112, width: 128),
    preparation: ClipPreparation(
      mean: [0.4, 0.45, 0.5], standardDeviation: [0.25, 0.2, 0.225], centreShare: 0.875), shortSide: 256)

  private let json = #"""
    {
      "clip" : {
        "frames" : 16,
        "height" : 112,
        "step" : 2,
        "width" : 128
      },
      "crop_share" : 0.875,
      "decoding" : {
        "colours" : "rgb",
        "filter" : "bilinear",
        "orientation" : "as shown",
        "pixels" : "square",
        "range" : "full",
        "unstated_matrix" : "bt601",
        "unstated_range" : "limited"
      },
      "layout" : "f32 [N, 3, T, H, W]",
      "mean" : [
        0.4,
        0.45,
        0.5
      ],
      "normalisation" : "(level / 255 - mean) / standard_deviation",
      "resize" : "fit",
      "resize_filter" : "antialiased bilinear, rounded to 8 bits after each axis",
      "short_side_at_most" : 256,
      "short_videos" : "each frame repeated in place",
      "single_frame" : false,
      "standard_deviation" : [
        0.25,
        0.2,
        0.225
      ],
      "version" : 1
    }
    """#

  @Test func theTextIsExactAndReadBack() throws {
    #expect(try described.json(isPretty: true) == json)
    let line = try described.json(isPretty: false)
    #expect(!line.contains("\n"))
    let read = try Preprocessing(metadata: [Preprocessing.key: line], path: "w")
    #expect(read == described)
    #expect(try Preprocessing(metadata: ["model": "m"], path: "w") == nil)
    var other = described
    (other.shortSide, other.preparation.scale) = (nil, .shortSide(128))
    let text = try other.json(isPretty: false)
    #expect(text.contains(#""short_side_at_most":null"#) && text.contains(#""resize":"128""#))
    #expect(try Preprocessing(metadata: [Preprocessing.key: text], path: "w") == other)
  }

  @Test func anotherContractIsRefused() throws {
    let line = try described.json(isPretty: false)
    func said(_ old: String, _ new: String) -> String {
      let text = line.replacing(old, with: new)
      #expect(text != line)
      let error = #expect(throws: UsageError.self) {
        try Preprocessing(metadata: [Preprocessing.key: text], path: "w.safetensors")
      }
      return error?.description ?? ""
    }
    #expect(
      said(#""version":1"#, #""version":2"#)
        == "w.safetensors: its metadata 'preprocessing' cannot be read, as the preprocessing has version 2, but this mclc "
        + "knows 1; export the weights again")
    for (old, new) in [("bt601", "bt709"), ("antialiased", "sharp"), ("f32 [N, 3", "f16 [N, 3"), ("{", "")] {
      #expect(
        said(old, new)
          == "w.safetensors: its metadata 'preprocessing' cannot be read, as it is not as this mclc writes it; export the "
          + "weights again")
    }
    #expect(
      said("[0.25,0.2,0.225]", "[0.25,0,0.225]")
        == "w.safetensors: its metadata 'preprocessing' cannot be read, as the preprocessing has sizes or colours that no "
        + "clip can have; export the weights again")
  }

  /// A reader of views works by the description that exports carry.
  @Test func viewsAreReadByIt() throws {
    let graph = try FeatureProgram.chosen(
      in: projectModel("tiny", settings: ["size": "32x48"]), program: nil, layer: nil)
    let preparation = described.preparation
    let fit = Preprocessing(of: graph.clip, preparation)
    #expect(fit.shortSide == 256 && fit.clip == .init(frames: 16, step: 2, height: 32, width: 48))
    var whole = preparation
    whole.scale = .none
    #expect(Preprocessing(of: graph.clip, whole).shortSide == nil)
    let reader = ViewReader(.usual, of: graph.clip, fit)
    #expect(reader.preprocessing == fit && reader.preparation == preparation)
  }

  /// The crop of `fit` is that of validation.
  @Test func theLargestCropIsOneFormula() {
    let sides = Crop.largestSides(frameWidth: 320, frameHeight: 240, width: 112, height: 112, share: 0.875)
    #expect(sides == (210, 210))
    #expect(
      Crop.largestSides(frameWidth: 7, frameHeight: 3, width: 48, height: 32, share: 0.01) == (1, 1))
  }
}
