import Foundation
import MCLDataTestKit
import MCLGraph
import MCLSupport
import MCLTestKit
import MCLWeights
import Testing

/// Checkpoints of torchvision's R(2+1)D-18 by several self-supervised methods, as SEVERE-benchmark (Thoker et al. 2022)
/// collects them: the names in each, with narrow layers.
@Suite struct LayerOrderTests {
  struct File: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var keys: [String] = ["state_dict"]
    var prefix: String
    /// Another network of the same names.
    var copy: String?
    var others: [(name: String, shape: [Int])] = []
    /// The file's name for one of the model's.
    var name: @Sendable (String) -> String = { $0 }
    /// Whether the names themselves are other ones.
    var isByOrder = false
  }

  /// `nn.Sequential` of a network's children.
  private static let numbered: @Sendable (String) -> String = { name in
    let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
    return (parts[0] == "stem" ? "0" : String(parts[0].dropFirst(5))) + "." + parts[1]
  }

  /// Factors called by what they are of, batch norm of a whole convolution beside it.
  private static let worded: @Sendable (String) -> String = { name in
    var name = name
    for (number, word) in [("0", "conv_s"), ("1", "bn_s"), ("3", "conv_t"), ("4", "bn_t")] {
      name = name.replacing("stem.\(number).", with: "stem.\(word).")
      name = name.replacing("conv1.0.\(number).", with: "conv1.\(word).")
      name = name.replacing("conv2.0.\(number).", with: "conv2.\(word).")
    }
    for (number, word) in [("conv1.1.", "bn1."), ("conv2.1.", "bn2."), ("downsample.0.", "downsample.conv.")]
    {
      name = name.replacing(number, with: word)
    }
    return name.replacing("downsample.1.", with: "downsample_bn.")
  }

  static let files = [
    File(
      testDescription: "supervised", keys: [], prefix: "",
      others: [("fc.weight", [400, 20]), ("fc.bias", [400])]),
    File(
      testDescription: "MoCo, VideoMoCo", prefix: "module.encoder_q.", copy: "module.encoder_k.",
      others: [("module.queue", [128, 16]), ("module.encoder_q.fc.weight", [128, 20])]),
    File(
      testDescription: "SeLaVi", keys: ["model"], prefix: "module.video_network.base.",
      others: [("module.audio_network.base.conv1.weight", [4, 1, 7, 7]), ("module.mlp_v.weight", [9, 20])]),
    File(
      testDescription: "GDT", keys: ["model"], prefix: "video_network.base.",
      others: [("audio_network.base.conv1.weight", [4, 1, 7, 7]), ("mlp_v.0.weight", [9, 20])]),
    File(testDescription: "AVID-CMA", keys: ["model"], prefix: "module.video_model."),
    File(testDescription: "TCLR", prefix: "module.0.", others: [("module.1.fc1.weight", [20, 20])]),
    File(
      testDescription: "Pretext-Contrast", keys: [], prefix: "module.base_network.",
      others: [("module.projector.mlp.0.weight", [20, 20])], name: numbered, isByOrder: true),
    File(
      testDescription: "RSPNet", keys: ["model"], prefix: "encoder_q.encoder.base_network.",
      copy: "encoder_k.encoder.base_network.",
      others: [("encoder_q.head.weight", [20, 20]), ("queue", [4, 3])],
      name: numbered, isByOrder: true),
    File(
      testDescription: "CTP", prefix: "backbone.", others: [("cls_head.fc.weight", [20, 20])], name: worded,
      isByOrder: true),
  ]

  private static let states = Result<[Graph.State], any Error> {
    try projectModel(
      "r2plus1d_18",
      settings: [
        "batch": "2", "size": "32", "frames": "4", "layers": "1,1,1,1", "widths": "8,12,16,20", "stem": "6",
        "num_classes": "5",
      ]
    ).program("classify").states
  }

  /// The network without its head.
  private func backbone() throws -> [(name: String, shape: [Int])] {
    try Self.states.get().filter { $0.isWeight && !$0.name.hasPrefix("fc.") }.map { ($0.name, $0.type.shape) }
  }

  private func tensors(_ file: File) throws -> [(name: String, shape: [Int])] {
    let own = try backbone()
    return (file.copy.map { [$0] } ?? []).reduce(own.map { (file.prefix + file.name($0.name), $0.shape) }) {
      list, copy in list + own.map { (copy + file.name($0.name), $0.shape) }
    } + file.others
  }

  private func checkpoint(
    _ tensors: [(name: String, shape: [Int])], _ keys: [String], in folder: VideoTestFolder
  ) throws -> TorchCheckpoint {
    try TorchCheckpoint(path: try folder.file("x", TorchFiles.stateDict(tensors, under: keys)))
  }

  @Test(arguments: files) func aModelFindsItsWeights(file: File) throws {
    let folder = try VideoTestFolder()
    let own = try backbone()
    let weights = try ImportedWeights(
      checkpoint(try tensors(file), file.keys, in: folder), .init(states: try Self.states.get()))
    #expect(weights.prefix == file.prefix && weights.keys == file.keys)
    #expect(Set(weights.tensors.keys) == Set(own.map(\.name)))
    // Each tensor holds its place in the file.
    for (place, tensor) in own.enumerated() {
      #expect(weights.tensors[tensor.name]?.floats.first == Float(place), "\(tensor.name)")
      #expect(weights.tensors[tensor.name]?.shape == tensor.shape)
    }
    let summary = try #require(weights.comparison).summary
    #expect(summary.first == "stem complete: 12 of 12")
    #expect(summary.contains("fc: start new (2)"), "\(summary)")
    let byOrder = weights.remarks.filter { $0.contains("under other names") }
    #expect(byOrder.isEmpty == !file.isByOrder)
    if file.isByOrder {
      let first = file.prefix + file.name("stem.0.weight").dropLast(7)
      let last = file.prefix + file.name("layer4.0.downsample.1.weight").dropLast(7)
      #expect(
        byOrder == [
          "'\(file.prefix)' holds the network's layers under other names, and is taken by their order and shapes: 42 "
            + "layers, from '\(first)' for 'stem.0' to '\(last)' for 'layer4.0.downsample.1'; make sure that it is this "
            + "network"
        ])
    }
    #expect(weights.remarks.contains { $0.contains("would fit as well") } == (file.copy != nil))
    if let copy = file.copy {
      #expect(
        weights.remarks.contains(
          "'\(copy)' would fit as well: '\(file.prefix)' is taken for the trained network, as no word in its name says "
            + "that it is a moving average; choose another with --prefix"), "\(weights.remarks)")
      let other = try ImportedWeights(
        checkpoint(try tensors(file), file.keys, in: folder),
        .init(prefix: copy, states: try Self.states.get()))
      #expect(other.tensors["stem.0.weight"]?.floats.first == Float(own.count))
    }
    if file.testDescription == "supervised" {
      #expect(
        summary.contains(
          "of another shape, left out: 'fc.bias' [400] for [5], 'fc.weight' [400, 20] for [5, 20]"))
    } else {
      #expect(file.others.allSatisfy { weights.unexpected.contains($0.name) || $0.name.contains(".fc.") })
    }
  }

  /// Counters, which older versions of PyTorch do not write, are no proof and no hindrance.
  @Test func filesWithoutCountersAreTakenToo() throws {
    let folder = try VideoTestFolder()
    let file = try #require(Self.files.first { $0.testDescription == "CTP" })
    let without = try tensors(file).filter { !$0.name.hasSuffix("num_batches_tracked") }
    let weights = try ImportedWeights(
      checkpoint(without, file.keys, in: folder), .init(states: try Self.states.get()))
    #expect(weights.tensors.count == without.count - file.others.count)
  }

  /// Layers in another order, or of other shapes, are another network's.
  @Test func anotherNetworkIsNotTakenByItsOrder() throws {
    let folder = try VideoTestFolder()
    let file = try #require(Self.files.first { $0.testDescription == "CTP" })
    var shuffled = try tensors(file)
    let place = try #require(shuffled.firstIndex { $0.name.hasPrefix("backbone.layer1.0.conv1.conv_t") })
    shuffled.insert(shuffled.remove(at: place), at: 0)
    let wide = try tensors(file).map { tensor in
      tensor.name.contains("layer1.0.conv1.conv_s") ? (tensor.name, tensor.shape.map { $0 + 1 }) : tensor
    }
    for tensors in [shuffled, wide] {
      let error = #expect(throws: TensorFileError.self) {
        try ImportedWeights(
          checkpoint(tensors, file.keys, in: folder), .init(states: try Self.states.get()))
      }
      #expect(
        error?.description.contains(": none of its \(tensors.count) tensors under 'state_dict' ") == true,
        "\(error?.description ?? "")")
    }
  }
}
