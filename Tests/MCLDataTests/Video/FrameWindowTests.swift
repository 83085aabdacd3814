import MCLDataTestKit
import MCLSupport
import MCLTestKit
import MCLVideo
import Testing

/// A window of a frame has the pixels that the whole frame has there, whatever the coded pixels are.
@Suite struct FrameWindowTests {
  struct Kind: Sendable, CustomTestStringConvertible {
    var format: VideoFormat
    var size = (width: 64, height: 48)
    var shortSide: Int?
    var testDescription: String {
      let aspect = format.pixelAspect.map { " \($0.numerator):\($0.denominator)" } ?? ""
      let matrix = format.displayMatrix.map { " turned \($0[0] >> 16) \($0[1] >> 16) \($0[3] >> 16)" } ?? ""
      let side = shortSide.map { " to \($0)" } ?? ""
      return "\(format.encoder) \(format.pixelFormat) \(size.width)x\(size.height)\(aspect)\(matrix)\(side)"
    }
  }

  static let kinds: [Kind] = {
    let pixelFormats = [
      "yuv420p", "yuv422p", "yuv444p", "yuv440p", "yuv410p", "yuv411p", "yuv420p10le", "yuv422p10le",
      "yuv444p10le", "gray", "bgra", "gbrp10le",
    ]
    let sizes = [(width: 64, height: 48), (width: 61, height: 47)]
    func format(_ pixels: String, _ encoder: String = "ffv1") -> VideoFormat {
      VideoFormat(container: "matroska", encoder: encoder, pixelFormat: pixels)
    }
    var kinds: [Kind] = []
    for size in sizes {
      for pixels in pixelFormats {
        for shortSide in [nil, 32] {
          kinds.append(Kind(format: format(pixels), size: size, shortSide: shortSide))
        }
      }
      for pixels in ["yuvj420p", "yuvj422p", "yuvj444p"] {
        var full = format(pixels, "mjpeg")
        full.isFullRange = true
        kinds.append(Kind(format: full, size: size))
      }
      for aspect in [(4, 3), (3, 4)] {
        var wide = format("yuv420p")
        wide.pixelAspect = aspect
        kinds.append(Kind(format: wide, size: size))
      }
      for turn in DisplayShapeTests.turns {
        var turned = VideoFormat(container: "mp4")
        let (a, b, c, d) = turn.matrix
        turned.displayMatrix = [a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30]
        kinds.append(Kind(format: turned, size: size))
        turned.pixelAspect = (4, 3)
        kinds.append(Kind(format: turned, size: size, shortSide: 40))
      }
    }
    return kinds.filter { $0.format.isAvailable }
  }()

  /// Every pixel differs from its neighbours.
  private static func noise(_ count: Int, width: Int, height: Int) -> [VideoFrame] {
    var random = CounterRandom(seed: 5, purpose: "noise")
    return (0..<count).map { _ in
      VideoFrame(
        width: width, height: height,
        pixels: (0..<3 * width * height).map { _ in UInt8(random.integer(below: 256)) })
    }
  }

  private static func part(_ frame: VideoFrame, _ crop: Crop) -> [UInt8] {
    var pixels: [UInt8] = []
    for y in crop.y..<crop.y + crop.height {
      let first = 3 * (y * frame.width + crop.x)
      pixels += frame.pixels[first..<first + 3 * crop.width]
    }
    return pixels
  }

  private static func window(_ width: Int, _ height: Int, _ random: inout CounterRandom) -> Crop {
    let (w, h) = (1 + random.integer(below: width), 1 + random.integer(below: height))
    return Crop(
      x: random.integer(below: width - w + 1), y: random.integer(below: height - h + 1), width: w, height: h)
  }

  @Test(arguments: kinds) func aWindowHasThePixelsOfTheWhole(kind: Kind) throws {
    let folder = try VideoTestFolder()
    let path = folder.path + "/video"
    try VideoEncoder.encode(
      Self.noise(6, width: kind.size.width, height: kind.size.height), to: path, format: kind.format)
    let index = try FrameIndex(decoding: path)
    let reader = try ClipReader(path: path, shortSide: kind.shortSide, index: index)
    let whole = try reader.frames(Array(0..<6))
    #expect(whole[0] != whole[1])
    var random = CounterRandom(seed: 7, purpose: "windows")
    let numbers = [[1, 3], [3, 4], [5, 1]]
    for _ in 0..<40 {
      let clips = numbers.map { ($0, Self.window(reader.width, reader.height, &random)) }
      let found = try reader.clips(clips.map { (numbers: $0, window: $1) })
      for (frames, (numbers, window)) in zip(found, clips) {
        for (frame, number) in zip(frames, numbers) {
          #expect((frame.width, frame.height) == (window.width, window.height))
          #expect(frame.pixels == Self.part(whole[number], window), "\(window) of frame \(number)")
        }
      }
    }
    #expect(try reader.frames([2]) == [whole[2]])
    let outside = Crop(x: 0, y: 1, width: reader.width, height: reader.height)
    #expect(throws: VideoError.self) { _ = try reader.clips([(numbers: [0], window: outside)]) }
  }
}
