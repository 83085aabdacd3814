import Foundation
import MCLDataTestKit
import MCLSupport
import MCLTestKit
import MCLWeights
import Testing

@Suite struct TorchCheckpointTests {
  private func complaint(_ bytes: [UInt8]) throws -> String {
    let folder = try VideoTestFolder()
    let path = try folder.file("x", bytes)
    let error = #expect(throws: TensorFileError.self) {
      let file = try TorchCheckpoint(path: path)
      if let dictionary = file.stateDict(under: nil) {
        for name in dictionary.names { _ = try file.tensor(name, in: dictionary) }
      }
    }
    let text = try #require(error?.description)
    #expect(text.hasPrefix(path + ": "))
    return String(text.dropFirst(path.count + 2))
  }

  @Test(arguments: ["", "_4", "_legacy", "_legacy_4"])
  func everyTypeAndViewIsRead(form: String) throws {
    let file = try TorchCheckpoint(path: TorchFiles.fixture("torch_kinds\(form).pth"))
    #expect(file.format == (form.contains("legacy") ? .legacy : .zip))
    let dictionary = try #require(file.stateDict(under: nil))
    let expected = try SafeTensors(path: TorchFiles.fixture("torch_kinds.safetensors"))
    #expect(Set(dictionary.names) == Set(expected.names))
    for name in expected.names {
      #expect(try file.tensor(name, in: dictionary) == expected.tensor(name), "\(name)")
    }
  }

  @Test func aCheckpointOfTheirTrainingIsRead() throws {
    let weights = try ImportedWeights(try TorchCheckpoint(path: TorchFiles.fixture("torch_mcl.pth")))
    let expected = try SafeTensors(path: TorchFiles.fixture("torch_mcl.safetensors"))
    #expect(Set(weights.tensors.keys) == Set(expected.names))
    for name in expected.names { #expect(try weights.tensors[name] == expected.tensor(name), "\(name)") }
    #expect(
      weights.remarks == [
        "'module.' is taken off the names", "2 tensors of 'model_ema' are the momentum encoder's, 'k.'",
        "'contrast.memory' is the queue; its cursor was never kept",
      ])
    let one = try ImportedWeights(
      try TorchCheckpoint(path: TorchFiles.fixture("torch_mcl.pth")), key: "contrast")
    #expect(one.tensors.keys.sorted() == ["memory", "params"])
    let error = #expect(throws: TensorFileError.self) {
      try ImportedWeights(try TorchCheckpoint(path: TorchFiles.fixture("torch_mcl.pth")), key: "epoch")
    }
    #expect(
      error?.description.hasSuffix(
        "there is no state dict under 'epoch'; its keys are 'opt', 'model', 'model_ema', 'contrast', 'optimizer', "
          + "'scheduler', 'epoch': choose one with --key") == true)
  }

  @Test(arguments: ["torch_attack.pth", "torch_attack_legacy.pth"])
  func nothingIsExecuted(name: String) throws {
    let text = try complaint(Array(try Data(contentsOf: URL(fileURLWithPath: TorchFiles.fixture(name)))))
    #expect(
      text
        == "it asks for 'posix.system', which is no tensor, container or number, so nothing is read; save the state dict "
        + "alone with torch.save")
    #expect(!FileManager.default.fileExists(atPath: "/tmp/mclc-unpickler-was-here"))
  }

  @Test func picklesThatLieAreRefused() throws {
    let dictionary: [UInt8] = [0x7d] + TorchFiles.text("w")
    let floats = [UInt8](repeating: 0, count: 16)
    func refuse(
      _ body: [UInt8], _ storages: [(key: String, count: Int, bytes: [UInt8])], _ sentence: String
    ) throws {
      let text = try complaint(TorchFiles.legacy(body, storages: storages))
      #expect(text.contains(sentence), "\(text)")
    }
    try refuse(TorchFiles.global("builtins", "eval"), [], "it asks for 'builtins.eval', which is no")
    try refuse(
      TorchFiles.text("builtins") + TorchFiles.text("exec") + [0x93], [],
      "it asks for 'builtins.exec', which is no")
    try refuse(TorchFiles.global("torch", "load"), [], "it asks for 'torch.load', which is no")
    try refuse(TorchFiles.global("a\u{1b}[2Jb", "c"), [], "it asks for 'a\\u{1B}[2Jb.c', which is no")
    try refuse(
      [0x69] + Array("os\nsystem\n".utf8), [], "the pickle is damaged before byte 48: it has an opcode")
    try refuse([0x58, 255, 255, 255, 255], [], "a text of 4294967295 bytes is announced, more than are left")
    try refuse([0x8d] + [UInt8](repeating: 255, count: 8), [], "a text is too long")
    try refuse([0x8a, 200, 1], [], "a number of 200 bytes is announced, more than are left")
    try refuse([0x8b, 0, 0, 0, 0x80], [], "a number of 2147483648 bytes is announced, more than are left")
    try refuse([0x30], [], "a value is missing")
    try refuse([0x74], [], "a mark is missing")
    try refuse([], [], "it does not end with one value")
    try refuse([0x68, 3], [], "it refers to value 3, which is not there")
    try refuse([0x7d, 0x28, 0x4b, 1, 0x75], [], "a key has no value")
    try refuse([0x5d, 0x4b, 1, 0x4b, 2, 0x73], [], "a key is set in what is no dictionary")
    try refuse([0x29, 0x4b, 1, 0x61], [], "something is appended to what is no list")
    try refuse([0x4b, 1, 0x29, 0x52], [], "something is called that cannot be")
    try refuse(
      TorchFiles.global("torch", "FloatStorage") + [0x29, 0x52], [],
      "it asks for a known name that is called in an unknown way")
    try refuse([0x29, 0x51], [], "a storage is described in an unknown way")
    try refuse(
      dictionary + TorchFiles.tensor("0", count: 4, shape: [2, 3], strides: [3, 1]) + [0x73],
      [("0", 4, floats)],
      "a tensor of shape [2, 3] reaches beyond its storage of 4"
    )
    try refuse(
      dictionary + TorchFiles.tensor("0", count: 4, offset: 4, shape: [1], strides: [1]) + [0x73],
      [("0", 4, floats)],
      "a tensor of shape [1] reaches beyond its storage of 4"
    )
    try refuse(
      // One number, shown a thousand million times.
      dictionary + TorchFiles.tensor("0", count: 1, shape: [1_000_000_000], strides: [0]) + [0x73],
      [("0", 1, Array(floats[..<4]))],
      "its tensors share or repeat their numbers so often that with 'w' they would take over 16 times"
    )
    try refuse(
      dictionary
        + TorchFiles.tensor(
          "0", count: 4, shape: [Int](repeating: 2_147_483_647, count: 3), strides: [1, 1, 1]) + [0x73],
      [("0", 4, floats)], "a tensor's shape is impossible"
    )
    try refuse(
      dictionary + TorchFiles.tensor("0", count: 5, shape: [4], strides: [1]) + [0x73], [("0", 4, floats)],
      "storage '0' has 4 numbers or fewer, not the 5 its pickle says; it is damaged"
    )
    try refuse(
      dictionary + TorchFiles.tensor("0", count: 4, shape: [4], strides: [1]) + [0x73],
      [("0", 4, Array(floats[..<9]))],
      "storage '0' has 4 numbers or fewer, not the 4 its pickle says; it is damaged"
    )
    try refuse(
      dictionary + TorchFiles.tensor("0", count: 4, shape: [4], strides: [1]) + [0x73], [],
      "it lacks storage '0'; it is damaged"
    )
    try refuse(
      dictionary + TorchFiles.tensor("0", count: 4, shape: [4], strides: [1]) + [0x73],
      [("0", 4, floats), ("0", 4, floats)], "storage '0' stands twice; it is damaged"
    )
    try refuse(
      [0x28] + TorchFiles.tensor("0", count: 4, shape: [4], strides: [1])
        + TorchFiles.tensor("0", count: 5, shape: [4], strides: [1]) + [0x74], [("0", 4, floats)],
      "storage '0' is of two types or lengths"
    )
    try refuse(
      TorchFiles.integer(1), [("9", 4, floats)], "it lists a storage that no tensor has; it is damaged")
    let valid = dictionary + TorchFiles.tensor("0", count: 4, shape: [2, 2], strides: [1, 2]) + [0x73]
    let bytes = [Float(1), 2, 3, 4].flatMap { value in
      withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
    }
    let folder = try VideoTestFolder()
    let file = try TorchCheckpoint(
      path: try folder.file("ok", TorchFiles.legacy(valid, storages: [("0", 4, bytes)])))
    let weights = try #require(file.stateDict(under: nil))
    #expect(try file.tensor("w", in: weights).shape == [2, 2])
    #expect(try file.tensor("w", in: weights).floats == [1, 3, 2, 4].map { Float($0) })
  }

  /// Nested as deeply as the file is long, and a list that holds itself.
  @Test func deepNestingTakesNoStack() throws {
    let depth = 2_000_000
    let folder = try VideoTestFolder()
    let deep = try folder.file("deep", TorchFiles.legacy([0x29] + [UInt8](repeating: 0x85, count: depth)))
    #expect(try TorchCheckpoint(path: deep).stateDict(under: nil) == nil)
    let loop = try folder.file("loop", TorchFiles.legacy([0x5d, 0x71, 0, 0x68, 0, 0x61]))
    #expect(try TorchCheckpoint(path: loop).keys.isEmpty)
  }

  @Test func damagedZipsAreRefused() throws {
    let whole = Array(try Data(contentsOf: URL(fileURLWithPath: TorchFiles.fixture("torch_kinds.pth"))))
    var entries = TorchFiles.entries(whole)
    #expect(entries.count > 10)
    let folder = try VideoTestFolder()
    let same = try TorchCheckpoint(path: try folder.file("same", TorchFiles.zip(entries)))
    #expect(same.stateDict(under: nil)?.names.count == 14)

    #expect(try complaint(Array(whole.dropLast(1))) == "the zip has no directory; the file is cut short")
    let first = try #require(entries.firstIndex { $0.name.hasSuffix("/data/0") })
    var flipped = whole
    let data = try #require(Data(whole).firstRange(of: Data(entries[first].bytes)))
    flipped[data.lowerBound + 5] ^= 1
    #expect(
      try complaint(flipped)
        == "the zip has the entry 'torch_kinds/data/0' not fit its checksum; it is damaged")
    var compressed = whole
    let directory = try #require(Data(whole).firstRange(of: Data([0x50, 0x4b, 1, 2])))
    compressed[directory.lowerBound + 10] = 8
    #expect(
      try complaint(compressed)
        == "the zip has the compressed entry '\(entries[0].name)'; save it with torch.save, which does not compress"
    )
    #expect(
      try complaint(TorchFiles.zip(entries + [entries[0]]))
        == "the zip has the entry '\(entries[0].name)' twice; it is damaged")
    entries[first].bytes.removeLast(4)
    #expect(
      try complaint(TorchFiles.zip(entries)).hasPrefix(
        "the zip has storage '0' of 92 bytes, not the 24 numbers"))
    entries.remove(at: first)
    #expect(try complaint(TorchFiles.zip(entries)) == "the zip lacks storage '0'; it is damaged")
    if let order = entries.firstIndex(where: { $0.name.hasSuffix("/byteorder") }) {
      entries[order].bytes = Array("big".utf8)
      #expect(
        try complaint(TorchFiles.zip(entries))
          == "the zip holds big-endian numbers; save it on a little-endian machine")
    }
    #expect(
      try complaint(Array("plain text".utf8))
        == "it is no file of torch.save, but text; give a .pth or .pth.tar")
    #expect(
      try complaint([0x80, 2, 0x2e]).hasPrefix("it is no file of torch.save, or of before PyTorch 0.2"))
    #expect(try complaint([]).hasPrefix("it is no file of torch.save"))
  }
}
