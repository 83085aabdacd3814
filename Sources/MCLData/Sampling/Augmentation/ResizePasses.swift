import MCLVideo

/// The weights of one axis: result position x is the sum over `count[x]` source positions from `first[x]` on.
///
/// A weight is a whole number of 2^-22, as in Pillow, and is kept in two floats: its multiple of 2^7, divided by it, and
/// the rest. Their products with 8-bit levels add up without rounding, below 2^23, so that sums of floats are exact.
struct ResizeTaps: Sendable {
  let first: [Int]
  let count: [Int]
  /// Of position x and tap t the higher and the lower part, from 2 (x stride + t) on.
  let parts: [Float]
  let stride: Int

  /// Beyond it, the lower parts of so many taps could reach 2^23.
  static let largestScale = 120
  static let fractionBits = 22
  static let lowerBits = 7

  init(from source: Int, to target: Int) {
    let scale = Double(source) / Double(target)
    let width = max(scale, 1)
    stride = Int(width.rounded(.up)) * 2 + 1
    var (first, count) = ([Int](), [Int]())
    var parts = [Float](repeating: 0, count: 2 * target * stride)
    for x in 0..<target {
      let centre = (Double(x) + 0.5) * scale
      let low = max(0, Int(centre - width + 0.5))
      let high = min(source, Int(centre + width + 0.5))
      let triangle = (low..<high).map { max(0, 1 - abs((Double($0) - centre + 0.5) * (1 / width))) }
      let total = triangle.reduce(0, +)
      var used = 0
      for (tap, value) in triangle.enumerated() {
        let weight = Int(value / total * Double(1 << Self.fractionBits) + 0.5)
        parts[2 * (x * stride + tap)] = Float(weight >> Self.lowerBits)
        parts[2 * (x * stride + tap) + 1] = Float(weight & (1 << Self.lowerBits - 1))
        if weight > 0 { used = tap + 1 }
      }
      first.append(low)
      count.append(used)
    }
    (self.first, self.count, self.parts) = (first, count, parts)
  }
}

/// The two passes of `BilinearResize` over one image: along rows, then along columns, rounded to 8 bits after each.
///
/// Both are the same sum of weighted rows, of eight numbers at a time; for the first the image is turned by its diagonal
/// and back, some rows at a time so that they stay in the nearer caches.
struct ResizePasses {
  private let horizontal: ResizeTaps
  private let vertical: ResizeTaps
  private let crop: Crop
  private let channels: Int
  /// Numbers of a source row, of a row between the passes, and that rounded up to whole vectors.
  private let sourceCount: Int
  private let betweenCount: Int
  private let betweenStride: Int

  /// Rows of the image that are turned together.
  private static let lanes = 32

  init(_ horizontal: ResizeTaps, _ vertical: ResizeTaps, crop: Crop, channels: Int) {
    (self.horizontal, self.vertical, self.crop, self.channels) = (horizontal, vertical, crop, channels)
    sourceCount = crop.width * channels
    betweenCount = horizontal.first.count * channels
    betweenStride = (betweenCount + 7) & ~7
  }

