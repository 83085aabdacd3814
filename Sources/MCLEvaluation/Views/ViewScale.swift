import MCLSupport
import MCLVideo

/// At which scale views are cut out of frames.
///
/// | text | frames | crops |
/// |---|---|---|
/// | `fit` | as they are | the largest of the clip's aspect, scaled to the clip |
/// | `none` | as they are | of the clip's own size |
/// | a number | scaled so that the short side has so many pixels | of the clip's own size |
package enum ViewScale: Sendable, Hashable, RawRepresentable, Codable {
  case fit
  case none
  case shortSide(Int)

  package init?(rawValue: String) {
    switch rawValue {
    case "fit": self = .fit
    case "none": self = .none
    default:
      guard let side = Int(rawValue), (1...1 << 13).contains(side) else { return nil }
      self = .shortSide(side)
    }
  }

  package var rawValue: String {
    switch self {
    case .fit: "fit"
    case .none: "none"
    case .shortSide(let side): String(side)
    }
  }

  /// Where frames of a size are cut.
  package struct Cut: Sendable, Hashable {
    /// The size that whole frames get first; nil where they stay.
    package var scaled: Size?
    package var crop: Crop

    package struct Size: Sendable, Hashable {
      package var width: Int
      package var height: Int

      package init(width: Int, height: Int) { (self.width, self.height) = (width, height) }
    }
  }

  /// - Parameters:
  ///   - width: of the clip, in pixels.
  ///   - height: of the clip, in pixels.
  ///   - share: of `fit`: the sides of the crop as a share of the largest.
  /// - Returns: nil where the clip's size does not fit the frame.
  package func cut(
    frameWidth: Int, frameHeight: Int, width: Int, height: Int, share: Double, at place: EvaluationViews.Place
  ) -> Cut? {
    switch self {
    case .fit:
      let sides = Crop.largestSides(
        frameWidth: frameWidth, frameHeight: frameHeight, width: width, height: height, share: share)
      return Self.cut(of: sides.width, sides.height, in: (frameWidth, frameHeight), at: place)
    case .none:
      return Self.cut(of: width, height, in: (frameWidth, frameHeight), at: place)
    case .shortSide(let side):
      // The long side is rounded down, as torchvision has it.
      let size =
        frameWidth < frameHeight
        ? Cut.Size(width: side, height: side * frameHeight / frameWidth)
        : Cut.Size(width: side * frameWidth / frameHeight, height: side)
      guard var cut = Self.cut(of: width, height, in: (size.width, size.height), at: place) else {
        return nil
      }
      cut.scaled = size
      return cut
    }
  }

  private static func cut(
    of width: Int, _ height: Int, in frame: (width: Int, height: Int), at place: EvaluationViews.Place
  ) -> Cut? {
    let (x, y) = (frame.width - width, frame.height - height)
    guard x >= 0, y >= 0 else { return nil }
    let corner =
      switch place {
      case .centre: (x / 2, y / 2)
      case .topLeft: (0, 0)
      case .bottomRight: (x, y)
      }
    return Cut(scaled: nil, crop: Crop(x: corner.0, y: corner.1, width: width, height: height))
  }
}

/// What views go through before a program is given them. It has no randomness.
package struct ClipPreparation: Sendable, Hashable, Codable {
  /// Subtracted from the channels R, G, B on the scale 0 ... 1.
  package var mean: [Float]
  /// The channels are divided by it after that.
  package var standardDeviation: [Float]
  package var scale: ViewScale
  /// Of `ViewScale.fit`: the sides of the crop as a share of the largest.
  package var centreShare: Double
  /// Whether each clip shows its middle frame alone, all the time: what is left without motion.
  package var isSingleFrame: Bool

  package init(
    mean: [Float], standardDeviation: [Float], scale: ViewScale = .fit, centreShare: Double = 1,
    isSingleFrame: Bool = false
  ) {
    (self.mean, self.standardDeviation, self.scale) = (mean, standardDeviation, scale)
    (self.centreShare, self.isSingleFrame) = (centreShare, isSingleFrame)
  }

  /// Frames that a clip shows, of those that its views name.
  package func shown(_ frames: [Int]) -> [Int] {
    guard isSingleFrame, !frames.isEmpty else { return frames }
    return [Int](repeating: frames[frames.count / 2], count: frames.count)
  }
}
