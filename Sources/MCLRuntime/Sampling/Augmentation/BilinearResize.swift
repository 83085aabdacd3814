/// Crops 8-bit images and resizes the crop by antialiased bilinear interpolation, bit for bit as the `crop` and
/// `resize(BILINEAR)` of Pillow up to version 12 do: a triangle filter as wide as the scale (at least one pixel),
/// weights in fixed point of 22 bits, first along rows, then along columns, rounded to 8 bits after each (Pillow 13
/// takes the columns first at some sizes, and is a level off there). Pixels outside the crop play no part.
///
/// The weights depend on sizes only, so one value serves all frames of a tubelet, and its flow.
public struct BilinearResize: Sendable {
  public let crop: Crop
  public let width: Int
  public let height: Int
  private let horizontal: Taps
  private let vertical: Taps

  /// - Parameters:
  ///   - crop: the part of the image that is resized.
  ///   - width: of the result, in pixels.
  ///   - height: of the result, in pixels.
  /// - Throws: `SamplingError` where a size is below 1.
  public init(crop: Crop, width: Int, height: Int) throws {
    let sides = 1...1 << 20
    guard sides.contains(crop.width), sides.contains(crop.height), sides.contains(width),
      sides.contains(height)
    else {
      throw SamplingError(
        "a crop of \(crop) cannot be resized to \(width)x\(height): give sides of 1 to 1048576 pixels")
    }
    self.crop = crop
    self.width = width
    self.height = height
    horizontal = Taps(from: crop.width, to: width)
    vertical = Taps(from: crop.height, to: height)
  }

  /// Resizes one colour image.
  /// - Throws: `SamplingError` where the crop leaves the image.
  public func callAsFunction(_ image: RGBImage) throws -> RGBImage {
    let pixels = try resized(image.pixels, width: image.width, height: image.height, channels: 3)
    return RGBImage(checkedWidth: width, height: height, pixels: pixels)
  }

  /// Resizes one image of 1 to 4 interleaved 8-bit channels, e.g. a flow component.
  /// - Returns: `height` rows of `width` pixels.
  /// - Throws: `SamplingError` where the crop leaves the image or the number of bytes is not its size.
  public func resized(
    _ pixels: [UInt8], width imageWidth: Int, height imageHeight: Int, channels: Int
  ) throws -> [UInt8] {
    guard (1...4).contains(channels), (1...1 << 20).contains(imageWidth), (1...1 << 20).contains(imageHeight),
      pixels.count == channels * imageWidth * imageHeight
    else {
      throw SamplingError(
        "\(pixels.count) bytes are no image of \(imageWidth)x\(imageHeight) pixels and \(channels) channels: "
          + "give one byte a channel")
    }
    guard crop.fits(width: imageWidth, height: imageHeight) else {
      throw SamplingError(
        "the crop \(crop) leaves the frame of \(imageWidth)x\(imageHeight) pixels: draw it again")
    }
    let rowBytes = width * channels
    var rows = [UInt8](repeating: 0, count: rowBytes * crop.height)
    var result = [UInt8](repeating: 0, count: rowBytes * height)
    // Bounds: source holds imageHeight rows of imageWidth pixels and the crop lies inside; `between` crop.height rows
    // and `target` height rows of rowBytes; taps of an axis stay within the crop's extent on it.
    pixels.withUnsafeBufferPointer { source in
      rows.withUnsafeMutableBufferPointer { between in
        for row in 0..<crop.height {
          let start = ((crop.y + row) * imageWidth + crop.x) * channels
          let input = UnsafeBufferPointer(rebasing: source[start..<start + crop.width * channels])
          let output = UnsafeMutableBufferPointer(rebasing: between[row * rowBytes..<(row + 1) * rowBytes])
          resizeRow(input, into: output, channels: channels)
        }
      }
    }
    guard !vertical.isIdentity else { return rows }
    rows.withUnsafeBufferPointer { between in
      result.withUnsafeMutableBufferPointer { target in
        var sums = [Int32](repeating: 0, count: rowBytes)
        sums.withUnsafeMutableBufferPointer { sums in
          for row in 0..<height {
            blendRows(row, of: between, rowBytes: rowBytes, sums: sums)
            let output = UnsafeMutableBufferPointer(rebasing: target[row * rowBytes..<(row + 1) * rowBytes])
            for byte in 0..<rowBytes { output[byte] = Taps.rounded(sums[byte]) }
          }
        }
      }
    }
    return result
  }

