import MCLDataTestKit
import MCLMotion
import MCLVideo
import Testing

/// Videos that say how they are to be shown are read that way: turned, with square pixels.
@Suite struct DisplayShapeTests {
  /// Columns of a display matrix, and where the coded picture's upper left and upper right corners are then shown.
  struct Turn: Sendable, CustomTestStringConvertible {
    var name: String
    var matrix: (a: Int32, b: Int32, c: Int32, d: Int32)
    var upperLeft: Corner
    var upperRight: Corner
    var testDescription: String { name }
  }

  enum Corner: Sendable { case upperLeft, upperRight, lowerLeft, lowerRight }

  /// A quarter to the right takes the upper left corner to the upper right, and so on round.
  static let turns: [Turn] = [
    .init(name: "none", matrix: (1, 0, 0, 1), upperLeft: .upperLeft, upperRight: .upperRight),
    .init(
      name: "a quarter to the right", matrix: (0, 1, -1, 0), upperLeft: .upperRight, upperRight: .lowerRight),
    .init(name: "half", matrix: (-1, 0, 0, -1), upperLeft: .lowerRight, upperRight: .lowerLeft),
    .init(
      name: "a quarter to the left", matrix: (0, -1, 1, 0), upperLeft: .lowerLeft, upperRight: .upperLeft),
    .init(
      name: "mirrored left to right", matrix: (-1, 0, 0, 1), upperLeft: .upperRight, upperRight: .upperLeft),
    .init(
      name: "mirrored top to bottom", matrix: (1, 0, 0, -1), upperLeft: .lowerLeft, upperRight: .lowerRight),
    .init(name: "axes exchanged", matrix: (0, 1, 1, 0), upperLeft: .upperLeft, upperRight: .lowerLeft),
    .init(
      name: "axes exchanged the other way", matrix: (0, -1, -1, 0), upperLeft: .lowerRight,
      upperRight: .upperRight),
  ]

  private static func format(_ turn: Turn) -> VideoFormat {
    var format = VideoFormat(container: "mp4")
    let (a, b, c, d) = turn.matrix
    format.displayMatrix = [a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30]
    return format
  }

  /// Black but for a red upper left and a green upper right quarter.
  private static let corners: VideoFrame = {
    var pixels = [UInt8](repeating: 0, count: 3 * 64 * 48)
    for y in 0..<24 {
      for x in 0..<64 { pixels[3 * (64 * y + x) + (x < 32 ? 0 : 1)] = 220 }
    }
    return VideoFrame(width: 64, height: 48, pixels: pixels)
  }()

  private static func colour(_ frame: VideoFrame, _ corner: Corner) -> [UInt8] {
    let x = corner == .upperLeft || corner == .lowerLeft ? 6 : frame.width - 7
    let y = corner == .upperLeft || corner == .upperRight ? 6 : frame.height - 7
    return Array(frame.pixels[3 * (y * frame.width + x)..<3 * (y * frame.width + x) + 3])
  }

  @Test(arguments: turns)
  func picturesAreTurned(_ turn: Turn) throws {
    let folder = try VideoTestFolder()
    let path = folder.path + "/v.mp4"
    try VideoEncoder.encode(
      Array(repeating: Self.corners, count: 30), to: path, format: Self.format(turn))
    let frames = try VideoDecoder.decode(path: path, frames: 0..<30)
    let swaps = turn.matrix.a == 0
    #expect(frames[3].width == (swaps ? 48 : 64) && frames[3].height == (swaps ? 64 : 48))
    let (red, green) = (Self.colour(frames[3], turn.upperLeft), Self.colour(frames[3], turn.upperRight))
    #expect(red[0] > 150 && red[1] < 100, "\(red)")
    #expect(green[1] > 150 && green[0] < 100, "\(green)")
    let reader = try ClipReader(path: path, index: FrameIndex(decoding: path))
    #expect(try reader.frames([25, 3]) == [frames[25], frames[3]])
    #expect(reader.width == frames[3].width && reader.height == frames[3].height)
    let small = try VideoDecoder(path: path, shortSide: 24)
    #expect((small.width, small.height) == (swaps ? (24, 32) : (32, 24)))
  }

  /// What moves 3 px to the right and 2 up in the coded picture moves as the picture is turned.
  @Test(arguments: turns)
  func vectorsAreTurned(_ turn: Turn) throws {
    let folder = try VideoTestFolder()
    let path = folder.path + "/v.mp4"
    let texture = MotionTexture(seed: 5)
    let frames = (0..<20).map { t in
      let gray = texture.image(width: 128, height: 96, dx: Double(3 * t), dy: Double(-2 * t))
      return VideoFrame(width: 128, height: 96, pixels: gray.flatMap { [$0, $0, $0] })
    }
    try VideoEncoder.encode(frames, to: path, format: Self.format(turn))
    let flow = try CodecFlowTests.flows(path).1[8]
    let (a, b, c, d) = turn.matrix
    let (u, v) = (3 * a - 2 * c, 3 * b - 2 * d)
    func isNear(_ plane: [UInt8], _ pixels: Int32) -> Bool {
      let middle = Int(plane.sorted()[plane.count / 2])
      return abs(middle - Int(QuantizedFlow.quantized(Float(pixels) * 0.93))) <= 3
    }
    #expect(flow.width == (turn.matrix.a == 0 ? 96 : 128))
    #expect(isNear(flow.u, u) && isNear(flow.v, v))
  }

  /// 16:15 as on DVDs, pixels longer than wide, none stated, and what no camera makes.
  @Test(arguments: [(16, 15, 68, 48), (1, 2, 64, 96), (3, 4, 64, 64), (0, 1, 64, 48), (1, 100, 64, 48)])
  func pixelsBecomeSquare(wide: Int, high: Int, width: Int, height: Int) throws {
    let folder = try VideoTestFolder()
    let path = folder.path + "/v.mp4"
    var format = VideoFormat(container: "mp4")
    format.pixelAspect = (wide, high)
    try VideoEncoder.encode(Array(repeating: Self.corners, count: 3), to: path, format: format)
    let decoder = try VideoDecoder(path: path)
    #expect(decoder.width == width && decoder.height == height)
    let frame = try #require(try decoder.next())
    #expect(frame.width == width && frame.height == height)
  }
}
