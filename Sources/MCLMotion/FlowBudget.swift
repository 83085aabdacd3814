import MCLVideo

/// Keeps a cache entry within its size: 20 MB a minute of 240x320 video with TV-L1 flow, 2 MB with codec vectors, more
/// for larger frames in proportion.
///
/// Flows are lossless where that fits, as it mostly does. Where it does not (shaking cameras, noise), the largest flows
/// are packed again with a tolerance of one unit of 40/255 px, then two, and so on, until all of it fits; maps and
/// velocities are of the exact flows in any case.
struct FlowBudget {
  /// Bytes of an entry in all.
  let bytes: Int

  private static let largestTolerance = 12

  init(_ header: MotionCacheHeader) {
    let minutes = Double(header.frameCount) / header.frameRate.plausible / 60
    let perMinute = header.kind == .tvl1 ? 20e6 : 2e6
    let area = max(Double(header.width * header.height) / (240 * 320), 1)
    bytes = max(Int(perMinute * minutes * area), 64 << 10)
  }

  /// The flows, the largest ones packed with a tolerance where all of them would be too large.
  ///
  /// - Throws: `MotionError` where a flow does not unpack.
  func fitted(_ flows: [PackedFlow], index: Int) throws -> [PackedFlow] {
    var flows = flows
    var total = index + flows.reduce(0) { $0 + $1.bytes.count }
    guard total > bytes else { return flows }
    let order = flows.indices.sorted { (flows[$1].bytes.count, $0) < (flows[$0].bytes.count, $1) }
    let lossless = flows
    for tolerance in 1...Self.largestTolerance {
      for number in order where lossless[number].tolerance < tolerance {
        guard total > bytes else { return flows }
        let packed = PackedFlow(try lossless[number].unpacked(), tolerance: tolerance)
        total += packed.bytes.count - flows[number].bytes.count
        flows[number] = packed
      }
    }
    return flows
  }
}
