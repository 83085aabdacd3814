import Foundation
import MCLGraph
import MCLSupport
import MCLTestKit
import MCLWeights
import Testing

/// Damaged checkpoints of PyTorch are read or refused with a sentence, fast and in little memory; nothing is executed.
@Suite struct UnpicklerFuzzTests {
  @Test(.enabled(if: !Fuzzing.isChild)) func damagedPickles() throws {
    for line in try Fuzzing.run(child: "damagedPicklesChild") { print(line) }
  }

  @Test(.enabled(if: Fuzzing.isChild)) func damagedPicklesChild() throws {
    let names = [
      "torch_kinds", "torch_kinds_4", "torch_kinds_legacy", "torch_kinds_legacy_4", "torch_mcl",
      "torch_attack",
      "torch_attack_legacy",
    ]
    var corpus = try names.map {
      Array(try Data(contentsOf: URL(fileURLWithPath: TorchFiles.fixture($0 + ".pth"))))
    }
    corpus.append(
      Array(
        try Data(
          contentsOf: repositoryFolder.appendingPathComponent(
            "Tests/Goldens/inflate_basicblock_legacy.pth.tar"))))
    // Pickles alone too: they are put into a zip with right checksums below.
    let zips = corpus.filter { $0.starts(with: [0x50, 0x4b]) }.map(TorchFiles.entries)
    corpus += zips.compactMap { $0.first { $0.name.hasSuffix("/data.pkl") }?.bytes }
    // Checkpoints that hold more than tensors: objects, long numbers, types without a class, repeated numbers.
    corpus += PartlyReadableTests.companions.map { companion in
      TorchFiles.stateDict(
        [("module.conv1.weight", [2, 1, 3, 3]), ("module.layer1.0.conv1.weight", [1, 2, 1, 1])],
        under: ["model"],
        others: [
          ("module.n", TorchFiles.typedTensor("8", byteCount: 4, type: "uint16", shape: [2])),
          ("module.bn1.weight", TorchFiles.tensor("9", count: 1, shape: [3, 2], strides: [0, 0])),
        ], beside: [("optimizer", companion.value)],
        storages: [("8", 4, [1, 2, 3, 4]), ("9", 1, [0, 0, 128, 63])])
    }
    let states = [
      Graph.State(
        name: "q.backbone.conv1.weight", type: TensorType(.float32, [2, 1, 1, 3, 3]),
        initializer: .constant(0),
        isTrainable: true),
      Graph.State(
        name: "q.w", type: TensorType(.float32, [3, 2]), initializer: .constant(0), isTrainable: true),
    ]
    let requests: [ImportedWeights.Request] = [
      .init(), .init(inflation: .kinetics), .init(states: states), .init(inflation: .ucf101, states: states),
      .init(key: "model", prefix: "module"),
    ]
    let words =
      [
        "\u{0}\u{0}", "ccollections\ndefaultdict\n", "c__builtin__\nfrozenset\n", "ctrain\nMeter\n",
        "ctorch._utils\n_rebuild_tensor_v3\n", "ctorch.storage\nUntypedStorage\n", "ctorch\nuint64\n",
        "ctorch\nComplexFloatStorage\n", "module.", "_orig_mod.", "conv1.weight", "layer1.0.",
        "cos\nsystem\n", "cbuiltins\neval\n", "ctorch\nFloatStorage\n", "ctorch._utils\n_rebuild_tensor_v2\n",
        "ccollections\nOrderedDict\n", "cargparse\nNamespace\n", "ctorch\nSize\n", "(", ")", "}", "]", ".",
        "R",
        "b", "Q", "t", "u", "s", "e", "a", "0", "1", "2", "h\u{0}", "q\u{0}", "N", "K\u{1}",
        "M\u{7f}\u{7f}", "J\u{7f}\u{7f}\u{7f}\u{7f}", "X\u{1}\u{0}\u{0}\u{0}w", "j\u{0}\u{0}\u{0}\u{0}",
        "PK\u{1}\u{2}", "PK\u{3}\u{4}", "PK\u{5}\u{6}", "PK\u{6}\u{6}", "PK\u{6}\u{7}",
      ]
    var executed = false
    try Fuzzing.explore(ByteMutator(corpus: corpus, words: words)) { path, original in
      if original.starts(with: [0x80]), !original.dropFirst(2).starts(with: [0x8a, 10]) {
        let host = zips[original.count % zips.count]
        let bytes = TorchFiles.zip(host.map { $0.name.hasSuffix("/data.pkl") ? ($0.name, original) : $0 })
        try Data(bytes).write(to: URL(fileURLWithPath: path))
      }
      func check(_ refusal: TensorFileError) throws {
        guard refusal.description.hasPrefix(path), !refusal.description.contains("\n") else {
          throw Fuzzing.Failure(description: "the refusal is no sentence: \(refusal)")
        }
      }
      defer { executed = executed || FileManager.default.fileExists(atPath: "/tmp/mclc-unpickler-was-here") }
      do {
        let file = try TorchCheckpoint(path: path)
        for key in file.keys.map(Optional.some).prefix(50) + [nil] {
          guard let dictionary = file.stateDict(under: key) else { continue }
          for name in dictionary.names.prefix(200) where dictionary[name] != nil {
            do {
              let tensor = try file.tensor(name, in: dictionary)
              guard tensor.shape == dictionary[name],
                tensor.count == (tensor.shape.contains(0) ? 0 : tensor.shape.reduce(1, *))
              else {
                throw Fuzzing.Failure(description: "the tensor '\(name)' has not the numbers of its shape")
              }
            } catch let error as TensorFileError { try check(error) }
          }
        }
        // Every way in, with all that they convert.
        var isTaken = false
        for request in requests {
          do {
            _ = try ImportedWeights(file, request)
            isTaken = true
          } catch let error as TensorFileError { try check(error) }
        }
        return isTaken
      } catch let error as TensorFileError {
        try check(error)
        return false
      }
    }
    #expect(!executed)
  }
}
