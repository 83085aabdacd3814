import Foundation
import MCLDataTestKit
import MCLParity
import MCLSupport
import MCLTestKit
import MCLWeights
import Testing

@Suite struct InflateTests {
  private static let goldens = repositoryFolder.appendingPathComponent("Tests/Goldens").path
  private static let more = ProcessInfo.processInfo.environment["MCL_GOLDENS"]

  /// Every checkpoint that has its expected tensors beside it.
  private static func checkpoints(_ folder: String) throws -> [(checkpoint: String, expected: String)] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted().compactMap { name in
      guard name.hasPrefix("inflate_"), name.hasSuffix(".pth.tar") else { return nil }
      let stem = name.dropLast(".pth.tar".count).replacing("_legacy", with: "")
      return ("\(folder)/\(name)", "\(folder)/\(stem).safetensors")
    }
  }

  private func check(_ folder: String, atLeast count: Int) throws {
    let pairs = try Self.checkpoints(folder)
    #expect(pairs.count >= count)
    for pair in pairs {
      let check = try InflateCheck(checkpoints: [pair.checkpoint], expected: pair.expected)
      #expect(check.isOK, "\(check.rows)")
      #expect(check.rows.map(\.part) == ["input", "ucf101", "kinetics"])
      #expect(check.rows.allSatisfy { $0.compared >= 38 })
      let isFull = pair.checkpoint.contains("full_moco")
      #expect(check.rows.map(\.corrected) == [0, 0, isFull ? 4 : 0])
    }
  }

  @Test func theirConversionIsOurs() throws { try check(Self.goldens, atLeast: 5) }

  @Test(.enabled(if: more != nil)) func allOfTheirConversionsAreOurs() throws {
    try check(try #require(Self.more), atLeast: 6)
  }

  @Test func aDifferenceIsSeen() throws {
    let folder = try VideoTestFolder()
    let file = try SafeTensors(path: Self.goldens + "/inflate_q_only.safetensors")
    var tensors: [String: HostTensor] = [:]
    for name in file.names { tensors[name] = try file.tensor(name) }
    let changed = try #require(tensors["kinetics.backbone.layer1.0.conv2_t.weight"])
    var values = changed.floats
    values[1] += 1e-7
    tensors["kinetics.backbone.layer1.0.conv2_t.weight"] = HostTensor(changed.shape, .float32(values))
    tensors["ucf101.backbone.extra"] = HostTensor([1], .float32([0]))
    tensors["ucf101.backbone.bn1.bias"] = nil
    let path = folder.path + "/e.safetensors"
    try SafeTensors.write(tensors, metadata: [:], to: path)
    let check = try InflateCheck(
      checkpoints: [Self.goldens + "/inflate_q_only.pth.tar"], expected: path)
    #expect(!check.isOK)
    #expect(check.rows[1].missing == ["backbone.extra"] && check.rows[1].surplus == ["backbone.bn1.bias"])
    #expect(check.rows[2].different == ["backbone.layer1.0.conv2_t.weight"])
  }

  @Test func aPlainNetworkIsTheBackbone() throws {
    let tensors = [
      "conv1.weight": HostTensor([1, 1, 7, 7], .float32((0..<49).map { Float($0) })),
      "layer1.0.conv2.weight": HostTensor([2, 1, 3, 3], .float32((0..<18).map { Float($0) })),
      "fc.weight": HostTensor([2, 1], .float32([1, 2])),
    ]
    let inflated = try Inflation(tensors.keys.sorted(), variant: .ucf101, path: "x") {
      try #require(tensors[$0])
    }
    #expect(
      inflated.names.sorted() == [
        "backbone.conv1.weight", "backbone.layer1.0.conv2.weight", "backbone.layer1.0.conv2_t.weight",
      ])
    let stem = try #require(inflated.tensors["backbone.conv1.weight"])
    #expect(stem.shape == [1, 1, 4, 7, 7])
    #expect(Array(stem.floats[49..<98]) == (0..<49).map { Float($0) })
    #expect(stem.floats[..<49].allSatisfy { $0 == 0 } && stem.floats[98...].allSatisfy { $0 == 0 })
    #expect(
      inflated.tensors["backbone.layer1.0.conv2_t.weight"]
        == HostTensor([2, 2, 3, 1, 1], .float32([0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0])))
    #expect(inflated.remarks == ["1 tensors of projection heads are left out"])
  }

  @Test func weightsOfThreeDimensionsAreRefused() throws {
    func complaint(_ shape: [Int]) -> String? {
      #expect(throws: TensorFileError.self) {
        try Inflation(["conv1.weight"], variant: .ucf101, path: "x") { _ in
          HostTensor(shape, .float32([Float](repeating: 0, count: shape.reduce(1, *))))
        }
      }?.description
    }
    #expect(
      complaint([1, 1, 1, 3, 3])
        == "x: 'backbone.conv1.weight' has the shape [1, 1, 1, 3, 3], which is no convolution of two dimensions; leave out "
        + "--inflate for weights that are inflated already")
    #expect(complaint([1000, 0, 3, 3]) != nil)
    #expect(
      complaint([513, 1, 3, 3])
        == "x: 'backbone.conv1.weight' has 513 outputs of 1 inputs, which no ResNet has")
  }
}
