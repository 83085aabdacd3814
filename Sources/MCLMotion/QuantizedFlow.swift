/// Optical flow as two 8-bit images, the form every motion measure is computed from:
/// round-half-even((clip(x, -20, 20) + 20) * 255 / 40), so that one unit is 40/255 px and no motion is 128
/// (reference, section 4).
package struct QuantizedFlow: Sendable, Equatable {
  package let width: Int
  package let height: Int
  package let u: [UInt8]
  package let v: [UInt8]

  /// - Throws: `MotionError` where the number of bytes does not belong to the size.
  package init(width: Int, height: Int, u: [UInt8], v: [UInt8]) throws {
    guard width > 0, height > 0, u.count == width * height, v.count == width * height else {
      throw MotionError(
        "a flow image of \(width)x\(height) cannot hold \(u.count) and \(v.count) bytes; pass width * height of each"
      )
    }
    self.width = width
    self.height = height
    self.u = u
    self.v = v
  }

  init(uncheckedWidth width: Int, height: Int, u: [UInt8], v: [UInt8]) {
    (self.width, self.height, self.u, self.v) = (width, height, u, v)
  }

  /// Quantises a flow in pixels. A value that is not a number counts as no motion.
  package init(_ flow: FlowField) {
    width = flow.width
    height = flow.height
    u = flow.u.map(Self.quantized)
    v = flow.v.map(Self.quantized)
  }

  /// One component in pixels as its 8-bit value.
  package static func quantized(_ displacement: Float) -> UInt8 {
    guard !displacement.isNaN else { return 128 }
    let clipped = min(max(displacement, -20), 20)
    // In single precision with the quotient 255/40 = 6.375, which is exact: this decides the ties.
    return UInt8(((clipped + 20) * 6.375).rounded(.toNearestOrEven))
  }
}
