/// A dense optical flow in pixels: the point (x, y) of the first frame is found at (x + u, y + v) in the second.
/// Row-major, `u.count == v.count == width * height`.
public struct FlowField: Sendable, Equatable {
  /// Width in pixels.
  public let width: Int
  /// Height in pixels.
  public let height: Int
  /// Displacements to the right in pixels, [height, width].
  public let u: [Float]
  /// Displacements downwards in pixels, [height, width].
  public let v: [Float]

  /// A flow of the given displacements.
  ///
  /// - Throws: `MotionError` where the number of vectors does not belong to the size.
  public init(width: Int, height: Int, u: [Float], v: [Float]) throws {
    guard width > 0, height > 0, u.count == width * height, v.count == width * height else {
      throw MotionError(
        "a flow field of \(width)x\(height) cannot hold \(u.count) and \(v.count) values; pass width * height of each"
      )
    }
    self.init(uncheckedWidth: width, height: height, u: u, v: v)
  }

  init(uncheckedWidth width: Int, height: Int, u: [Float], v: [Float]) {
    self.width = width
    self.height = height
    self.u = u
    self.v = v
  }
}
