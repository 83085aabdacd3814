/// Four and eight neighbouring pixels at a time; eight are two registers of the baseline instruction set, which
/// hides the latency of division and square root.
typealias Lanes4 = SIMD4<Float>
typealias Lanes8 = SIMD8<Float>

// Minimum and maximum in a form that compiles to one instruction: `pointwiseMin` branches a lane, and so does the
// comparison inside a generic extension, of eight lanes, or against a broadcast scalar.

extension SIMD4<Float> {
  @inline(__always) static func lower(_ a: Self, _ b: Self) -> Self { a.replacing(with: b, where: b .< a) }
  @inline(__always) static func upper(_ a: Self, _ b: Self) -> Self { a.replacing(with: b, where: a .< b) }
}

extension UnsafePointer<Float> {
  /// The eight values from element `i` on, at any alignment. The caller owns the bound `i + 8`.
  @inline(__always) func lanes8(_ i: Int) -> Lanes8 {
    UnsafeRawPointer(self + i).loadUnaligned(as: Lanes8.self)
  }
  @inline(__always) func lanes4(_ i: Int) -> Lanes4 {
    UnsafeRawPointer(self + i).loadUnaligned(as: Lanes4.self)
  }
}

extension UnsafeMutablePointer<Float> {
  @inline(__always) func lanes8(_ i: Int) -> Lanes8 { UnsafePointer(self).lanes8(i) }
  @inline(__always) func lanes4(_ i: Int) -> Lanes4 { UnsafePointer(self).lanes4(i) }
  @inline(__always) func store(_ lanes: Lanes8, _ i: Int) {
    UnsafeMutableRawPointer(self + i).storeBytes(of: lanes, as: Lanes8.self)
  }
  @inline(__always) func store(_ lanes: Lanes4, _ i: Int) {
    UnsafeMutableRawPointer(self + i).storeBytes(of: lanes, as: Lanes4.self)
  }
}

/// Where the pixels of an image stand inside a padded plane: 4 rows above and below, 8 columns to the left, and to
/// the right 8 to 15, so that whole vectors, the 4x4 neighbourhood of a warp and the 5x5 one of a median never need
/// a test for the border.
package struct PlaneLayout: Equatable {
  static let rowPadding = 4
  static let columnPadding = 8

  package let width: Int
  package let height: Int
  /// Columns from the first pixel of a row to the end of its last whole vector.
  let vectorWidth: Int
  /// Elements between a pixel and the one below.
  package let stride: Int
  /// Elements before pixel (0, 0).
  let origin: Int
  /// Elements of the whole plane.
  let count: Int

  package init(width: Int, height: Int) {
    self.width = width
    self.height = height
    vectorWidth = (width + 7) & ~7
    stride = vectorWidth + 2 * Self.columnPadding
    origin = Self.rowPadding * stride + Self.columnPadding
    count = stride * (height + 2 * Self.rowPadding)
  }
}

/// A padded plane of floats in memory of its own. Rows -4 ..< height + 4 and columns -8 ..< vectorWidth + 8 may be
/// touched.
package final class FlowPlane {
  private let memory: UnsafeMutablePointer<Float>
  private let capacity: Int
  package private(set) var layout: PlaneLayout

  /// Room for planes of at most `layout.count` elements, all zero.
  package init(_ layout: PlaneLayout) {
    self.layout = layout
    capacity = layout.count
    memory = .allocate(capacity: capacity)
    memory.initialize(repeating: 0, count: capacity)
  }

  deinit {
    memory.deallocate()
  }

  /// Pixel (0, 0).
  package var pixels: UnsafeMutablePointer<Float> { memory + layout.origin }

  /// Takes another, not larger layout; every element becomes zero.
  func reset(_ layout: PlaneLayout) {
    precondition(layout.count <= capacity, "a plane cannot grow")
    self.layout = layout
    memory.update(repeating: 0, count: layout.count)
  }

  /// Repeats the edge pixels `margin` (at most 4) columns and rows outwards.
  func replicateEdges(_ margin: Int) {
    let (width, height, stride) = (layout.width, layout.height, layout.stride)
    for y in 0..<height {
      let row = pixels + y * stride
      for k in 1...margin {
        row[-k] = row[0]
        row[width - 1 + k] = row[width - 1]
      }
    }
    let span = width + 2 * margin
    for k in 1...margin {
      (pixels - k * stride - margin).update(from: pixels - margin, count: span)
      (pixels + (height - 1 + k) * stride - margin).update(
        from: pixels + (height - 1) * stride - margin, count: span)
    }
  }
}
