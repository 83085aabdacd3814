import Foundation

/// A contact sheet of one training sample: of each of its four tubelets frames of the video with the crop, the clip's
/// motion map, and what the network is given; below, the velocity of every start, which starts are legal, which are
/// fast, and which were drawn.
public struct SampleSheet: Sendable {
  private static let panelWidth = 176
  private static let gap = 8
  private static let titleHeight = 62
  private static let captionHeight = 32
  /// Frames of the clip that are shown whole, and of the result.
  private static let shownFrames = 4
  private static let shownResults = 2
  private static let background = Colour(250, 250, 252)
  /// Of clips 1, 2 and 3.
  static let clipColours = [Colour(30, 110, 230), Colour(20, 150, 70), Colour(200, 40, 150)]

  private let canvas: Canvas
  public let title: String

  /// What the pictures show, in words.
  public static let facts = [
    "Each sheet is one sample of training: its three clips, clip 1 twice. Each row is a tubelet: frames of the clip with "
      + "the crop in the clip's colour, what is cut off being darker; then how much the flow changes from place to place "
      + "within the clip, on 7x7 cells, with the yellow box of the strongest cells, which the crop has to cover in part; "
      + "then the first and the last frame as the network is given them.",
    "Below: the velocity of the clip that begins at each frame. Grey: starts that are legal in either half of the video. "
      + "Yellow: the fast ones, from which motion-guided draws take theirs. Lines: the starts that were drawn.",
  ]

