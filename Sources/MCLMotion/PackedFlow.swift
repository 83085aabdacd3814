import MCLVideo

/// A quantised flow, compressed, and read back without trust.
///
/// Each plane (u, then v) is predicted pixel by pixel from its left, upper and upper left neighbours (the median edge
/// detector of JPEG-LS: min or max of left and upper at an edge, else left + upper - upper left); the difference is
/// written as binary decisions (zero? negative? larger than 1? than 2? ...) by an adaptive range coder, under contexts
/// made of the differences among the neighbours and, for v, of those in u at the same place. On flow of real video this
/// takes about 0.5 bits a value. With a tolerance t > 0, differences are rounded to multiples of 2t + 1, so that no
/// value is off by more than t (JPEG-LS's near-lossless mode).
package struct PackedFlow: Sendable, Equatable {
  package let width: Int
  package let height: Int
  /// The largest error of a value, in units of 40/255 px; 0 is lossless.
  package let tolerance: Int
  package let bytes: [UInt8]

  static let largestTolerance = 127

  package init(_ flow: QuantizedFlow, tolerance: Int = 0) {
    (width, height, self.tolerance) = (flow.width, flow.height, tolerance)
    var walk = FlowPlaneWalk(width: flow.width, height: flow.height, tolerance: tolerance)
    var coder = BinaryRangeEncoder()
    _ = walk.plane(coding: flow.u, other: nil, with: &coder)
    // What the reader has of u: with a tolerance, not quite u itself.
    _ = walk.plane(coding: flow.v, other: walk.last, with: &coder)
    bytes = coder.finish()
  }

  /// Bytes that say they are a flow of this size.
  ///
  /// - Throws: `MotionError` where so few bytes cannot hold so many pixels.
  package init(width: Int, height: Int, tolerance: Int = 0, bytes: [UInt8]) throws {
    guard Self.canHold(width: width, height: height, byteCount: bytes.count),
      (0...Self.largestTolerance).contains(tolerance)
    else {
      throw MotionError(
        needsPreparation: "\(bytes.count) bytes cannot hold a packed flow of \(width)x\(height)")
    }
    (self.width, self.height, self.tolerance, self.bytes) = (width, height, tolerance, bytes)
  }

  /// Whether a packed flow of this size can be so short: a decision takes at least -log2(1 - 32/65536) bits, a byte
  /// so holds fewer than 11500 of them.
  static func canHold(width: Int, height: Int, byteCount: Int) -> Bool {
    guard width > 0, height > 0, width <= VideoLimits.side, height <= VideoLimits.side,
      width * height <= VideoLimits.area
    else { return false }
    return byteCount >= 4 && byteCount >= 2 * width * height / 11_500
  }

  /// - Throws: `MotionError` where the bytes are no packed flow of this size.
  package func unpacked() throws -> QuantizedFlow {
    let planes = bytes.withUnsafeBufferPointer { bytes -> (u: [UInt8], v: [UInt8])? in
      var coder = BinaryRangeDecoder(bytes)
      var walk = FlowPlaneWalk(width: width, height: height, tolerance: tolerance)
      guard let u = walk.plane(coding: nil, other: nil, with: &coder),
        let v = walk.plane(coding: nil, other: u, with: &coder), coder.isAtEnd
      else { return nil }
      return (u, v)
    }
    guard let planes else {
      throw MotionError(needsPreparation: "a packed flow is damaged")
    }
    return try QuantizedFlow(width: width, height: height, u: planes.u, v: planes.v)
  }
}
