import Foundation
import MCLRuntime
import MCLSupport
import MCLVideo

/// How the frames of a video become the tensor that a program is given.
///
/// Views are read by it, exported weights carry it, and `model.py` follows it.
///
/// | step | by |
/// |---|---|
/// | decoded pictures to RGB | `decoding` |
/// | RGB scaled down where its short side is longer than | `shortSide` |
/// | frames of a clip, T of them, step apart | `clip`; a short video's frames are repeated in place |
/// | scaled, cropped, resized in 8 bits | `preparation.scale`, `centreShare`, `filter` |
/// | (level / 255 - mean) / standard deviation, [N, 3, T, H, W] | `preparation` |
package struct Preprocessing: Sendable, Hashable {
  /// Where metadata of weights keep it.
  package static let key = "preprocessing"
  /// The short side that `fit` decodes at most at, as training does.
  package static let usualShortSide = 256

  package var decoding: FrameConversion
  /// Pixels of the short side at most, as frames are decoded; nil leaves them as they are.
  package var shortSide: Int?
  package var clip: FeatureSource.ClipShape
  package var preparation: ClipPreparation

  package init(
    clip: FeatureSource.ClipShape, preparation: ClipPreparation, shortSide: Int?,
    decoding: FrameConversion = .standard
  ) {
    (self.clip, self.preparation, self.shortSide, self.decoding) = (clip, preparation, shortSide, decoding)
  }

  /// What views of a program's clip go through: frames are decoded at training's size where views may be of any size.
  package init(of clip: VideoFields.Clip, _ preparation: ClipPreparation) {
    self.init(
      clip: .init(frames: clip.frames, step: clip.step, height: clip.height, width: clip.width),
      preparation: preparation, shortSide: preparation.scale == .fit ? Self.usualShortSide : nil)
  }

  /// - Throws: `UsageError` for a scale at which no clip can be cut.
  package func expectClipFits() throws {
    let least = min(clip.width, clip.height)
    guard case .shortSide(let side) = preparation.scale, side < least else { return }
    throw UsageError(
      "--resize \(side): clips of \(clip.width)x\(clip.height) pixels do not fit frames of that short side; give at least "
        + "\(least)")
  }
}

extension Preprocessing: Codable {
  private static let version = 1

  /// What is fixed; a file that says otherwise is of another mclc.
  private enum Layout: String, Codable { case clips = "f32 [N, 3, T, H, W]" }
  private enum Normalisation: String, Codable {
    case levels = "(level / 255 - mean) / standard_deviation"
  }
  private enum ResizeFilter: String, Codable {
    case antialiased = "antialiased bilinear, rounded to 8 bits after each axis"
  }
  private enum ShortVideos: String, Codable { case repeated = "each frame repeated in place" }

  private enum CodingKeys: String, CodingKey {
    case version, decoding, clip, mean, layout, normalisation
    case shortSide = "short_side_at_most"
    case shortVideos = "short_videos"
    case resize = "resize"
    case share = "crop_share"
    case filter = "resize_filter"
    case deviation = "standard_deviation"
    case isSingleFrame = "single_frame"
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let version = try values.decode(Int.self, forKey: .version)
    guard version == Self.version else {
      throw UsageError("the preprocessing has version \(version), but this mclc knows \(Self.version)")
    }
    _ = try values.decode(Layout.self, forKey: .layout)
    _ = try values.decode(Normalisation.self, forKey: .normalisation)
    _ = try values.decode(ResizeFilter.self, forKey: .filter)
    _ = try values.decode(ShortVideos.self, forKey: .shortVideos)
    self.init(
      clip: try values.decode(FeatureSource.ClipShape.self, forKey: .clip),
      preparation: ClipPreparation(
        mean: try values.decode([Float].self, forKey: .mean),
        standardDeviation: try values.decode([Float].self, forKey: .deviation),
        scale: try values.decode(ViewScale.self, forKey: .resize),
        centreShare: try values.decode(Double.self, forKey: .share),
        isSingleFrame: try values.decode(Bool.self, forKey: .isSingleFrame)),
      shortSide: try values.decodeIfPresent(Int.self, forKey: .shortSide),
      decoding: try values.decode(FrameConversion.self, forKey: .decoding))
    try check()
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(Self.version, forKey: .version)
    try values.encode(decoding, forKey: .decoding)
    // Written also where there is none, so that a reader need not guess.
    try values.encode(shortSide, forKey: .shortSide)
    try values.encode(clip, forKey: .clip)
    try values.encode(ShortVideos.repeated, forKey: .shortVideos)
    try values.encode(preparation.scale, forKey: .resize)
    try values.encode(preparation.centreShare, forKey: .share)
    try values.encode(ResizeFilter.antialiased, forKey: .filter)
    try values.encode(preparation.mean, forKey: .mean)
    try values.encode(preparation.standardDeviation, forKey: .deviation)
    try values.encode(Normalisation.levels, forKey: .normalisation)
    try values.encode(Layout.clips, forKey: .layout)
    try values.encode(preparation.isSingleFrame, forKey: .isSingleFrame)
  }

  private func check() throws {
    let sides = [clip.frames, clip.step, clip.height, clip.width] + (shortSide.map { [$0] } ?? [])
    guard sides.allSatisfy({ (1...1 << 20).contains($0) }), preparation.mean.count == 3,
      preparation.standardDeviation.count == 3, preparation.mean.allSatisfy(\.isFinite),
      preparation.standardDeviation.allSatisfy({ $0.isFinite && $0 > 0 }), preparation.centreShare > 0,
      preparation.centreShare <= 1
    else { throw UsageError("the preprocessing has sizes or colours that no clip can have") }
  }

  // MARK: As text

  /// As `preprocessing.json` and the metadata of weights have it, with keys in order.
  /// - Parameter isPretty: over several lines.
  package func json(isPretty: Bool) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting =
      isPretty
      ? [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes] : [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// What a file of weights says of the clips that it was made with; nil where it says nothing.
  /// - Parameter path: of the file, for the message.
  /// - Throws: `UsageError` where what it says cannot be read.
  package init?(metadata: [String: String], path: String) throws {
    guard let text = metadata[Self.key] else { return nil }
    do { self = try JSONDecoder().decode(Self.self, from: Data(text.utf8)) } catch {
      let reason = (error as? UsageError).map { "\($0)" } ?? "it is not as this mclc writes it"
      throw UsageError(
        "\(path): its metadata '\(Self.key)' cannot be read, as \(reason); export the weights again")
    }
  }
}