  /// - Parameters:
  ///   - drawn: the sample.
  ///   - number: of the sample in the run, from 0.
  /// - Throws: `VideoError`, `MotionError` and `SamplingError` where the video or its motion cannot be read.
  public init(_ drawn: TubeletBatches.Drawn, number: Int, sampler: TubeletSampler, shortSide: Int? = 256)
    throws
  {
    let (entry, plan, temporal) = (drawn.video.motion, drawn.plan, sampler.temporal)
    let starts = plan.starts
    let tubelets: [(name: String, clip: Int, start: Int, augmentation: TubeletAugmentation)] = [
      ("query xq: clip 1", 1, starts.clip1, plan.xq), ("key x1: clip 1 again", 1, starts.clip1, plan.x1),
      ("key x2: clip 2", 2, starts.clip2, plan.x2), ("key x3: clip 3", 3, starts.clip3, plan.x3),
    ]
    let places = (0..<Self.shownFrames).map { $0 * (temporal.clipFrames - 1) / (Self.shownFrames - 1) }
    let frames = try Self.frames(
      drawn.video.video.path,
      Set(tubelets.flatMap { tubelet in places.map { temporal.frameIndices(start: tubelet.start)[$0] } }),
      shortSide)
    let maps = try entry.maps()
    let clipMaps = try tubelets.map { tubelet in
      try MotionBox.average(
        of: maps, frames: temporal.frameIndices(start: tubelet.start).map { min($0, entry.flowCount - 1) })
    }
    let peak = max(clipMaps.flatMap { $0 }.max() ?? 0, 1e-6)
    let panelHeight = max(Self.panelWidth * entry.height / entry.width, 8)
    let resultWidth = max(panelHeight * sampler.width / sampler.height, 8)
    let rowHeight = Self.captionHeight + panelHeight + Self.gap
    let width =
      2 * PictureStyle.margin + (Self.shownFrames + 1) * (Self.panelWidth + Self.gap)
      + Self.shownResults * (resultWidth + Self.gap)
    let curveTop = Self.titleHeight + tubelets.count * rowHeight
    var canvas = Canvas(
      width: width, height: curveTop + StartCurve.height + PictureStyle.margin, background: Self.background)
    title = "sample \(number + 1): \(drawn.video.video.name), epoch \(drawn.epoch)"
    canvas.text(title, x: PictureStyle.margin, y: 12, size: 2, PictureStyle.ink)
    let order =
      starts.order == 1 ? "clip 1 comes before clips 2 and 3" : "clip 1 comes after clips 2 and 3"
    canvas.text(
      "\(entry.frameCount) frames of \(entry.width)x\(entry.height). Order label \(starts.order): \(order). "
        + (starts.isGuided
          ? "Motion-guided draw: from fast starts only." : "Uniform draw: from all legal starts."),
      x: PictureStyle.margin, y: 36, PictureStyle.ink)
    for (row, tubelet) in tubelets.enumerated() {
      let y = Self.titleHeight + row * rowHeight
      let top = y + Self.captionHeight
      let colour = Self.clipColours[tubelet.clip - 1]
      let indices = temporal.frameIndices(start: tubelet.start)
      let crop = tubelet.augmentation.crop
      let box = try MotionBox(map: clipMaps[row])
      canvas.fill(x: PictureStyle.margin, y: y + 6, width: 10, height: 10, colour)
      canvas.text(
        "\(tubelet.name), frames \(tubelet.start) to \((indices.last ?? 0) + 1)", x: PictureStyle.margin + 16,
        y: y + 7,
        PictureStyle.ink)
      canvas.text("\(tubelet.augmentation.words)", x: PictureStyle.margin + 16, y: y + 19, PictureStyle.soft)
      var x = PictureStyle.margin
      for place in places {
        let frame = try Self.frame(frames, indices[place])
        Self.draw(frame, on: &canvas, x: x, y: top, height: panelHeight)
        Self.drawCrop(crop, of: frame, on: &canvas, x: x, y: top, height: panelHeight, colour)
        canvas.label("\(indices[place] + 1)", x: x + 3, y: top + panelHeight - 11)
        x += Self.panelWidth + Self.gap
      }
      let middle = try Self.frame(frames, indices[places[places.count / 2]])
      Self.draw(middle, on: &canvas, x: x, y: top, height: panelHeight) { column, row, colour in
        let light = UInt8((Int(colour.red) * 3 + Int(colour.green) * 6 + Int(colour.blue)) / 10)
        let value =
          clipMaps[tubelet.clip == 1 ? 0 : tubelet.clip][
            row * 7 / middle.height * 7 + column * 7 / middle.width] / peak
        return Colour(light, light, light).mixed(Colour(20, 20, 40), 0.45).mixed(
          MotionPicture.heat(value), 0.15 + 0.65 * value.squareRoot())
      }
      let across = box.pixels(width: Self.panelWidth, height: panelHeight)
      canvas.outline(
        x: x + Int(across.x.lowerBound), y: top + Int(across.y.lowerBound),
        width: Int(across.x.upperBound) - Int(across.x.lowerBound),
        height: Int(across.y.upperBound) - Int(across.y.lowerBound), thickness: 3, PictureStyle.box)
      Self.drawCrop(crop, of: middle, on: &canvas, x: x, y: top, height: panelHeight, colour, isDark: false)
      let cover = box.cover(by: crop, frameWidth: entry.width, frameHeight: entry.height)
      let wanted = box.requiredCover > 0 ? String(format: ", wanted %.0f%%", 100 * box.requiredCover) : ""
      canvas.text(
        String(format: "map; box covered %.0f%%", 100 * cover) + wanted, x: x, y: y + 7,
        PictureStyle.soft)
      x += Self.panelWidth + Self.gap
      canvas.text("given to the network", x: x, y: y + 7, PictureStyle.soft)
      let results = try tubelet.augmentation.images(
        [indices[places[0]], indices[places[places.count - 1]]].map { try Self.frame(frames, $0) })
      for result in results {
        canvas.image(
          x: x, y: top, width: resultWidth, height: panelHeight, sourceWidth: result.width,
          sourceHeight: result.height
        ) { result.colour($0, $1) }
        x += resultWidth + Self.gap
      }
    }
    let velocities = try entry.velocities(span: temporal.span) ?? []
    try StartCurve(
      temporal: temporal, frameCount: entry.frameCount, velocities: velocities, starts: starts,
      video: drawn.video.video.name.description
    ).draw(on: &canvas, y: curveTop, margin: PictureStyle.margin)
    self.canvas = canvas
  }

  /// All sheets on one page.
  public static func html(_ sheets: [SampleSheet], title: String) -> String {
    PicturePage.html(title: title, facts: facts, pictures: sheets.map { ($0.canvas.png, $0.title) })
  }

