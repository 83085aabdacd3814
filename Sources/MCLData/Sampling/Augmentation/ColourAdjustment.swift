/// One step of the colour jitter, on 8-bit images, bit for bit as torchvision's Pillow backend does it.
package enum ColourAdjustment: Sendable, Hashable, Codable, CustomStringConvertible {
  /// factor x value.
  case brightness(Double)
  /// mean + factor x (value - mean), the mean being that of this frame's grey, rounded to a whole number.
  case contrast(Double)
  /// grey + factor x (value - grey), the grey being the pixel's own.
  case saturation(Double)
  /// The hue turned by this part of the circle, -0.5...0.5, in steps of 1/255, in Pillow's 8-bit HSV.
  case hue(Double)

  package var description: String {
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

  /// What the adjustment does, with its tables made; the value must be `validate`d before.
  func prepared() -> PreparedAdjustment {
    switch self {
    case .brightness(let factor): .table(Self.blending(from: 0, factor: factor))
    case .contrast(let factor): .contrast(factor)
    case .saturation(let factor):
      // By grey and value.
      .saturation((0..<256).flatMap { Self.blending(from: $0, factor: factor) })
    case .hue(let turn): .hue(HueRotation(turn: turn))
    }
  }

  /// from + factor x (value - from) in single precision, truncated and clipped, of each value.
  static func blending(from base: Int, factor: Double) -> [UInt8] {
    let (start, factor) = (Float(base), Float(factor))
    return (0..<256).map { UInt8(min(max(start + factor * Float($0 - base), 0), 255)) }
  }
}

/// A colour adjustment that is ready to be applied to the frames of a tubelet.
enum PreparedAdjustment: Sendable {
  /// Of each byte.
  case table([UInt8])
  /// By a factor; the table depends on the frame.
  case contrast(Double)
  /// By grey x 256 + value.
  case saturation([UInt8])
  case hue(HueRotation)

  /// Adjusts one image in place.
  func apply(to image: inout RGBImage) {
    switch self {
    case .table(let table): Self.replace(&image, by: table)
    case .contrast(let factor):
      Self.replace(&image, by: ColourAdjustment.blending(from: Grey.mean(of: image), factor: factor))
    case .saturation(let table): Self.saturate(&image, by: table)
    case .hue(let rotation): rotation.apply(to: &image)
    }
  }

  private static func replace(_ image: inout RGBImage, by table: [UInt8]) {
    // Bounds: a byte indexes 256 entries.
    table.withUnsafeBufferPointer { table in
      image.pixels.withUnsafeMutableBufferPointer { pixels in
        for index in pixels.indices { pixels[index] = table[Int(pixels[index])] }
      }
    }
  }

  private static func saturate(_ image: inout RGBImage, by table: [UInt8]) {
    // Bounds: the buffer holds whole RGB triples; two bytes index 256 x 256 entries.
    table.withUnsafeBufferPointer { table in
      image.pixels.withUnsafeMutableBufferPointer { pixels in
        var pixel = 0
        while pixel < pixels.count {
          let (red, green, blue) = (pixels[pixel], pixels[pixel &+ 1], pixels[pixel &+ 2])
          let row = Int(Grey.value(red, green, blue)) << 8
          pixels[pixel] = table[row | Int(red)]
          pixels[pixel &+ 1] = table[row | Int(green)]
          pixels[pixel &+ 2] = table[row | Int(blue)]
          pixel &+= 3
        }
      }
    }
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
