import Foundation
import MCLData
import MCLDrawing
import MCLMotion
import MCLRuntime
import MCLSupport
import MCLVideo

/// A contact sheet of one training sample: of each of its clips frames of the video with the crop, the clip's motion map
/// where the video's motion is known, and what the network is given; below, where motion guided the draw, the velocity of
/// every start, which starts are legal, which are fast, and which were drawn.
package struct SampleSheet: Sendable {
  /// A picture with what it shows.
  struct Panel: Sendable {
    var caption: String
    var picture: Canvas
  }

  /// A clip.
  struct Row: Sendable {
    var name: String
    var augmentation: String
    var colour: Colour
    var panels: [Panel]
  }

  static let panelWidth = 176
  /// Frames of the clip that are shown whole, and of the result.
  private static let shownFrames = 4
  private static let shownResults = 2
  /// Of clips that begin at different frames, in turn.
  static let clipColours = [Colour(30, 110, 230), Colour(20, 150, 70), Colour(200, 40, 150)]

  package let title: String
  /// The video, and how starts were drawn.
  let about: String
  let rows: [Row]
  /// nil where motion did not guide the draw.
  let curve: StartCurve?

  /// What the pictures show, in words.
  package static let facts = [
    "Each sheet is one sample of training. Each row is an input of the program: frames of the clip with the crop in the "
      + "clip's colour, what is cut off being darker; where the video's motion is known, how much the flow changes from "
      + "place to place within the clip, on 7x7 cells, with the yellow box of the strongest cells, which tubelets have to "
      + "cover in part; then the first and the last frame as the network is given them.",
    "Below, for tubelets: the velocity of the clip that begins at each frame. Grey: starts that are legal in either half of the video. "
      + "Yellow: the fast ones, from which motion-guided draws take theirs. Lines: the starts that were drawn.",
  ]

  /// - Parameters:
  ///   - drawn: the sample.
  ///   - number: of the sample in the run, from 0.
  /// - Throws: `VideoError`, `MotionError` and `SamplingError` where the video or its motion cannot be read.
  package init(_ drawn: DrawnSample, number: Int, shortSide: Int? = 256) throws {
    let video = drawn.video
    func places(_ clip: DrawnClip) -> [Int] {
      (0..<Self.shownFrames).map { $0 * (clip.frames.count - 1) / (Self.shownFrames - 1) }
    }
    let frames = try Self.frames(
      video.video.path, Set(drawn.clips.flatMap { clip in places(clip).map { clip.frames[$0] } }), shortSide)
    let entry = video.motion
    let maps = try entry?.maps()
    let clipMaps = try drawn.clips.map { clip in
      try maps.map { maps in
        try MotionBox.average(of: maps, frames: clip.frames.map { min($0, video.frameCount - 2) })
      }
    }
    let peak = max(clipMaps.flatMap { $0 ?? [] }.max() ?? 0, 1e-6)
    let panelHeight = max(Self.panelWidth * video.height / video.width, 8)
    title = "sample \(number + 1): \(video.video.name), epoch \(drawn.sample.epoch)"
    about =
      "\(video.frameCount) frames of \(video.width)x\(video.height)."
      + (drawn.guided.map { guided in
        " Order label \(guided.starts.order): clip 1 comes \(guided.starts.order == 1 ? "before" : "after") clips 2 and 3. "
          + (guided.starts.isGuided
            ? "Motion-guided draw: from fast starts only." : "Uniform draw: from all legal starts.")
      } ?? "")
    let beginnings = drawn.clips.reduce(into: [Int]()) { known, clip in
      if let first = clip.frames.first, !known.contains(first) { known.append(first) }
    }
    rows = try zip(drawn.clips, clipMaps).map { clip, map in
      let indices = clip.frames
      let start = indices.first ?? 0
      let colour = Self.clipColours[(beginnings.firstIndex(of: start) ?? 0) % Self.clipColours.count]
      let places = places(clip)
      let crop = clip.augmentation.crop
      let resultWidth = max(panelHeight * clip.augmentation.width / clip.augmentation.height, 8)
      var panels = try places.map { place in
        let frame = try Self.frame(frames, indices[place])
        var panel = Self.panel(frame, height: panelHeight)
        panel.drawCrop(crop, of: frame, colour)
        return Panel(caption: "frame \(indices[place] + 1)", picture: panel)
      }
      if let map {
        let box = try MotionBox(map: map)
        let cover = box.cover(by: crop, frameWidth: video.width, frameHeight: video.height)
        let wanted = box.requiredCover > 0 ? String(format: ", wanted %.0f%%", 100 * box.requiredCover) : ""
        panels.append(
          Panel(
            caption: String(format: "map; box covered %.0f%%", 100 * cover) + wanted,
            picture: Self.mapPanel(
              map, peak: peak, over: try Self.frame(frames, indices[places[places.count / 2]]), box, crop,
              colour, height: panelHeight)))
      }
      let ends = [indices[places[0]], indices[places[places.count - 1]]]
      let results = try clip.augmentation.images(ends.map { try Self.frame(frames, $0) })
      for (result, caption) in zip(results, ["given to the network", ""]) {
        var panel = Canvas(width: resultWidth, height: panelHeight, background: PictureStyle.ink)
        panel.image(
          x: 0, y: 0, width: resultWidth, height: panelHeight, sourceWidth: result.width,
          sourceHeight: result.height
        ) { result.colour($0, $1) }
        panels.append(Panel(caption: caption, picture: panel))
      }
      return Row(
        name: "\(clip.input), frames \(start + 1) to \((indices.last ?? 0) + 1)",
        augmentation: clip.augmentation.words, colour: colour, panels: panels)
    }
    curve = try drawn.guided.map { guided in
      StartCurve(
        temporal: guided.temporal, frameCount: video.frameCount,
        velocities: try entry?.velocities(span: guided.temporal.span) ?? [], starts: guided.starts,
        video: video.video.name.description)
    }
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

  /// A frame at a panel's size.
  private static func panel(
    _ frame: RGBImage, height: Int, _ change: (Int, Int, Colour) -> Colour = { $2 }
  ) -> Canvas {
    var panel = Canvas(width: panelWidth, height: height, background: PictureStyle.ink)
    panel.image(
      x: 0, y: 0, width: panelWidth, height: height, sourceWidth: frame.width, sourceHeight: frame.height
    ) { change($0, $1, frame.colour($0, $1)) }
    return panel
  }

  private static func mapPanel(
    _ map: [Float], peak: Float, over frame: RGBImage, _ box: MotionBox, _ crop: Crop, _ colour: Colour,
    height: Int
  ) -> Canvas {
    var panel = panel(frame, height: height) { column, row, colour in
      let cell = row * 7 / frame.height * 7 + column * 7 / frame.width
      return MotionPicture.heated(colour, by: map[cell] / peak)
    }
    let across = box.pixels(width: panelWidth, height: height)
    panel.outline(
      x: Int(across.x.lowerBound), y: Int(across.y.lowerBound),
      width: Int(across.x.upperBound) - Int(across.x.lowerBound),
      height: Int(across.y.upperBound) - Int(across.y.lowerBound), thickness: 3, PictureStyle.box)
    panel.drawCrop(crop, of: frame, colour, isDark: false)
    return panel
  }
}

extension Canvas {
  /// The crop in a frame that fills this picture; outside of it the picture is made dark.
  fileprivate mutating func drawCrop(_ crop: Crop, of frame: RGBImage, _ colour: Colour, isDark: Bool = true)
  {
    let (left, right) = (crop.x * width / frame.width, (crop.x + crop.width) * width / frame.width)
    let (top, bottom) = (crop.y * height / frame.height, (crop.y + crop.height) * height / frame.height)
    if isDark {
      let black = Colour(0, 0, 0)
      fill(x: 0, y: 0, width: width, height: top, black, share: 0.55)
      fill(x: 0, y: bottom, width: width, height: height - bottom, black, share: 0.55)
      fill(x: 0, y: top, width: left, height: bottom - top, black, share: 0.55)
      fill(x: right, y: top, width: width - right, height: bottom - top, black, share: 0.55)
    }
    outline(x: left, y: top, width: right - left, height: bottom - top, thickness: 3, colour)
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
