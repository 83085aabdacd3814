import Foundation
import MCLDataTestKit
import MCLGraph
import MCLSupport
import MCLTestKit
import MCLWeights
import Testing

/// How checkpoints spell the names of one network, and that each spelling gives the same weights.
@Suite struct PrefixTests {
  struct Spelling: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// What stands before the trained network's names.
    var trained: String
    /// Other networks of the same names.
    var copies: [String] = []
    var others: [String] = []
    var keys: [String] = ["state_dict"]
    /// Whether the copies stand first in the file.
    var isLast = false
  }

  static let spellings = [
    Spelling(testDescription: "plain", trained: "", others: ["fc.weight", "fc.bias"], keys: []),
    Spelling(testDescription: "DataParallel", trained: "module."),
    Spelling(testDescription: "torch.compile", trained: "_orig_mod."),
    Spelling(testDescription: "compiled, then parallel", trained: "module._orig_mod."),
    Spelling(testDescription: "parallel, then compiled", trained: "_orig_mod.module."),
    Spelling(testDescription: "Lightning", trained: "model.", others: ["criterion.weight"]),
    Spelling(testDescription: "SWA", trained: "module.", others: ["n_averaged"], keys: []),
    Spelling(
      testDescription: "SimSiam", trained: "encoder.",
      others: ["encoder.fc.0.weight", "encoder.fc.1.running_mean", "encoder.fc.6.bias", "predictor.0.weight"]),
    Spelling(
      testDescription: "SimSiam, parallel", trained: "module.encoder.",
      others: ["module.encoder.fc.0.weight", "module.encoder.fc.1.running_mean", "module.predictor.0.weight"]),
    Spelling(
      testDescription: "MoCo", trained: "module.encoder_q.", copies: ["module.encoder_k."],
      others: ["module.queue", "module.queue_ptr"]),
    Spelling(
      testDescription: "MoCo, the key first", trained: "encoder_q.", copies: ["encoder_k."], isLast: true),
    Spelling(
      testDescription: "BYOL, encoders", trained: "online_encoder.net.", copies: ["target_encoder.net."],
      others: ["online_predictor.net.0.weight"]),
    Spelling(
      testDescription: "BYOL, networks", trained: "online_network.", copies: ["target_network."],
      others: ["predictor.layer.0.weight"], keys: [], isLast: true),
    Spelling(
      testDescription: "BYOL, backbones", trained: "backbone.", copies: ["momentum_backbone."],
      others: ["projector.0.weight", "classifier.bias"]),
    Spelling(testDescription: "a wrapped backbone", trained: "module.backbone."),
    Spelling(testDescription: "two of unknown roles", trained: "left.", copies: ["right."]),
    Spelling(testDescription: "keys within keys", trained: "module.", keys: ["model", "state_dict"]),
    Spelling(testDescription: "unusual keys", trained: "net.", keys: ["checkpoint", "student"]),
  ]

  private static let states = Result<[Graph.State], any Error> {
    let settings = ["batch": "2", "size": "32", "queue_size": "12", "widths": "8,8,8,8"]
    return try projectModel("tiny", settings: settings).program("step").states
  }

  /// The backbone's weights, by their names without `backbone.`.
  private func backbone() throws -> [(name: String, shape: [Int])] {
    try Self.states.get().compactMap { state in
      state.name.hasPrefix("q.backbone.") ? (String(state.name.dropFirst(11)), state.type.shape) : nil
    }
  }

  /// What a two-dimensional network has that becomes this backbone.
  private func flat() throws -> [(name: String, shape: [Int])] {
    try backbone().filter { !$0.name.contains("_t.") }.map { name, shape in
      (name, shape.count == 5 ? [shape[0], shape[1], shape[3], shape[4]] : shape)
    }
  }

  private func file(
    _ spelling: Spelling, _ network: [(name: String, shape: [Int])], in folder: VideoTestFolder
  ) throws -> TorchCheckpoint {
    let networks =
      spelling.isLast ? spelling.copies + [spelling.trained] : [spelling.trained] + spelling.copies
    let tensors = networks.flatMap { prefix in network.map { (prefix + $0.name, $0.shape) } }
    return try TorchCheckpoint(
      path: try folder.file(
        "x", TorchFiles.stateDict(tensors + spelling.others.map { ($0, [3]) }, under: spelling.keys)))
  }

  @Test(arguments: spellings) func inflationFindsTheNetwork(spelling: Spelling) throws {
    let folder = try VideoTestFolder()
    let network = try flat()
    let checkpoint = try file(spelling, network, in: folder)
    let expected = try backbone().map { "backbone." + $0.name }
    let first = Float(spelling.isLast ? spelling.copies.count * network.count : 0)

    for states in [nil, try Self.states.get()] {
      let weights = try ImportedWeights(checkpoint, .init(inflation: .ucf101, states: states))
      #expect(weights.prefix == spelling.trained && weights.keys == spelling.keys)
      // Nothing of the network's goes under a wrong name, and nothing else becomes the backbone's.
      let taken = weights.tensors.keys.filter { $0.hasPrefix("backbone.") }
      #expect(Set(taken) == Set(expected), "\(spelling.testDescription)")
      let stem = try #require(weights.tensors["backbone.conv1.weight"])
      #expect(stem.floats.max() == first && network[0].name == "conv1.weight")
      #expect(
        spelling.trained.isEmpty || weights.remarks.contains("'\(spelling.trained)' is taken off the names"))
      let isSaid = weights.remarks.contains { $0.contains("would fit as well") }
      #expect(isSaid == !spelling.copies.isEmpty)
      for copy in spelling.copies {
        #expect(weights.remarks.contains { $0.contains("'\(copy)'") }, "\(weights.remarks)")
      }
      if states == nil {
        let said = weights.remarks.joined()
        for other in spelling.others where !other.contains("fc.") {
          #expect(said.contains(String(other.prefix { $0 != "." })) && weights.tensors[other] != nil)
        }
      } else {
        #expect(weights.tensors.count == expected.count)
        #expect(
          weights.comparison?.summary.first == "backbone complete: \(expected.count) of \(expected.count)")
      }
    }
  }

  @Test(arguments: spellings) func aModelFindsItsWeights(spelling: Spelling) throws {
    let folder = try VideoTestFolder()
    let network = try backbone()
    let checkpoint = try file(spelling, network, in: folder)
    let weights = try ImportedWeights(checkpoint, .init(states: try Self.states.get()))
    #expect(Set(weights.tensors.keys) == Set(network.map { "backbone." + $0.name }))
    let first = Float(spelling.isLast ? spelling.copies.count * network.count : 0)
    #expect(weights.tensors["backbone.conv1.weight"]?.floats.first == first)
    #expect(
      weights.unexpected.count == spelling.copies.count * network.count + spelling.others.count)
    let comparison = try #require(weights.comparison)
    let heads = comparison.groups.filter { $0.name != "backbone" }
    #expect(
      comparison.summary == [
        "backbone complete: \(network.count) of \(network.count)",
        "\(heads.map(\.name).joined(separator: ", ")): start new (\(heads.reduce(0) { $0 + $1.count }))",
      ])
  }

  @Test func theUserChooses() throws {
    let folder = try VideoTestFolder()
    let moco = try #require(Self.spellings.first { $0.testDescription == "MoCo" })
    let network = try flat()
    let checkpoint = try file(moco, network, in: folder)
    for prefix in ["module.encoder_k.", "module.encoder_k"] {
      let weights = try ImportedWeights(checkpoint, .init(prefix: prefix, inflation: .ucf101))
      #expect(weights.prefix == "module.encoder_k.")
      #expect(weights.tensors["backbone.conv1.weight"]?.floats.max() == Float(network.count))
      #expect(weights.tensors["module.encoder_q.bn1.weight"] != nil)
    }
    let without = try ImportedWeights(checkpoint, .init(prefix: "module.encoder_q"))
    #expect(without.tensors["conv1.weight"] != nil && without.tensors["module.queue"] != nil)
    let wrong = #expect(throws: TensorFileError.self) {
      try ImportedWeights(checkpoint, .init(prefix: "module.encoder_x"))
    }
    #expect(
      wrong?.description.contains("no tensor's name begins with 'module.encoder_x.'; there are 'module'")
        == true,
      "\(wrong?.description ?? "")")
    let none = #expect(throws: TensorFileError.self) {
      try ImportedWeights(checkpoint, .init(prefix: "x", inflation: .kinetics))
    }
    #expect(none?.description.contains("called as one of the network's after the prefix 'x.'") == true)
  }

  @Test func nothingThatFitsIsAnErrorThatSaysHowToMendIt() throws {
    let folder = try VideoTestFolder()
    let path = try folder.file("x", TorchFiles.stateDict([("a.w", [2]), ("b.w", [3])], under: ["model"]))
    let checkpoint = try TorchCheckpoint(path: path)
    func complaint(_ request: ImportedWeights.Request) throws -> String {
      let error = #expect(throws: TensorFileError.self) { try ImportedWeights(checkpoint, request) }
      let text = try #require(error).description
      #expect(!text.contains("mclc import"))
      return text
    }
    #expect(
      try complaint(.init(states: try Self.states.get()))
        == "\(path): none of its 2 tensors under 'model' is called as one of the network's: it holds 'a.w', 'b.w', the network "
        + "has 'backbone.conv1.weight', 'backbone.bn1.weight', 'backbone.bn1.bias', 'backbone.bn1.running_mean', …; say with "
        + "--prefix what stands before the names, or choose a state dict with --key")
    #expect(
      try complaint(.init(inflation: .ucf101))
        == "\(path): none of its 2 tensors under 'model' is called as one of the network's: it holds 'a.w', 'b.w', the network "
        + "has 'conv1.weight', 'layer1.0.conv1.weight'; say with --prefix what stands before the names, or choose a state dict "
        + "with --key")
    #expect(
      try complaint(.init(key: "none")).contains("there is no state dict under 'none'; its keys are 'model'"))
    let flat = try TorchCheckpoint(
      path: try folder.file("y", TorchFiles.stateDict([("conv1.weight", [8, 3, 7, 7])])))
    let shape = #expect(throws: TensorFileError.self) {
      try ImportedWeights(flat, .init(states: try Self.states.get()))
    }
    #expect(
      shape?.description.contains(
        "has the shape that the model gives to its name, such as 'backbone.conv1.weight' [8, 3, 7, 7], in the model [8, 3, 4, 7, "
          + "7]; give the model the settings of these weights with --set, or convert a 2-D network with --inflate"
      ) == true,
      "\(shape?.description ?? "")")
  }

  @Test func wrappersAreTakenOffWithoutAModel() throws {
    let folder = try VideoTestFolder()
    for (names, prefix, expected) in [
      (["module.a.w", "module.b.w"], "module.", ["a.w", "b.w"]),
      (["_orig_mod.a.w"], "_orig_mod.", ["a.w"]),
      (["module._orig_mod.a.w", "module._orig_mod.b"], "module._orig_mod.", ["a.w", "b"]),
      (["n_averaged", "module.a.w"], "module.", ["n_averaged", "a.w"]),
      (["module.a.w", "head.w"], "", ["module.a.w", "head.w"]), (["model.a.w"], "", ["model.a.w"]),
    ] {
      let path = try folder.file("x", TorchFiles.stateDict(names.map { ($0, [1]) }))
      let weights = try ImportedWeights(try TorchCheckpoint(path: path))
      #expect(weights.prefix == prefix && weights.tensors.keys == expected, "\(names)")
    }
  }

  @Test func whatDiffersIsListedAndLeftOut() throws {
    let folder = try VideoTestFolder()
    var network = try backbone()
    let place = try #require(network.firstIndex { $0.name == "layer4.0.conv2.weight" })
    network[place].shape[0] += 1
    let missing = try #require(network.firstIndex { $0.name == "layer3.0.bn1.bias" })
    network.remove(at: missing)
    let path = try folder.file("x", TorchFiles.stateDict(network.map { ("net." + $0.name, $0.shape) }))
    let weights = try ImportedWeights(
      try TorchCheckpoint(path: path), .init(states: try Self.states.get()))
    let comparison = try #require(weights.comparison)
    #expect(comparison.missing.prefix(2) == ["backbone.layer3.0.bn1.bias", "backbone.layer4.0.conv2.weight"])
    #expect(comparison.otherShapes.map(\.tensor) == ["backbone.layer4.0.conv2.weight"])
    #expect(weights.tensors["backbone.layer4.0.conv2.weight"] == nil)
    #expect(
      comparison.summary.first
        == "backbone: \(network.count - 1) of \(network.count + 1); missing: backbone.layer3.0.bn1.bias, "
        + "backbone.layer4.0.conv2.weight")
    #expect(
      comparison.summary.last
        == "of another shape, left out: 'backbone.layer4.0.conv2.weight' [9, 8, 1, 3, 3] for [8, 8, 1, 3, 3]")
  }
}
