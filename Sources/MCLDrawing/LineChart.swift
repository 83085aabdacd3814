import Foundation

/// Quantities against the steps of a run, as one SVG picture whose vertical axis holds 0.
package struct LineChart {
  package struct Series {
    package var label: String
    package var colour: String
    package var points: [(step: Int, value: Double)]

    package init(label: String, colour: String, points: [(step: Int, value: Double)]) {
      self.label = label
      self.colour = colour
      self.points = points
    }
  }

  /// A dashed line across.
  package struct Level {
    package var value: Double
    package var label: String
    package var colour = "#9ca3af"

    package init(value: Double, label: String, colour: String = "#9ca3af") {
      self.value = value
      self.label = label
      self.colour = colour
    }
  }

  package var series: [Series]
  package var levels: [Level] = []
  /// A dashed line upwards, with its name.
  package var mark: ChartMark?
  package var lastStep: Int
  package var width = 520.0
  package var height = 240.0

  package init(
    series: [Series], levels: [Level] = [], mark: ChartMark? = nil, lastStep: Int, width: Double = 520.0,
    height: Double = 240.0
  ) {
    self.series = series
    self.levels = levels
    self.mark = mark
    self.lastStep = lastStep
    self.width = width
    self.height = height
  }

  /// One for each series, told apart on white.
  package static let colours = [
    "#0b6bcb", "#c2410c", "#15803d", "#7e22ce", "#111827", "#b45309", "#0e7490", "#be185d",
  ]
  /// How the parts of the picture look; a page or picture that holds one has it.
  package static let style = """
    svg text { font-size: 11px; fill: #6b7280 } line.grid { stroke: #e5e7eb }
    line.zero { stroke: #9ca3af } line.mark { stroke: #9ca3af; stroke-dasharray: 4 4 }
    line.level { stroke-dasharray: 6 4; stroke-width: 1.5 }
    polyline { fill: none } .raw { stroke-opacity: 0.25 } .line { stroke-width: 2 }
    """

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

  /// Levels far from all values would make the curves flat.
  private func shownLevels(_ values: [Double]) -> [Level] {
    let reach = 2 * (values.map(abs).max() ?? 1)
    return levels.filter { $0.value.isFinite && abs($0.value) <= reach }
  }

  package var svg: String {
    let (left, right, top, bottom) = (52.0, 12.0, 16.0, 34.0)
    let lines = series.map { (series: $0, points: Self.reduced($0.points)) }.filter { !$0.points.isEmpty }
    let last = Double(max(lastStep, 2))
    let values = lines.flatMap { $0.points.map(\.value) }
    let levels = shownLevels(values)
    let all = values + levels.map(\.value)
    let lowest = min(all.min() ?? 0, 0) * 1.08
    let highest = max((all.max() ?? 1) * 1.08, lowest + max(abs(lowest), 1e-12))
    func x(_ step: Double) -> String {
      String(format: "%.1f", left + (width - left - right) * (step - 1) / (last - 1))
    }
    func y(_ value: Double) -> String {
      String(
        format: "%.1f", height - bottom - (height - top - bottom) * (value - lowest) / (highest - lowest))
    }
    func across(_ kind: String, _ value: Double, _ colour: String = "") -> String {
      let style = colour.isEmpty ? "" : " stroke=\"\(colour)\""
      return
        "<line class=\"\(kind)\"\(style) x1=\"\(left)\" x2=\"\(width - right)\" y1=\"\(y(value))\" y2=\"\(y(value))\"/>"
    }
    var svg = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(width)) \(Int(height))" role="img">

      """
    for tick in AxisTicks.ticks(from: lowest, to: highest) {
      svg += across(tick == 0 && lowest < 0 ? "zero" : "grid", tick)
      svg +=
        "<text x=\"\(left - 6)\" y=\"\(y(tick))\" dy=\"4\" text-anchor=\"end\">\(AxisTicks.short(tick))</text>\n"
    }
    for tick in AxisTicks.ticks(last) where tick >= 1 && tick == tick.rounded() {
      svg +=
        "<text x=\"\(x(tick))\" y=\"\(height - bottom + 16)\" text-anchor=\"middle\">\(AxisTicks.short(tick))</text>\n"
    }
    svg += "<text x=\"\(width - right)\" y=\"\(height - 4)\" text-anchor=\"end\">step</text>\n"
    for level in levels {
      svg += across("level", level.value, level.colour)
      svg +=
        "<text x=\"\(width - right)\" y=\"\(y(level.value))\" dy=\"-4\" text-anchor=\"end\">\(level.label)</text>\n"
    }
    if let mark, mark.step > 1, Double(mark.step) < last {
      let at = x(Double(mark.step))
      svg += "<line class=\"mark\" x1=\"\(at)\" x2=\"\(at)\" y1=\"\(top)\" y2=\"\(height - bottom)\"/>"
      svg += "<text x=\"\(at)\" y=\"\(top - 4)\" text-anchor=\"start\">\(HTML.escaped(mark.label))</text>\n"
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
