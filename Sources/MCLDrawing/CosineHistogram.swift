import Foundation

/// Shares of cosines from -1 to 1, positives over negatives, as one SVG picture.
package struct CosineHistogram {
  package var positives: [Int]
  package var negatives: [Int]

  package init(positives: [Int], negatives: [Int]) {
    self.positives = positives
    self.negatives = negatives
  }

  package static let positiveColour = "#15803d"
  package static let negativeColour = "#64748b"

  private static func shares(_ counts: [Int]) -> [Double] {
    let total = Double(max(counts.reduce(0, +), 1))
    return counts.map { Double($0) / total }
  }

  package static func mean(_ counts: [Int]) -> Double {
    let shares = shares(counts)
    return shares.indices.reduce(0) { $0 + shares[$1] * ((Double($1) + 0.5) * 2 / Double(counts.count) - 1) }
  }

  package var svg: String {
    let (width, height, left, right, top, bottom) = (340.0, 190.0, 12.0, 12.0, 8.0, 26.0)
    let both = [(Self.shares(negatives), Self.negativeColour), (Self.shares(positives), Self.positiveColour)]
    let highest = max(both.flatMap(\.0).max() ?? 0, 1e-9)
    var svg = "<svg viewBox=\"0 0 \(Int(width)) \(Int(height))\" role=\"img\">\n"
    for tick in [-1, -0.5, 0, 0.5, 1] {
      let x = left + (width - left - right) * (tick + 1) / 2
      svg += "<line class=\"grid\" x1=\"\(x)\" x2=\"\(x)\" y1=\"\(top)\" y2=\"\(height - bottom)\"/>"
      svg += "<text x=\"\(x)\" y=\"\(height - 8)\" text-anchor=\"middle\">\(AxisTicks.short(tick))</text>\n"
    }
    for (shares, colour) in both {
      let step = (width - left - right) / Double(max(shares.count, 1))
      for (index, share) in shares.enumerated() where share > 0 {
        let size = (height - top - bottom) * share / highest
        svg += String(
          format:
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%@\" fill-opacity=\"0.6\"/>",
          left + Double(index) * step, height - bottom - size, step, size, colour)
      }
      svg += "\n"
    }
    return svg + "</svg>"
  }
}
