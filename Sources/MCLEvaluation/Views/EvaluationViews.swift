import MCLSupport

/// Which clips of a video are evaluated, and which crops of each: `20x3` is 20 clips of three crops.
///
/// View v is crop v mod C of clip v div C, C the number of crops. Clips are spread evenly over the video (reference,
/// section 7). Everything here is a function of its arguments; frames, clips, crops and views are counted from 0.
package struct EvaluationViews: Sendable, Hashable, CustomStringConvertible {
  /// Where a crop lies in the frame.
  package enum Place: String, Sendable, CaseIterable {
    case centre = "centre"
    case topLeft = "top left"
    case bottomRight = "bottom right"
  }

  package let clips: Int
  package let crops: Int
  /// Frames from the start of a clip to that of the next one; nil for clips that are spread evenly.
  package let spacing: Int?

  /// The protocols of the field for linear probes and retrieval.
  package static let usual = EvaluationViews(clips: 20, crops: 1)

  init(clips: Int, crops: Int, spacing: Int? = nil) {
    (self.clips, self.crops, self.spacing) = (clips, crops, spacing)
  }

  /// - Parameter text: such as `20x1`.
  /// - Throws: `UsageError` for another form, or another number of crops than 1 and 3.
  package init(_ text: String) throws {
    let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let clips = parts[0], let crops = parts[1], (1...1000).contains(clips),
      crops == 1 || crops == 3
    else {
      throw UsageError(
        "--views \(text): write it as CLIPSxCROPS, 1 to 1000 clips of 1 crop (the centre) or of 3 (the centre, top left, "
          + "bottom right), such as 20x1")
    }
    self.init(clips: clips, crops: crops)
  }

  /// Views of a video.
  package var count: Int { clips * crops }

  package var description: String {
    "\(clips)x\(crops)" + (spacing.map { ", a clip every \($0) frames" } ?? "")
  }

  /// The crops of a clip, in order.
  package var places: [Place] { crops == 1 ? [.centre] : Place.allCases }

  /// The clip and the crop that a view is of.
  package func parts(of view: Int) -> (clip: Int, place: Place) {
    (view / crops, places[view % crops])
  }

  /// How often each frame of a video stands in place of itself, so that the video is as long as a clip spans.
  /// - Parameters:
  ///   - frameCount: D, at least 1.
  ///   - span: frames that a clip spans: its length times its step.
  package static func repeats(frameCount: Int, span: Int) -> Int {
    max((span + frameCount - 1) / frameCount, 1)
  }

  /// The place that a clip starts at in the video of D x `repeats` frames.
  ///
  /// With d = D x repeats and n clips: i floor(d/n) where that leaves room for a clip, else floor(i (d - span)/(n - 1)).
  /// One clip alone lies in the middle, as in validation.
  package func start(ofClip clip: Int, frameCount: Int, span: Int) -> Int {
    let length = frameCount * Self.repeats(frameCount: frameCount, span: span)
    if let spacing { return min(clip * spacing, length - span) }
    guard clips > 1 else { return (length - span) / 2 }
    let share = length / clips
    return share >= span ? clip * share : clip * (length - span) / (clips - 1)
  }

  /// The frames of the video that a clip is made of.
  /// - Parameters:
  ///   - clip: its number, from 0.
  ///   - frameCount: D, the frames of the video, at least 1.
  ///   - length: T, the frames of the clip.
  ///   - step: from one frame of the clip to the next.
  package func frames(ofClip clip: Int, frameCount: Int, length: Int, step: Int) -> [Int] {
    let repeats = Self.repeats(frameCount: frameCount, span: length * step)
    let start = start(ofClip: clip, frameCount: frameCount, span: length * step)
    // ceil(x/r) counted from 1 is (x - 1) div r counted from 0.
    return (0..<length).map { min(start + $0 * step, frameCount * repeats - 1) / repeats }
  }
}
