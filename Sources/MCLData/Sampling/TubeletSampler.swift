import MCLSupport

/// What the sampler knows of a video: its size and its cached motion (reference, section 4).
package struct TubeletSource: Sendable, Hashable {
  /// The name that errors give.
  package var name: String
  /// D frames of width x height pixels, as the decoder delivers them.
  package var frameCount: Int
  package var width: Int
  package var height: Int
  /// Clip velocities of the starts 1...D-span.
  package var velocities: [Float]
  /// Frame maps of the frames 1...D-1: f32 [D-1, mapRows, mapColumns].
  package var maps: [Float]
  package var mapRows: Int
  package var mapColumns: Int

  package init(
    name: String, frameCount: Int, width: Int, height: Int, velocities: [Float], maps: [Float],
    mapRows: Int = 7,
    mapColumns: Int = 7
  ) {
    self.name = name
    self.frameCount = frameCount
    self.width = width
    self.height = height
    self.velocities = velocities
    self.maps = maps
    self.mapRows = mapRows
    self.mapColumns = mapColumns
  }
}

/// A clip of a sample as it is looked at: which of the three, and what its crop and augmentation are drawn by.
package struct TubeletView: Sendable, Hashable {
  /// Views of one name look alike.
  package var name: String
  /// 1, 2 or 3.
  package var clip: Int

  package init(_ name: String, ofClip clip: Int) { (self.name, self.clip) = (name, clip) }
}

/// Everything drawn for one sample: where its clips start, their order, and what happens to each tubelet.
package struct TubeletPlan: Sendable, Hashable {
  package var starts: TemporalSampler.Starts
  /// One a view, in the views' order.
  package var tubelets: [TubeletAugmentation]

  package init(starts: TemporalSampler.Starts, tubelets: [TubeletAugmentation]) {
    (self.starts, self.tubelets) = (starts, tubelets)
  }
}

extension TemporalSampler.Starts {
  /// Where clip 1, 2 or 3 starts, counted from 1.
  package func start(ofClip clip: Int) -> Int { clip == 1 ? clip1 : clip == 2 ? clip2 : clip3 }
}

/// Draws the tubelets of a training sample: the temporal, the spatial and the augmenting draws together.
///
/// Each draw has a stream of its own, keyed (seed, epoch, sample, purpose), so the plan of a sample depends neither on
/// other samples nor on the thread, and switching one augmentation off leaves the others' draws alone.
package struct TubeletSampler: Sendable, Hashable {
  package var temporal: TemporalSampler
  package var spatial: SpatialSampler
  package var policy: AugmentationPolicy
  /// Size of the clips in pixels.
  package var width: Int
  package var height: Int
  package var seed: UInt64

  package init(
    temporal: TemporalSampler, spatial: SpatialSampler, policy: AugmentationPolicy = .full, width: Int,
    height: Int,
    seed: UInt64
  ) {
    self.temporal = temporal
    self.spatial = spatial
    self.policy = policy
    self.width = width
    self.height = height
    self.seed = seed
  }

  /// The plan of one sample.
  /// - Parameters:
  ///   - views: the tubelets wanted.
  ///   - epoch: from 1, as the schedule counts.
  ///   - sample: the video's index in the list, not its place in the epoch's order.
  /// - Throws: `SamplingError` where the video is too short, or its motion does not fit it.
  package func plan(
    _ views: [TubeletView], epoch: Int, sample: Int, video: TubeletSource
  ) throws -> TubeletPlan {
    var random = stream(epoch, sample, "starts")
    let starts = try temporal.sample(
      frameCount: video.frameCount, velocities: video.velocities, video: video.name, random: &random)
    let sides = 1...1 << 20
    guard sides.contains(video.mapRows), sides.contains(video.mapColumns), video.frameCount <= 1 << 22,
      video.maps.count == (video.frameCount - 1) * video.mapRows * video.mapColumns
    else {
      throw SamplingError(
        "video \(video.name) of \(video.frameCount) frames has \(video.maps.count) motion values, not "
          + "\(video.frameCount - 1) maps of \(video.mapRows) x \(video.mapColumns) cells: prepare its motion again"
      )
    }
    func augmentation(_ name: String, start: Int) throws -> TubeletAugmentation {
      // The last frame has no flow to a next one, hence no map of its own: it takes its predecessor's.
      let frames = temporal.frameIndices(start: start).map { min($0, video.frameCount - 2) }
      let map = try MotionBox.average(
        of: video.maps, frames: frames, rows: video.mapRows, columns: video.mapColumns)
      let box = try MotionBox(map: map, rows: video.mapRows, columns: video.mapColumns)
      var position = stream(epoch, sample, CounterRandom.Purpose("crop.\(name)"))
      let crop = try spatial.sample(
        frameWidth: video.width, frameHeight: video.height, box: box, random: &position)
      var look = stream(epoch, sample, CounterRandom.Purpose("augmentation.\(name)"))
      return try policy.draw(crop: crop, width: width, height: height, random: &look)
    }
    return TubeletPlan(
      starts: starts,
      tubelets: try views.map { try augmentation($0.name, start: starts.start(ofClip: $0.clip)) })
  }

  private func stream(_ epoch: Int, _ sample: Int, _ purpose: CounterRandom.Purpose) -> CounterRandom {
    CounterRandom(seed: seed, epoch: epoch, sample: sample, purpose: purpose)
  }
}
