import Foundation

/// A video that training can use: its cached motion is at hand.
public struct PreparedVideo: Sendable {
  public var video: VideoDataset.Video
  public var source: TubeletSource
  public var motion: MotionCacheEntry
}

/// Makes sure that each usable video of a data set has its motion in a cache: flow, maps, velocities.
///
/// One video after the other, each entry written when it is complete, so that a stopped run goes on where it was.
public struct MotionStore: Sendable {
  public var cache: MotionCache
  public var parameters: MotionParameters

  /// - Parameter clipSpan: frames of the video that a clip spans, its length x its step.
  public init(directory: String, clipSpan: Int = 32) {
    self.init(
      directory: directory, parameters: MotionParameters(window: 8, shortSide: 256, clipSpan: clipSpan))
  }

  public init(directory: String, parameters: MotionParameters) {
    cache = MotionCache(directory: directory)
    self.parameters = parameters
  }

  /// How far preparation is.
  public struct Progress: Sendable {
    public var video: Int
    public var videoCount: Int
    public var name: String
    /// Flows computed of this video, and in all.
    public var flows: Int
    public var allFlows: Int
  }

  public struct Prepared: Sendable {
    public var videos: [PreparedVideo]
    public var skipped: [(name: String, reason: String)]
    /// Videos whose motion had to be computed.
    public var computed: Int
  }

  /// - Parameter progress: called after every few flows; what it throws ends the work, keeping what is complete.
  /// - Throws: `UsageError` when no video is usable, and what `progress` throws.
  public func prepare(_ dataset: VideoDataset, progress: (Progress) throws -> Void) throws -> Prepared {
    var result = Prepared(videos: [], skipped: dataset.skipped, computed: 0)
    var allFlows = 0
    for (index, video) in dataset.videos.enumerated() {
      var state = Progress(
        video: index, videoCount: dataset.videos.count, name: video.name, flows: 0, allFlows: allFlows)
      try progress(state)
      do {
        let identity = try VideoIdentity(contentsOf: video.path)
        var entry = try cached(video, identity)
        if entry == nil {
          try compute(video, identity) { flows in
            state.flows = flows
            state.allFlows = allFlows + flows
            try progress(state)
          }
          allFlows = state.allFlows
          result.computed += 1
          entry = try cache.open(video.name, identity: identity, parameters: parameters)
        }
        guard let entry else { continue }
        guard entry.frameCount >= parameters.clipSpan else {
          throw VideoError(
            "\(video.path) has \(entry.frameCount) frames, fewer than the \(parameters.clipSpan) a clip spans; "
              + "use longer videos")
        }
        let source = TubeletSource(
          name: video.name, frameCount: entry.frameCount, width: entry.width, height: entry.height,
          velocities: entry.velocities, maps: entry.maps)
        result.videos.append(PreparedVideo(video: video, source: source, motion: entry))
      } catch let error as VideoError {
        result.skipped.append((video.name, error.description))
      } catch let error as MotionError {
        result.skipped.append((video.name, error.description))
      }
    }
    guard !result.videos.isEmpty else {
      let reasons = result.skipped.prefix(3).map(\.reason).joined(separator: "; ")
      throw UsageError("none of the \(result.skipped.count) files can be used: \(reasons)")
    }
    return result
  }

  // A cache that cannot be read or written stops everything, as a UsageError; a video that cannot be read only itself.

  private func cached(_ video: VideoDataset.Video, _ identity: VideoIdentity) throws -> MotionCacheEntry? {
    do {
      let entry = try cache.open(video.name, identity: identity, parameters: parameters)
      try entry.check()
      return entry
    } catch let error as MotionError {
      guard error.asksForPreparation else { throw UsageError(error.description) }
      return nil
    }
  }

  private func compute(
    _ video: VideoDataset.Video, _ identity: VideoIdentity, progress: (Int) throws -> Void
  ) throws {
    let decoder = try VideoDecoder(path: video.path, shortSide: parameters.shortSide)
    let motion = try MotionPreparation(parameters: parameters).analyze(
      identity: identity,
      nextFrame: { try decoder.next().map { ($0.pixels, $0.width, $0.height) } }, progress: progress)
    do { try cache.store(motion, as: video.name) } catch let error as MotionError {
      throw UsageError(error.description)
    }
  }
}
