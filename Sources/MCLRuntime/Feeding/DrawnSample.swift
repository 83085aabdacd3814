import MCLData

/// A clip of a sample as it was drawn.
package struct DrawnClip: Sendable, Hashable {
  /// The input that it is given to.
  package var input: String
  /// Frames of the video, counted from 0.
  package var frames: [Int]
  package var augmentation: TubeletAugmentation

  package init(input: String, frames: [Int], augmentation: TubeletAugmentation) {
    (self.input, self.frames, self.augmentation) = (input, frames, augmentation)
  }
}

/// What was drawn for a sample of a run.
package struct DrawnSample: Sendable {
  package let video: PreparedVideo
  package let sample: Sample
  /// In the order of the program's inputs.
  package var clips: [DrawnClip]
  /// Numbers that belong to the draw, by input.
  package var integers: [String: Int64] = [:]
  /// How starts were drawn, where motion guided them.
  package var guided: (starts: TemporalSampler.Starts, temporal: TemporalSampler)?

  package init(video: PreparedVideo, sample: Sample, clips: [DrawnClip]) {
    (self.video, self.sample, self.clips) = (video, sample, clips)
  }
}
