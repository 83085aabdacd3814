import MCLMotion
import MCLSupport
import MCLVideo

/// A video that training can use: what batches need to know of it, and its cached motion where that was asked for.
public struct PreparedVideo: Sendable {
  /// The file, its name in the data set, and its label.
  public var video: VideoDataset.Video
  /// Which file it was prepared from.
  package let identity: VideoIdentity
  /// Counted by decoding.
  public let frameCount: Int
  /// Width in pixels of the frames as the decoder gives them, after scaling to the short side.
  public let width: Int
  /// Height in pixels of the same frames.
  public let height: Int
  /// As the file states it; nil where it does not.
  public let frameRate: FrameRate?
  /// Where the index of its frames lies, if it is kept.
  public let indexPath: String
  /// nil where no motion was asked for.
  package let motion: MotionCacheEntry?

  package init(video: VideoDataset.Video, motion: MotionCacheEntry) {
    (self.video, self.motion, identity) = (video, motion, motion.identity)
    (frameCount, width, height) = (motion.frameCount, motion.width, motion.height)
    frameRate = motion.frameRate
    indexPath = FrameIndex.path(beside: motion.path)
  }

  /// - Parameters:
  ///   - kept: the index of the video's frames.
  ///   - indexPath: where it lies.
  ///   - shortSide: frames whose short side is larger are scaled down to it; nil leaves them as decoded.
  init(video: VideoDataset.Video, kept: FrameIndexFile, indexPath: String, shortSide: Int?) {
    (self.video, self.indexPath, motion) = (video, indexPath, nil)
    (identity, frameCount, frameRate) = (kept.identity, kept.index.count, kept.index.frameRate)
    (width, height) = kept.index.size(shortSide: shortSide)
  }

  /// The motion, where it cannot be done without.
  ///
  /// - Throws: `MotionError` that asks for preparation where there is none.
  package func requiredMotion() throws -> MotionCacheEntry {
    guard let motion else {
      throw MotionError(
        needsPreparation: "\(video.path) was prepared without motion", mend: "prepare its motion too")
    }
    return motion
  }

  /// What the sampler wants to know, for clips that span `span` frames; read from the cache.
  ///
  /// - Throws: `MotionError` where there is no motion, or the entry is gone, damaged or has no velocities of that span.
  package func source(span: Int) throws -> TubeletSource {
    let motion = try requiredMotion()
    guard let velocities = try motion.velocities(span: span) else {
      throw MotionError(
        needsPreparation: "\(motion.path) has no velocities of clips that span \(span) frames")
    }
    return TubeletSource(
      name: video.name.description, frameCount: frameCount, width: width, height: height,
      velocities: velocities, maps: try motion.maps())
  }
}
