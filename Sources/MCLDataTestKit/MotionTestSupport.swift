import Foundation

/// A minimal reader of the goldens' safetensors files for these tests: eight bytes of header length, a JSON header,
/// the data.
package struct MotionGoldens {
  package static let folder = ProcessInfo.processInfo.environment["MCL_GOLDENS"]
  package static var available: Bool { folder != nil }

  package struct Entry {
    package let type: String
    package let shape: [Int]
    package let range: Range<Int>
  }

  private let data: Data
  private let entries: [String: Entry]

  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  package init(_ file: String) throws {
    guard let folder = Self.folder else { throw Failure(description: "MCL_GOLDENS is not set") }
    data = try Data(contentsOf: URL(fileURLWithPath: folder).appendingPathComponent(file))
    let length = data[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try JSONSerialization.jsonObject(with: data[8..<8 + length]) as? [String: Any] ?? [:]
    var entries: [String: Entry] = [:]
    for (name, value) in header where name != "__metadata__" {
      guard let fields = value as? [String: Any], let type = fields["dtype"] as? String,
        let shape = fields["shape"] as? [Int], let offsets = fields["data_offsets"] as? [Int],
        offsets.count == 2
      else { throw Failure(description: "\(file): bad entry \(name)") }
      entries[name] = Entry(
        type: type, shape: shape, range: 8 + length + offsets[0]..<8 + length + offsets[1])
    }
    self.entries = entries
  }

  package func entry(_ name: String, _ type: String) throws -> Entry {
    guard let entry = entries[name], entry.type == type else {
      throw Failure(description: "no \(type) tensor \(name)")
    }
    return entry
  }

  package func floats(_ name: String) throws -> [Float] {
    try values(name, "F32", UInt32.self).map { Float(bitPattern: $0) }
  }

  package func integers(_ name: String) throws -> [Int] {
    try values(name, "I64", Int64.self).map(Int.init)
  }

  package func bytes(_ name: String) throws -> [UInt8] { [UInt8](data[try entry(name, "U8").range]) }

  package func shape(_ name: String, _ type: String) throws -> [Int] { try entry(name, type).shape }

  private func values<T: FixedWidthInteger & BitwiseCopyable>(
    _ name: String, _ type: String, _: T.Type
  ) throws -> [T] {
    let bytes = [UInt8](data[try entry(name, type).range])
    return bytes.withUnsafeBytes { raw in
      (0..<raw.count / MemoryLayout<T>.size).map {
        T(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<T>.size, as: T.self))
      }
    }
  }
}

/// The largest difference relative to the largest expected magnitude of the tensor.
package func motionRelativeError(_ actual: [Float], _ expected: [Float]) -> Float {
  guard actual.count == expected.count else { return .infinity }
  let scale = max(expected.map(abs).max() ?? 0, 1e-12)
  return zip(actual, expected).map { abs($0 - $1) }.max().map { $0 / scale } ?? 0
}

/// A smooth random texture over the plane, the same for a seed everywhere: value noise of two octaves, 0 ... 255.
package struct MotionTexture {
  package let seed: UInt64

  package init(seed: UInt64) { self.seed = seed }

  private func corner(_ x: Int, _ y: Int, _ octave: UInt64) -> Double {
    var z = seed &+ octave &* 0x9E37_79B9_7F4A_7C15
    for part in [UInt64(bitPattern: Int64(x)), UInt64(bitPattern: Int64(y))] {
      z = (z ^ part) &* 0xBF58_476D_1CE4_E5B9
      z ^= z >> 27
      z = z &* 0x94D0_49BB_1331_11EB
      z ^= z >> 31
    }
    return Double(z >> 11) / Double(1 << 53)
  }

  package func value(_ x: Double, _ y: Double) -> Double {
    var sum = 0.0
    for (octave, cell, weight) in [(UInt64(1), 9.0, 0.7), (2, 4.0, 0.3)] {
      let (fx, fy) = ((x / cell).rounded(.down), (y / cell).rounded(.down))
      let (ix, iy) = (Int(fx), Int(fy))
      func smooth(_ t: Double) -> Double { t * t * (3 - 2 * t) }
      let (tx, ty) = (smooth(x / cell - fx), smooth(y / cell - fy))
      let top = corner(ix, iy, octave) * (1 - tx) + corner(ix + 1, iy, octave) * tx
      let bottom = corner(ix, iy + 1, octave) * (1 - tx) + corner(ix + 1, iy + 1, octave) * tx
      sum += weight * (top * (1 - ty) + bottom * ty)
    }
    return 255 * sum
  }

  /// The texture moved by (dx, dy): a point at (x, y) of the unmoved image is at (x + dx, y + dy).
  package func image(width: Int, height: Int, dx: Double = 0, dy: Double = 0) -> [UInt8] {
    (0..<width * height).map { UInt8(value(Double($0 % width) - dx, Double($0 / width) - dy).rounded()) }
  }
}

/// A small reproducible generator.
package struct MotionRandom: RandomNumberGenerator {
  package var state: UInt64

  package init(state: UInt64) { self.state = state }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
