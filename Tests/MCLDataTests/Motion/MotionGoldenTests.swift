import MCLData
import MCLDataTestKit
import MCLMotion
import Testing

/// Against the reference's own numbers on three synthetic clips of 16 flows of 240x320.
@Suite(.enabled(if: MotionGoldens.available)) struct MotionGoldenTests {
  static func flows(_ goldens: MotionGoldens, _ clip: Int) throws -> [QuantizedFlow] {
    let u = try goldens.bytes("clip\(clip).u")
    let v = try goldens.bytes("clip\(clip).v")
    let pixels = 240 * 320
    return try (0..<16).map {
      try QuantizedFlow(
        width: 320, height: 240, u: [UInt8](u[$0 * pixels..<($0 + 1) * pixels]),
        v: [UInt8](v[$0 * pixels..<($0 + 1) * pixels]))
    }
  }

  @Test(arguments: 0..<3) func targetsOfTheCentreCrop(clip: Int) throws {
    let goldens = try MotionGoldens("motion.safetensors")
    let target = try TubeletTarget(
      flows: Self.flows(goldens, clip), top: 8, left: 48, cropHeight: 224, cropWidth: 224, height: 224,
      width: 224,
      flipped: false)
    #expect([target.groups, target.rows, target.columns] == [4, 7, 7])
    let error = motionRelativeError(target.values, try goldens.floats("clip\(clip).st_mag_center"))
    print("clip \(clip) st_mag_center: relative error \(error)")
    #expect(error < 1e-4)
  }

  @Test func derivativesOfAGroupAreExact() throws {
    let goldens = try MotionGoldens("motion.safetensors")
    let flows = try Self.flows(goldens, 0).prefix(4)
    var sum = [Int32](repeating: 0, count: 224 * 224)
    for flow in flows {
      for i in sum.indices { sum[i] += Int32(flow.u[(8 + i / 224) * 320 + 48 + i % 224]) }
    }
    let (dx, dy) = try MotionBoundary(width: 224, height: 224).derivatives(ofSum: sum)
    let expectedX = try goldens.floats("clip0.center_group0_dx_sum")
    let expectedY = try goldens.floats("clip0.center_group0_dy_sum")
    let wrong = sum.indices.count { Float(dx[$0]) != expectedX[$0] || Float(dy[$0]) != expectedY[$0] }
    #expect(wrong == 0)
  }

  @Test(arguments: 0..<3) func targetsOfAResizedCrop(clip: Int) throws {
    let goldens = try MotionGoldens("motion.safetensors")
    let flows = try Self.flows(goldens, clip)
    let box = try goldens.integers("clip\(clip).crop_box_ijhw")
    let target = try TubeletTarget(
      flows: flows, top: box[0], left: box[1], cropHeight: box[2], cropWidth: box[3], height: 224, width: 224,
      flipped: false)
    let error = motionRelativeError(target.values, try goldens.floats("clip\(clip).st_mag_resized"))
    print("clip \(clip) st_mag_resized, crop \(box): relative error \(error)")
    #expect(error < 1e-3)
    let mirrored = try TubeletTarget(
      flows: flows, top: box[0], left: box[1], cropHeight: box[2], cropWidth: box[3], height: 224, width: 224,
      flipped: true)
    let rows = (0..<28).map { Array(target.values[$0 * 7..<$0 * 7 + 7]) }
    #expect(motionRelativeError(mirrored.values, rows.flatMap { $0.reversed() }) == 0)
  }

  @Test(arguments: 0..<3, ["ucf101", "kinetics"]) func frameMaps(clip: Int, set: String) throws {
    let goldens = try MotionGoldens("motion.safetensors")
    let window = set == "ucf101" ? 8 : 4
    let expectedWindows = try goldens.integers("clip\(clip).windows_\(set)")
    let windows = MotionMaps.windows(count: 16, length: window)
    #expect(windows.flatMap { [$0.lowerBound, $0.upperBound] } == expectedWindows)
    let maps = try MotionMaps.maps(of: Self.flows(goldens, clip), window: window)
    let error = motionRelativeError(maps, try goldens.floats("clip\(clip).mag_\(set)_float"))
    print("clip \(clip) mag_\(set)_float: relative error \(error)")
    #expect(error < 1e-3)
  }

  @Test(arguments: 0..<3, [("16x1", 16), ("4x2", 8), ("8x1", 8)])
  func clipVelocities(clip: Int, kind: (name: String, span: Int)) throws {
    let goldens = try MotionGoldens("motion.safetensors")
    let velocities = try ClipVelocities.velocities(of: Self.flows(goldens, clip), span: kind.span)
    let error = motionRelativeError(velocities, try goldens.floats("clip\(clip).clip_mag_\(kind.name)"))
    print("clip \(clip) clip_mag_\(kind.name): relative error \(error)")
    #expect(error < 1e-4)
  }
}
