import Foundation

/// An operation of RandAugment that is ready to be applied to the frames of a tubelet, which are of one size.
///
/// Numbers are those of torchvision on tensors of bytes, to the last bit where noted in the tests: single precision,
/// results cut off to whole numbers.
enum PreparedOperation: Sendable {
  case none
  /// Of each byte.
  case table([UInt8])
  /// The place of each pixel's source; -1 for black.
  case gather([Int32])
  /// These blend by a factor, which takes the frame itself to 1.
  case colour(Float, Float)
  case contrast(Float, Float)
  case sharpness(Float, Float)
  case autoContrast
  case equalize

  /// - Throws: `SamplingError` for a level that there is not.
  init(_ operation: AugmentationOperation, width: Int, height: Int) throws {
    guard RandAugment.levels.contains(operation.level) else {
      throw SamplingError(
        "the level of \(operation.kind.rawValue) is \(operation.level): give one from 0 to 30")
    }
    let strength = operation.strength(width: width, height: height)
    let (own, other) = (Float(1 + strength), Float(1 - (1 + strength)))
    func gather(_ matrix: [Double]) -> PreparedOperation {
      .gather(SourcePlaces(matrix, width: width, height: height).places)
    }
    // Angles go through degrees and back, as there.
    func slope() -> Double { tan(atan(strength) * (180 / .pi) * (.pi / 180)) }
    switch operation.kind {
    case .identity: self = .none
    case .shearX:
      let slope = slope()
      self = gather([1, slope, slope * Double(height) * 0.5, 0, 1, 0])
    case .shearY:
      let slope = slope()
      self = gather([1, 0, 0, slope, 1, slope * Double(width) * 0.5])
    case .translateX: self = gather([1, 0, -strength.rounded(.towardZero), 0, 1, 0])
    case .translateY: self = gather([1, 0, 0, 0, 1, -strength.rounded(.towardZero)])
    case .rotate:
      let angle = -strength * (.pi / 180)
      self = gather([cos(angle), sin(angle), 0, -sin(angle), cos(angle), 0])
    case .brightness: self = .table((0..<256).map { Self.blended(own * Float($0)) })
    case .colour: self = .colour(own, other)
    case .contrast: self = .contrast(own, other)
    case .sharpness: self = .sharpness(own, other)
    case .posterize:
      let mask = UInt8(truncatingIfNeeded: 0xff << (8 - Int(strength)))
      self = .table((0..<256).map { UInt8($0) & mask })
    case .solarize: self = .table((0..<256).map { UInt8(Double($0) >= strength ? 255 - $0 : $0) })
    case .autoContrast: self = .autoContrast
    case .equalize: self = .equalize
    }
  }

  private static func blended(_ value: Float) -> UInt8 { UInt8(min(max(value, 0), 255)) }

  /// Changes one image, of the size that the operation is prepared for.
  func apply(to image: inout RGBImage) {
    switch self {
    case .none: break
    case .table(let table):
      image.replace { _ in table }
    case .gather(let places):
      let source = image.pixels
      for (place, from) in places.enumerated() {
        for channel in 0..<3 {
          image.pixels[3 * place + channel] = from < 0 ? 0 : source[3 * Int(from) + channel]
        }
      }
    case .colour(let own, let other):
      for place in 0..<image.width * image.height {
        let grey = Float(image.grey(place))
        for index in 3 * place..<3 * place + 3 {
          image.pixels[index] = Self.blended(own * Float(image.pixels[index]) + other * grey)
        }
      }
    case .contrast(let own, let other):
      let count = image.width * image.height
      let sum = (0..<count).reduce(0) { $0 + Int(image.grey($1)) }
      let mean = Float(sum) / Float(count)
      image.replace { _ in (0..<256).map { Self.blended(own * Float($0) + other * mean) } }
    case .sharpness(let own, let other): sharpen(&image, own, other)
    case .autoContrast:
      image.replace { values in
        guard let least = values.min(), let most = values.max(), least < most else { return nil }
        // A quotient of a number by a tensor is a product with its reciprocal there.
        let scale = 1 / (Float(most) - Float(least)) * 255
        return (0..<256).map { Self.blended((Float($0) - Float(least)) * scale) }
      }
    case .equalize: image.replace(Self.evenTable)
    }
  }

