import Foundation
import MCLDataTestKit
import MCLSupport
import MCLVideo
import Testing

@Suite struct JPEGImageTests {
  private let width = 60
  private let height = 44

  /// Smooth colours, an edge in the middle.
  private var pixels: [UInt8] {
    (0..<width * height).flatMap { place -> [UInt8] in
      let (x, y) = (place % width, place / width)
      return [UInt8(40 + 3 * x), UInt8(20 + 4 * y), x < width / 2 ? 60 : 200]
    }
  }

  @Test func aDecoderGivesThePictureBack() throws {
    let folder = try VideoTestFolder()
    let image = try JPEGImage(width: width, height: height, rgb: pixels)
    #expect(
      image.bytes.prefix(3).elementsEqual([0xff, 0xd8, 0xff])
        && image.bytes.suffix(2).elementsEqual([0xff, 0xd9]))
    let path = try folder.file("a.jpg", image.bytes)
    let decoded = try #require(try VideoDecoder.decode(path: path, frames: 0..<1).first)
    #expect(decoded.width == width && decoded.height == height)
    let errors = zip(decoded.pixels, pixels).map { abs(Int($0) - Int($1)) }
    // Chroma is of half the size, so that colours at the edge run.
    #expect(errors.reduce(0, +) < 5 * errors.count, "\(Double(errors.reduce(0, +)) / Double(errors.count))")
    #expect(try JPEGImage(width: width, height: height, rgb: pixels).bytes == image.bytes)
  }

  @Test func aLimitIsKeptByCoarserSteps() throws {
    var random = CounterRandom(seed: 1, purpose: "noise")
    let noise = (0..<width * height * 3).map { _ in UInt8(random.integer(below: 256)) }
    let fine = try JPEGImage(width: width, height: height, rgb: noise)
    let coarse = try JPEGImage(width: width, height: height, rgb: noise, limit: fine.bytes.count / 2)
    #expect(coarse.bytes.count <= fine.bytes.count / 2)
    // Where no step is coarse enough, the coarsest.
    #expect(
      try JPEGImage(width: width, height: height, rgb: noise, limit: 1).bytes.count <= coarse.bytes.count)
  }

  @Test(arguments: [(0, 4, 0), (4, 4, 47), (9000, 1, 27000), (-1, -1, 3)])
  func wrongSizesAreRefused(width: Int, height: Int, bytes: Int) throws {
    let error = #expect(throws: VideoError.self) {
      try JPEGImage(width: width, height: height, rgb: [UInt8](repeating: 0, count: bytes))
    }
    #expect(
      error?.description
        == "A JPEG picture of \(width) x \(height) pixels cannot be made of \(bytes) bytes; give sides of 1...8192 "
        + "and 3 bytes a pixel.")
  }
}
