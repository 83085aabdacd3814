import Foundation
import MCLData
import MCLDrawing

extension StartCurve {
  /// What is drawn, in words.
  var title: String { "velocity of the clip of \(temporal.span) frames that begins at each frame" }

  /// The curve as a part of a page.
  /// - Throws: `SamplingError` where the velocities do not fit the video.
  var svg: String {
    get throws {
      let (width, height, left, right, top, bottom) = (1120.0, 190.0, 44.0, 4.0, 20.0, 24.0)
      let last = max(frameCount - temporal.span + 1, 1)
      let halves = temporal.halves(frameCount: frameCount)
      let fastest = try temporal.fastestStarts(frameCount: frameCount, velocities: velocities, video: video)
      let step = (width - left - right) / Double(last)
      func edge(_ start: Int) -> Double { left + Double(start - 1) * step }
      func middle(_ start: Int) -> Double { edge(start) + step / 2 }
      func number(_ value: Double) -> String { String(format: "%.1f", value) }
      func column(_ range: ClosedRange<Int>, _ colour: Colour, _ opacity: Double) -> String {
        "<rect x=\"\(number(edge(range.lowerBound)))\" y=\"\(top)\" width=\"\(number(Double(range.count) * step))\" "
          + "height=\"\(height - top - bottom)\" fill=\"\(colour.css)\" fill-opacity=\"\(opacity)\"/>"
      }
      func text(_ text: String, _ x: Double, _ y: Double, _ anchor: String = "middle") -> String {
        "<text x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\">\(HTML.escaped(text))</text>\n"
      }
      var svg = "<svg viewBox=\"0 0 \(Int(width)) \(Int(height))\" role=\"img\">\n"
      for range in halves.map({ [$0.first, $0.second] }) ?? [1...last] {
        svg += column(range, Self.legalColour, 1)
      }
      for start in (fastest?.first ?? []) + (fastest?.second ?? []) {
        svg += column(start...start, PictureStyle.box, 0.6)
      }
      for (name, range) in halves.map({ [("first half", $0.first), ("second half", $0.second)] }) ?? [] {
        svg += text(name, edge(range.lowerBound) + 4, height - bottom - 6, "start")
      }
      if let peak = velocities.max(), peak > 0 {
        // The last start has no velocity of its own and takes that of the one before it.
        let points = (velocities + [velocities[velocities.count - 1]]).enumerated().map { index, velocity in
          let y = height - bottom - (height - top - bottom - 6) * Double(velocity / peak)
          return "\(number(middle(index + 1))),\(number(y))"
        }
        svg += "<polyline stroke=\"\(Self.curveColour.css)\" points=\"\(points.joined(separator: " "))\"/>\n"
        svg +=
          text(String(format: "%.2f", peak), left - 5, top + 12, "end")
          + text("0", left - 5, height - bottom, "end")
      } else {
        svg += text(
          velocities.isEmpty ? "the video is as short as one clip" : "nothing moves", width / 2, height / 2)
      }
      for tick in AxisTicks.ticks(Double(last)) where tick == tick.rounded() {
        let start = max(Int(tick), 1)
        svg += text("\(start)", min(middle(start), width - 14), height - 8)
      }
      for (index, start) in [starts.clip1, starts.clip2, starts.clip3].enumerated() {
        let (x, y, colour) = (middle(start), 14 * Double(index), SampleSheet.clipColours[index].css)
        svg +=
          "<rect x=\"\(number(x - 1.5))\" y=\"\(y)\" width=\"3\" height=\"\(height - bottom - y)\" fill=\"\(colour)\"/>"
          + "<rect x=\"\(number(x))\" y=\"\(y)\" width=\"44\" height=\"14\" fill=\"\(colour)\"/>"
          + "<text class=\"flag\" x=\"\(number(x + 5))\" y=\"\(y + 11)\">clip \(index + 1)</text>\n"
      }
      return svg + "</svg>"
    }
  }
}
