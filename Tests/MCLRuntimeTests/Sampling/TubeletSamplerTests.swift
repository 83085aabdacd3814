import MCLRuntime
import Testing

@Suite("Tubelet plans")
struct TubeletSamplerTests {
  static func sampler(seed: UInt64 = 3, policy: AugmentationPolicy = .full) throws -> TubeletSampler {
    TubeletSampler(
      temporal: try TemporalSampler(), spatial: try SpatialSampler(), policy: policy, width: 28, height: 21,
      seed: seed)
  }

  /// A video in which one cell moves, another one in the second half.
  static func video(frameCount: Int = 90) -> TubeletSource {
    var maps = [Float](repeating: 0, count: (frameCount - 1) * 49)
    for frame in 0..<frameCount - 1 {
      maps[frame * 49 + (frame < frameCount / 2 ? 8 : 40)] = 5
      for cell in 0..<49 { maps[frame * 49 + cell] += Float((cell * 31 + frame) % 7) * 0.01 }
    }
    return TubeletSource(
      name: "v.avi", frameCount: frameCount, width: 96, height: 72,
      velocities: (0..<max(0, frameCount - 32)).map { Float(($0 * 13) % 17) }, maps: maps)
  }

  @Test("A plan is a function of seed, epoch and sample")
  func keys() throws {
    let video = Self.video()
    let plan = try Self.sampler().plan(epoch: 1, sample: 4, video: video)
    #expect(try Self.sampler().plan(epoch: 1, sample: 4, video: video) == plan)
    #expect(try Self.sampler(seed: 4).plan(epoch: 1, sample: 4, video: video) != plan)
    #expect(try Self.sampler().plan(epoch: 2, sample: 4, video: video) != plan)
    #expect(try Self.sampler().plan(epoch: 1, sample: 5, video: video) != plan)
  }

  @Test("Switching augmentations off leaves starts, crops and flips as they were")
  func purposes() throws {
    let video = Self.video()
    for sample in 0..<50 {
      let full = try Self.sampler().plan(epoch: 1, sample: sample, video: video)
      let plain = try Self.sampler(policy: .cropAndFlip).plan(epoch: 1, sample: sample, video: video)
      #expect(full.starts == plain.starts)
      for (a, b) in [(full.xq, plain.xq), (full.x1, plain.x1), (full.x2, plain.x2), (full.x3, plain.x3)] {
        #expect(a.crop == b.crop)
        #expect(a.isFlipped == b.isFlipped)
      }
    }
  }

  @Test("Labels are balanced, and the two views of clip 1 are independent")
  func laws() throws {
    let video = Self.video()
    let trials = 8000
    var labels = 0
    var flips: [[Bool]: Int] = [:]
    var crops: [[Bool]: Int] = [:]
    let sampler = try Self.sampler()
    for sample in 0..<trials {
      let plan = try sampler.plan(epoch: 1, sample: sample, video: video)
      labels += plan.starts.order
      flips[[plan.xq.isFlipped, plan.x1.isFlipped], default: 0] += 1
      crops[[plan.xq.crop.width > 62, plan.x1.crop.width > 62], default: 0] += 1
    }
    #expect(isPlausible(labels, of: trials, probability: 0.5))
    let test = ChiSquare(
      flips, law: [[false, false]: 0.25, [false, true]: 0.25, [true, false]: 0.25, [true, true]: 0.25])
    #expect(test.passes, "\(test)")
    let n = Double(trials)
    let wideQ = Double((crops[[true, true]] ?? 0) + (crops[[true, false]] ?? 0)) / n
    let wide1 = Double((crops[[true, true]] ?? 0) + (crops[[false, true]] ?? 0)) / n
    #expect(abs(wideQ - wide1) < 0.03)
    #expect(wideQ > 0.2 && wideQ < 0.8)
    #expect(isPlausible(crops[[true, true]] ?? 0, of: trials, probability: wideQ * wide1))
  }

