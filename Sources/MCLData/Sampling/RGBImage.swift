/// An 8-bit colour image: `pixels` holds height rows of width RGB triples.
package struct RGBImage: Sendable, Hashable {
  package let width: Int
  package let height: Int
  package internal(set) var pixels: [UInt8]

  /// - Throws: `SamplingError` where the number of bytes is not 3 x width x height, or a side is below 1.
  package init(width: Int, height: Int, pixels: [UInt8]) throws {
    guard width >= 1, height >= 1, width <= 1 << 20, height <= 1 << 20, pixels.count == 3 * width * height
    else {
      throw SamplingError(
        "\(pixels.count) bytes are no RGB image of \(width)x\(height) pixels: give 3 bytes a pixel")
    }
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// For images whose size is right by construction.
  package init(checkedWidth width: Int, height: Int, pixels: [UInt8]) {
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}
