/// One step of the colour jitter, on 8-bit images, bit for bit as torchvision's Pillow backend does it.
public enum ColourAdjustment: Sendable, Hashable, Codable, CustomStringConvertible {
  /// factor x value.
  case brightness(Double)
  /// mean + factor x (value - mean), the mean being that of this frame's grey, rounded to a whole number.
  case contrast(Double)
  /// grey + factor x (value - grey), the grey being the pixel's own.
  case saturation(Double)
  /// The hue turned by this part of the circle, -0.5...0.5, in steps of 1/255, in Pillow's 8-bit HSV.
  case hue(Double)

  public var description: String {
    switch self {
    case .brightness(let factor): "brightness \(factor)"
    case .contrast(let factor): "contrast \(factor)"
    case .saturation(let factor): "saturation \(factor)"
    case .hue(let turn): "hue \(turn)"
    }
  }

  /// - Throws: `SamplingError` where a factor is outside 0...101 or a turn outside -0.5...0.5.
  func validate() throws {
    let isValid =
      switch self {
      case .brightness(let factor), .contrast(let factor), .saturation(let factor): (0...101).contains(factor)
      case .hue(let turn): (-0.5...0.5).contains(turn)
      }
    guard isValid else {
      throw SamplingError(
        "\(self) cannot be applied: give a factor of 0 to 101, or a hue of -0.5 to 0.5 turns")
    }
  }

  /// Adjusts one image in place; the value must be `validate`d before.
  func apply(to image: inout RGBImage) {
    switch self {
    case .brightness(let factor): Self.blend(&image, from: 0, factor: factor)
    case .contrast(let factor): Self.blend(&image, from: Grey.mean(of: image), factor: factor)
    case .saturation(let factor): Self.saturate(&image, factor: Float(factor))
    case .hue(let turn): HueRotation(turn: turn).apply(to: &image)
    }
  }

  /// from + factor x (value - from) in single precision, truncated and clipped: 256 cases, so a table.
  private static func blend(_ image: inout RGBImage, from base: Int, factor: Double) {
    let table = (0..<256).map { mixed(Int32(base), Int32($0), Float(factor)) }
    // Bounds: a byte indexes 256 entries.
    table.withUnsafeBufferPointer { table in
      image.pixels.withUnsafeMutableBufferPointer { pixels in
        for index in pixels.indices { pixels[index] = table[Int(pixels[index])] }
      }
    }
  }

  private static func saturate(_ image: inout RGBImage, factor: Float) {
    // Bounds: the buffer holds whole RGB triples.
    image.pixels.withUnsafeMutableBufferPointer { pixels in
      for pixel in stride(from: 0, to: pixels.count, by: 3) {
        let grey = Int32(Grey.value(pixels[pixel], pixels[pixel + 1], pixels[pixel + 2]))
        pixels[pixel] = mixed(grey, Int32(pixels[pixel]), factor)
        pixels[pixel + 1] = mixed(grey, Int32(pixels[pixel + 1]), factor)
        pixels[pixel + 2] = mixed(grey, Int32(pixels[pixel + 2]), factor)
      }
    }
  }

  @inline(__always)
  private static func mixed(_ base: Int32, _ value: Int32, _ factor: Float) -> UInt8 {
    UInt8(truncatingIfNeeded: Int32(min(max(Float(base) + factor * Float(value - base), 0), 255)))
  }
}

/// Luma of ITU-R 601-2 in fixed point of 16 bits, as Pillow's conversion to "L".
enum Grey {
  @inline(__always)
  static func value(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
    let sum = UInt32(red) &* 19595 &+ UInt32(green) &* 38470 &+ UInt32(blue) &* 7471 &+ 0x8000
    return UInt8(truncatingIfNeeded: sum >> 16)
  }

  /// The mean luma of an image, rounded half up to a whole number.
  static func mean(of image: RGBImage) -> Int {
    var sum = 0
    // Bounds: the buffer holds whole RGB triples.
    image.pixels.withUnsafeBufferPointer { pixels in
      for pixel in stride(from: 0, to: pixels.count, by: 3) {
        sum &+= Int(value(pixels[pixel], pixels[pixel + 1], pixels[pixel + 2]))
      }
    }
    return Int(Double(sum) / Double(image.width * image.height) + 0.5)
  }

  /// Replaces the three channels by the luma.
  static func apply(to image: inout RGBImage) {
    // Bounds: the buffer holds whole RGB triples.
    image.pixels.withUnsafeMutableBufferPointer { pixels in
      for pixel in stride(from: 0, to: pixels.count, by: 3) {
        let grey = value(pixels[pixel], pixels[pixel + 1], pixels[pixel + 2])
        pixels[pixel] = grey
        pixels[pixel + 1] = grey
        pixels[pixel + 2] = grey
      }
    }
  }
}