  @Test("Crops keep the cell that moves in their own clip, not in another")
  func crops() throws {
    let video = Self.video()
    let sampler = try Self.sampler()
    // Where the moving cell covers the box alone: cell 8 early, cell 40 late.
    var centres: [Int: [Double]] = [0: [], 1: []]
    for sample in 0..<2000 {
      let plan = try sampler.plan(epoch: 1, sample: sample, video: video)
      let centre = Double(plan.xq.crop.x) + Double(plan.xq.crop.width) / 2
      centres[plan.starts.order]?.append(centre)
      for augmentation in [plan.xq, plan.x1, plan.x2, plan.x3] {
        #expect(augmentation.crop.fits(width: 96, height: 72))
        #expect(augmentation.width == 28 && augmentation.height == 21)
      }
    }
    func mean(_ values: [Double]?) -> Double { (values ?? []).reduce(0, +) / Double(values?.count ?? 1) }
    // Label 1: clip 1 comes early, when column 1 of 7 moves; label 0: late, when column 5 does.
    #expect(mean(centres[1]) < 46)
    #expect(mean(centres[0]) > 50)
  }

  @Test("A batch holds every sample in its place, whatever the order it was written in")
  func batch() throws {
    let video = Self.video()
    let sampler = try Self.sampler()
    let clips = try (0..<3).map { clip in
      try (0..<16).map { time in
        try RGBImage(
          width: 96, height: 72,
          pixels: (0..<96 * 72 * 3).map {
            UInt8(truncatingIfNeeded: $0 &* 7 &+ clip &* 50 &+ time &* $0 / 96)
          })
      }
    }
    let motion = (0..<2).map { sample in (0..<4).map { Float(10 * sample + $0) } }
    let plans = try (0..<2).map { try sampler.plan(epoch: 1, sample: $0, video: video) }
    var batch = try ClipBatch(index: 7, count: 2, frames: 16, height: 21, width: 28)
    #expect(batch.motionShape == [4, 1, 1])
    try batch.write(plans[1], clips: clips, motion: motion[1], at: 1)
    try batch.write(plans[0], clips: clips, motion: motion[0], at: 0)
    #expect(try batch.xq == plans[0].xq.apply(frames: clips[0]) + plans[1].xq.apply(frames: clips[0]))
    #expect(try batch.x1 == plans[0].x1.apply(frames: clips[0]) + plans[1].x1.apply(frames: clips[0]))
    #expect(try batch.x2 == plans[0].x2.apply(frames: clips[1]) + plans[1].x2.apply(frames: clips[1]))
    #expect(try batch.x3 == plans[0].x3.apply(frames: clips[2]) + plans[1].x3.apply(frames: clips[2]))
    #expect(batch.mag == motion[0] + motion[1])
    #expect(batch.order == plans.map { Int64($0.starts.order) })
    #expect(throws: SamplingError.self) { try batch.write(plans[0], clips: clips, motion: motion[0], at: 2) }
    #expect(throws: SamplingError.self) { try batch.write(plans[0], clips: clips, motion: [1], at: 0) }
    #expect(throws: SamplingError.self) { try ClipBatch(index: 0, count: 1, frames: 3, height: 8, width: 8) }
  }

  @Test("Clips of consecutive frames may end with the last frame, which has no map of its own")
  func consecutiveFrames() throws {
    var sampler = try Self.sampler()
    sampler.temporal = try TemporalSampler(clipFrames: 8, step: 1)
    var video = Self.video(frameCount: 9)
    video.velocities = [1]
    for sample in 0..<50 { _ = try sampler.plan(epoch: 1, sample: sample, video: video) }
  }

  @Test("What does not fit the video is said in one sentence")
  func errors() throws {
    var video = Self.video()
    video.maps.removeLast()
    #expect(
      throws: SamplingError(
        "video v.avi of 90 frames has 4360 motion values, not 89 maps of 7 x 7 cells: prepare its motion again"
      )
    ) {
      try Self.sampler().plan(epoch: 1, sample: 0, video: video)
    }
    #expect(
      throws: SamplingError(
        "video v.avi has 20 frames, fewer than the 32 a clip spans: "
          + "leave it out of the list or sample shorter clips")
    ) {
      try Self.sampler().plan(epoch: 1, sample: 0, video: Self.video(frameCount: 20))
    }
  }
}