  private func resizeRow(
    _ input: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>, channels: Int
  ) {
    if horizontal.isIdentity {
      for byte in 0..<input.count { output[byte] = input[byte] }
      return
    }
    horizontal.weights.withUnsafeBufferPointer { weights in
      for x in 0..<width {
        let base = x * horizontal.stride
        let first = horizontal.first[x] * channels
        let count = horizontal.count[x]
        if channels == 3 {
          // The usual case, written out so that its three sums stay in registers.
          var (red, green, blue) = (Taps.half, Taps.half, Taps.half)
          for tap in 0..<count {
            let weight = weights[base + tap]
            let pixel = first + 3 * tap
            red &+= Int32(input[pixel]) &* weight
            green &+= Int32(input[pixel + 1]) &* weight
            blue &+= Int32(input[pixel + 2]) &* weight
          }
          output[3 * x] = Taps.rounded(red)
          output[3 * x + 1] = Taps.rounded(green)
          output[3 * x + 2] = Taps.rounded(blue)
        } else {
          for channel in 0..<channels {
            var sum = Taps.half
            for tap in 0..<count {
              sum &+= Int32(input[first + channels * tap + channel]) &* weights[base + tap]
            }
            output[channels * x + channel] = Taps.rounded(sum)
          }
        }
      }
    }
  }

  private func blendRows(
    _ row: Int, of rows: UnsafeBufferPointer<UInt8>, rowBytes: Int, sums: UnsafeMutableBufferPointer<Int32>
  ) {
    for byte in 0..<rowBytes { sums[byte] = Taps.half }
    for tap in 0..<vertical.count[row] {
      let weight = vertical.weights[row * vertical.stride + tap]
      let start = (vertical.first[row] + tap) * rowBytes
      let input = UnsafeBufferPointer(rebasing: rows[start..<start + rowBytes])
      for byte in 0..<rowBytes { sums[byte] &+= Int32(input[byte]) &* weight }
    }
  }
}

/// The weights of one axis: result position x is the sum over `count[x]` source positions from `first[x]` on, with
/// `weights[x * stride...]`, which are non-negative and sum to 2^22 up to rounding.
private struct Taps: Sendable {
  let first: [Int]
  let count: [Int]
  let weights: [Int32]
  let stride: Int
  let isIdentity: Bool

  static let fractionBits: Int32 = 22
  static let half: Int32 = 1 << (fractionBits - 1)

  static func rounded(_ sum: Int32) -> UInt8 { UInt8(truncatingIfNeeded: min(sum >> fractionBits, 255)) }

  init(from source: Int, to target: Int) {
    let scale = Double(source) / Double(target)
    let width = max(scale, 1)
    stride = Int(width.rounded(.up)) * 2 + 1
    isIdentity = source == target
    var first: [Int] = []
    var count: [Int] = []
    var weights = [Int32](repeating: 0, count: target * stride)
    for x in 0..<target {
      let centre = (Double(x) + 0.5) * scale
      let low = max(0, Int(centre - width + 0.5))
      let high = min(source, Int(centre + width + 0.5))
      let triangle = (low..<high).map { max(0, 1 - abs((Double($0) - centre + 0.5) * (1 / width))) }
      let total = triangle.reduce(0, +)
      for (tap, value) in triangle.enumerated() {
        weights[x * stride + tap] = Int32(value / total * Double(1 << Self.fractionBits) + 0.5)
      }
      first.append(low)
      count.append(high - low)
    }
    self.first = first
    self.count = count
    self.weights = weights
  }
}
