import Foundation
import MCLDataTestKit
import MCLMotion
import MCLVideo
import Testing

@Suite struct PackedFlowTests {
  private func noise(_ width: Int, _ height: Int, seed: UInt64) throws -> QuantizedFlow {
    var generator = MotionRandom(state: seed)
    func plane() -> [UInt8] { (0..<width * height).map { _ in .random(in: 0...255, using: &generator) } }
    return try QuantizedFlow(width: width, height: height, u: plane(), v: plane())
  }

  /// Every value as the flow has it, whatever it is: flat, smooth, noise, and extremes side by side.
  @Test func losslessForAnything() throws {
    for (width, height) in [(1, 1), (2, 1), (1, 5), (3, 3), (40, 31), (97, 64)] {
      var flows = [try noise(width, height, seed: UInt64(width))]
      let pixels = 0..<width * height
      flows.append(
        try QuantizedFlow(
          width: width, height: height, u: pixels.map { $0 % 2 == 0 ? 0 : 255 },
          v: pixels.map { UInt8(128 + 100 * sin(Double($0 % width) / 9)) }))
      for flow in flows { #expect(try PackedFlow(flow).unpacked() == flow) }
    }
  }

  /// With a tolerance t no value is off by more than t, and the larger t, the fewer bytes.
  @Test func aToleranceIsKept() throws {
    let flow = try #require(
      try MotionMeasureTests.randomFlows(1, width: 90, height: 70, seed: 4).first)
    var last = PackedFlow(flow).bytes.count
    for tolerance in [1, 2, 3, 7] {
      let packed = PackedFlow(flow, tolerance: tolerance)
      let read = try packed.unpacked()
      var largest = 0
      for (a, b) in zip(read.u + read.v, flow.u + flow.v) { largest = max(largest, abs(Int(a) - Int(b))) }
      #expect(largest <= tolerance)
      #expect(packed.bytes.count < last)
      last = packed.bytes.count
    }
    #expect(try PackedFlow(flow, tolerance: 0).unpacked() == flow)
  }

  /// What is cut off or goes on is no flow.
  @Test func anEndThatIsNotTheirsIsFound() throws {
    let flow = try #require(try MotionMeasureTests.randomFlows(1, width: 40, height: 30, seed: 9).first)
    let bytes = PackedFlow(flow).bytes
    let others: [[UInt8]] = [bytes + [0], bytes.dropLast(1), bytes.dropLast(bytes.count / 2)]
    for other in others {
      #expect(throws: MotionError.self) {
        try PackedFlow(width: 40, height: 30, bytes: other).unpacked()
      }
    }
  }

  /// 20 s of noise, the worst flow there is, is kept within the bytes that it may take; smooth flow stays exact.
  @Test func theSizeIsKept() throws {
    let folder = try VideoTestFolder()
    var generator = MotionRandom(state: 31)
    // Unrelated frames: nothing that flow could follow.
    let frames = (0..<60).map { _ in
      VideoFrame(
        width: 64, height: 48, pixels: (0..<64 * 48 * 3).map { _ in .random(in: 0...255, using: &generator) })
    }
    try VideoEncoder.encode(frames, to: folder.path + "/noise.avi", framesPerSecond: 120)
    let identity = try VideoIdentity(contentsOf: folder.path + "/noise.avi")
    let parameters = MotionParameters(clipSpans: [32])
    let motion = try MotionPreparation(parameters: parameters).analyze(
      path: folder.path + "/noise.avi", identity: identity)
    #expect(motion.frameRate == FrameRate(numerator: 120, denominator: 1))
    let cache = MotionCache(directory: folder.path + "/motion")
    try cache.store(motion, as: "noise")
    let entry = try cache.open("noise", identity: identity, parameters: parameters)
    let allowed = Int(20e6 * 60 / 120 / 60)
    print("noise: \(entry.byteCount) bytes of \(allowed); tolerances \(try entry.tolerances())")
    #expect(entry.byteCount <= allowed)
    #expect(try entry.tolerances().count > 0)
    #expect(motion.flows.contains { $0.tolerance == 0 } || motion.flows.allSatisfy { $0.tolerance > 0 })
    // Maps and velocities are of the exact flow.
    let slow = try MotionPreparation(parameters: parameters).analyze(
      identity: identity,
      frames: VideoDecoder.decode(path: folder.path + "/noise.avi", frames: 0..<60).map {
        ($0.pixels, $0.width, $0.height)
      })
    #expect(slow.maps == motion.maps && slow.velocities == motion.velocities)
    #expect(slow.flows.allSatisfy { $0.tolerance == 0 })
  }
}
