import Foundation
import MCLData
import MCLVideo
import Testing

/// Compares with the published code's results, where `MCL_GOLDENS` names their folder.
@Suite(
  "Sampling against the goldens", .enabled(if: ProcessInfo.processInfo.environment["MCL_GOLDENS"] != nil))
struct SamplingGoldenTests {
  /// The tensors of motion.safetensors: an 8-byte header length, a JSON header, then the data.
  struct Tensors {
    let header: [String: [Int]]
    let data: Data

    init() throws {
      let folder = try #require(ProcessInfo.processInfo.environment["MCL_GOLDENS"])
      let file = try Data(
        contentsOf: URL(fileURLWithPath: folder).appendingPathComponent("motion.safetensors"))
      let length = file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
      let json = try JSONSerialization.jsonObject(with: file[8..<8 + length])
      let entries = try #require(json as? [String: [String: Any]])
      header = entries.compactMapValues { $0["data_offsets"] as? [Int] }
      data = file[(8 + length)...]
    }

    func bytes(_ name: String) throws -> [UInt8] {
      let offsets = try #require(header[name], "\(name)")
      return [UInt8](data[data.startIndex + offsets[0]..<data.startIndex + offsets[1]])
    }

    func floats(_ name: String) throws -> [Float] {
      try bytes(name).withUnsafeBytes { raw in
        stride(from: 0, to: raw.count, by: 4).map { raw.loadUnaligned(fromByteOffset: $0, as: Float.self) }
      }
    }

    func integers(_ name: String) throws -> [Int] {
      try bytes(name).withUnsafeBytes { raw in
        stride(from: 0, to: raw.count, by: 8).map {
          Int(raw.loadUnaligned(fromByteOffset: $0, as: Int64.self))
        }
      }
    }
  }

  @Test("The motion box is the published one")
  func motionBox() throws {
    let tensors = try Tensors()
    let names = tensors.header.keys.filter { $0.hasPrefix("cor") && $0.hasSuffix(".input") }
    #expect(names.count == 12)
    for name in names {
      let prefix = name.dropLast(".input".count)
      let box = try MotionBox(map: try tensors.floats(name))
      let size = try tensors.integers("\(prefix).height_width")
      let pixels = box.pixels(width: size[1], height: size[0])
      for (range, golden) in [(pixels.y, "row_s"), (pixels.x, "col_s")] {
        let expected = try tensors.floats("\(prefix).\(golden)")
        #expect([Float(range.lowerBound), Float(range.upperBound)] == expected, "\(prefix).\(golden)")
      }
      let cover = try tensors.floats("\(prefix).crop_ratio")
      #expect(abs(box.requiredCover - Double(cover[0])) < 1e-6, "\(prefix)")
    }
  }

  @Test("A cropped and resized flow image is the published one, byte for byte", arguments: 0..<3)
  func resize(clip: Int) throws {
    let tensors = try Tensors()
    let crop = try tensors.integers("clip\(clip).crop_box_ijhw")
    let resize = try BilinearResize(
      crop: Crop(x: crop[1], y: crop[0], width: crop[3], height: crop[2]), width: 224, height: 224)
    let image = Array(try tensors.bytes("clip\(clip).u").prefix(240 * 320))
    let result = try resize.resized(image, width: 320, height: 240, channels: 1)
    #expect(try result == tensors.bytes("clip\(clip).resized_u0"))
  }
}
