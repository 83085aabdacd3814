import Foundation
import MCLDataTestKit
import MCLMotion
import Testing

@Suite struct MotionCacheTests {
  static let parameters = MotionParameters(window: 4, shortSide: 40, clipSpan: 6)
  static let identity = VideoIdentity(byteCount: 1234, contentHash: 0x0123_4567_89ab_cdef)

  static func frames(_ count: Int) -> [MotionPreparation.Frame] {
    let texture = MotionTexture(seed: 12)
    return (0..<count).map { i in
      let gray = texture.image(width: 48, height: 40, dx: 0.9 * Double(i), dy: 2 * sin(Double(i)))
      return (gray.flatMap { [$0, $0, $0] }, 48, 40)
    }
  }

  static func motion() throws -> VideoMotion {
    try MotionPreparation(parameters: parameters, workers: 3).analyze(
      identity: identity, frames: frames(12))
  }

  /// A cache in a directory of its own, deleted afterwards.
  static func withCache(_ body: (MotionCache) throws -> Void) throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
      "motion-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: directory) }
    try body(MotionCache(directory: directory.path))
  }

  @Test func preparationDoesNotDependOnTheBatch() throws {
    var done: [Int] = []
    let motion = try MotionPreparation(parameters: Self.parameters, workers: 1).analyze(
      identity: Self.identity, frames: Self.frames(12)
    ) { done.append($0) }
    #expect(done == Array(1...11))
    #expect(try motion == Self.motion())
    #expect(motion.frameCount == 12 && motion.flowCount == 11)
    #expect(motion.maps.count == 11 * 49 && motion.velocities[6]?.count == 6)
    let flows = try motion.flows.map { try $0.unpacked() }
    #expect(try motion.maps == MotionMaps.maps(of: flows, window: 4))
    #expect(try motion.velocities[6] == ClipVelocities.velocities(of: flows, span: 6))
    // Flow 3 to 4 by hand.
    let frames = Self.frames(12)
    let third = try TVL1Flow().flow(
      from: GrayImage(rgb: frames[3].rgb, width: 48, height: 40),
      to: GrayImage(rgb: frames[4].rgb, width: 48, height: 40))
    #expect(flows[3] == QuantizedFlow(third))
  }

  @Test func preparationRefusesNoFramesAndOtherSizes() throws {
    let preparation = MotionPreparation(parameters: Self.parameters)
    #expect(throws: MotionError.self) { try preparation.analyze(identity: Self.identity, frames: []) }
    let single = try preparation.analyze(identity: Self.identity, frames: Self.frames(1))
    #expect(
      single.frameCount == 1 && single.flowCount == 0 && single.maps.isEmpty && single.velocities == [6: []])
    var frames = Self.frames(3)
    frames[2] = ([1, 2, 3], 1, 1)
    #expect(throws: MotionError.self) { try preparation.analyze(identity: Self.identity, frames: frames) }
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try preparation.analyze(identity: Self.identity, frames: Self.frames(3)) { _ in throw Stop() }
    }
  }

  @Test func roundTrip() throws {
    let motion = try Self.motion()
    try Self.withCache { cache in
      try cache.store(motion, as: "class/v_1%.avi")
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: cache.directory) == ["class%2Fv_1%25.avi.motion"])
      let entry = try cache.open("class/v_1%.avi", identity: Self.identity, parameters: Self.parameters)
      try entry.check()
      #expect(entry.identity == motion.identity && entry.frameCount == 12)
      let sizes: [Int] = [entry.width, entry.height, entry.window, entry.flowCount]
      #expect(sizes == [48, 40, 4, 11] as [Int])
      #expect(entry.clipSpans == [6] && entry.kind == .tvl1)
      #expect(entry.shortSide == 40)
      #expect(try entry.maps() == motion.maps)
      #expect(try entry.velocities(span: 6) == motion.velocities[6])
      #expect(try entry.velocities(span: 7) == nil)
      let some = try [10, 0, 4].map { try motion.flows[$0].unpacked() }
      #expect(try entry.flows([10, 0, 4]) == some)
      #expect(throws: MotionError.self) { try entry.flows([11]) }
    }
  }

  @Test func staleAndMissingEntriesAskForPreparation() throws {
    let motion = try Self.motion()
    try Self.withCache { cache in
      func refusal(_ name: String, _ identity: VideoIdentity, _ parameters: MotionParameters) -> MotionError?
      {
        do {
          _ = try cache.open(name, identity: identity, parameters: parameters)
          return nil
        } catch { return error as? MotionError }
      }
      #expect(refusal("v", Self.identity, Self.parameters)?.asksForPreparation == true)
      try cache.store(motion, as: "v")
      #expect(refusal("v", Self.identity, Self.parameters) == nil)
      let other = VideoIdentity(byteCount: 1234, contentHash: 1)
      #expect(refusal("v", other, Self.parameters)?.asksForPreparation == true)
      var parameters = Self.parameters
      parameters.window = 8
      #expect(refusal("v", Self.identity, parameters)?.asksForPreparation == true)
      parameters = Self.parameters
      parameters.clipSpans = [6, 8]
      #expect(refusal("v", Self.identity, parameters)?.asksForPreparation == true)
      parameters = Self.parameters
      var flow = TVL1Flow()
      flow.lambda = 0.1
      parameters.source = .tvl1(flow)
      #expect(refusal("v", Self.identity, parameters)?.asksForPreparation == true)
    }
  }

  /// Every byte is under a checksum: one changed bit anywhere makes opening or checking throw.
  @Test func everyChangedBitIsFound() throws {
    let motion = try Self.motion()
    try Self.withCache { cache in
      try cache.store(motion, as: "v")
      let whole = try Data(contentsOf: URL(fileURLWithPath: cache.path(of: "v")))
      var generator = MotionRandom(state: 77)
      var places = Array(0..<140) + (0..<200).map { _ in Int.random(in: 0..<whole.count, using: &generator) }
      places.append(whole.count - 1)
      var missed: [Int] = []
      for place in places {
        var damaged = whole
        damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        try damaged.write(to: URL(fileURLWithPath: cache.path(of: "v")))
        do {
          try cache.open("v", identity: Self.identity, parameters: Self.parameters).check()
          missed.append(place)
        } catch let error as MotionError {
          if !error.asksForPreparation { missed.append(place) }
        }
      }
      print("cache of \(whole.count) bytes: \(places.count) flipped bits, missed \(missed)")
      #expect(missed.isEmpty)
    }
  }

  @Test func everyTruncationAndExtensionIsFound() throws {
    let motion = try Self.motion()
    try Self.withCache { cache in
      try cache.store(motion, as: "v")
      let url = URL(fileURLWithPath: cache.path(of: "v"))
      let whole = try Data(contentsOf: url)
      let lengths = Array(0..<120) + Array(stride(from: 120, to: whole.count, by: 97)) + [whole.count - 1]
      var missed: [Int] = []
      func isFound(_ bytes: Data) throws -> Bool {
        try bytes.write(to: url)
        do {
          _ = try cache.open("v", identity: Self.identity, parameters: Self.parameters)
          return false
        } catch let error as MotionError { return error.asksForPreparation }
      }
      for length in lengths where try !isFound(whole.prefix(length)) { missed.append(length) }
      #expect(missed.isEmpty)
      #expect(try isFound(whole + [0]))
    }
  }

  /// A checksum can be forged: lengths that lie must lead neither to allocations nor to traps.
  @Test func forgedCountsAreRefused() throws {
    func hash(_ bytes: Data) -> UInt64 {
      bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    }
    let motion = try Self.motion()
    try Self.withCache { cache in
      try cache.store(motion, as: "v")
      let url = URL(fileURLWithPath: cache.path(of: "v"))
      let whole = try Data(contentsOf: url)
      // Fixed fields, a span, maps, velocities and 16 bytes a flow, then the checksum.
      let checksum = 88 + 4 + 4 * 11 * 49 + 4 * 6 + 16 * 11
      let unlooked = [48, 52, 56, 60, 64, 68, 72, 76, 80, 84]
      for field in stride(from: 12, to: 96, by: 4).filter({ !unlooked.contains($0) }) + [
        checksum - 16, checksum - 12,
      ] {
        var forged = whole
        for i in 0..<4 { forged[field + i] = 0xff }
        let sum = hash(forged.prefix(checksum))
        for i in 0..<8 { forged[checksum + i] = UInt8(truncatingIfNeeded: sum >> (8 * UInt64(i))) }
        try forged.write(to: url)
        #expect(throws: MotionError.self, "field at \(field)") {
          try cache.open("v", identity: Self.identity, parameters: Self.parameters)
        }
      }
    }
  }

  @Test func anyBytesUnpackToAFlowOrAnError() throws {
    var generator = MotionRandom(state: 21)
    let (width, height) = (33, 20)
    let flow = try #require(
      try MotionMeasureTests.randomFlows(1, width: width, height: height, seed: 3).first)
    let packed = PackedFlow(flow).bytes
    var flows = 0
    for round in 0..<2000 {
      var bytes = packed
      if round % 2 == 0 {
        bytes = (0..<Int.random(in: 90...1500, using: &generator)).map { _ in
          .random(in: 0...255, using: &generator)
        }
      } else {
        bytes[Int.random(in: bytes.indices, using: &generator)] = .random(in: 0...255, using: &generator)
      }
      do {
        let flow = try PackedFlow(width: width, height: height, bytes: bytes).unpacked()
        #expect(flow.u.count == width * height)
        flows += 1
      } catch is MotionError {}
    }
    // A changed byte inside a block of plain bytes is still a flow; most random bytes are none.
    #expect(flows > 0 && flows < 2000)
  }

  @Test func packingIsLosslessAndSmall() throws {
    for (width, height) in [(1, 1), (16, 1), (1, 33), (47, 31), (64, 64)] {
      for flow in try MotionMeasureTests.randomFlows(2, width: width, height: height, seed: 6) {
        let packed = PackedFlow(flow)
        #expect(try packed.unpacked() == flow)
        #expect(packed.bytes.count <= 2 * width * height * 5 / 4 + 64)
      }
    }
    let still = try QuantizedFlow(
      width: 64, height: 64, u: .init(repeating: 128, count: 4096), v: .init(repeating: 9, count: 4096))
    #expect(try PackedFlow(still).unpacked() == still)
    #expect(PackedFlow(still).bytes.count < 64)
    let flow = try #require(try Self.motion().flows.first)
    print("a rendered flow of 48x40 packs \(2 * 48 * 40) bytes into \(flow.bytes.count)")
    #expect(flow.bytes.count < 48 * 40)
  }

  @Test(.enabled(if: MotionGoldens.available)) func packingOfRealFlow() throws {
    let goldens = try MotionGoldens("tvl1.safetensors")
    let both = try goldens.bytes("pair3.quantised")
    let pixels = both.count / 2
    let flow = try QuantizedFlow(
      width: 128, height: 96, u: (0..<pixels).map { both[2 * $0] }, v: (0..<pixels).map { both[2 * $0 + 1] })
    let packed = PackedFlow(flow)
    #expect(try packed.unpacked() == flow)
    let start = Date()
    for _ in 0..<50 { _ = try packed.unpacked() }
    let rate = Double(50 * both.count) / Date().timeIntervalSince(start) / 1e6
    print(
      "real flow of 128x96: \(both.count) bytes packed into \(packed.bytes.count), unpacked at \(rate) MB/s")
    #expect(packed.bytes.count < both.count / 4)
  }

  @Test func identityIsOfTheWholeFile() throws {
    try Self.withCache { cache in
      try FileManager.default.createDirectory(atPath: cache.directory, withIntermediateDirectories: true)
      let path = cache.directory + "/video"
      try Data("hello".utf8).write(to: URL(fileURLWithPath: path))
      // FNV-1a 64 of "hello".
      #expect(
        try VideoIdentity(contentsOf: path) == VideoIdentity(byteCount: 5, contentHash: 0xa430_d846_80aa_bd0b)
      )
      #expect(throws: MotionError.self) { try VideoIdentity(contentsOf: path + "x") }
      #expect(throws: MotionError.self) { try VideoIdentity(contentsOf: cache.directory) }
    }
  }
}
