import Foundation
import MCLDataTestKit
import MCLSupport
import MCLTestKit
import MCLWeights
import Testing

/// What is said of files that are no safetensors: what they are, and the next step.
@Suite struct FileKindTests {
  private func complaint(_ name: String, _ bytes: [UInt8]) throws -> String {
    let folder = try VideoTestFolder()
    let path = try folder.file(name, bytes)
    let error = #expect(throws: TensorFileError.self) { try SafeTensors(path: path) }
    return try #require(error).description.replacing(folder.path, with: "F")
  }

  @Test func checkpointsNameTheCommandThatConvertsThem() throws {
    let zip = Array(try Data(contentsOf: URL(fileURLWithPath: TorchFiles.fixture("torch_kinds.pth"))))
    let legacy = TorchFiles.legacy([0x7d])
    let framed = Array(
      try Data(contentsOf: URL(fileURLWithPath: TorchFiles.fixture("torch_kinds_legacy_4.pth"))))
    let what = "it is a PyTorch checkpoint (a zip of torch.save), not safetensors; convert it with:"
    #expect(try complaint("w.pth", zip) == "F/w.pth: \(what) mclc import F/w.pth -o F/w.safetensors")
    #expect(try complaint("w", zip) == "F/w: \(what) mclc import F/w -o F/w.safetensors")
    #expect(
      try complaint("w.safetensors", zip)
        == "F/w.safetensors: \(what) mclc import F/w.safetensors -o F/w-converted.safetensors")
    #expect(
      try complaint("my $w.pth", zip).hasSuffix("mclc import 'F/my $w.pth' -o 'F/my $w.safetensors'"))
    for bytes in [legacy, framed] {
      #expect(
        try complaint("w.pth.tar", bytes)
          == "F/w.pth.tar: it is a PyTorch checkpoint (torch.save's format before 1.6), not safetensors; convert it with: "
          + "mclc import F/w.pth.tar -o F/w.pth.safetensors")
    }
  }

  @Test func otherFilesAreCalledWhatTheyAre() throws {
    var tar = [UInt8](repeating: 0, count: 512)
    tar.replaceSubrange(0..<3, with: Array("a/b".utf8))
    tar.replaceSubrange(257..<262, with: Array("ustar".utf8))
    let filler = [UInt8](repeating: 7, count: 600)
    let cases: [(bytes: [UInt8], what: String, remedy: String)] = [
      (TorchFiles.zip([("arr_0.npy", filler)]), "a NumPy archive (.npz)", "safetensors.numpy.save_file"),
      (TorchFiles.zip([("a.txt", filler)]), "a zip archive", "unpack it"),
      (
        [0x93] + Array("NUMPY".utf8) + [1, 0] + filler, "a NumPy array (.npy)", "safetensors.numpy.save_file"
      ),
      (
        [0x89] + Array("HDF\r\n".utf8) + [0x1a, 0x0a] + filler, "an HDF5 file", "safetensors.numpy.save_file"
      ),
      ([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3] + filler, "compressed with gzip", "unpack it"),
      (tar, "a tar archive", "unpack it"),
      ([0x80, 4, 0x95] + filler, "a Python pickle", "save the state dict with torch.save"),
      (Array("weights: none\n".utf8), "text", "give a file of weights"),
      (Array(String(repeating: "caf\u{e9}", count: 200).utf8), "text", "give a file of weights"),
      ([], "empty", "get it anew"),
    ]
    for (bytes, what, remedy) in cases {
      let text = try complaint("x", bytes)
      #expect(text.hasPrefix("F/x: it is \(what), not safetensors; ") && text.contains(remedy), "\(text)")
    }
    #expect(try complaint("x", [0xff] + filler).contains("its header claims"))
    // A checkpoint's reader says so too.
    let folder = try VideoTestFolder()
    try SafeTensors.write(["a": HostTensor([1], .float32([0]))], metadata: [:], to: folder.path + "/s")
    let error = #expect(throws: TensorFileError.self) { try TorchCheckpoint(path: folder.path + "/s") }
    #expect(
      error?.description
        == "\(folder.path)/s: it is no file of torch.save, but safetensors; give a .pth or .pth.tar")
  }
}
