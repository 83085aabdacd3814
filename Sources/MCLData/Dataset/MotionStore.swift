import Foundation
import MCLMotion
import MCLSupport
import MCLVideo

/// Makes sure that each usable video of a data set has its motion in a cache: flow, maps, velocities.
///
/// Several videos at a time, and several flows of each; every entry is written when it is complete, so that a stopped
/// run goes on where it was. Other processes may prepare into the same cache: they share the work.
public struct MotionStore: VideoPreparation {
  package typealias Verification = PreparationVerification
  /// How far preparation is.
  public typealias Progress = PreparationProgress
  /// What preparation found.
  public typealias Prepared = PreparedVideos

  package static let subject = "motion"
  package static let unit = "flows"

  package var cache: MotionCache
  /// How flows are computed, and over how many flows maps and velocities are taken.
  public var parameters: MotionParameters
  /// Threads that compute flows, and videos at a time; what is stored does not depend on it.
  public var workers: Int
  /// What is looked at of entries that are there.
  package var verification = Verification.everything
  /// Whether maps over another number of flows than the parameters say are kept where they are in the cache.
  public var keepsWindows = false
  /// Videos of fewer frames are skipped; nil: those shorter than the longest clip.
  public var minimumFrames: Int?

  package var quickLimit = PreparationVerification.largeSize

  /// A store for clips of one span, with TV-L1 flow of frames whose short side is at most 256 pixels.
  ///
  /// - Parameter clipSpan: frames of the video that a clip spans, its length x its step.
  public init(directory: String, clipSpan: Int = 32) {
    self.init(directory: directory, parameters: MotionParameters(shortSide: 256, clipSpans: [clipSpan]))
  }

  /// A store that keeps its entries in a cache.
  ///
  /// - Parameters:
  ///   - directory: the folder of the cache; it is made if need be.
  ///   - parameters: how flows, maps and velocities are made.
  ///   - workers: threads that compute flows, and videos at a time; 1 at least.
  public init(
    directory: String, parameters: MotionParameters,
    workers: Int = ProcessorCount.threads
  ) {
    cache = MotionCache(directory: directory)
    self.parameters = parameters
    self.workers = max(workers, 1)
  }

  /// Computes the motion that is missing, and says which videos can be used.
  ///
  /// - Parameter progress: called on this thread after every flow; what it throws ends the work, keeping what is
  ///   complete.
  /// - Throws: `UsageError` when no video is usable, and what `progress` throws.
  public func prepare(_ dataset: VideoDataset, progress: (Progress) throws -> Void) throws -> Prepared {
    let queue = WorkQueue(workers: workers)
    let kind = parameters.source.kind
    let isQuick = verification.isQuick(
      dataset.videos.flatMap { [$0.path, FilePath(cache.path(of: $0.name, kind: kind))] }, limit: quickLimit)
    let run = VideoRun(dataset.videos, workers: workers) { video, tell in
      try prepare(video, queue: queue, isQuick: isQuick, progress: tell)
    }
    cache.sweep()
    defer { cache.sweep() }
    return try PreparedVideos(dataset, run.outcomes(progress: progress))
  }

  // MARK: One video

  /// Makes sure of one video's entry.
  ///
  /// - Returns: nil where another process is at work on it.
  /// - Throws: `UsageError` for a cache that cannot be read or written, which stops everything; what `progress` throws.
  private func prepare(
    _ video: VideoDataset.Video, queue: WorkQueue, isQuick: Bool, progress: (Int) throws -> Void
  ) throws -> VideoOutcome? {
    try VideoOutcome { outcome in
      guard let entry = try entry(video, queue, isQuick, &outcome, progress) else { return nil }
      try expectLength(entry.frameCount, of: video)
      return PreparedVideo(video: video, motion: entry)
    }
  }

  /// The entry of a video, made where it is missing; nil where another process is at work on it.
  private func entry(
    _ video: VideoDataset.Video, _ queue: WorkQueue, _ isQuick: Bool, _ outcome: inout VideoOutcome,
    _ progress: (Int) throws -> Void
  ) throws -> MotionCacheEntry? {
    let kind = parameters.source.kind
    if let entry = try usable(video, isQuick: isQuick, &outcome), entry.hasMeasures(measures(entry)) {
      return entry
    }
    guard let claim = try cache.claim(video.name, kind: kind, waits: false) else { return nil }
    // Another process may have been faster.
    outcome.rebuilt = nil
    let old = try usable(video, isQuick: isQuick, &outcome)
    if let old, old.hasMeasures(measures(old)) { return old }
    let preparation = MotionPreparation(parameters: measures(old), queue: queue)
    if let old {
      let motion = try preparation.remeasure(old, progress: progress)
      try claim.store(motion)
      outcome.work = .remeasured
    } else {
      let identity = try VideoIdentity(contentsOf: video.path)
      // Frames are counted first, as flow takes far longer; codec vectors are there with the count.
      if kind == .tvl1 { try expectLength(VideoDecoder(path: video.path).skip(leastFrames), of: video) }
      var index: FrameIndex?
      let motion = try preparation.analyze(
        path: video.path, identity: identity, progress: progress, onIndex: { index = $0 })
      try expectLength(motion.frameCount, of: video)
      // First, so that an entry that is there has its index, also after a kill. Where it cannot be kept, the first who
      // reads the video makes it.
      if let index {
        try? FrameIndexFile(index, of: identity).store(to: cache.indexPath(of: video.name))
      }
      try claim.store(motion)
      outcome.work = .computed(
        frames: motion.frameCount, seconds: Double(motion.frameCount) / motion.frameRate.plausible)
    }
    return try MotionCacheEntry(path: cache.path(of: video.name, kind: kind))
  }

  /// Videos of fewer frames are of no use.
  private var leastFrames: Int { max(parameters.clipSpans.max() ?? 1, minimumFrames ?? 0) }

  /// - Throws: `VideoOutcome.Reason` for a video with too few frames.
  private func expectLength(_ count: Int, of video: VideoDataset.Video) throws {
    guard count < leastFrames else { return }
    let span = parameters.clipSpans.max() ?? 1
    let wanted = count < span ? "\(span) a clip spans" : "\(leastFrames) asked for"
    throw VideoOutcome.Reason(
      text: "\(video.path) has \(count) frames, fewer than the \(wanted); use longer videos")
  }

  /// What is wanted of a video that has this entry.
  private func measures(_ entry: MotionCacheEntry?) -> MotionParameters {
    var wanted = parameters
    if keepsWindows, let entry { wanted.window = entry.window }
    return wanted
  }

  /// The entry of a video where its flows are right; nil where they have to be computed.
  ///
  /// - Throws: `MotionError` for an entry that cannot be read.
  private func usable(_ video: VideoDataset.Video, isQuick: Bool, _ outcome: inout VideoOutcome) throws
    -> MotionCacheEntry?
  {
    let path = cache.path(of: video.name, kind: parameters.source.kind)
    if isQuick, let entry = try? MotionCacheEntry(path: path), entry.hasFlows(parameters),
      video.path.isOlder(than: FilePath(path), byteCount: entry.identity.byteCount)
    {
      return entry
    }
    // What is wrong with the video itself is found, and better said, by its decoder.
    guard FilePath(path).status() != nil, let identity = try? VideoIdentity(contentsOf: video.path) else {
      return nil
    }
    do {
      let entry = try cache.openFlows(video.name, identity: identity, parameters: parameters)
      if !isQuick { try entry.check() }
      return entry
    } catch let error as MotionError where error.asksForPreparation {
      outcome.rebuilt = error.fault
      return nil
    }
  }
}
