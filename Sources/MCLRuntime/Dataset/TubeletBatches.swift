import Synchronization

/// The batches of a training run: a function of the batch's number alone.
///
/// Sample s of the run is the video at place s mod V of epoch s div V + 1, V videos in all, in an order drawn anew each
/// epoch; a batch may reach over the end of an epoch, so that every video is drawn once an epoch whatever the batch size.
public final class TubeletBatches: Sendable {
  public let videos: [PreparedVideo]
  public let sampler: TubeletSampler
  private let shape: ClipShape
  private let frames: FrameStore
  private let flows: FlowStore
  private let failed = Mutex(Set<FilePath>())
  /// The order of the epoch asked for last: drawing it takes as long as there are videos.
  private let latestOrder = Mutex((epoch: 0, order: [Int]()))
  private let onFailure: @Sendable (String, String) -> Void
  private let failureShare: Double

  /// The clips of a batch: N clips of T frames of H x W pixels, motion targets [T/4, h, w].
  public struct ClipShape: Sendable {
    public var batch: Int
    public var frames: Int
    public var height: Int
    public var width: Int
    public var motion: [Int]

    public init(batch: Int, frames: Int, height: Int, width: Int, motion: [Int]) {
      self.batch = batch
      self.frames = frames
      self.height = height
      self.width = width
      self.motion = motion
    }
  }

  /// - Parameters:
  ///   - decodedBudget: bytes of decoded frames and unpacked flows that are kept.
  ///   - failureShare: when more than this share of the videos have failed, the batches end with an error.
  ///   - onFailure: told once of each video that fails while training, and why.
  /// - Throws: `SamplingError` for clips that cannot be sampled.
  public init(
    videos: [PreparedVideo], shape: ClipShape, step: Int = 2, policy: AugmentationPolicy, seed: UInt64,
    shortSide: Int? = 256, decodedBudget: Int = 1 << 30, failureShare: Double = 0.5,
    onFailure: @escaping @Sendable (String, String) -> Void = { _, _ in }
  ) throws {
    self.videos = videos
    self.shape = shape
    self.onFailure = onFailure
    self.failureShare = failureShare
    sampler = TubeletSampler(
      temporal: try TemporalSampler(clipFrames: shape.frames, step: step), spatial: try SpatialSampler(),
      policy: policy, width: shape.width, height: shape.height, seed: seed)
    // What is wrong with the policy is no video's fault, so it shows here.
    var trial = CounterRandom(seed: seed, purpose: "trial")
    _ = try policy.draw(
      crop: Crop(x: 0, y: 0, width: shape.width, height: shape.height), width: shape.width,
      height: shape.height,
      random: &trial)
    // A pixel has three bytes of colour and two of flow.
    frames = FrameStore(budget: decodedBudget / 5 * 3, shortSide: shortSide)
    flows = FlowStore(budget: decodedBudget / 5 * 2)
  }

  /// The epoch, from 1, that sample `s` of the run belongs to.
  public func epoch(ofSample s: Int) -> Int { s / videos.count + 1 }

  /// The order in which an epoch takes the videos.
  func order(_ epoch: Int) -> [Int] {
    latestOrder.withLock { latest in
      if latest.epoch != epoch {
        var random = CounterRandom(seed: sampler.seed, epoch: epoch, purpose: "order of videos")
        latest = (epoch, random.permutation(videos.count))
      }
      return latest.order
    }
  }

  /// - Throws: `UsageError` when more videos have failed than may, `SamplingError` and `MotionError` for what is no video's fault.
  public func batch(_ index: Int) throws -> ClipBatch {
    var batch = try ClipBatch(
      index: index, count: shape.batch, frames: shape.frames, height: shape.height, width: shape.width,
      motionShape: shape.motion)
    for position in 0..<shape.batch { try write(index * shape.batch + position, into: &batch, at: position) }
    return batch
  }

  private func write(_ sample: Int, into batch: inout ClipBatch, at position: Int) throws {
    let epoch = epoch(ofSample: sample)
    let order = order(epoch)
    // A video that fails is replaced by the one after it in this epoch's order.
    for attempt in 0..<videos.count {
      let number = order[(sample % videos.count + attempt) % videos.count]
      let video = videos[number]
      guard let read = try read(video, number, epoch) else { continue }
      var plan = read.plan
      plan.xq.crop = plan.xq.crop.within(read.clips[0].window)
      plan.x1.crop = plan.x1.crop.within(read.clips[0].window)
      plan.x2.crop = plan.x2.crop.within(read.clips[1].window)
      plan.x3.crop = plan.x3.crop.within(read.clips[2].window)
      try batch.write(
        plan, clips: read.clips.map(\.frames), motion: try target(read.flows, read.plan), at: position)
      return
    }
    throw UsageError("none of the \(videos.count) videos can be read any more; see what was said of each")
  }

  /// What is drawn and read of one video: the plan, the frames of the three clips, the flows of the first; nil where the
  /// video or its motion cannot be sampled or read any more, which is reported. No other error is the video's.
  private func read(
    _ video: PreparedVideo, _ number: Int, _ epoch: Int
  ) throws -> (plan: TubeletPlan, clips: [FrameStore.Clip], flows: [QuantizedFlow])? {
    func blame(_ reason: String) throws {
      let (isNew, count) = failed.withLock { ($0.insert(video.video.name).inserted, $0.count) }
      if isNew { onFailure(video.video.name.description, reason) }
      guard Double(count) <= failureShare * Double(videos.count) else {
        throw UsageError(
          "\(count) of the \(videos.count) videos cannot be read any more, a larger share than "
            + "\(failureShare); the last said: \(reason)")
      }
    }
    do {
      let plan = try sampler.plan(
        epoch: epoch, sample: number, video: video.source(span: sampler.temporal.span))
      let wanted = [
        (plan.starts.clip1, plan.xq.crop.union(plan.x1.crop)), (plan.starts.clip2, plan.x2.crop),
        (plan.starts.clip3, plan.x3.crop),
      ]
      let clips = try frames.clips(
        video, wanted.map { (numbers: sampler.temporal.frameIndices(start: $0), window: $1) })
      let motion = try video.requiredMotion()
      return (plan, clips, try flows.flows(motion, flowIndices(motion, plan)))
    } catch let error as SamplingError { try blame(error.description) } catch let error as VideoError {
      try blame(error.description)
    } catch let error as MotionError { try blame(error.description) }
    return nil
  }

  /// The flows of the query's frames: flow i of a frame goes to the frame after it, so the last frame has its
  /// predecessor's.
  private func flowIndices(_ motion: MotionCacheEntry, _ plan: TubeletPlan) -> [Int] {
    sampler.temporal.frameIndices(start: plan.starts.clip1).map { min($0, motion.flowCount - 1) }
  }

  private func target(_ flows: [QuantizedFlow], _ plan: TubeletPlan) throws -> [Float] {
    let crop = plan.xq.crop
    return try TubeletTarget(
      flows: flows, top: crop.y, left: crop.x, cropHeight: crop.height,
      cropWidth: crop.width, height: shape.height, width: shape.width, flipped: plan.xq.isFlipped
    ).values
  }
}
