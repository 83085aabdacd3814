import Foundation
import MCLCompiler

/// Makes sure that each usable video of a data set has its motion in a cache: flow, maps, velocities.
///
/// Several videos at a time, and several flows of each; every entry is written when it is complete, so that a stopped
/// run goes on where it was. Other processes may prepare into the same cache: they share the work.
public struct MotionStore: Sendable {
  public var cache: MotionCache
  public var parameters: MotionParameters
  /// Threads that compute flows, and videos at a time; what is stored does not depend on it.
  public var workers: Int
  /// What is looked at of entries that are there.
  public var verification = Verification.everything
  /// Whether maps over another number of flows than the parameters say are kept where they are in the cache.
  public var keepsWindows = false
  /// Videos of fewer frames are skipped; nil: those shorter than the longest clip.
  public var minimumFrames: Int?

  /// Beyond this many bytes of entries and videos, starting takes too long to look at all of them.
  package var quickLimit = 4e9

  public enum Verification: Sendable {
    /// The video's bytes against the entry's hash of them, and every checksum.
    case everything
    /// Everything where that is at most a few gigabytes; else the index's checksum, and the video's size and times:
    /// a flow's own checksum is verified when it is read.
    case quickWhereLarge
  }

  /// - Parameter clipSpan: frames of the video that a clip spans, its length x its step.
  public init(directory: String, clipSpan: Int = 32) {
    self.init(directory: directory, parameters: MotionParameters(shortSide: 256, clipSpans: [clipSpan]))
  }

  public init(
    directory: String, parameters: MotionParameters,
    workers: Int = ProcessorCount.threads
  ) {
    cache = MotionCache(directory: directory)
    self.parameters = parameters
    self.workers = max(workers, 1)
  }

  /// How far preparation is.
  public struct Progress: Sendable {
    /// Videos done.
    public var video = 0
    public var videoCount = 0
    /// The video that the latest news is of.
    public var name = ""
    /// Flows computed of this video, and in all.
    public var flows = 0
    public var allFlows = 0
    /// Share of the videos' bytes that are done.
    public var fraction = 0.0
    /// Share of them that had to be computed, of all.
    public var computedFraction = 0.0
  }

  public struct Prepared: Sendable {
    public var videos: [PreparedVideo] = []
    public var skipped: [(name: String, reason: String)] = []
    /// Videos whose flow had to be computed.
    public var computed = 0
    /// Frames of these videos, and how long they play.
    public var computedFrames = 0
    public var computedSeconds = 0.0
    /// Videos whose maps or velocities had to be made of the flow in the cache.
    public var remeasured = 0
    /// Entries that were there, but stale or damaged, and why; they are computed anew.
    public var rebuilt: [(name: String, reason: String)] = []
  }

  /// - Parameter progress: called on this thread after every flow; what it throws ends the work, keeping what is
  ///   complete.
  /// - Throws: `UsageError` when no video is usable, and what `progress` throws.
  public func prepare(_ dataset: VideoDataset, progress: (Progress) throws -> Void) throws -> Prepared {
    let run = MotionStoreRun(self, dataset)
    cache.sweep()
    defer { cache.sweep() }
    let outcomes = try run.outcomes(progress: progress)
    var result = Prepared()
    result.skipped = dataset.skipped
    for (video, outcome) in zip(dataset.videos, outcomes) {
      switch outcome.work {
      case .none: break
      case .remeasured: result.remeasured += 1
      case .computed(let frames, let seconds):
        result.computed += 1
        result.computedFrames += frames
        result.computedSeconds += seconds
      }
      if let reason = outcome.rebuilt { result.rebuilt.append((video.name.description, reason)) }
      switch outcome.result {
      case .success(let prepared): result.videos.append(prepared)
      case .failure(let reason): result.skipped.append((video.name.description, reason.text))
      }
    }
    guard !result.videos.isEmpty else {
      let reasons = result.skipped.prefix(3).map(\.reason).joined(separator: "; ")
      throw UsageError("none of the \(result.skipped.count) files can be used: \(reasons)")
    }
    return result
  }

