import Foundation
import MCLData
import MCLDrawing
import MCLMotion
import MCLRuntime
import MCLSupport
import MCLVideo

/// A picture of what training knows of a video's motion: of some clips the middle frame with the box that crops must
/// cover, the flow to the next frame, and the clip's 7x7 map; below, the velocity of every clip.
package struct MotionPicture: Sendable {
  /// Clips shown.
  static let moments = 4
  private static let panelWidth = 288
  private static let titleHeight = 74
  private static let captionHeight = 20
  private static let curveHeight = 170
  private static let curveColour = Colour(30, 100, 200)

  package let png: PNGImage
  /// What the picture shows, in words: a line each for HTML.
  package let facts: [String]

  /// - Parameters:
  ///   - path: of the video.
  ///   - entry: its motion.
  ///   - clipFrames: frames of a clip; `step` frames of the video from one to the next.
  /// - Throws: `VideoError`, `MotionError` and `SamplingError` where the video or its motion cannot be read.
  package init(path: some PathConvertible, entry: MotionCacheEntry, clipFrames: Int = 16, step: Int = 2)
    throws
  {
    let path = path.filePath
    guard entry.flowCount > 0 else {
      throw MotionError("\(path) has one frame, so nothing moves; name a longer video")
    }
    let sampler = try TemporalSampler(clipFrames: clipFrames, step: step)
    let maps = try entry.maps()
    let velocities = try entry.velocities(span: sampler.span) ?? []
    let lastStart = max(entry.frameCount - sampler.span, 0)
    let count = min(Self.moments, lastStart + 1)
    let starts = (0..<count).map { count == 1 ? 0 : $0 * lastStart / (count - 1) }
    // The middle of each clip stands for it.
    let middles = starts.map { min($0 + step * (clipFrames / 2), entry.flowCount - 1) }
    let flows = try entry.flows(middles)
    let frames = try Self.frames(path, middles, entry)
    let clipMaps = try starts.map { start in
      try MotionBox.average(
        of: maps, frames: (0..<clipFrames).map { min(start + step * $0, entry.flowCount - 1) })
    }
    let speed = Self.speed(of: flows)
    let peak = max(clipMaps.flatMap { $0 }.max() ?? 0, 1e-6)

    let panelHeight = Self.panelWidth * entry.height / entry.width
    let rowHeight = Self.captionHeight + panelHeight + PictureStyle.margin
    let width = 3 * Self.panelWidth + 4 * PictureStyle.margin
    var canvas = Canvas(
      width: width, height: Self.titleHeight + count * rowHeight + Self.curveHeight + 2 * PictureStyle.margin,
      background: Colour(250, 250, 252))
    let name = path.lastComponent.description
    canvas.text(name, x: PictureStyle.margin, y: 12, size: 2, PictureStyle.ink)
    let rate = entry.frameRate.map { String(format: ", %.4g frames/s", $0.framesPerSecond) } ?? ""
    let kind = entry.kind == .tvl1 ? "TV-L1 flow" : "the codec's motion vectors"
    canvas.text(
      "\(entry.frameCount) frames of \(entry.width)x\(entry.height)\(rate), \(kind)", x: PictureStyle.margin,
      y: 34,
      PictureStyle.ink)
    canvas.text(
      "Clips of \(clipFrames) frames, step \(step). The box bounds the 4 strongest of 7x7 cells: crops must cover it.",
      x: PictureStyle.margin, y: 48, PictureStyle.soft)
    Self.drawWheel(&canvas, x: width - PictureStyle.margin - 60, y: 8, speed)

    for row in 0..<count {
      let y = Self.titleHeight + row * rowHeight
      let box = try MotionBox(map: clipMaps[row])
      let columns = (0..<3).map { PictureStyle.margin + $0 * (Self.panelWidth + PictureStyle.margin) }
      canvas.text(
        "clip from frame \(starts[row] + 1): frame \(middles[row] + 1) and the box", x: columns[0], y: y + 6,
        PictureStyle.ink)
      canvas.text(
        "flow from frame \(middles[row] + 1) to \(middles[row] + 2)", x: columns[1], y: y + 6,
        PictureStyle.ink)
      // The last clip has no velocity of its own and takes that of the one before it.
      let clipVelocity =
        velocities.isEmpty
        ? "" : String(format: ", velocity %.2f", velocities[min(starts[row], velocities.count - 1)])
      canvas.text("the clip's motion map\(clipVelocity)", x: columns[2], y: y + 6, PictureStyle.ink)
      let top = y + Self.captionHeight
      let (frame, flow) = (frames[row], flows[row])
      func pixel(_ x: Int, _ y: Int) -> Colour {
        let place = 3 * (y * frame.width + x)
        return Colour(frame.pixels[place], frame.pixels[place + 1], frame.pixels[place + 2])
      }
      canvas.image(
        x: columns[0], y: top, width: Self.panelWidth, height: panelHeight, sourceWidth: frame.width,
        sourceHeight: frame.height, pixel)
      canvas.image(
        x: columns[1], y: top, width: Self.panelWidth, height: panelHeight, sourceWidth: flow.width,
        sourceHeight: flow.height
      ) { x, y in
        let place = y * flow.width + x
        return FlowColours.colour(
          u: Self.pixels(flow.u[place]), v: Self.pixels(flow.v[place]), fastest: speed)
      }
      canvas.image(
        x: columns[2], y: top, width: Self.panelWidth, height: panelHeight, sourceWidth: frame.width,
        sourceHeight: frame.height
      ) { x, y in
        let cell = y * 7 / frame.height * 7 + x * 7 / frame.width
        return Self.heated(pixel(x, y), by: clipMaps[row][cell] / peak)
      }
      Self.drawGrid(&canvas, x: columns[2], y: top, height: panelHeight)
      for column in [columns[0], columns[2]] {
        let across = box.pixels(width: Self.panelWidth, height: panelHeight)
        canvas.outline(
          x: column + Int(across.x.lowerBound), y: top + Int(across.y.lowerBound),
          width: Int(across.x.upperBound) - Int(across.x.lowerBound),
          height: Int(across.y.upperBound) - Int(across.y.lowerBound), thickness: 3, PictureStyle.box)
      }
    }
    let guided = try sampler.fastestStarts(frameCount: entry.frameCount, velocities: velocities, video: name)
    Self.drawCurve(
      &canvas, y: Self.titleHeight + count * rowHeight, velocities, starts,
      guided: Set((guided?.first ?? []) + (guided?.second ?? [])), last: lastStart + 1, span: sampler.span)
    png = canvas.png
    facts = [
      "\(entry.frameCount) frames of \(entry.width)x\(entry.height)\(rate); \(kind).",
      "Each row is a clip of \(clipFrames) frames, \(step) frames of the video apart. Left: its middle frame. Middle: the flow to "
        + "the next frame; the hue is the direction, the saturation the speed "
        + String(format: "(full at %.1f px a frame), white is rest. ", speed)
        + "Right: how much the flow changes from place to place within the clip, on 7x7 cells. "
        + "The yellow box bounds the four strongest cells; crops for training have to cover it.",
      "Below: the velocity of every clip by its first frame. Motion-guided draws take clips from the shaded starts only.",
    ]
  }

  /// A page of its own: the picture is part of it.
  package func html(title: String) -> String {
    PicturePage.html(
      title: title, facts: facts,
      content: HTML.image(png.bytes, kind: "png", description: "frames, flow, motion maps and velocities"))
  }

  // MARK: Parts

  private static func frames(_ path: FilePath, _ numbers: [Int], _ entry: MotionCacheEntry) throws
    -> [VideoFrame]
  {
    let decoder = try VideoDecoder(path: path, shortSide: entry.shortSide)
    var (frames, passed) = ([VideoFrame](), 0)
    for number in numbers {
      // The last two clips of a video may have the same middle.
      if number < passed, let last = frames.last {
        frames.append(last)
        continue
      }
      passed += try decoder.skip(number - passed)
      guard let frame = try decoder.next() else {
        throw VideoError("\(path) has \(passed) frames, fewer than its motion; prepare it again.")
      }
      passed += 1
      frames.append(frame)
    }
    return frames
  }

  /// A stored value in pixels.
  private static func pixels(_ value: UInt8) -> Float { (Float(value) - 128) * 40 / 255 }

  /// What 99 % of the vectors do not exceed, in pixels, at least one.
  private static func speed(of flows: [QuantizedFlow]) -> Float {
    var speeds: [Float] = []
    for flow in flows {
      for place in stride(from: 0, to: flow.u.count, by: 7) {
        let (u, v) = (pixels(flow.u[place]), pixels(flow.v[place]))
        speeds.append((u * u + v * v).squareRoot())
      }
    }
    speeds.sort()
    return max(speeds.isEmpty ? 1 : speeds[speeds.count * 99 / 100], 1)
  }

  /// A pixel in grey, with a value from 0 to 1 over it: the higher, the stronger.
  static func heated(_ pixel: Colour, by value: Float) -> Colour {
    let (red, green, blue) = (Int(pixel.red), Int(pixel.green), Int(pixel.blue))
    let light = UInt8((3 * red + 6 * green + blue) / 10)
    let share = 0.15 + 0.65 * value.squareRoot()
    return Colour(light, light, light).mixed(Colour(20, 20, 40), 0.45).mixed(heat(value), share)
  }

  /// From blue over red to yellow.
  private static func heat(_ value: Float) -> Colour {
    value < 0.5
      ? Colour(40, 60, 160).mixed(Colour(220, 40, 40), 2 * value)
      : Colour(220, 40, 40).mixed(Colour(255, 235, 60), 2 * value - 1)
  }

  private static func drawWheel(_ canvas: inout Canvas, x: Int, y: Int, _ speed: Float) {
    let radius = 28
    for dy in -radius...radius {
      for dx in -radius...radius where dx * dx + dy * dy <= radius * radius {
        canvas[x + radius + dx, y + radius + dy] = FlowColours.colour(
          u: Float(dx) / Float(radius), v: Float(dy) / Float(radius), fastest: 1)
      }
    }
    let text = String(format: "rim: %.1f px", speed)
    canvas.text(text, x: x - Canvas.textWidth(text) - 6, y: y + radius - 4, PictureStyle.soft)
  }

  private static func drawGrid(_ canvas: inout Canvas, x: Int, y: Int, height: Int) {
    for line in 1..<7 {
      canvas.fill(
        x: x + line * panelWidth / 7, y: y, width: 1, height: height, Colour(255, 255, 255), share: 0.25)
      canvas.fill(
        x: x, y: y + line * height / 7, width: panelWidth, height: 1, Colour(255, 255, 255), share: 0.25)
    }
  }

  private static func drawCurve(
    _ canvas: inout Canvas, y: Int, _ velocities: [Float], _ starts: [Int], guided: Set<Int>, last: Int,
    span: Int
  ) {
    canvas.text(
      "velocity of the clip that begins at each frame (\(span) frames long)", x: PictureStyle.margin,
      y: y + 4, PictureStyle.ink)
    let note =
      guided.isEmpty
      ? "no motion-guided draws: the video is shorter than two clips" : "shaded: motion-guided draws"
    canvas.text(
      note, x: canvas.width - PictureStyle.margin - Canvas.textWidth(note), y: y + 4, PictureStyle.soft)
    let left = PictureStyle.margin + 44
    let (right, top, bottom) = (canvas.width - PictureStyle.margin, y + 20, y + curveHeight - 14)
    canvas.fill(x: left, y: top, width: right - left, height: bottom - top, Colour(255, 255, 255))
    guard let peak = velocities.max(), peak > 0, last > 1 else {
      canvas.text(
        velocities.isEmpty ? "the video is as short as one clip" : "nothing moves", x: left + 12,
        y: (top + bottom) / 2,
        PictureStyle.soft)
      return
    }
    func place(_ start: Int) -> Double {
      Double(left) + Double(right - left) * Double(start) / Double(last - 1)
    }
    func level(_ value: Float) -> Double { Double(bottom) - Double(bottom - top - 6) * Double(value / peak) }
    for start in guided {
      let from = Int(place(start - 1) - (place(1) - place(0)) / 2)
      let to = Int(place(start - 1) + (place(1) - place(0)) / 2)
      canvas.fill(
        x: max(from, left), y: top, width: max(min(to, right) - max(from, left), 1), height: bottom - top,
        PictureStyle.box, share: 0.25)
    }
    for start in starts {
      canvas.fill(x: Int(place(start)), y: top, width: 1, height: bottom - top, PictureStyle.soft)
      let text = "\(start + 1)"
      canvas.text(
        text,
        x: min(max(Int(place(start)) - Canvas.textWidth(text) / 2, left), right - Canvas.textWidth(text)),
        y: bottom + 4, PictureStyle.ink)
    }
    for index in velocities.indices.dropFirst() {
      canvas.line(
        from: (place(index - 1), level(velocities[index - 1])), to: (place(index), level(velocities[index])),
        thickness: 2, curveColour)
    }
    let highest = String(format: "%.2f", peak)
    canvas.text(highest, x: left - 4 - Canvas.textWidth(highest), y: top + 2, PictureStyle.soft)
    canvas.text("0", x: left - 4 - Canvas.textWidth("0"), y: bottom - 8, PictureStyle.soft)
    canvas.text("frame", x: PictureStyle.margin, y: bottom + 4, PictureStyle.soft)
  }
}
