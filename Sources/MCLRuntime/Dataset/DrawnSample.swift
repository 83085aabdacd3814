extension TubeletBatches {
  /// What is drawn for a sample of the run, so long as its video does not fail.
  public struct Drawn: Sendable {
    public let video: PreparedVideo
    public let epoch: Int
    public let plan: TubeletPlan
  }

  /// The draws of sample `s` of the run, from 0.
  /// - Throws: `SamplingError` and `MotionError` where the video cannot be sampled.
  public func drawn(_ s: Int) throws -> Drawn {
    let epoch = epoch(ofSample: s)
    let number = order(epoch)[s % videos.count]
    let video = videos[number]
    return Drawn(
      video: video, epoch: epoch,
      plan: try sampler.plan(
        epoch: epoch, sample: number, video: video.source(span: sampler.temporal.span)))
  }
}
