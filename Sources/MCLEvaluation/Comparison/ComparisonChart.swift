import Foundation
import MCLDrawing

/// Bars of each metric for each run with what is uncertain about them, and differences with their intervals, as SVG.
struct ComparisonChart {
  let comparison: RunComparison

  private static let (width, left, right, bar) = (1060.0, 190.0, 30.0, 12.0)

  static func colour(_ run: Int) -> String { LineChart.colours[run % LineChart.colours.count] }

  /// What a bar's thin line spans: two standard errors over seeds, else Wilson's interval over the test videos. nil where
  /// a number is no share of videos.
  static func span(_ cell: RunComparison.Cell, metric: String, videos: Int) -> ClosedRange<Double>? {
    if let error = cell.standardError { return max(cell.mean - error, 0)...min(cell.mean + error, 1) }
    return metric.hasSuffix(".meanClass") ? nil : WilsonInterval.interval(share: cell.mean, of: videos)
  }

  private static func x(_ share: Double, from low: Double, to high: Double) -> Double {
    left + (share - low) / (high - low) * (width - left - right)
  }

  private static func text(_ value: Double) -> String { String(format: "%.1f", value) }

  private static func axis(_ ticks: [Double], from low: Double, to high: Double, height: Double) -> String {
    ticks.map { tick in
      let place = text(x(tick, from: low, to: high))
      return
        "<line class=\"grid\" x1=\"\(place)\" x2=\"\(place)\" y1=\"4\" y2=\"\(text(height - 18))\"/><text x=\"\(place)\" y=\"\(text(height - 4))\" text-anchor=\"middle\">\(String(format: "%.0f", 100 * tick)) %</text>"
    }.joined(separator: "\n")
  }

  private static func whisker(_ range: ClosedRange<Double>, y: Double, low: Double, high: Double) -> String {
    let (from, to) = (
      text(x(range.lowerBound, from: low, to: high)), text(x(range.upperBound, from: low, to: high))
    )
    return
      "<path class=\"whisker\" d=\"M\(from) \(text(y - 3))V\(text(y + 3))M\(from) \(text(y))H\(to)M\(to) \(text(y - 3))V\(text(y + 3))\"/>"
  }

  /// All metrics, from 0 to 100 %.
  var bars: String {
    let runs = Double(comparison.runs.count)
    let group = runs * Self.bar + 14
    let height = group * Double(comparison.rows.count) + 24
    var parts = [Self.axis([0, 0.2, 0.4, 0.6, 0.8, 1], from: 0, to: 1, height: height)]
    for (number, row) in comparison.rows.enumerated() {
      let top = Double(number) * group + 8
      parts.append(
        "<text x=\"\(Self.text(Self.left - 8))\" y=\"\(Self.text(top + runs * Self.bar / 2 + 4))\" text-anchor=\"end\">\(HTML.escaped(row.metric))</text>"
      )
      for (run, cell) in row.cells.enumerated() {
        guard let cell else { continue }
        let y = top + Double(run) * Self.bar
        let end = Self.x(cell.mean, from: 0, to: 1)
        let title = "\(comparison.runs[run].name), \(row.metric): \(RunComparison.number(cell)) %"
        parts.append(
          "<rect class=\"bar\" x=\"\(Self.text(Self.left))\" y=\"\(Self.text(y))\" width=\"\(Self.text(end - Self.left))\" height=\"\(Self.text(Self.bar - 2))\" fill=\"\(Self.colour(run))\"><title>\(HTML.escaped(title))</title></rect>"
        )
        if let span = Self.span(cell, metric: row.metric, videos: comparison.testVideos) {
          parts.append(Self.whisker(span, y: y + (Self.bar - 2) / 2, low: 0, high: 1))
        }
      }
      let chance = Self.text(Self.x(row.chance, from: 0, to: 1))
      parts.append(
        "<line class=\"chance\" x1=\"\(chance)\" x2=\"\(chance)\" y1=\"\(Self.text(top - 2))\" y2=\"\(Self.text(top + runs * Self.bar))\"/>"
      )
    }
    return svg(
      parts, height: height, description: "Bars of each measure for each run; the table has the numbers")
  }

  /// Differences to the first run that have intervals; empty where none has.
  var differences: String {
    let items = comparison.rows.flatMap { row in
      row.cells.enumerated().compactMap { run, cell in
        cell?.interval.map { (metric: row.metric, run: run, interval: $0) }
      }
    }
    guard !items.isEmpty else { return "" }
    let reach =
      items.map { max(abs($0.interval.lower), abs($0.interval.upper), abs($0.interval.difference)) }.max()
      ?? 0
    let limit = max((reach * 10).rounded(.up) / 10, 0.1)
    let height = 22 * Double(items.count) + 28
    var parts = [
      Self.axis([-limit, -limit / 2, 0, limit / 2, limit], from: -limit, to: limit, height: height)
    ]
    for (number, item) in items.enumerated() {
      let y = 22 * Double(number) + 16
      let words = "\(comparison.runs[item.run].name), \(item.metric)"
      let centre = Self.text(Self.x(item.interval.difference, from: -limit, to: limit))
      parts += [
        "<text x=\"\(Self.text(Self.left - 8))\" y=\"\(Self.text(y + 4))\" text-anchor=\"end\">\(HTML.escaped(words))</text>",
        Self.whisker(item.interval.lower...item.interval.upper, y: y, low: -limit, high: limit),
        "<circle class=\"difference\" cx=\"\(centre)\" cy=\"\(Self.text(y))\" r=\"4\" fill=\"\(Self.colour(item.run))\"/>",
      ]
    }
    return svg(
      parts, height: height,
      description: "Differences to the first run with their intervals; the table has the numbers")
  }

  private func svg(_ parts: [String], height: Double, description: String) -> String {
    """
    <svg viewBox="0 0 \(Int(Self.width)) \(Int(height))" role="img" aria-label="\(description)">
    \(parts.joined(separator: "\n"))
    </svg>
    """
  }
}
