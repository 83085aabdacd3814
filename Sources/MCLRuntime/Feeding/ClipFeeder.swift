import MCLData
import MCLGraph
import MCLSupport

/// `clips`: clips that start anywhere in their video, or in its middle, each with a crop and augmentation of its view.
///
/// Clips of one moment begin at the same frame, whatever their steps: so one clip is had at several frame rates. Clips of
/// one view look alike. Where the placement is `centre`, nothing is drawn: the clip lies in the middle of the video, its
/// crop in the middle of the frame, with no augmentation.
package struct ClipFeeder: Feeder {
  package static let name = "clips"
  package static let fields = VideoFields.names

  private let fields: VideoFields
  /// Frames of the video that the longest clip of a moment spans.
  private let spans: [String: Int]
  private let policy: AugmentationPolicy
  private let spatial: SpatialSampler
  private let seed: UInt64
  private let videos: VideoReader
  private let classes: ClassTable?

  package static func needs(_ inputs: [DeclaredInput]) throws -> DataNeeds {
    try VideoFields(inputs).needs(span: span)
  }

  private static func span(_ clip: VideoFields.Clip) -> Int { (clip.frames - 1) * clip.step + 1 }

  package init(_ inputs: [DeclaredInput], _ setup: FeederSetup) throws {
    fields = try VideoFields(inputs)
    try fields.expectFit(setup.policy)
    guard let reader = setup.videos else {
      throw UsageError("clips are drawn from videos, but the data is none; name a folder of videos")
    }
    (videos, classes, seed, policy) = (reader, setup.classes, setup.seed, setup.policy)
    spatial = try SpatialSampler(setup.policy)
    spans = Dictionary(fields.clips.map { ($0.moment, Self.span($0)) }, uniquingKeysWith: max)
  }

  package func read(_ sample: Sample) throws -> SampleWriter {
    try videos.read(try draw(sample), fields, classes: classes)
  }

  package func drawn(_ sample: Sample) throws -> DrawnSample? { try draw(sample) }

  private func draw(_ sample: Sample) throws -> DrawnSample {
    let video = videos.videos[sample.number]
    let clips = try fields.clips.map { clip in
      let span = spans[clip.moment] ?? Self.span(clip)
      let latest = video.frameCount - span
      guard latest >= 0 else {
        throw SamplingError(
          "video \(video.video.name) has \(video.frameCount) frames, fewer than the \(span) a clip spans: leave it out of "
            + "the list or sample shorter clips")
      }
      func stream(_ purpose: String) -> CounterRandom {
        CounterRandom(
          seed: seed, epoch: sample.epoch, sample: sample.number, purpose: CounterRandom.Purpose(purpose))
      }
      let start: Int
      let augmentation: TubeletAugmentation
      switch clip.placement {
      case .random:
        var (starts, crops, looks) = (
          stream("start.\(clip.moment)"), stream("crop.\(clip.view)"), stream("augmentation.\(clip.view)")
        )
        start = starts.integer(in: 0...latest)
        let crop = try spatial.sample(
          frameWidth: video.width, frameHeight: video.height, box: nil, random: &crops)
        augmentation = try policy.draw(crop: crop, width: clip.width, height: clip.height, random: &looks)
      case .centre:
        start = latest / 2
        augmentation = policy.centred(
          frameWidth: video.width, frameHeight: video.height, width: clip.width, height: clip.height)
      }
      return DrawnClip(
        input: clip.input, frames: (0..<clip.frames).map { start + $0 * clip.step },
        augmentation: augmentation)
    }
    return DrawnSample(video: video, sample: sample, clips: clips)
  }
}
