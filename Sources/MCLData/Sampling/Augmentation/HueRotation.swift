/// Turns the hue of 8-bit images through Pillow's 8-bit HSV (each of H, S and V one byte, truncated on the way there,
/// rounded on the way back), with its mixture of single and double precision, which decides the last bit.
///
/// Every quotient of two bytes is looked up, in tables made by these formulas; only the middle one of the three result
/// channels depends on too much for a table.
struct HueRotation: Sendable {
  /// Added to the hue byte, modulo 256.
  private let shift: UInt8

  /// - Parameter turn: part of the circle; turn x 255 is truncated towards zero.
  init(turn: Double) {
    shift = UInt8(truncatingIfNeeded: Int((min(max(turn, -1), 1) * 255).rounded(.towardZero)))
  }

  func apply(to image: inout RGBImage) {
    let tables = HueTables.shared
    // Bounds: pixels are whole RGB triples; what indexes the tables is said at each.
    tables.withPointers { hues, saturations, lows, sectors, strengths in
      image.pixels.withUnsafeMutableBufferPointer { pixels in
        var pixel = 0
        while pixel < pixels.count {
          let (red, green, blue) = (Int(pixels[pixel]), Int(pixels[pixel &+ 1]), Int(pixels[pixel &+ 2]))
          let (largest, smallest) = (max(red, green, blue), min(red, green, blue))
          let range = largest &- smallest
          // Which channel is largest, the first of equals, and whether the middle one comes after it in the circle.
          let middle = red &+ green &+ blue &- largest &- smallest
          let isRed = red == largest
          let isGreen = green == largest
          let first = isRed ? 0 : isGreen ? 2 : 4
          let follower = isRed ? green : isGreen ? blue : red
          let kind = first &+ (follower == smallest ? 0 : 1)
          // Bounds: a triangle of 256 rows holds (range, largest - middle) and (largest, range), the latter not above
          // the former; six of them for the hues.
          let triangle = HueTables.triangle
          let hue = hues[kind &* triangle &+ (range &* (range &+ 1)) >> 1 &+ largest &- middle]
          let saturation = Int(saturations[(largest &* (largest &+ 1)) >> 1 &+ range])
          let sector = sectors[Int(hue &+ shift)]
          let (strength, value) = (strengths[saturation], Double(largest))
          // p, q and t of Smith's hexcone (A. R. Smith, SIGGRAPH 1978).
          let low = UInt32(lows[saturation &* 256 &+ largest])
          let falling = Double(strength * sector.part)
          let rising = Double(strength) * sector.rest
          let between = HueTables.byte(value * (1 - (sector.isRising ? rising : falling)))
          let channels = UInt32(largest) | between << 8 | low << 16
          pixels[pixel] = UInt8(truncatingIfNeeded: channels &>> sector.red)
          pixels[pixel &+ 1] = UInt8(truncatingIfNeeded: channels &>> sector.green)
          pixels[pixel &+ 2] = UInt8(truncatingIfNeeded: channels &>> sector.blue)
          pixel &+= 3
        }
      }
    }
  }
}

/// What of the way to HSV and back depends on two bytes at most.
private struct HueTables: Sendable {
  /// What a hue byte says: the place of each channel among value, between and low, and how far between is.
  struct Sector {
    /// 0, 8 or 16: largest, between or smallest.
    var red: UInt32
    var green: UInt32
    var blue: UInt32
    var isRising: Bool
    /// The fraction within the sextant, and 1 - it.
    var part: Float
    var rest: Double
  }

  static let shared = HueTables()
  /// Pairs of bytes of which the second is not above the first.
  static let triangle = 256 * 257 / 2

  /// By which channel is largest and which smallest, then by (range, largest - middle).
  private let hues: [UInt8]
  /// By (largest, range).
  private let saturations: [UInt8]
  /// value x (1 - saturation), by (saturation, value).
  private let lows: [UInt8]
  private let sectors: [Sector]
  /// saturation / 255.
  private let strengths: [Float]

  private init() {
    var saturations: [UInt8] = []
    for largest in 0...255 {
      for range in 0...largest {
        saturations.append(range == 0 ? 0 : Self.truncated(Float(range) / Float(largest)))
      }
    }
    self.saturations = saturations
    var hues: [UInt8] = []
    for kind in 0..<6 {
      for range in 0...255 {
        for distance in 0...range { hues.append(range == 0 ? 0 : Self.hue(kind, distance, range)) }
      }
    }
    self.hues = hues
    let strengths = (0...255).map { Float($0) / 255 }
    self.strengths = strengths
    // A saturation byte of 0 loses the colour, as in Pillow: value x (1 - 0) is the value.
    lows = strengths.flatMap { strength in
      (0...255).map { UInt8(Self.byte(Double($0) * (1 - Double(strength)))) }
    }
    sectors = (0...255).map { hue in
      let place = Double(hue) * 6 / 255
      let part = Float(place - place.rounded(.down))
      let orders: [(UInt32, UInt32, UInt32)] = [
        (0, 8, 16), (8, 0, 16), (16, 0, 8), (16, 8, 0), (8, 16, 0), (0, 16, 8),
      ]
      let sextant = Int(place) % 6
      let (red, green, blue) = orders[sextant]
      return Sector(
        red: red, green: green, blue: blue, isRising: sextant.isMultiple(of: 2), part: part,
        rest: 1 - Double(part))
    }
  }

  /// The hue byte of three channels of different size, one (`range`) below the largest, one `distance` below it.
  ///
  /// - Parameter kind: twice the number of the largest channel, one more where the next channel of the circle is not the
  ///   smallest.
  private static func hue(_ kind: Int, _ distance: Int, _ range: Int) -> UInt8 {
    let middle = Float(distance) / Float(range)
    // The smallest channel's quotient is 1.
    let sextants: Float =
      switch kind {
      case 0: middle - 1
      case 1: 1 - middle
      case 2: Float(2 + Double(middle) - 1)
      case 3: Float(2 + 1 - Double(middle))
      case 4: Float(4 + Double(middle) - 1)
      default: Float(4 + 1 - Double(middle))
      }
    // Within 5/6...11/6: the remainder by 1 is one subtraction, and exact.
    let circle = Double(sextants) / 6 + 1
    return truncated(Float(circle >= 1 ? circle - 1 : circle))
  }

  private static func truncated(_ unit: Float) -> UInt8 { UInt8(min(max(Int32(Double(unit) * 255), 0), 255)) }

  /// Rounded half away from zero, of a value within 0...255 but for rounding errors.
  @inline(__always)
  static func byte(_ value: Double) -> UInt32 {
    UInt32(truncatingIfNeeded: min(max(Int32(truncatingIfNeeded: Int(value + 0.5)), 0), 255))
  }

  func withPointers(
    _ body: (
      UnsafePointer<UInt8>, UnsafePointer<UInt8>, UnsafePointer<UInt8>, UnsafePointer<Sector>,
      UnsafePointer<Float>
    ) -> Void
  ) {
    hues.withUnsafeBufferPointer { hues in
      saturations.withUnsafeBufferPointer { saturations in
        lows.withUnsafeBufferPointer { lows in
          sectors.withUnsafeBufferPointer { sectors in
            strengths.withUnsafeBufferPointer { strengths in
              guard let hues = hues.baseAddress, let saturations = saturations.baseAddress,
                let lows = lows.baseAddress, let sectors = sectors.baseAddress,
                let strengths = strengths.baseAddress
              else { return }
              body(hues, saturations, lows, sectors, strengths)
            }
          }
        }
      }
    }
  }
}
