import MCLData

/// A clip of a sample as it was drawn.
public struct DrawnClip: Sendable, Hashable {
  /// The input that it is given to.
  public var input: String
  /// Frames of the video, counted from 0.
  public var frames: [Int]
  public var augmentation: TubeletAugmentation

  public init(input: String, frames: [Int], augmentation: TubeletAugmentation) {
    (self.input, self.frames, self.augmentation) = (input, frames, augmentation)
  }
}

/// What was drawn for a sample of a run.
public struct DrawnSample: Sendable {
  public let video: PreparedVideo
  public let sample: Sample
  /// In the order of the program's inputs.
  public var clips: [DrawnClip]
  /// Numbers that belong to the draw, by input.
  public var integers: [String: Int64] = [:]
  /// How starts were drawn, where motion guided them.
  public var guided: (starts: TemporalSampler.Starts, temporal: TemporalSampler)?

  public init(video: PreparedVideo, sample: Sample, clips: [DrawnClip]) {
    (self.video, self.sample, self.clips) = (video, sample, clips)
  }
}
