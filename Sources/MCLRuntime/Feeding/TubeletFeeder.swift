import MCLData
import MCLGraph
import MCLSupport

/// `tubelets`: three clips of a video's two halves, drawn where it moves most (reference, section 5).
///
/// Beside the fields of all videos: `order`, i64 [N], 1 where the first clip comes before the others, else 0. A clip's
/// moment is `first`, `second` or `third`.
package struct TubeletFeeder: Feeder {
  package static let name = "tubelets"
  package static let fields = VideoFields.names + ["order"]
  private static let moments = ["first", "second", "third"]

  private let fields: VideoFields
  private let views: [TubeletView]
  private let sampler: TubeletSampler
  private let videos: VideoReader
  private let classes: ClassTable?

  package static func needs(_ inputs: [DeclaredInput]) throws -> DataNeeds {
    let fields = try checked(inputs)
    var needs = fields.needs { $0.frames * $0.step }
    needs.isMotionNeeded = true
    needs.velocitySpans = fields.clips.first.map { [$0.frames * $0.step] } ?? []
    return needs
  }

  private static func checked(_ inputs: [DeclaredInput]) throws -> VideoFields {
    let fields = try VideoFields(inputs)
    for input in fields.others {
      try input.expectAttributes([])
      try input.expect(.int64, { $0.count == 1 }, "i64 [N]")
    }
    guard let first = fields.clips.first else {
      throw UsageError("the program takes fields of 'tubelets', but no clip; declare one")
    }
    for clip in fields.clips {
      guard moments.contains(clip.moment) else {
        let nearest = nearestName(to: clip.moment, in: moments).map { "; did you mean '\($0)'?" } ?? ""
        throw UsageError(
          "input '\(clip.input)': tubelets have the moments \(moments.joined(separator: ", ")), not '\(clip.moment)'\(nearest)"
        )
      }
      guard clip.placement == .random else {
        throw UsageError(
          "input '\(clip.input)': tubelets are drawn; take a clip of the feeder 'clips' for the middle")
      }
      guard (clip.frames, clip.step) == (first.frames, first.step),
        (clip.height, clip.width) == (first.height, first.width)
      else {
        throw UsageError(
          "inputs '\(first.input)' and '\(clip.input)': tubelets are of one length, step and size; give both the same"
        )
      }
    }
    return fields
  }

  package init(_ inputs: [DeclaredInput], _ setup: FeederSetup) throws {
    fields = try Self.checked(inputs)
    try fields.expectFit(setup.policy)
    guard let reader = setup.videos, let clip = fields.clips.first else {
      throw UsageError("tubelets are drawn from videos, but the data is none; name a folder of videos")
    }
    (videos, classes) = (reader, setup.classes)
    views = fields.clips.map { clip in
      TubeletView(clip.view, ofClip: (Self.moments.firstIndex(of: clip.moment) ?? 0) + 1)
    }
    sampler = TubeletSampler(
      temporal: try TemporalSampler(clipFrames: clip.frames, step: clip.step),
      spatial: try SpatialSampler(setup.policy),
      policy: setup.policy, width: clip.width, height: clip.height, seed: setup.seed)
  }

  package func read(_ sample: Sample) throws -> SampleWriter {
    try videos.read(try draw(sample), fields, classes: classes)
  }

  package func drawn(_ sample: Sample) throws -> DrawnSample? { try draw(sample) }

  private func draw(_ sample: Sample) throws -> DrawnSample {
    let video = videos.videos[sample.number]
    let temporal = sampler.temporal
    let plan = try sampler.plan(
      views, epoch: sample.epoch, sample: sample.number, video: video.source(span: temporal.span))
    let clips = zip(fields.clips, zip(views, plan.tubelets)).map { clip, drawn in
      DrawnClip(
        input: clip.input,
        frames: temporal.frameIndices(start: plan.starts.start(ofClip: drawn.0.clip)), augmentation: drawn.1)
    }
    var result = DrawnSample(video: video, sample: sample, clips: clips)
    for input in fields.others { result.integers[input.name] = Int64(plan.starts.order) }
    result.guided = (plan.starts, temporal)
    return result
  }

  /// Inputs of four tubelets as published, for looking at what is drawn.
  package static func published(frames: Int, step: Int = 2, size: Int) -> [Graph.Input] {
    zip(["xq", "x1", "x2", "x3"], [0, 0, 1, 2]).map { view, moment in
      Graph.Input(
        name: view, type: TensorType(.float32, [1, 3, frames, size, size]),
        source: Graph.Source(name, "clip", ["moment": .text(moments[moment]), "step": .integer(step)]))
    }
  }
}

extension SpatialSampler {
  /// - Throws: `SamplingError` where the policy's crops cannot be drawn.
  package init(_ policy: AugmentationPolicy) throws {
    try self.init(area: policy.cropArea, aspect: policy.cropAspect)
  }
}