  /// - Parameters:
  ///   - source: an image that holds the crop, in rows of `rowBytes`.
  ///   - target: as many bytes as the result has.
  func run(
    _ source: UnsafeBufferPointer<UInt8>, rowBytes: Int, into target: UnsafeMutableBufferPointer<UInt8>
  ) {
    let lanes = Self.lanes
    let sourceStride = (sourceCount + 3) & ~3
    let strips = (crop.height + lanes - 1) / lanes
    // Rows of the source as floats, four at a time; turned; the strip after the first pass; all rows after it.
    let sizes = [
      4 * sourceStride, sourceStride * lanes, betweenStride * lanes, strips * lanes * betweenStride,
    ]
    guard let from = source.baseAddress, let to = target.baseAddress else { return }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: sizes.reduce(0, +)) { scratch in
      scratch.initialize(repeating: 0)
      guard let rows = scratch.baseAddress else { return }
      let (turned, strip) = (rows + sizes[0], rows + sizes[0] + sizes[1])
      let between = strip + sizes[2]
      for first in Swift.stride(from: 0, to: crop.height, by: lanes) {
        // Bounds: rows of the crop only; lanes beyond the last one keep what they hold.
        for lane in Swift.stride(from: 0, to: min(lanes, crop.height - first), by: 4) {
          for row in 0..<min(4, crop.height - first - lane) {
            let start = from + (crop.y + first + lane + row) * rowBytes + crop.x * channels
            let widened = rows + row * sourceStride
            for place in 0..<sourceCount { widened[place] = Float(start[place]) }
          }
          Self.turn(rows, 4, sourceStride, stride: sourceStride, into: turned + lane, stride: lanes)
        }
        alongRows(turned, into: strip)
        Self.turn(
          strip, betweenStride, lanes, stride: lanes, into: between + first * betweenStride,
          stride: betweenStride)
      }
      alongColumns(between, into: to)
    }
  }

  /// The first pass: `turned` has a row of `lanes` numbers for each number of a source row.
  private func alongRows(_ turned: UnsafePointer<Float>, into strip: UnsafeMutablePointer<Float>) {
    horizontal.parts.withUnsafeBufferPointer { parts in
      guard let parts = parts.baseAddress else { return }
      for x in 0..<horizontal.first.count {
        let (weights, count) = (parts + 2 * x * horizontal.stride, horizontal.count[x])
        for channel in 0..<channels {
          // Bounds: taps stay within the crop's width, lanes are whole vectors.
          let rows = turned + (horizontal.first[x] * channels + channel) * Self.lanes
          let result = UnsafeMutableRawPointer(strip + (x * channels + channel) * Self.lanes)
          for lane in Swift.stride(from: 0, to: Self.lanes, by: 8) {
            let levels = Self.blend(rows + lane, stride: channels * Self.lanes, weights, count)
            // A whole number below 2^23 is a float's lowest bits.
            let floats = unsafeBitCast(levels | 0x4b00_0000, to: SIMD8<Float>.self) - 8_388_608
            result.storeBytes(of: floats, toByteOffset: 4 * lane, as: SIMD8<Float>.self)
          }
        }
      }
    }
  }

  /// The second pass: `between` has rows of `betweenStride` numbers.
  private func alongColumns(_ between: UnsafePointer<Float>, into target: UnsafeMutablePointer<UInt8>) {
    vertical.parts.withUnsafeBufferPointer { parts in
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: betweenStride) { levels in
        guard let parts = parts.baseAddress, let levels = levels.baseAddress else { return }
        for y in 0..<vertical.first.count {
          let (weights, count) = (parts + 2 * y * vertical.stride, vertical.count[y])
          let rows = between + vertical.first[y] * betweenStride
          // Bounds: taps stay within the crop's height, rows are whole vectors.
          for place in Swift.stride(from: 0, to: betweenStride, by: 8) {
            let sums = Self.blend(rows + place, stride: betweenStride, weights, count)
            UnsafeMutableRawPointer(levels + place).storeBytes(of: sums, as: SIMD8<UInt32>.self)
          }
          let result = target + y * betweenCount
          for place in 0..<betweenCount { result[place] = UInt8(truncatingIfNeeded: levels[place]) }
        }
      }
    }
  }

  /// Eight sums of `count` weighted rows, rounded to 8 bits.
  @inline(__always)
  private static func blend(
    _ rows: UnsafePointer<Float>, stride: Int, _ weights: UnsafePointer<Float>, _ count: Int
  ) -> SIMD8<UInt32> {
    // From 2^23 on, whole numbers are a float's lowest 23 bits.
    var higher = SIMD8<Float>(repeating: 8_388_608)
    var lower = higher
    var row = UnsafeRawPointer(rows)
    var weight = weights
    for _ in 0..<count {
      let levels = row.loadUnaligned(as: SIMD8<Float>.self)
      higher += levels * weight[0]
      lower += levels * weight[1]
      row += 4 &* stride
      weight += 2
    }
    let mask: UInt32 = 0x7f_ffff
    let sum =
      ((unsafeBitCast(higher, to: SIMD8<UInt32>.self) & mask) &<< 7)
      &+ (unsafeBitCast(lower, to: SIMD8<UInt32>.self) & mask)
    return (sum &+ (1 << 21)) &>> 22
  }

  /// Turns `rows` x `columns` numbers by their diagonal, four by four; both are multiples of four.
  private static func turn(
    _ source: UnsafePointer<Float>, _ rows: Int, _ columns: Int, stride: Int,
    into target: UnsafeMutablePointer<Float>, stride targetStride: Int
  ) {
    typealias Words = SIMD4<UInt32>
    for y in Swift.stride(from: 0, to: rows, by: 4) {
      for x in Swift.stride(from: 0, to: columns, by: 4) {
        let from = source + (y &* stride &+ x)
        @inline(__always) func row(_ y: Int) -> Words {
          UnsafeRawPointer(from + y &* stride).loadUnaligned(as: Words.self)
        }
        let (a, b, c, d) = (row(0), row(1), row(2), row(3))
        @inline(__always) func low(_ a: Words, _ b: Words) -> SIMD2<UInt64> {
          unsafeBitCast(Words(a[0], b[0], a[1], b[1]), to: SIMD2<UInt64>.self)
        }
        @inline(__always) func high(_ a: Words, _ b: Words) -> SIMD2<UInt64> {
          unsafeBitCast(Words(a[2], b[2], a[3], b[3]), to: SIMD2<UInt64>.self)
        }
        let to = target + (x &* targetStride &+ y)
        @inline(__always) func put(_ x: Int, _ first: UInt64, _ second: UInt64) {
          UnsafeMutableRawPointer(to + x &* targetStride).storeBytes(
            of: SIMD2(first, second), as: SIMD2<UInt64>.self)
        }
        let (ab, cd) = (low(a, b), low(c, d))
        put(0, ab[0], cd[0])
        put(1, ab[1], cd[1])
        let (abHigh, cdHigh) = (high(a, b), high(c, d))
        put(2, abHigh[0], cdHigh[0])
        put(3, abHigh[1], cdHigh[1])
      }
    }
  }
}
