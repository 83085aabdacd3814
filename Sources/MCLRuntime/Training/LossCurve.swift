import Foundation
import MCLData
import MCLDrawing

/// The terms of a run's loss against its steps, as one SVG picture: the outputs that its program gives first.
package struct LossCurve {
  private let records: [StepRecord]
  private let steps: Int
  private let description: RunDescription

  /// - Parameter steps: how many the records are of, where neighbours are averaged.
  package init(_ records: [StepRecord], steps: Int? = nil, description: RunDescription) {
    self.records = records
    self.steps = steps ?? records.count
    self.description = description
  }

  package var svg: String {
    let (width, chartHeight, columns) = (960, 420, 3)
    let chart = LineChart(
      records, description.leading, mark: description.mark, lastStep: records.last?.step ?? 1)
    let keys = chart.series.map { (label: $0.label, colour: $0.colour) }
    let top = 42 + 20 * ((keys.count + columns - 1) / columns)
    var svg = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(top + chartHeight)" font-family="sans-serif">
      <style>\(LineChart.style) text.title { font-size: 16px; fill: #111827 } text.key { font-size: 13px; fill: #374151 }</style>
      <rect width="100%" height="100%" fill="white"/>
      <text class="title" x="16" y="26">\(HTML.escaped(records.isEmpty ? "No step yet" : "\(steps) steps"))</text>

      """
    for (number, key) in keys.enumerated() {
      let (x, y) = (16 + number % columns * 310, 40 + number / columns * 20)
      svg += "<rect x=\"\(x)\" y=\"\(y)\" width=\"12\" height=\"12\" fill=\"\(key.colour)\"/>"
      svg += "<text class=\"key\" x=\"\(x + 18)\" y=\"\(y + 11)\">\(HTML.escaped(key.label))</text>\n"
    }
    var picture = chart
    (picture.width, picture.height) = (Double(width), Double(chartHeight))
    return svg
      + picture.svg.replacing(
        "<svg ", with: "<svg y=\"\(top)\" width=\"\(width)\" height=\"\(chartHeight)\" ", maxReplacements: 1)
      + "\n</svg>\n"
  }
}

extension LineChart {
  /// Outputs in one picture; a dashed line of an output's colour is at what chance gives.
  package init(
    _ records: [StepRecord], _ outputs: [RunDescription.Output], mark: RunDescription.Mark?, lastStep: Int
  ) {
    self.init(series: [], mark: mark, lastStep: lastStep)
    for (number, output) in outputs.enumerated() {
      let points = records.compactMap { record in
        record.outputs[output.name].map { (step: record.step, value: Double($0)) }
      }
      guard points.contains(where: \.value.isFinite) else { continue }
      let colour = Self.colours[number % Self.colours.count]
      let chance = output.chance.map { ", dashed: chance \(RunDescription.short($0))" } ?? ""
      series.append(Series(label: output.name + chance, colour: colour, points: points))
      if let chance = output.chance {
        levels.append(Level(value: chance, label: outputs.count == 1 ? "chance" : "", colour: colour))
      }
    }
  }
}
