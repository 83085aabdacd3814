import Foundation

/// Quantities against the steps of a run, as one SVG picture; the vertical axis starts at 0.
struct LineChart {
  struct Series {
    var label: String
    var colour: String
    var points: [(step: Int, value: Double)]
  }

  var series: [Series]
  /// A dashed line across, with its name.
  var level: (value: Double, label: String)?
  /// A dashed line upwards, with its name.
  var mark: (step: Int, label: String)?
  var lastStep: Int

  /// Points a line is drawn with, at most: neighbours are averaged.
  private static let pointLimit = 400

  private static func reduced(_ points: [(step: Int, value: Double)]) -> [(step: Double, value: Double)] {
    let finite = points.filter { $0.value.isFinite }
    let size = max(1, (finite.count + pointLimit - 1) / pointLimit)
    return stride(from: 0, to: finite.count, by: size).map { start in
      let part = finite[start..<min(start + size, finite.count)]
      let count = Double(part.count)
      return (
        part.reduce(0) { $0 + Double($1.step) } / count, part.reduce(0) { $0 + $1.value } / count
      )
    }
  }

  /// Each value averaged with its neighbours, over about a thirtieth of the curve.
  private static func smoothed(_ points: [(step: Double, value: Double)]) -> [(step: Double, value: Double)] {
    let reach = points.count / 60
    return points.indices.map { index in
      let window = points[max(0, index - reach)...min(points.count - 1, index + reach)]
      return (points[index].step, window.map(\.value).reduce(0, +) / Double(window.count))
    }
  }

  var svg: String {
    let (width, height, left, right, top, bottom) = (520.0, 240.0, 52.0, 12.0, 16.0, 34.0)
    let lines = series.map { (series: $0, points: Self.reduced($0.points)) }.filter { !$0.points.isEmpty }
    let last = Double(max(lastStep, 2))
    let peak = lines.flatMap { $0.points.map(\.value) }.max() ?? 1
    let highest = max(peak, (level?.value).flatMap { $0 <= 2 * peak ? $0 : nil } ?? 0, 1e-12) * 1.08
    func x(_ step: Double) -> String {
      String(format: "%.1f", left + (width - left - right) * (step - 1) / (last - 1))
    }
    func y(_ value: Double) -> String {
      String(format: "%.1f", height - bottom - (height - top - bottom) * max(value, 0) / highest)
    }
    var svg = "<svg viewBox=\"0 0 \(Int(width)) \(Int(height))\" role=\"img\">\n"
    for tick in AxisTicks.ticks(highest) {
      svg +=
        "<line class=\"grid\" x1=\"\(left)\" x2=\"\(width - right)\" y1=\"\(y(tick))\" y2=\"\(y(tick))\"/>"
      svg +=
        "<text x=\"\(left - 6)\" y=\"\(y(tick))\" dy=\"4\" text-anchor=\"end\">\(AxisTicks.short(tick))</text>\n"
    }
    for tick in AxisTicks.ticks(last) where tick >= 1 && tick == tick.rounded() {
      svg +=
        "<text x=\"\(x(tick))\" y=\"\(height - bottom + 16)\" text-anchor=\"middle\">\(AxisTicks.short(tick))</text>\n"
    }
    svg += "<text x=\"\(width - right)\" y=\"\(height - 4)\" text-anchor=\"end\">step</text>\n"
    if let level, level.value <= highest {
      svg +=
        "<line class=\"mark\" x1=\"\(left)\" x2=\"\(width - right)\" y1=\"\(y(level.value))\" y2=\"\(y(level.value))\"/>"
      svg +=
        "<text x=\"\(width - right)\" y=\"\(y(level.value))\" dy=\"-4\" text-anchor=\"end\">\(level.label)</text>\n"
    }
    if let mark, mark.step > 1, Double(mark.step) < last {
      let at = x(Double(mark.step))
      svg += "<line class=\"mark\" x1=\"\(at)\" x2=\"\(at)\" y1=\"\(top)\" y2=\"\(height - bottom)\"/>"
      svg += "<text x=\"\(at)\" y=\"\(top - 4)\" text-anchor=\"start\">\(mark.label)</text>\n"
    }
    for line in lines {
      func path(_ points: [(step: Double, value: Double)]) -> String {
        points.map { "\(x($0.step)),\(y($0.value))" }.joined(separator: " ")
      }
      let isSmoothed = line.points.count >= 60
      if isSmoothed {
        svg +=
          "<polyline class=\"raw\" stroke=\"\(line.series.colour)\" points=\"\(path(line.points))\"/>\n"
      }
      let shown = isSmoothed ? Self.smoothed(line.points) : line.points
      if shown.count == 1 {
        svg +=
          "<circle cx=\"\(x(shown[0].step))\" cy=\"\(y(shown[0].value))\" r=\"3\" fill=\"\(line.series.colour)\"/>"
      }
      svg += "<polyline class=\"line\" stroke=\"\(line.series.colour)\" points=\"\(path(shown))\"/>\n"
    }
    return svg + "</svg>"
  }
}
