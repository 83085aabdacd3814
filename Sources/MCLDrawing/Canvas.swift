import MCLVideo

/// A colour of 8-bit RGB.
package struct Colour: Sendable, Equatable {
  package var red: UInt8
  package var green: UInt8
  package var blue: UInt8

  package init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
    (self.red, self.green, self.blue) = (red, green, blue)
  }

  /// As style sheets write it.
  package var css: String { "rgb(\(red),\(green),\(blue))" }

  /// This colour with `share` of another over it.
  package func mixed(_ other: Colour, _ share: Float) -> Colour {
    let share = min(max(share, 0), 1)
    func mix(_ a: UInt8, _ b: UInt8) -> UInt8 {
      let (from, to) = (Float(a), Float(b))
      return UInt8(min(max(from + (to - from) * share, 0), 255))
    }
    return Colour(mix(red, other.red), mix(green, other.green), mix(blue, other.blue))
  }
}

/// A picture to draw on; what falls outside is left out.
package struct Canvas: Sendable {
  package let width: Int
  package let height: Int
  private var pixels: [UInt8]

  package init(width: Int, height: Int, background: Colour) {
    (self.width, self.height) = (width, height)
    pixels = []
    pixels.reserveCapacity(3 * width * height)
    for _ in 0..<width * height { pixels += [background.red, background.green, background.blue] }
  }

  /// - Throws: `VideoError` where libavcodec cannot make one.
  package func jpeg(limit: Int) throws -> JPEGImage {
    try JPEGImage(width: width, height: height, rgb: pixels, limit: limit)
  }

  /// Puts another picture at (x, y), pixel by pixel.
  package mutating func draw(_ other: Canvas, x: Int, y: Int) {
    for row in 0..<other.height {
      for column in 0..<other.width { self[x + column, y + row] = other[column, row] }
    }
  }

  package var png: PNGImage { PNGImage(width: width, height: height, rgb: pixels) }

  package subscript(x: Int, y: Int) -> Colour {
    get {
      guard x >= 0, y >= 0, x < width, y < height else { return Colour(0, 0, 0) }
      let place = 3 * (y * width + x)
      return Colour(pixels[place], pixels[place + 1], pixels[place + 2])
    }
    set {
      guard x >= 0, y >= 0, x < width, y < height else { return }
      let place = 3 * (y * width + x)
      (pixels[place], pixels[place + 1], pixels[place + 2]) = (newValue.red, newValue.green, newValue.blue)
    }
  }

  package mutating func fill(x: Int, y: Int, width: Int, height: Int, _ colour: Colour, share: Float = 1) {
    for row in max(y, 0)..<max(min(y + height, self.height), max(y, 0)) {
      for column in max(x, 0)..<max(min(x + width, self.width), max(x, 0)) {
        self[column, row] = self[column, row].mixed(colour, share)
      }
    }
  }

  /// A frame of lines inside the rectangle.
  package mutating func outline(x: Int, y: Int, width: Int, height: Int, thickness: Int, _ colour: Colour) {
    fill(x: x, y: y, width: width, height: thickness, colour)
    fill(x: x, y: y + height - thickness, width: width, height: thickness, colour)
    fill(x: x, y: y, width: thickness, height: height, colour)
    fill(x: x + width - thickness, y: y, width: thickness, height: height, colour)
  }

  package mutating func line(
    from a: (x: Double, y: Double), to b: (x: Double, y: Double), thickness: Int, _ colour: Colour
  ) {
    let steps = max(Int(max(abs(b.x - a.x), abs(b.y - a.y)).rounded(.up)), 1)
    for step in 0...steps {
      let share = Double(step) / Double(steps)
      let (x, y) = (a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share)
      fill(
        x: Int(x.rounded()) - thickness / 2, y: Int(y.rounded()) - thickness / 2, width: thickness,
        height: thickness, colour)
    }
  }

  /// Text with its upper left corner at (x, y); `size` pixels a pixel of the letters.
  package mutating func text(_ text: String, x: Int, y: Int, size: Int = 1, _ colour: Colour) {
    for (number, character) in text.utf8.enumerated() {
      for column in 0..<5 {
        for row in 0..<8 where PixelFont.isSet(character, x: column, y: row) {
          fill(
            x: x + (number * PixelFont.width + column) * size, y: y + row * size, width: size, height: size,
            colour)
        }
      }
    }
  }

  package static func textWidth(_ text: String, size: Int = 1) -> Int {
    text.utf8.count * PixelFont.width * size
  }

  /// Draws an image of any size into a rectangle, by the mean of what falls on each pixel.
  package mutating func image(
    x: Int, y: Int, width: Int, height: Int, sourceWidth: Int, sourceHeight: Int,
    _ pixel: (Int, Int) -> Colour
  ) {
    for row in 0..<height {
      let top = row * sourceHeight / height
      let bottom = max((row + 1) * sourceHeight / height, top + 1)
      for column in 0..<width {
        let left = column * sourceWidth / width
        let right = max((column + 1) * sourceWidth / width, left + 1)
        var (red, green, blue, count) = (0, 0, 0, 0)
        for sourceY in top..<bottom {
          for sourceX in left..<right {
            let colour = pixel(sourceX, sourceY)
            red += Int(colour.red)
            green += Int(colour.green)
            blue += Int(colour.blue)
            count += 1
          }
        }
        self[x + column, y + row] = Colour(
          UInt8(clamping: red / count), UInt8(clamping: green / count), UInt8(clamping: blue / count))
      }
    }
  }
}
