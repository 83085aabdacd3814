/// How much two ways to flow agree about one video: the correlation of what training reads of them.
package struct FlowComparison: Sendable {
  /// Pearson's correlation of all cells of all frame maps.
  package let maps: Double
  /// The mean over frames of the correlation within a frame's map: whether motion lies at the same places.
  package let places: Double
  /// Of the clip velocities: whether the same clips are fast; nil where there are fewer than two.
  package let velocities: Double?
  package let frameCount: Int

  /// - Throws: `MotionError` where the entries are not of one video, or one is damaged.
  package init(_ first: MotionCacheEntry, _ second: MotionCacheEntry) throws {
    guard first.identity == second.identity, first.frameCount == second.frameCount else {
      throw MotionError("\(first.path) and \(second.path) are not of one video; prepare both again")
    }
    let (a, b) = (try first.maps(), try second.maps())
    let cells = MotionMaps.cells * MotionMaps.cells
    maps = Self.correlation(a, b)
    let frames = (0..<first.flowCount).map { frame in
      let range = frame * cells..<(frame + 1) * cells
      return Self.correlation(Array(a[range]), Array(b[range]))
    }
    places = frames.isEmpty ? 0 : frames.reduce(0, +) / Double(frames.count)
    let span = first.clipSpans.first { second.clipSpans.contains($0) }
    let (x, y) =
      try span.map { (try first.velocities(span: $0) ?? [], try second.velocities(span: $0) ?? []) } ?? (
        [], []
      )
    velocities = x.count > 1 ? Self.correlation(x, y) : nil
    frameCount = first.frameCount
  }

  /// Pearson's correlation; 0 where either does not vary.
  package static func correlation(_ a: [Float], _ b: [Float]) -> Double {
    guard a.count == b.count, !a.isEmpty else { return 0 }
    let n = Double(a.count)
    let meanA = a.reduce(0) { $0 + Double($1) } / n
    let meanB = b.reduce(0) { $0 + Double($1) } / n
    var (ab, aa, bb) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a, b) {
      let (dx, dy) = (Double(x) - meanA, Double(y) - meanB)
      ab += dx * dy
      aa += dx * dx
      bb += dy * dy
    }
    return aa > 0 && bb > 0 ? ab / (aa * bb).squareRoot() : 0
  }
}
