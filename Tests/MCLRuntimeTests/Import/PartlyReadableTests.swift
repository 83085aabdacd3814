import Foundation
import MCLDataTestKit
import MCLGraph
import MCLSupport
import MCLTestKit
import MCLWeights
import Testing

/// Checkpoints that hold more than tensors: what is asked for is read, the rest is passed over and listed.
@Suite struct PartlyReadableTests {
  typealias Pair = (key: String, value: [UInt8])

  struct Companion: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var value: [UInt8]
    /// How it is listed; empty where it is read.
    var phrase: String

    init(_ name: String, _ value: [UInt8]..., phrase: String = "") {
      testDescription = name
      self.value = Array(value.joined())
      self.phrase = phrase
    }
  }

  private static func global(_ name: String) -> [UInt8] {
    let parts = name.split(separator: ".")
    return TorchFiles.global(parts.dropLast().joined(separator: "."), String(parts[parts.count - 1]))
  }

  /// What checkpoints hold beside weights.
  static let companions: [Companion] = [
    Companion(
      "a number of 80 bits", [0x8a, 10], [UInt8](repeating: 1, count: 10),
      phrase: "1 of a whole number of more than 64 bits"),
    Companion(
      "a long number", [0x8b, 40, 1, 0, 0], [UInt8](repeating: 7, count: 296),
      phrase: "1 of a whole number of more than 64 bits"),
    Companion(
      "defaultdict", global("collections.defaultdict"), global("__builtin__.list"),
      [0x85, 0x52, 0x28, 0x4b, 1, 0x5d, 0x75], phrase: "1 of '__builtin__.list'"),
    Companion(
      "defaultdict of dict", global("collections.defaultdict"), global("builtins.dict"), [0x85, 0x52]),
    Companion("defaultdict of none", global("collections.defaultdict"), [0x29, 0x52]),
    Companion("frozenset", global("builtins.frozenset"), [0x5d, 0x4b, 1, 0x61, 0x85, 0x52]),
    Companion("frozenset of protocol 2", global("__builtin__.frozenset"), [0x5d, 0x85, 0x52]),
    Companion("frozenset of protocol 4", [0x28, 0x4b, 1, 0x91]),
    Companion("empty set", global("builtins.set"), [0x29, 0x52]),
    Companion(
      "complex number", global("builtins.complex"), [0x47, 0, 0, 0, 0, 0, 0, 0, 0],
      [0x47, 0, 0, 0, 0, 0, 0, 0, 0], [0x86, 0x52], phrase: "1 of 'builtins.complex'"),
    Companion(
      "an object", global("train.Meter"), [0x29, 0x81, 0x7d], TorchFiles.text("a"), [0x4b, 1, 0x73, 0x62],
      phrase: "1 of 'train.Meter'"),
    Companion(
      "an object with keywords", global("train.Meter"), [0x29, 0x7d, 0x92], phrase: "1 of 'train.Meter'"),
    Companion(
      "a dictionary of a class of its own", global("train.Config"), [0x29, 0x52, 0x28], TorchFiles.text("a"),
      [0x4b, 1, 0x75], phrase: "1 of 'train.Config'"),
    Companion(
      "a list of a class of its own", global("collections.deque"), [0x29, 0x52, 0x28, 0x4b, 1, 0x65],
      phrase: "1 of 'collections.deque'"),
    Companion("a type", global("torch.float32")),
    Companion("a byte array", [0x96, 2, 0, 0, 0, 0, 0, 0, 0, 255, 0]),
    Companion(
      "a module of the legacy format", [0x28], TorchFiles.text("module"), global("net.Net"),
      TorchFiles.text("net.py"), TorchFiles.text("class Net"), [0x74, 0x51], phrase: "1 of 'net.Net'"),
  ]

  @Test(arguments: companions) func whatStandsBesideIsPassedOver(companion: Companion) throws {
    let folder = try VideoTestFolder()
    let tensor = TorchFiles.tensor("0", count: 6, shape: [2, 3], strides: [3, 1])
    let pairs: [Pair] = [("optimizer", companion.value), ("model", TorchFiles.dictionary([("a.w", tensor)]))]
    for order in [pairs, pairs.reversed()] {
      let zeros = [UInt8](repeating: 0, count: 24)
      let path = try folder.file(
        "x", TorchFiles.legacy(TorchFiles.dictionary(order), storages: [("0", 6, zeros)]))
      let weights = try ImportedWeights(try TorchCheckpoint(path: path))
      #expect(weights.tensors["a.w"] == HostTensor([2, 3], .float32([Float](repeating: 0, count: 6))))
      #expect(weights.unread == (companion.phrase.isEmpty ? [] : [companion.phrase]))
    }
  }

  @Test func weightsThatDependOnAnUnknownClassAreRefused() throws {
    let folder = try VideoTestFolder()
    let tensor = TorchFiles.tensor("0", count: 1, shape: [1], strides: [1])
    func complaint(_ root: [UInt8], hasTensor: Bool = true) throws -> String {
      let path = try folder.file(
        "x", TorchFiles.legacy(root, storages: hasTensor ? [("0", 1, [0, 0, 0, 0])] : []))
      let error = #expect(throws: TensorFileError.self) {
        try ImportedWeights(try TorchCheckpoint(path: path))
      }
      return try #require(error).description.replacing("\(path): ", with: "")
    }
    let refusal =
      "which is no tensor, container or number, so nothing is read; save the state dict alone with torch.save"
    // The whole model, as torch.save(model) writes it.
    #expect(
      try complaint(TorchFiles.global("net", "Net") + [0x29, 0x81, 0x7d, 0x62], hasTensor: false)
        == "it asks for 'net.Net', \(refusal)")
    #expect(
      try complaint(
        TorchFiles.dictionary([("model", TorchFiles.global("net", "Net") + [0x29, 0x81])]), hasTensor: false)
        == "there is no state dict in it, and 'model' asks for 'net.Net', \(refusal)")
    // A weight made by a function that is not known, such as a tensor of a class of its own.
    let made = Array(
      [Self.global("torch._tensor._rebuild_from_type_v2"), [0x28], tensor, [0x74, 0x52]].joined())
    let known: [Pair] = [("a.w", tensor), ("b.w", made)]
    #expect(
      try complaint(TorchFiles.dictionary(known))
        == "it asks for 'torch._tensor._rebuild_from_type_v2', \(refusal)")
    // It is passed over where a network does not have it.
    let network: [Pair] = [
      ("conv1.weight", TorchFiles.tensor("0", count: 1, shape: [1, 1, 1, 1], strides: [1, 1, 1, 1]))
    ]
    let path = try folder.file(
      "y",
      TorchFiles.legacy(TorchFiles.dictionary(network + [("b.w", made)]), storages: [("0", 1, [0, 0, 0, 0])]))
    let weights = try ImportedWeights(try TorchCheckpoint(path: path), inflate: .ucf101)
    #expect(weights.tensors.keys == ["backbone.conv1.weight"])
    #expect(
      weights.unread.first?.hasPrefix("'b.w': it asks for 'torch._tensor._rebuild_from_type_v2'") == true)
  }

  @Test(arguments: ["uint16", "uint32", "uint64", "complex32", "float8_e5m2", "made_up"])
  func typesWithoutAStorageOfTheirOwn(type: String) throws {
    let folder = try VideoTestFolder()
    let size = ["uint16": 2, "uint32": 4, "uint64": 8, "complex32": 4][type] ?? 1
    let other = TorchFiles.typedTensor("9", byteCount: 2 * size, type: type, shape: [2])
    let bytes = [UInt8](repeating: 255, count: 2 * size)
    let path = try folder.file(
      "x",
      TorchFiles.stateDict([("a.w", [2])], others: [("b.buffer", other)], storages: [("9", 2 * size, bytes)]))
    let weights = try ImportedWeights(try TorchCheckpoint(path: path))
    #expect(weights.tensors["a.w"] != nil)
    switch type {
    case "uint16": #expect(weights.tensors["b.buffer"] == HostTensor([2], .int64([65535, 65535])))
    case "uint32":
      #expect(weights.tensors["b.buffer"] == HostTensor([2], .int64([4_294_967_295, 4_294_967_295])))
    default:
      #expect(weights.tensors["b.buffer"] == nil)
      #expect(weights.unread.first?.contains("'b.buffer': numbers of type") == true, "\(weights.unread)")
      #expect(weights.unread.first?.contains("torch.\(type)") == true, "\(weights.unread)")
    }
  }

  @Test func complexStoragesArePassedOverOrNamed() throws {
    let folder = try VideoTestFolder()
    let floats = TorchFiles.tensor("9", count: 2, shape: [2], strides: [1])
    func stored(as name: String) -> [UInt8] {
      floats.replacing(Array("FloatStorage".utf8), with: Array(name.utf8))
    }
    // One of a known size, and one of a size that is not known, after which nothing can be found.
    let (complex, unknown) = (stored(as: "ComplexFloatStorage"), stored(as: "NewStorage"))
    for (value, byteCount, type) in [(complex, 16, "'torch.complex64'"), (unknown, 6, "'torch.NewStorage'")] {
      let file = TorchFiles.stateDict(
        [("conv1.weight", [1, 1, 1, 1])], others: [("freqs", value)],
        storages: [("9", 2, [UInt8](repeating: 0, count: byteCount))])
      let checkpoint = try TorchCheckpoint(path: try folder.file("x", file))
      for request in [ImportedWeights.Request(), .init(inflation: .ucf101)] {
        let weights = try ImportedWeights(checkpoint, request)
        #expect(weights.tensors.count == 1)
        #expect(weights.unread.first == "'freqs': numbers of type \(type) are not read")
      }
      let wanted = TorchFiles.stateDict(
        [("bn1.weight", [1])], others: [("conv1.weight", value)],
        storages: [("9", 2, [UInt8](repeating: 0, count: byteCount))])
      let error = #expect(throws: TensorFileError.self) {
        try ImportedWeights(try TorchCheckpoint(path: try folder.file("y", wanted)), inflate: .ucf101)
      }
      #expect(
        error?.description.hasSuffix(
          "tensor 'conv1.weight' cannot be read: numbers of type \(type) are not read") == true,
        "\(error?.description ?? "")")
    }
  }

  @Test func repeatedNumbersAreExpandedWithinBounds() throws {
    let folder = try VideoTestFolder()
    func file(_ shape: [Int], _ strides: [Int]) throws -> TorchCheckpoint {
      let body = TorchFiles.dictionary([
        ("w", TorchFiles.tensor("0", count: 3, shape: shape, strides: strides)),
        ("small", TorchFiles.tensor("0", count: 3, shape: [1], strides: [1])),
      ])
      let bytes = [Float(1), 2, 3].flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian) { Array($0) } }
      return try TorchCheckpoint(
        path: try folder.file("x", TorchFiles.legacy(body, storages: [("0", 3, bytes)])))
    }
    #expect(
      try ImportedWeights(try file([2, 3], [0, 1])).tensors["w"]
        == HostTensor([2, 3], .float32([1, 2, 3, 1, 2, 3])))
    #expect(
      try ImportedWeights(try file([3, 2], [1, 0])).tensors["w"]
        == HostTensor([3, 2], .float32([1, 1, 2, 2, 3, 3])))
    #expect(try ImportedWeights(try file([500, 500], [0, 0])).tensors["w"]?.count == 250_000)
    let large = try file([1_000_000_000], [0])
    let error = #expect(throws: TensorFileError.self) { try ImportedWeights(large) }
    #expect(
      error?.description.contains(
        "its tensors share or repeat their numbers so often that with 'w' they would take over 16 times the file's size and 1 MiB"
      )
        == true)
    let rest = try #require(large.stateDict(under: nil))
    #expect(try large.tensor("small", in: rest).floats == [1])
  }

  /// Composed and decomposed accents are one text to Swift and two names to Python.
  @Test func namesAreComparedByteByByte() throws {
    let folder = try VideoTestFolder()
    let names = ["caf\u{e9}.w", "cafe\u{301}.w", "\u{212a}.w", "K.w"]
    let checkpoint = try TorchCheckpoint(
      path: try folder.file("x", TorchFiles.stateDict(names.map { ($0, [1]) }, under: ["model"])))
    let weights = try ImportedWeights(checkpoint)
    let path = folder.path + "/out.safetensors"
    try SafeTensors.write(weights.tensors, metadata: [:], to: path)
    let file = try SafeTensors(path: path)
    #expect(weights.tensors.count == 4 && file.entries.count == 4)
    for (index, name) in names.enumerated() {
      #expect(weights.tensors[name]?.floats == [Float(index)])
      #expect(try file.floats(name) == [Float(index)])
    }
    #expect(
      file.names.map { Array($0.utf8) }
        == names.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) })
    // Bytes that are no UTF-8 are names too.
    func key(_ bytes: [UInt8]) -> [UInt8] { [0x55, UInt8(bytes.count)] + bytes }  // SHORT_BINSTRING
    let tensor = TorchFiles.tensor("0", count: 1, shape: [1], strides: [1])
    let pairs = [[0x7d], key([0x77, 0xe9]), tensor, [0x73], key([0x77, 0xe8]), tensor, [0x73]]
    let latin = TorchFiles.legacy(
      Array(pairs.joined()), storages: [("0", 1, [0, 0, 0, 0])])
    let odd = try TorchCheckpoint(path: try folder.file("y", latin)).stateDict(under: nil)
    #expect(odd?.names == ["w\\xE9", "w\\xE8"])
  }

  @Test func theListIsBounded() throws {
    let folder = try VideoTestFolder()
    let objects = (0..<50).map { index -> Pair in ("o\(index)", TorchFiles.global("train", "C\(index)")) }
    let path = try folder.file("x", TorchFiles.stateDict([("a.w", [1])], under: ["model"], beside: objects))
    let unread = try ImportedWeights(try TorchCheckpoint(path: path)).unread
    #expect(unread.count == 9 && unread.last == "42 other kinds")
  }

  @Test func aRunOfManyViewsReadsItsStorageOnce() throws {
    // A storage of 1 MiB and 20000 views: checked and read anew for each, they would take minutes.
    let folder = try VideoTestFolder()
    let pairs = (0..<20_000).map { index -> Pair in
      ("v\(index)", TorchFiles.tensor("0", count: 1 << 18, shape: [2], strides: [(1 << 18) - 1]))
    }
    let file = TorchFiles.legacy(
      TorchFiles.dictionary(pairs), storages: [("0", 1 << 18, [UInt8](repeating: 0, count: 1 << 20))])
    let error = #expect(throws: TensorFileError.self) {
      try ImportedWeights(try TorchCheckpoint(path: try folder.file("x", file)))
    }
    #expect(error?.description.contains("over 16 times the file's size") == true)
  }
}