  // MARK: One video

  /// Why a video is skipped.
  struct Reason: Error {
    var text: String
  }

  enum Work: Sendable {
    case none
    case remeasured
    case computed(frames: Int, seconds: Double)
  }

  struct Outcome: Sendable {
    var result: Result<PreparedVideo, Reason> = .failure(Reason(text: "not done"))
    var work = Work.none
    var rebuilt: String?
  }

  /// Makes sure of one video's entry.
  ///
  /// - Returns: nil where another process is at work on it and `waits` is false.
  /// - Throws: `UsageError` for a cache that cannot be read or written, which stops everything; what `progress` throws.
  func prepare(
    _ video: VideoDataset.Video, queue: WorkQueue, isQuick: Bool, waits: Bool, progress: (Int) throws -> Void
  ) throws -> Outcome? {
    var outcome = Outcome()
    do {
      guard let entry = try entry(video, queue, isQuick, waits, &outcome, progress) else { return nil }
      try expectLength(entry.frameCount, of: video)
      outcome.result = .success(PreparedVideo(video: video, motion: entry))
      return outcome
    } catch let reason as Reason {
      outcome.result = .failure(reason)
    } catch let error as VideoError {
      outcome.result = .failure(Reason(text: error.description))
    } catch let error as MotionError {
      if error.isOfWholeCache { throw UsageError(error.description) }
      outcome.result = .failure(Reason(text: error.description))
    }
    if case .none = outcome.work { outcome.rebuilt = nil }
    return outcome
  }

  /// The entry of a video, made where it is missing; nil where another process is at work on it.
  private func entry(
    _ video: VideoDataset.Video, _ queue: WorkQueue, _ isQuick: Bool, _ waits: Bool, _ outcome: inout Outcome,
    _ progress: (Int) throws -> Void
  ) throws -> MotionCacheEntry? {
    let kind = parameters.source.kind
    if let entry = try usable(video, isQuick: isQuick, &outcome), entry.hasMeasures(measures(entry)) {
      return entry
    }
    guard let claim = try cache.claim(video.name, kind: kind, waits: waits) else { return nil }
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
      try? index?.store(beside: cache.path(of: video.name, kind: kind), identity)
      try claim.store(motion)
      outcome.work = .computed(
        frames: motion.frameCount, seconds: Double(motion.frameCount) / motion.frameRate.plausible)
    }
    return try MotionCacheEntry(path: cache.path(of: video.name, kind: kind))
  }

  /// Videos of fewer frames are of no use.
  private var leastFrames: Int { max(parameters.clipSpans.max() ?? 1, minimumFrames ?? 0) }

  /// - Throws: `Reason` for a video with too few frames.
  private func expectLength(_ count: Int, of video: VideoDataset.Video) throws {
    guard count < leastFrames else { return }
    let span = parameters.clipSpans.max() ?? 1
    let wanted = count < span ? "\(span) a clip spans" : "\(leastFrames) asked for"
    throw Reason(text: "\(video.path) has \(count) frames, fewer than the \(wanted); use longer videos")
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
  private func usable(_ video: VideoDataset.Video, isQuick: Bool, _ outcome: inout Outcome) throws
    -> MotionCacheEntry?
  {
    let path = cache.path(of: video.name, kind: parameters.source.kind)
    if isQuick, let entry = try? MotionCacheEntry(path: path), entry.hasFlows(parameters),
      Self.isOlder(video.path, than: path, bytes: entry.identity.byteCount)
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

  /// Whether nothing has touched the video since its entry was written. The time of the last change of its inode cannot
  /// be set back, as that of its bytes can.
  private static func isOlder(_ video: FilePath, than entry: String, bytes: UInt64) -> Bool {
    guard let source = video.status(), let made = FilePath(entry).status(), UInt64(source.st_size) == bytes
    else {
      return false
    }
    return (source.st_ctim.tv_sec, source.st_ctim.tv_nsec) < (made.st_mtim.tv_sec, made.st_mtim.tv_nsec)
  }
}
