import Foundation
import Testing

/// Against what torchvision computes: on Pillow images, and on tensors of bytes, for which it has code of its own.
@Suite("Augmentation against torchvision")
struct TorchvisionTests {
  /// The mean and the largest difference, in levels of 255.
  static func difference(
    _ steps: [FixtureStep], _ width: Int, _ height: Int, _ pixels: String
  ) throws -> (mean: Double, largest: Int) {
    let expected = [UInt8](try #require(Data(base64Encoded: pixels)))
    let result = try AugmentationTests.run(steps, on: try AugmentationTests.source())
    try #require(result.width == width && result.height == height)
    try #require(result.pixels.count == expected.count)
    let differences = zip(result.pixels, expected).map { abs(Int($0) - Int($1)) }
    return (Double(differences.reduce(0, +)) / Double(differences.count), differences.max() ?? 0)
  }

  @Test("The jitter in each of its 24 orders is that on Pillow images, to the last bit")
  func orders() throws {
    var seen: Set<String> = []
    for fixture in TorchvisionFixtures.orders {
      let difference = try Self.difference(fixture.steps, fixture.width, fixture.height, fixture.pixels)
      #expect(difference.largest == 0, "\(fixture.steps): \(difference)")
      seen.insert("\(fixture.steps.dropFirst().prefix(4))")
    }
    #expect(seen.count == 24)
  }

  @Test("Every step is within 1/255 in the mean and 2/255 at most of that on tensors of bytes")
  func tensors() throws {
    #expect(TorchvisionFixtures.tensors.count == 10)
    for fixture in TorchvisionFixtures.tensors {
      let difference = try Self.difference(fixture.steps, fixture.width, fixture.height, fixture.pixels)
      #expect(difference.mean <= 1 && difference.largest <= 2, "\(fixture.steps): \(difference)")
    }
  }

  @Test("A normalised tubelet is torchvision's, in values and layout")
  func normalised() throws {
    let source = try AugmentationTests.source()
    let mirrored = try AugmentationTests.run([.flip], on: source)
    let fixture = TorchvisionFixtures.normalised
    let result = try AugmentationTests.augmentation(fixture.steps, of: source).apply(frames: [
      source, mirrored,
    ])
    let expected = try #require(Data(base64Encoded: fixture.values)).withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map {
        Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
      }
    }
    try #require(result.count == 3 * 2 * 5 * 6 && expected.count == result.count)
    let largest = zip(result, expected).map { abs($0 - $1) }.max() ?? 1
    #expect(largest < 1e-6)
  }
}
