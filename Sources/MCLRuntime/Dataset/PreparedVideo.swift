/// A video that training can use: its cached motion is at hand.
public struct PreparedVideo: Sendable {
  public var video: VideoDataset.Video
  public var motion: MotionCacheEntry

  public init(video: VideoDataset.Video, motion: MotionCacheEntry) {
    (self.video, self.motion) = (video, motion)
  }

  /// What the sampler wants to know, for clips that span `span` frames; read from the cache.
  ///
  /// - Throws: `MotionError` where the entry is gone, damaged or has no velocities of that span.
  public func source(span: Int) throws -> TubeletSource {
    guard let velocities = try motion.velocities(span: span) else {
      throw MotionError(
        needsPreparation: "\(motion.path) has no velocities of clips that span \(span) frames")
    }
    return TubeletSource(
      name: video.name.description, frameCount: motion.frameCount, width: motion.width, height: motion.height,
      velocities: velocities, maps: try motion.maps())
  }
}
