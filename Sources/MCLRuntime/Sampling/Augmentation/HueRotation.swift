/// Turns the hue of 8-bit images through Pillow's 8-bit HSV (each of H, S and V one byte, truncated on the way there,
/// rounded on the way back), with its mixture of single and double precision, which decides the last bit.
struct HueRotation: Sendable {
  /// Added to the hue byte, modulo 256.
  private let shift: UInt8
  /// Of each hue byte: the sextant of the colour circle and the fraction within it.
  private let sextant: [UInt8]
  private let fraction: [Float]

  /// - Parameter turn: part of the circle; turn x 255 is truncated towards zero.
  init(turn: Double) {
    shift = UInt8(truncatingIfNeeded: Int((min(max(turn, -1), 1) * 255).rounded(.towardZero)))
    let positions = (0..<256).map { Double($0) * 6 / 255 }
    sextant = positions.map { UInt8($0) % 6 }
    fraction = positions.map { Float($0 - $0.rounded(.down)) }
  }

  func apply(to image: inout RGBImage) {
    // Bounds: pixels are whole RGB triples; both tables have 256 entries and are indexed by a byte.
    sextant.withUnsafeBufferPointer { sextant in
      fraction.withUnsafeBufferPointer { fraction in
        image.pixels.withUnsafeMutableBufferPointer { pixels in
          for pixel in stride(from: 0, to: pixels.count, by: 3) {
            let (hue, saturation, value) = Self.hsv(pixels[pixel], pixels[pixel + 1], pixels[pixel + 2])
            // A saturation byte of 0 loses the colour, as in Pillow.
            guard saturation > 0 else {
              pixels[pixel] = value
              pixels[pixel + 1] = value
              pixels[pixel + 2] = value
              continue
            }
            let turned = Int(hue &+ shift)
            let part = fraction[turned]
            let strength = Float(saturation) / 255
            let full = Double(value)
            // p, q and t of Smith's hexcone (A. R. Smith, SIGGRAPH 1978).
            let low = Self.byte(full * (1 - Double(strength)))
            let falling = Self.byte(full * (1 - Double(strength * part)))
            let rising = Self.byte(full * (1 - Double(strength) * (1 - Double(part))))
            let (red, green, blue) =
              switch sextant[turned] {
              case 0: (value, rising, low)
              case 1: (falling, value, low)
              case 2: (low, value, rising)
              case 3: (low, falling, value)
              case 4: (rising, low, value)
              default: (value, low, falling)
              }
            pixels[pixel] = red
            pixels[pixel + 1] = green
            pixels[pixel + 2] = blue
          }
        }
      }
    }
  }

  @inline(__always)
  private static func hsv(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> (UInt8, UInt8, UInt8) {
    let largest = max(red, green, blue)
    let range = largest - min(red, green, blue)
    guard range > 0 else { return (0, 0, largest) }
    let chroma = Float(range)
    let fromRed = Float(largest - red) / chroma
    let fromGreen = Float(largest - green) / chroma
    let fromBlue = Float(largest - blue) / chroma
    let sextants: Float =
      if red == largest {
        fromBlue - fromGreen
      } else if green == largest {
        Float(2 + Double(fromRed) - Double(fromBlue))
      } else {
        Float(4 + Double(fromGreen) - Double(fromRed))
      }
    // Within 5/6...11/6: the remainder by 1 is one subtraction, and exact.
    let circle = Double(sextants) / 6 + 1
    let hue = Float(circle >= 1 ? circle - 1 : circle)
    let saturation = chroma / Float(largest)
    return (UInt8(truncating(hue)), UInt8(truncating(saturation)), largest)
  }

  @inline(__always)
  private static func truncating(_ unit: Float) -> Int32 { min(max(Int32(Double(unit) * 255), 0), 255) }

  /// Rounded half away from zero, of a value within 0...255 but for rounding errors.
  @inline(__always)
  private static func byte(_ value: Double) -> UInt8 { UInt8(min(max(Int32(value + 0.5), 0), 255)) }
}
