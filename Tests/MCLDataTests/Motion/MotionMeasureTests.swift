import MCLData
import MCLDataTestKit
import MCLMotion
import Testing

/// The measures against their definitions, written out slowly, on random flows.
@Suite struct MotionMeasureTests {
  static func randomFlows(_ count: Int, width: Int, height: Int, seed: UInt64) throws -> [QuantizedFlow] {
    var generator = MotionRandom(state: seed)
    return try (0..<count).map { _ in
      func plane() -> [UInt8] { (0..<width * height).map { _ in .random(in: 0...255, using: &generator) } }
      return try QuantizedFlow(width: width, height: height, u: plane(), v: plane())
    }
  }

  /// Convolution with both Prewitt kernels, flipped and with half-sample-symmetric borders, of one image.
  static func prewitt(_ image: [Double], width: Int, height: Int) -> (dx: [Double], dy: [Double]) {
    let kernel: [[Double]] = [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]]
    var dx = [Double](repeating: 0, count: image.count)
    var dy = dx
    for y in 0..<height {
      for x in 0..<width {
        for j in -1...1 {
          for i in -1...1 {
            let (px, py) = (min(max(x - i, 0), width - 1), min(max(y - j, 0), height - 1))
            dx[y * width + x] += kernel[j + 1][i + 1] * image[py * width + px]
            dy[y * width + x] += kernel[i + 1][j + 1] * image[py * width + px]
          }
        }
      }
    }
    return (dx, dy)
  }

  /// Mean magnitude over all pixels of summed per-frame derivatives, the rim zeroed.
  static func velocity(_ planes: [[UInt8]], width: Int, height: Int, rim: Int) -> Double {
    var sumX = [Double](repeating: 0, count: width * height)
    var sumY = sumX
    for plane in planes {
      let (dx, dy) = prewitt(plane.map(Double.init), width: width, height: height)
      for i in sumX.indices { (sumX[i], sumY[i]) = (sumX[i] + dx[i], sumY[i] + dy[i]) }
    }
    var total = 0.0
    for y in rim..<max(height - rim, rim) {
      for x in rim..<max(width - rim, rim) {
        let i = y * width + x
        total += (sumX[i] * sumX[i] + sumY[i] * sumY[i]).squareRoot()
      }
    }
    return total / Double(width * height)
  }

  @Test(arguments: [(33, 19), (17, 40), (16, 9), (1, 5)])
  func velocitiesFollowTheDefinition(width: Int, height: Int) throws {
    let flows = try Self.randomFlows(9, width: width, height: height, seed: UInt64(width * height))
    let velocities = try ClipVelocities.velocities(of: flows, span: 5)
    let expected = (0..<5).map { start in
      let clip = flows[start..<start + 5]
      let u = Self.velocity(clip.map(\.u), width: width, height: height, rim: 8)
      let v = Self.velocity(clip.map(\.v), width: width, height: height, rim: 8)
      return Float((u + v) / 2)
    }
    #expect(motionRelativeError(velocities, expected) < 1e-6)
  }

  @Test func videosShorterThanAClipHaveNoVelocity() throws {
    let flows = try Self.randomFlows(31, width: 20, height: 20, seed: 1)
    #expect(try ClipVelocities.velocities(of: flows, span: 32).isEmpty)
    #expect(try ClipVelocities.velocities(of: flows, span: 31).count == 1)
    #expect(try ClipVelocities.velocities(of: [], span: 32).isEmpty)
  }

  @Test func windowsReachBothEnds() {
    #expect(
      MotionMaps.windows(count: 10, length: 4) == [
        0..<4, 0..<4, 1..<5, 2..<6, 3..<7, 4..<8, 5..<9, 6..<10, 6..<10, 6..<10,
      ])
    #expect(MotionMaps.windows(count: 3, length: 8) == [0..<3, 0..<3, 0..<3])
    #expect(MotionMaps.windows(count: 0, length: 8).isEmpty)
  }

  @Test func constantMotionHasNoBoundary() throws {
    let flow = try QuantizedFlow(
      width: 64, height: 48, u: .init(repeating: 77, count: 3072), v: .init(repeating: 200, count: 3072))
    let maps = try MotionMaps.maps(of: [QuantizedFlow](repeating: flow, count: 5), window: 4)
    #expect(maps.count == 5 * 49)
    #expect(maps.allSatisfy { $0 == 0 })
  }

  @Test func fewFlowsShareOneMapOfThemAll() throws {
    let flows = try Self.randomFlows(3, width: 40, height: 30, seed: 4)
    let maps = try MotionMaps.maps(of: flows, window: 8)
    #expect(maps == [Float]((0..<3).flatMap { _ in maps.prefix(49) }))
    #expect(try Array(maps.prefix(49)) == MotionMaps.maps(of: flows, window: 3).prefix(49).map { $0 })
  }

  /// At the target's own size no resize takes place, so a target is the plain block mean; other sizes round up to blocks.
  @Test func targetsHaveTheShapeOfTheLastMaps() throws {
    let flows = try Self.randomFlows(8, width: 96, height: 64, seed: 8)
    let target = try TubeletTarget(
      flows: flows, top: 0, left: 0, cropHeight: 64, cropWidth: 96, height: 48, width: 80, flipped: false)
    #expect([target.groups, target.rows, target.columns] == [2, 2, 3])
    let u = try (0..<2).map { group -> [Float] in
      var sum = [Int32](repeating: 0, count: 96 * 64)
      for flow in flows[group * 4..<group * 4 + 4] { for i in sum.indices { sum[i] += Int32(flow.u[i]) } }
      return try MotionBoundary(width: 96, height: 64).blockMeans(ofSum: sum, block: 32, rim: 0)
    }
    let v = try (0..<2).map { group -> [Float] in
      var sum = [Int32](repeating: 0, count: 96 * 64)
      for flow in flows[group * 4..<group * 4 + 4] { for i in sum.indices { sum[i] += Int32(flow.v[i]) } }
      return try MotionBoundary(width: 96, height: 64).blockMeans(ofSum: sum, block: 32, rim: 0)
    }
    #expect(target.values == zip(u.flatMap { $0 }, v.flatMap { $0 }).map { $0 + $1 })
  }

  /// The flip promise: mirroring the flow images and mirroring the result are the same.
  @Test func flippingTheFlowMirrorsTheTarget() throws {
    let flows = try Self.randomFlows(4, width: 50, height: 40, seed: 2)
    let mirrored = try flows.map { flow in
      func mirror(_ plane: [UInt8]) -> [UInt8] { plane.indices.map { plane[$0 / 50 * 50 + 49 - $0 % 50] } }
      return try QuantizedFlow(width: 50, height: 40, u: mirror(flow.u), v: mirror(flow.v))
    }
    let flipped = try TubeletTarget(
      flows: flows, top: 3, left: 5, cropHeight: 30, cropWidth: 40, height: 64, width: 96, flipped: true)
    let direct = try TubeletTarget(
      flows: mirrored, top: 3, left: 5, cropHeight: 30, cropWidth: 40, height: 64, width: 96, flipped: false)
    // The rounding of the resize's weights is not symmetric to the last bit, so a few pixels may differ by one.
    #expect(motionRelativeError(flipped.values, direct.values) < 1e-3)
  }

  @Test func refusesWhatDoesNotFit() throws {
    let flows = try Self.randomFlows(4, width: 20, height: 20, seed: 1)
    func target(_ flows: [QuantizedFlow], left: Int) throws -> TubeletTarget {
      try TubeletTarget(
        flows: flows, top: 0, left: left, cropHeight: 20, cropWidth: 10, height: 32, width: 32, flipped: false
      )
    }
    #expect(throws: Never.self) { try target(flows, left: 10) }
    #expect(throws: MotionError.self) { try target(flows, left: 11) }
    #expect(throws: MotionError.self) { try target(Array(flows.prefix(3)), left: 0) }
    #expect(throws: MotionError.self) { try target([], left: 0) }
    let larger = try Self.randomFlows(1, width: 21, height: 20, seed: 1)
    #expect(throws: MotionError.self) { try MotionMaps.maps(of: flows + larger, window: 4) }
    #expect(throws: MotionError.self) { try ClipVelocities.velocities(of: flows + larger, span: 2) }
    #expect(throws: MotionError.self) { try MotionMaps.maps(of: flows, window: 0) }
  }

  @Test func grayIsTheWeightedSumInFourteenBits() throws {
    let gray = try GrayImage(
      rgb: [255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255, 12, 200, 99], width: 5, height: 1)
    #expect(gray.pixels == [255, 76, 150, 29, 132])
    #expect(throws: MotionError.self) { try GrayImage(rgb: [1, 2], width: 1, height: 1) }
  }
}
