import MCLVideo

/// Crops 8-bit images and resizes the crop by antialiased bilinear interpolation, bit for bit as the `crop` and
/// `resize(BILINEAR)` of Pillow up to version 12 do: a triangle filter as wide as the scale (at least one pixel),
/// weights in fixed point of 22 bits, first along rows, then along columns, rounded to 8 bits after each (Pillow 13
/// takes the columns first at some sizes, and is a level off there). Pixels outside the crop play no part.
///
/// The weights depend on sizes only, so one value serves all frames of a tubelet, and its flow.
package struct BilinearResize: Sendable {
  package let crop: Crop
  package let width: Int
  package let height: Int
  private let horizontal: ResizeTaps
  private let vertical: ResizeTaps

  /// - Parameters:
  ///   - crop: the part of the image that is resized.
  ///   - width: of the result, in pixels.
  ///   - height: of the result, in pixels.
  /// - Throws: `SamplingError` where a size is below 1, or less than 1/120 of the crop's.
  package init(crop: Crop, width: Int, height: Int) throws {
    let sides = 1...1 << 20
    guard sides.contains(crop.width), sides.contains(crop.height), sides.contains(width),
      sides.contains(height)
    else {
      throw SamplingError(
        "a crop of \(crop) cannot be resized to \(width)x\(height): give sides of 1 to 1048576 pixels")
    }
    guard crop.width <= ResizeTaps.largestScale * width, crop.height <= ResizeTaps.largestScale * height
    else {
      throw SamplingError(
        "a crop of \(crop) cannot be resized to \(width)x\(height): give sides of at least 1/\(ResizeTaps.largestScale) "
          + "of the crop's")
    }
    self.crop = crop
    self.width = width
    self.height = height
    horizontal = ResizeTaps(from: crop.width, to: width)
    vertical = ResizeTaps(from: crop.height, to: height)
  }

  /// Resizes one colour image.
  /// - Throws: `SamplingError` where the crop leaves the image.
  package func callAsFunction(_ image: RGBImage) throws -> RGBImage {
    let pixels = try resized(image.pixels, width: image.width, height: image.height, channels: 3)
    return RGBImage(checkedWidth: width, height: height, pixels: pixels)
  }

  /// Resizes one image of 1 to 4 interleaved 8-bit channels, e.g. a flow component.
  /// - Returns: `height` rows of `width` pixels.
  /// - Throws: `SamplingError` where the crop leaves the image or the number of bytes is not its size.
  package func resized(
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
    return pixels.withUnsafeBufferPointer { source in
      [UInt8](unsafeUninitializedCapacity: width * height * channels) { target, count in
        ResizePasses(horizontal, vertical, crop: crop, channels: channels)
          .run(source, rowBytes: imageWidth * channels, into: target)
        count = width * height * channels
      }
    }
  }
}
