import Foundation
import MCLData
import MCLDataTestKit
import MCLMotion
import MCLVideo
import Testing

@Suite struct CodecFlowTests {
  /// A texture that slides by whole pixels: what an encoder's vectors say of it is known.
  private static func sliding(_ count: Int, dx: Int, dy: Int, width: Int = 128, height: Int = 96)
    -> [VideoFrame]
  {
    let texture = MotionTexture(seed: 5)
    return (0..<count).map { t in
      let gray = texture.image(width: width, height: height, dx: Double(dx * t), dy: Double(dy * t))
      return VideoFrame(width: width, height: height, pixels: gray.flatMap { [$0, $0, $0] })
    }
  }

  static func flows(_ path: String, shortSide: Int? = nil) throws -> (MotionCacheEntry, [QuantizedFlow]) {
    let cache = MotionCache(directory: path + ".cache")
    let identity = try VideoIdentity(contentsOf: path)
    let parameters = MotionParameters(shortSide: shortSide, clipSpans: [16], source: .codec)
    try cache.store(
      MotionPreparation(parameters: parameters).analyze(path: path, identity: identity), as: "v")
    let entry = try cache.open("v", identity: identity, parameters: parameters)
    return (entry, try entry.flows(0..<entry.flowCount))
  }

  private func median(_ values: [UInt8]) -> Int { Int(values.sorted()[values.count / 2]) }

  /// P frames, I frames between them, and B frames, whose vectors span several frames: always the motion a frame.
  @Test(arguments: [(12, 0), (600, 0), (12, 2), (20, 4)])
  func aSlidingTextureIsFollowed(groupLength: Int, bFrames: Int) throws {
    let folder = try VideoTestFolder()
    let path = folder.path + "/v.mp4"
    try VideoEncoder.encode(
      Self.sliding(40, dx: 3, dy: -2), to: path, groupLength: groupLength, bFrames: bFrames)
    let (entry, flows) = try Self.flows(path)
    #expect(entry.kind == .codec && entry.frameCount == 40 && flows.count == 39)
    #expect(flows.allSatisfy { $0.width == 128 && $0.height == 96 })
    // 3 and -2 px less a quarter of a pixel's length, in units of 40/255 px; encoders search in half pixels.
    let (u, v) = (Int(QuantizedFlow.quantized(2.8)), Int(QuantizedFlow.quantized(-1.85)))
    let wrong = flows.indices.filter {
      abs(median(flows[$0].u) - u) > 3 || abs(median(flows[$0].v) - v) > 3
    }
    print(
      "codec flow, group \(groupLength), \(bFrames) B frames: \(wrong.count) of \(flows.count) flows are off")
    #expect(wrong.count <= 2, "\(wrong.map { (median(flows[$0].u), median(flows[$0].v)) })")
  }

  @Test func scaledFramesScaleTheirVectors() throws {
    let folder = try VideoTestFolder()
    let path = folder.path + "/v.avi"
    try VideoEncoder.encode(Self.sliding(20, dx: 4, dy: 0), to: path)
    let (entry, flows) = try Self.flows(path, shortSide: 48)
    #expect(entry.width == 64 && entry.height == 48)
    let middle = median(flows[5].u)
    #expect(abs(middle - Int(QuantizedFlow.quantized(1.75))) <= 2)
  }

  /// The maps see a moving square where it is, as those of TV-L1 do.
  @Test func mapsLieWhereThingsMove() throws {
    let folder = try VideoTestFolder()
    try VideoSynthesizer().synthesize(
      into: folder.path + "/data", videos: 4, seed: 11, frames: 40, width: 160, height: 128)
    let dataset = try VideoDataset(directory: folder.path + "/data")
    func maps(_ source: FlowSource) throws -> [Float] {
      let store = MotionStore(
        directory: folder.path + "/motion",
        parameters: MotionParameters(shortSide: 256, clipSpans: [32], source: source))
      return try store.prepare(dataset) { _ in }.videos.flatMap { try $0.requiredMotion().maps() }
    }
    let correlation = FlowComparison.correlation(try maps(.codec), try maps(.tvl1(TVL1Flow())))
    print("codec maps of synthetic videos against TV-L1's: correlation \(correlation)")
    #expect(correlation > 0.4)
  }

  @Test func whatHasNoVectorsSaysSo() throws {
    let folder = try VideoTestFolder()
    let intra = folder.path + "/intra.avi"
    try VideoEncoder.encode(Self.sliding(20, dx: 1, dy: 0), to: intra, groupLength: 1)
    #expect(
      try videoErrorMessage { _ = try Self.flows(intra) }
        == "\(intra) has only frames that were coded without motion (intra frames); use --flow tvl1, or re-encode "
        + "it as H.264.")
  }

  @Test(.enabled(if: ProcessInfo.processInfo.environment["MCL_VIDEOS"] != nil)) func codecsWithoutVectors()
    throws
  {
    let videos = ProcessInfo.processInfo.environment["MCL_VIDEOS"] ?? ""
    for (name, codec) in [("balle1-vp9.avi", "vp9"), ("race-1906.ogv", "theora")] {
      let path = "\(videos)/\(name)"
      #expect(
        try videoErrorMessage {
          _ = try MotionPreparation(parameters: MotionParameters(source: .codec)).analyze(
            path: path, identity: VideoIdentity(byteCount: 0, contentHash: 0))
        }
          == "\(path) is encoded with \(codec), whose decoder gives no motion vectors; use --flow tvl1, or "
          + "re-encode it as H.264.")
    }
  }
}
