import MCLSupport

/// Where the pixels of an image stand inside a padded plane: 4 rows above and below and 16 columns left and right of
/// whole vectors of 16, so that neither vectors nor the 4x4 neighbourhood of a warp ever need a test for the border.
package struct PlaneLayout: Equatable, Sendable {
  static let rowPadding = 4
  static let columnPadding = 16

  package let width: Int
  package let height: Int
  /// Elements between a pixel and the one below.
  package let stride: Int
  /// Elements before pixel (0, 0).
  package let origin: Int
  /// Elements of the whole plane.
  package let count: Int

  package init(width: Int, height: Int) {
    self.width = width
    self.height = height
    stride = (width + 15) & ~15 + 2 * Self.columnPadding
    origin = Self.rowPadding * stride + Self.columnPadding
    count = stride * (height + 2 * Self.rowPadding)
  }

  /// The rows of one of `bands` bands, as kernels take them.
  func rows(_ band: Int, of bands: Int) -> Range<Int> { band * height / bands..<(band + 1) * height / bands }
}

/// Padded planes of one image size or smaller ones, zero at first, in one block of memory. Rows -4 ..< height + 4 and
/// columns -16 ..< width + 16 of each may be touched.
package final class FlowPlanes: @unchecked Sendable {
  private let region: MemoryRegion
  private let step: Int

  /// - Throws: `ExecutionError` when memory is short.
  package init(_ layout: PlaneLayout, count: Int) throws {
    // Planes start at different places of a page: rows of ten planes at one place would push each other out of the
    // first cache, which has eight ways.
    let pages = (layout.count + 1023) / 1024
    step = 1024 * pages + 5 * 16
    region = try MemoryRegion(byteCount: 4 * step * count, purpose: "planes of an optical flow")
  }

  /// The first element of a plane; `step` floats are its own.
  package func memory(_ plane: Int) -> UnsafeMutablePointer<Float> {
    (region.base + 4 * step * plane).assumingMemoryBound(to: Float.self)
  }

  /// Pixel (0, 0) of a plane of this layout, not larger than the one the planes were made for.
  package func pixels(_ plane: Int, _ layout: PlaneLayout) -> UnsafeMutablePointer<Float> {
    memory(plane) + layout.origin
  }
}
