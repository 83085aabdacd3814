import Foundation
import MCLData
import MCLSupport
import MCLTestKit
import MCLVideo
import MCLWeights
import Testing

/// Against what torchvision's RandAugment makes of tensors of bytes (Fixtures/make_randaugment_fixtures.py).
@Suite("RandAugment against torchvision")
struct RandAugmentTests {
  private static let file = Result {
    try SafeTensors(
      path: repositoryFolder.appendingPathComponent(
        "Tests/MCLDataTests/Sampling/Fixtures/RandAugment.safetensors"
      ).path)
  }

  /// The kinds by torchvision's names, in its order.
  private static func kinds() throws -> [(name: String, kind: AugmentationOperation.Kind)] {
    let names = try #require(try file.get().metadata["operations"]).split(separator: ",").map(String.init)
    try #require(names.count == AugmentationOperation.Kind.allCases.count)
    return Array(zip(names, AugmentationOperation.Kind.allCases))
  }

  private func bytes(_ name: String) throws -> [UInt8] {
    guard case .uint8(let values) = try Self.file.get().tensor(name).storage else { return [] }
    return values
  }

  private func integers(_ name: String) throws -> [Int] {
    guard case .int64(let values) = try Self.file.get().tensor(name).storage else { return [] }
    return values.map { Int($0) }
  }

  /// The operations of rows of kind, level and sign; rows of -1 are none.
  private func operations(_ rows: ArraySlice<Int>) throws -> [AugmentationOperation] {
    let kinds = AugmentationOperation.Kind.allCases
    let first = rows.startIndex
    return try (0..<rows.count / 3).compactMap { row in
      let (kind, level, sign) = (rows[first + 3 * row], rows[first + 3 * row + 1], rows[first + 3 * row + 2])
      guard kind >= 0 else { return nil }
      try #require(kinds.indices.contains(kind))
      return AugmentationOperation(kinds[kind], level: level, isNegative: sign == 1)
    }
  }

  private func apply(_ operations: [AugmentationOperation], to image: RGBImage) throws -> [UInt8] {
    let augmentation = TubeletAugmentation(
      crop: Crop(x: 0, y: 0, width: image.width, height: image.height), width: image.width,
      height: image.height, operations: operations)
    return try #require(try augmentation.images([image]).first).pixels
  }

