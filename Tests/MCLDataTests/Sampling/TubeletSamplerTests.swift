import MCLData
import MCLDataTestKit
import MCLVideo
import Testing

@Suite("Tubelet plans")
struct TubeletSamplerTests {
  static func sampler(seed: UInt64 = 3, policy: AugmentationPolicy = .full) throws -> TubeletSampler {
    TubeletSampler(
      temporal: try TemporalSampler(), spatial: try SpatialSampler(), policy: policy, width: 28, height: 21,
      seed: seed)
  }

  static let views = [
    TubeletView("xq", ofClip: 1), TubeletView("x1", ofClip: 1), TubeletView("x2", ofClip: 2),
    TubeletView("x3", ofClip: 3),
  ]

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
    let plan = try Self.sampler().plan(Self.views, epoch: 1, sample: 4, video: video)
    #expect(try Self.sampler().plan(Self.views, epoch: 1, sample: 4, video: video) == plan)
    #expect(try Self.sampler(seed: 4).plan(Self.views, epoch: 1, sample: 4, video: video) != plan)
    #expect(try Self.sampler().plan(Self.views, epoch: 2, sample: 4, video: video) != plan)
    #expect(try Self.sampler().plan(Self.views, epoch: 1, sample: 5, video: video) != plan)
  }

  @Test("Switching augmentations off leaves starts, crops and flips as they were")
  func purposes() throws {
    let video = Self.video()
    for sample in 0..<50 {
      let full = try Self.sampler().plan(Self.views, epoch: 1, sample: sample, video: video)
      let plain = try Self.sampler(policy: .cropAndFlip).plan(
        Self.views, epoch: 1, sample: sample, video: video)
      #expect(full.starts == plain.starts)
      for (a, b) in zip(full.tubelets, plain.tubelets) {
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
      let plan = try sampler.plan(Self.views, epoch: 1, sample: sample, video: video)
      labels += plan.starts.order
      flips[[plan.tubelets[0].isFlipped, plan.tubelets[1].isFlipped], default: 0] += 1
      crops[[plan.tubelets[0].crop.width > 62, plan.tubelets[1].crop.width > 62], default: 0] += 1
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
      let plan = try sampler.plan(Self.views, epoch: 1, sample: sample, video: video)
      let centre = Double(plan.tubelets[0].crop.x) + Double(plan.tubelets[0].crop.width) / 2
      centres[plan.starts.order]?.append(centre)
      for augmentation in plan.tubelets {
        #expect(augmentation.crop.fits(width: 96, height: 72))
        #expect(augmentation.width == 28 && augmentation.height == 21)
      }
    }
    func mean(_ values: [Double]?) -> Double { (values ?? []).reduce(0, +) / Double(values?.count ?? 1) }
    // Label 1: clip 1 comes early, when column 1 of 7 moves; label 0: late, when column 5 does.
    #expect(mean(centres[1]) < 46)
    #expect(mean(centres[0]) > 50)
  }

  @Test("Clips of consecutive frames may end with the last frame, which has no map of its own")
  func consecutiveFrames() throws {
    var sampler = try Self.sampler()
    sampler.temporal = try TemporalSampler(clipFrames: 8, step: 1)
    var video = Self.video(frameCount: 9)
    video.velocities = [1]
    for sample in 0..<50 { _ = try sampler.plan(Self.views, epoch: 1, sample: sample, video: video) }
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
      try Self.sampler().plan(Self.views, epoch: 1, sample: 0, video: video)
    }
    #expect(
      throws: SamplingError(
        "video v.avi has 20 frames, fewer than the 32 a clip spans: "
          + "leave it out of the list or sample shorter clips")
    ) {
      try Self.sampler().plan(Self.views, epoch: 1, sample: 0, video: Self.video(frameCount: 20))
    }
  }
}