  /// Blends with the mean of the nine pixels around, the middle five times; the rim's is itself.
  private func sharpen(_ image: inout RGBImage, _ own: Float, _ other: Float) {
    let (width, height) = (image.width, image.height)
    guard width > 2, height > 2 else { return }
    let source = image.pixels
    let row = 3 * width
    for y in 0..<height {
      for x in 0..<width {
        for index in y * row + 3 * x..<y * row + 3 * x + 3 {
          let value = Float(source[index])
          var around = value
          if y > 0, y < height - 1, x > 0, x < width - 1 {
            var sum = 4 * Int(source[index])
            for line in [index - row, index, index + row] {
              sum += Int(source[line - 3]) + Int(source[line]) + Int(source[line + 3])
            }
            // To the nearest; 13 leaves no halves.
            around = Float((2 * sum + 13) / 26)
          }
          image.pixels[index] = Self.blended(own * value + other * around)
        }
      }
    }
  }

  /// The table that makes a channel's histogram even; nil where it has nothing to spread.
  private static func evenTable(_ values: [UInt8]) -> [UInt8]? {
    var counts = [Int](repeating: 0, count: 256)
    for value in values { counts[Int(value)] += 1 }
    let step = (values.count - (counts.last { $0 > 0 } ?? 0)) / 255
    guard step > 0 else { return nil }
    var below = 0
    return counts.map { count in
      defer { below += count }
      return below == 0 ? 0 : UInt8(min((below + step / 2) / step, 255))
    }
  }
}

/// Where each pixel of an image comes from under an affine map about the middle, to the nearest pixel, with torch's own
/// rounding (`affine_grid`'s products, `grid_sample`'s places), as maps of round numbers meet halves.
private struct SourcePlaces {
  let places: [Int32]

  /// - Parameter matrix: of two rows, from places in the result to places in the source, in pixels from the middle.
  init(_ matrix: [Double], width: Int, height: Int) {
    let (halfWidth, halfHeight) = (0.5 * Float(width), 0.5 * Float(height))
    let horizontal = matrix[..<3].map { Float($0) / halfWidth }
    let vertical = matrix[3...].map { Float($0) / halfHeight }
    func place(_ row: [Float], _ x: Float, _ y: Float, size: Int) -> Int? {
      let share = (x * row[0]).addingProduct(y, row[1]) + row[2]
      let place = (((share + 1) * Float(size) - 1) / 2).rounded(.toNearestOrEven)
      return place >= 0 && place < Float(size) ? Int(place) : nil
    }
    places = (0..<height).flatMap { y in
      let fromMiddle = Float(y) - halfHeight + 0.5
      return (0..<width).map { x -> Int32 in
        let across = Float(x) - halfWidth + 0.5
        guard let column = place(horizontal, across, fromMiddle, size: width),
          let line = place(vertical, across, fromMiddle, size: height)
        else { return -1 }
        return Int32(line * width + column)
      }
    }
  }
}

extension RGBImage {
  /// torchvision's grey of a pixel: 0.2989 R + 0.587 G + 0.114 B in single precision, cut off.
  fileprivate func grey(_ place: Int) -> UInt8 {
    let (red, green, blue) = (pixels[3 * place], pixels[3 * place + 1], pixels[3 * place + 2])
    var sum = Float(red) * 0.2989
    sum += Float(green) * 0.587
    sum += Float(blue) * 0.114
    return UInt8(sum)
  }

  /// Replaces each channel's values by a table made of them; nil leaves the channel.
  fileprivate mutating func replace(_ table: (_ channel: [UInt8]) -> [UInt8]?) {
    for channel in 0..<3 {
      let places = stride(from: channel, to: pixels.count, by: 3)
      guard let table = table(places.map { pixels[$0] }) else { continue }
      for place in places { pixels[place] = table[Int(pixels[place])] }
    }
  }
}