  /// All sheets in one picture, below each other.
  public static func picture(_ sheets: [SampleSheet]) -> PNGImage {
    var whole = Canvas(
      width: sheets.map(\.canvas.width).max() ?? 1,
      height: max(sheets.reduce(0) { $0 + $1.canvas.height }, 1),
      background: Self.background)
    var y = 0
    for sheet in sheets {
      whole.image(
        x: 0, y: y, width: sheet.canvas.width, height: sheet.canvas.height, sourceWidth: sheet.canvas.width,
        sourceHeight: sheet.canvas.height
      ) { sheet.canvas[$0, $1] }
      y += sheet.canvas.height
    }
    return whole.png
  }

  // MARK: Parts

  private static func frames(_ path: FilePath, _ numbers: Set<Int>, _ shortSide: Int?) throws -> [Int:
    RGBImage]
  {
    let decoder = try VideoDecoder(path: path, shortSide: shortSide)
    var (frames, passed) = ([Int: RGBImage](), 0)
    for number in numbers.sorted() {
      passed += try decoder.skip(number - passed)
      guard passed == number, let frame = try decoder.next() else {
        throw VideoError("\(path) has \(passed) frames, fewer than its motion; prepare it again.")
      }
      passed += 1
      frames[number] = try RGBImage(width: frame.width, height: frame.height, pixels: frame.pixels)
    }
    return frames
  }

  private static func frame(_ frames: [Int: RGBImage], _ number: Int) throws -> RGBImage {
    guard let frame = frames[number] else { throw SamplingError("frame \(number + 1) was not decoded") }
    return frame
  }

  private static func draw(
    _ frame: RGBImage, on canvas: inout Canvas, x: Int, y: Int, height: Int,
    _ change: (Int, Int, Colour) -> Colour = { $2 }
  ) {
    canvas.image(
      x: x, y: y, width: panelWidth, height: height, sourceWidth: frame.width, sourceHeight: frame.height
    ) { change($0, $1, frame.colour($0, $1)) }
  }

  /// The crop in a frame that was drawn at (x, y); outside of it the picture is made dark.
  private static func drawCrop(
    _ crop: Crop, of frame: RGBImage, on canvas: inout Canvas, x: Int, y: Int, height: Int, _ colour: Colour,
    isDark: Bool = true
  ) {
    let (left, right) = (crop.x * panelWidth / frame.width, (crop.x + crop.width) * panelWidth / frame.width)
    let (top, bottom) = (crop.y * height / frame.height, (crop.y + crop.height) * height / frame.height)
    if isDark {
      let black = Colour(0, 0, 0)
      canvas.fill(x: x, y: y, width: panelWidth, height: top, black, share: 0.55)
      canvas.fill(x: x, y: y + bottom, width: panelWidth, height: height - bottom, black, share: 0.55)
      canvas.fill(x: x, y: y + top, width: left, height: bottom - top, black, share: 0.55)
      canvas.fill(
        x: x + right, y: y + top, width: panelWidth - right, height: bottom - top, black, share: 0.55)
    }
    canvas.outline(x: x + left, y: y + top, width: right - left, height: bottom - top, thickness: 3, colour)
  }
}

extension Canvas {
  /// Small white text on a dark ground, for the corner of a picture.
  mutating func label(_ text: String, x: Int, y: Int) {
    fill(x: x - 2, y: y - 1, width: Self.textWidth(text) + 3, height: 10, Colour(0, 0, 0), share: 0.6)
    self.text(text, x: x, y: y, Colour(255, 255, 255))
  }
}

extension RGBImage {
  func colour(_ x: Int, _ y: Int) -> Colour {
    let place = 3 * (y * width + x)
    return Colour(pixels[place], pixels[place + 1], pixels[place + 2])
  }
}

extension TubeletAugmentation {
  /// What is done to the tubelet, for people.
  fileprivate var words: String {
    var parts = ["crop \(crop.width)x\(crop.height) at (\(crop.x), \(crop.y)) to \(width)x\(height)"]
    parts += colour.map { step in
      switch step {
      case .brightness(let factor): String(format: "brightness x%.2f", factor)
      case .contrast(let factor): String(format: "contrast x%.2f", factor)
      case .saturation(let factor): String(format: "saturation x%.2f", factor)
      case .hue(let turn): String(format: "hue %+.0f degrees", 360 * turn)
      }
    }
    if isGrey { parts.append("grey") }
    if let blurSigma { parts.append(String(format: "blur %.1f px", blurSigma)) }
    if isFlipped { parts.append("flipped") }
    return parts.joined(separator: ", ")
  }
}
