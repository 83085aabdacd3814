import Foundation

/// The loss terms of a run against its steps, as one SVG picture.
public struct LossCurve {
  private let records: [StepRecord]
  private let steps: Int
  private let queueFull: Int?
  private static let terms: [(key: String, label: String, colour: String)] = [
    ("loss.inter", "inter-video contrast", "#0b6bcb"), ("loss.intra", "intra-video contrast", "#c2410c"),
    ("loss.mal", "motion alignment", "#15803d"), ("loss.order", "order", "#7e22ce"),
  ]

  /// - Parameters:
  ///   - steps: how many the records are of, where neighbours are averaged.
  ///   - queueFull: the step at which the queue holds real keys only; before it, losses rise.
  public init(_ records: [StepRecord], steps: Int? = nil, queueFull: Int?) {
    self.records = records
    self.steps = steps ?? records.count
    self.queueFull = queueFull
  }

  public var svg: String {
    let (width, height, left, right, top, bottom) = (960.0, 480.0, 64.0, 24.0, 48.0, 56.0)
    let series = Self.terms.compactMap { term -> (label: String, colour: String, values: [(Int, Double)])? in
      let values = records.compactMap { record in record.outputs[term.key].map { (record.step, Double($0)) } }
        .filter { $0.1.isFinite }
      return values.isEmpty ? nil : (term.label, term.colour, values)
    }
    let last = Double(max(records.last?.step ?? 1, 2))
    let highest = max(series.flatMap { $0.values.map(\.1) }.max() ?? 1, 1e-3) * 1.05
    func x(_ step: Double) -> Double { left + (width - left - right) * (step - 1) / (last - 1) }
    func y(_ value: Double) -> Double { height - bottom - (height - top - bottom) * value / highest }
    func number(_ value: Double) -> String { String(format: "%.1f", value) }

    var svg = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(width)) \(Int(height))" font-family="sans-serif" \
      font-size="13">
      <rect width="100%" height="100%" fill="white"/>
      <text x="\(left)" y="24" font-size="16" fill="#111">Loss terms, \(steps) steps</text>

      """
    for tick in AxisTicks.ticks(highest) {
      svg +=
        "<line x1=\"\(left)\" x2=\"\(width - right)\" y1=\"\(number(y(tick)))\" y2=\"\(number(y(tick)))\" stroke=\"#e5e7eb\"/>\n"
      svg +=
        "<text x=\"\(left - 8)\" y=\"\(number(y(tick) + 4))\" text-anchor=\"end\" fill=\"#555\">\(AxisTicks.short(tick))</text>\n"
    }
    for tick in AxisTicks.ticks(last) where tick >= 1 {
      svg +=
        "<text x=\"\(number(x(tick)))\" y=\"\(height - bottom + 20)\" text-anchor=\"middle\" fill=\"#555\">\(AxisTicks.short(tick))</text>\n"
    }
    svg += "<text x=\"\(width / 2)\" y=\"\(height - 12)\" text-anchor=\"middle\" fill=\"#555\">step</text>\n"
    if let queueFull, Double(queueFull) > 1, Double(queueFull) < last {
      let at = number(x(Double(queueFull)))
      svg +=
        "<line x1=\"\(at)\" x2=\"\(at)\" y1=\"\(top)\" y2=\"\(height - bottom)\" stroke=\"#999\" stroke-dasharray=\"4 4\"/>\n"
      svg +=
        "<text x=\"\(at)\" y=\"\(top - 6)\" text-anchor=\"\(Double(queueFull) < last / 8 ? "start" : "middle")\" fill=\"#777\">queue full of real keys</text>\n"
    }
    for (index, line) in series.enumerated() {
      func path(_ values: [(Int, Double)]) -> String {
        values.map { "\(number(x(Double($0.0)))),\(number(y($0.1)))" }.joined(separator: " ")
      }
      svg +=
        "<polyline fill=\"none\" stroke=\"\(line.colour)\" stroke-opacity=\"0.25\" points=\"\(path(line.values))\"/>\n"
      svg +=
        "<polyline fill=\"none\" stroke=\"\(line.colour)\" stroke-width=\"2\" points=\"\(path(Self.smoothed(line.values)))\"/>\n"
      let place = left + 300 + Double(index) * 150
      svg += "<rect x=\"\(place)\" y=\"14\" width=\"12\" height=\"12\" fill=\"\(line.colour)\"/>\n"
      svg += "<text x=\"\(place + 17)\" y=\"25\" fill=\"#333\">\(line.label)</text>\n"
    }
    return svg + "</svg>\n"
  }

  /// Each value averaged with its neighbours, over about a thirtieth of the curve.
  private static func smoothed(_ values: [(Int, Double)]) -> [(Int, Double)] {
    let reach = max(1, values.count / 60)
    return values.indices.map { index in
      let window = values[max(0, index - reach)...min(values.count - 1, index + reach)]
      return (values[index].0, window.map(\.1).reduce(0, +) / Double(window.count))
    }
  }
}