  @Test("Names, order, strengths of all levels and which are signed are torchvision's")
  func levels() throws {
    let kinds = try Self.kinds()
    #expect(
      kinds.map(\.name) == [
        "Identity", "ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate", "Brightness", "Color",
        "Contrast",
        "Sharpness", "Posterize", "Solarize", "AutoContrast", "Equalize",
      ])
    #expect(kinds[7].kind == .colour && kinds[12].kind == .autoContrast)
    for (name, kind) in kinds {
      let expected = try Self.file.get().doubles("levels.\(name)")
      let found = (0...30).map { AugmentationOperation(kind, level: $0).strength(width: 24, height: 20) }
      #expect(found == expected, "\(name)")
      let negative = AugmentationOperation(kind, level: 30, isNegative: true).strength(width: 24, height: 20)
      #expect(negative == -(found.last ?? 0), "\(name)")
    }
    #expect(AugmentationOperation.Kind.allCases.count(where: \.isSigned) == 9)
  }

  @Test("Each operation at each level and sign gives its pixels")
  func single() throws {
    let source = try RGBImage(width: 24, height: 20, pixels: bytes("source"))
    let (drawn, images) = (try integers("single.drawn"), try bytes("single.images"))
    let size = source.pixels.count
    let count = drawn.count / 3
    try #require(count >= 90 && images.count == count * size)
    var changed = 0
    for index in 0..<count {
      let operations = try operations(drawn[3 * index..<3 * index + 3])
      let result = try apply(operations, to: source)
      let expected = Array(images[index * size..<(index + 1) * size])
      #expect(result == expected, "\(operations): off by \(largest(result, expected))")
      if expected != source.pixels { changed += 1 }
    }
    #expect(changed > count * 4 / 5)
  }

  @Test("200 drawn sequences, as on UCF101 and HMDB51, give their pixels")
  func sequences() throws {
    let (drawn, images) = (try integers("drawn.ops"), try bytes("drawn.images"))
    let (width, height) = (20, 16)
    let size = 3 * width * height
    try #require(drawn.count == 200 * 9 && images.count == 200 * size)
    var kinds: [AugmentationOperation.Kind: Int] = [:]
    for clip in 0..<200 {
      let operations = try operations(drawn[9 * clip..<9 * clip + 9])
      #expect(operations.count == (clip < 100 ? 1 : 3))
      #expect(operations.allSatisfy { $0.level == (clip < 100 ? 23 : 17) })
      for operation in operations { kinds[operation.kind, default: 0] += 1 }
      let result = try apply(operations, to: try pattern(width, height, clip))
      let expected = Array(images[clip * size..<(clip + 1) * size])
      // The order counts: every sequence is applied as it was drawn.
      #expect(result == expected, "clip \(clip), \(operations): off by \(largest(result, expected))")
    }
    #expect(kinds.count == 14)
  }

  private func largest(_ a: [UInt8], _ b: [UInt8]) -> Int {
    zip(a, b).map { abs(Int($0) - Int($1)) }.max() ?? 0
  }

  private func pattern(_ width: Int, _ height: Int, _ clip: Int) throws -> RGBImage {
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<3 {
          let place = x * x * 3 + y * 7 + c * 85 + x * y + (x * 5 + c) * (y * 3 + 1) + clip * 13
          pixels.append(UInt8(30 + clip % 40 + place % (60 + clip % 120)))
        }
      }
    }
    return try RGBImage(width: width, height: height, pixels: pixels)
  }

  // MARK: Draws

  private func draw(_ policy: AugmentationPolicy, _ sample: Int) throws -> TubeletAugmentation {
    var random = CounterRandom(seed: 9, sample: sample, purpose: "augmentation")
    return try policy.draw(
      crop: Crop(x: 0, y: 0, width: 8, height: 8), width: 4, height: 4, random: &random)
  }

  @Test("Operations are drawn alike and with either sign, and leave the other draws as they were")
  func draws() throws {
    var policy = AugmentationPolicy.full
    policy.randAugment = RandAugment(count: 3, level: 17)
    var counts: [AugmentationOperation.Kind: (all: Int, negative: Int)] = [:]
    for sample in 0..<1400 {
      let drawn = try draw(policy, sample)
      #expect(drawn.operations.count == 3 && drawn.operations.allSatisfy { $0.level == 17 })
      for operation in drawn.operations {
        counts[operation.kind, default: (0, 0)].all += 1
        if operation.isNegative { counts[operation.kind, default: (0, 0)].negative += 1 }
      }
      var plain = drawn
      plain.operations = []
      #expect(try draw(.full, sample) == plain)
      #expect(try draw(policy, sample) == drawn)
    }
    // 4200 draws of 14: 300 each, with a deviation of 17; of 300 signs 150 negative, with one of 8.7.
    for kind in AugmentationOperation.Kind.allCases {
      let (all, negative) = counts[kind] ?? (0, 0)
      #expect((210...390).contains(all), "\(kind): \(all)")
      #expect(kind.isSigned ? (90...210).contains(negative) : negative == 0, "\(kind): \(negative)")
    }
  }

  @Test("All frames of a clip get the same operations, before the flip")
  func frames() throws {
    let image = try pattern(20, 16, 3)
    let operation = AugmentationOperation(.translateX, level: 9)
    var augmentation = TubeletAugmentation(
      crop: Crop(x: 0, y: 0, width: 20, height: 16), width: 20, height: 16, operations: [operation])
    let alone = try augmentation.images([image])
    augmentation.isFlipped = true
    let flipped = try augmentation.images([image, image])
    #expect(flipped.count == 2 && flipped[0] == flipped[1])
    // Moved right by int(150/331 x 20 x 9/30) = 2 pixels, which the flip brings to the other side.
    #expect(Array(alone[0].pixels[..<6]) == [0, 0, 0, 0, 0, 0])
    #expect(Array(flipped[0].pixels[54..<60]) == [0, 0, 0, 0, 0, 0])
    #expect(Array(alone[0].pixels[6..<9]) == Array(image.pixels[..<3]))
    #expect("\(augmentation)" == "crop 20x16 at (0, 0) to 20x16, translateX 9/30, flip")
    #expect("\(AugmentationOperation(.rotate, level: 4, isNegative: true))" == "rotate -4/30")
    #expect("\(AugmentationOperation(.equalize, level: 4))" == "equalize")
  }

  @Test("What cannot be drawn is said in one sentence")
  func errors() throws {
    for (count, level) in [(17, 9), (-1, 9), (2, 31), (2, -1)] {
      var policy = AugmentationPolicy.full
      policy.randAugment = RandAugment(count: count, level: level)
      #expect(
        throws: SamplingError(
          "RandAugment takes 0 to 16 operations at a level from 0 to 30, not \(count) at \(level)")
      ) { try policy.validate() }
    }
    #expect(throws: SamplingError("the level of rotate is 31: give one from 0 to 30")) {
      _ = try apply([AugmentationOperation(.rotate, level: 31)], to: try pattern(20, 16, 3))
    }
  }
}
