import Foundation
import MCLData
import MCLDrawing
import MCLRuntime

/// The velocity of the clip that begins at each start, with the legal, the fast and the drawn starts.
struct StartCurve: Sendable {
  static let height = 190
  static let legalColour = Colour(222, 226, 234)
  static let curveColour = Colour(70, 70, 85)

  let temporal: TemporalSampler
  let frameCount: Int
  let velocities: [Float]
  let starts: TemporalSampler.Starts
  let video: String

  /// - Throws: `SamplingError` where the velocities do not fit the video.
  func draw(on canvas: inout Canvas, y: Int, margin: Int) throws {
    let last = max(frameCount - temporal.span + 1, 1)
    let halves = temporal.halves(frameCount: frameCount)
    let fastest = try temporal.fastestStarts(frameCount: frameCount, velocities: velocities, video: video)
    let legal = halves.map { [$0.first, $0.second] } ?? [1...last]
    let (left, right) = (margin + 44, canvas.width - margin)
    let (top, bottom) = (y + 38, y + Self.height - 18)
    let step = Double(right - left) / Double(last)
    /// The left edge of a start's column.
    func edge(_ start: Int) -> Int { left + Int((Double(start - 1) * step).rounded()) }
    func middle(_ start: Int) -> Double { Double(left) + (Double(start) - 0.5) * step }

    canvas.text(title, x: margin, y: y + 6, PictureStyle.ink)
    var x = canvas.width - margin
    for (name, colours) in [
      ("drawn starts of clips 1, 2, 3", SampleSheet.clipColours), ("fast starts", [PictureStyle.box]),
      ("legal starts", [Self.legalColour]),
    ] {
      x -= Canvas.textWidth(name)
      canvas.text(name, x: x, y: y + 6, PictureStyle.soft)
      for colour in colours.reversed() {
        x -= 13
        canvas.fill(x: x, y: y + 5, width: 10, height: 10, colour)
      }
      x -= 14
    }
    canvas.fill(x: left, y: top, width: right - left, height: bottom - top, Colour(255, 255, 255))
    for range in legal {
      canvas.fill(
        x: edge(range.lowerBound), y: top, width: edge(range.upperBound + 1) - edge(range.lowerBound),
        height: bottom - top, Self.legalColour)
    }
    for start in (fastest?.first ?? []) + (fastest?.second ?? []) {
      canvas.fill(
        x: edge(start), y: top, width: max(edge(start + 1) - edge(start), 1), height: bottom - top,
        PictureStyle.box, share: 0.6)
    }
    if let halves {
      for (name, range) in [("first half", halves.first), ("second half", halves.second)] {
        let place = min(edge(range.lowerBound) + 4, right - Canvas.textWidth(name) - 2)
        canvas.text(name, x: place, y: bottom - 12, PictureStyle.soft)
      }
    } else {
      canvas.text(
        "shorter than two clips: every start is legal, none is fast", x: left + 4, y: bottom - 12,
        PictureStyle.soft)
    }
    drawVelocities(on: &canvas, left: left, top: top, bottom: bottom, middle: middle)
    for tick in AxisTicks.ticks(Double(last)) where tick == tick.rounded() {
      let start = max(Int(tick), 1)
      let text = "\(start)"
      canvas.text(
        text, x: min(Int(middle(start)) - Canvas.textWidth(text) / 2, right - Canvas.textWidth(text)),
        y: bottom + 5, PictureStyle.ink)
    }
    canvas.text("frame", x: margin, y: bottom + 5, PictureStyle.soft)
    for (number, start) in [starts.clip1, starts.clip2, starts.clip3].enumerated() {
      let (x, colour) = (Int(middle(start)), SampleSheet.clipColours[number])
      canvas.fill(x: x - 1, y: top - 14, width: 3, height: bottom - top + 14, colour)
      // Flags side by side in height, so that clips that begin together are all seen.
      let text = "\(number + 1)"
      let flag = top - 14 + 12 * number
      canvas.fill(x: x, y: flag, width: 12, height: 11, colour)
      canvas.text(text, x: x + 4, y: flag + 2, Colour(255, 255, 255))
    }
  }

  private func drawVelocities(
    on canvas: inout Canvas, left: Int, top: Int, bottom: Int, middle: (Int) -> Double
  ) {
    guard let peak = velocities.max(), peak > 0 else {
      canvas.text(
        velocities.isEmpty ? "the video is as short as one clip" : "nothing moves", x: left + 12,
        y: (top + bottom) / 2, PictureStyle.soft)
      return
    }
    func level(_ value: Float) -> Double { Double(bottom) - Double(bottom - top - 6) * Double(value / peak) }
    // The last start has no velocity of its own and takes that of the one before it.
    let values = velocities + [velocities[velocities.count - 1]]
    for index in values.indices.dropFirst() {
      canvas.line(
        from: (middle(index), level(values[index - 1])), to: (middle(index + 1), level(values[index])),
        thickness: 2, Self.curveColour)
    }
    let highest = String(format: "%.2f", peak)
    canvas.text(highest, x: left - 4 - Canvas.textWidth(highest), y: top + 2, PictureStyle.soft)
    canvas.text("0", x: left - 4 - Canvas.textWidth("0"), y: bottom - 8, PictureStyle.soft)
  }
}
