import Foundation

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
    workers: Int = ProcessInfo.processInfo.activeProcessorCount
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
      if let reason = outcome.rebuilt { result.rebuilt.append((video.name, reason)) }
      switch outcome.result {
      case .success(let prepared): result.videos.append(prepared)
      case .failure(let reason): result.skipped.append((video.name, reason.text))
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
      var entry = try usable(video, isQuick: isQuick, &outcome)
      if entry?.hasMeasures(measures(entry)) != true {
        guard
          let claim = try orStop({ try cache.claim(video.name, kind: parameters.source.kind, waits: waits) })
        else { return nil }
        // Another process may have been faster.
        outcome.rebuilt = nil
        entry = try usable(video, isQuick: isQuick, &outcome)
        if entry?.hasMeasures(measures(entry)) != true {
          let preparation = MotionPreparation(parameters: measures(entry), queue: queue)
          if let old = entry {
            let motion = try preparation.remeasure(old, progress: progress)
            outcome.work = .remeasured
            try orStop { try claim.store(motion) }
          } else {
            let identity = try VideoIdentity(contentsOf: video.path)
            var index: FrameIndex?
            let motion = try preparation.analyze(
              path: video.path, identity: identity, progress: progress, onIndex: { index = $0 })
            let seconds = Double(motion.frameCount) / motion.frameRate.plausible
            outcome.work = .computed(frames: motion.frameCount, seconds: seconds)
            // First, so that an entry that is there has its index, also after a kill.
            try keep(index, of: video, identity)
            try orStop { try claim.store(motion) }
          }
          entry = try MotionCacheEntry(path: cache.path(of: video.name, kind: parameters.source.kind))
        }
      }
      guard let entry else { return nil }
      let (span, least) = (parameters.clipSpans.max() ?? 1, minimumFrames ?? 0)
      guard entry.frameCount >= span else {
        throw Reason(
          text: "\(video.path) has \(entry.frameCount) frames, fewer than the \(span) a clip spans; "
            + "use longer videos")
      }
      guard entry.frameCount >= least else {
        throw Reason(
          text:
            "\(video.path) has \(entry.frameCount) frames, fewer than the \(least) asked for; use longer videos"
        )
      }
      outcome.result = .success(PreparedVideo(video: video, motion: entry))
    } catch let reason as Reason {
      outcome.result = .failure(reason)
    } catch let error as VideoError {
      outcome.result = .failure(Reason(text: error.description))
    } catch let error as MotionError {
      outcome.result = .failure(Reason(text: error.description))
    }
    return outcome
  }

  /// Keeps the index beside the entry; where there is none, the first who reads the video makes it.
  private func keep(_ index: FrameIndex?, of video: VideoDataset.Video, _ identity: VideoIdentity) throws {
    let path = cache.path(of: video.name, kind: parameters.source.kind)
    do { try index?.store(beside: path, identity) } catch let error as TensorFileError {
      throw UsageError(error.description)
    }
  }

  /// What is wanted of a video that has this entry.
  private func measures(_ entry: MotionCacheEntry?) -> MotionParameters {
    var wanted = parameters
    if keepsWindows, let entry { wanted.window = entry.window }
    return wanted
  }

  /// A cache that cannot be read or written stops everything; a video that cannot be read only itself.
  private func orStop<Value>(_ body: () throws -> Value) throws -> Value {
    do { return try body() } catch let error as MotionError { throw UsageError(error.description) }
  }

  /// The entry of a video where its flows are right; nil where they have to be computed.
  private func usable(_ video: VideoDataset.Video, isQuick: Bool, _ outcome: inout Outcome) throws
    -> MotionCacheEntry?
  {
    let path = cache.path(of: video.name, kind: parameters.source.kind)
    do {
      if isQuick, let entry = try? MotionCacheEntry(path: path), entry.hasFlows(parameters),
        Self.isOlder(video.path, than: path, bytes: entry.identity.byteCount)
      {
        return entry
      }
      let identity = try VideoIdentity(contentsOf: video.path)
      let entry = try cache.openFlows(video.name, identity: identity, parameters: parameters)
      if !isQuick { try entry.check() }
      return entry
    } catch let error as MotionError {
      // What is wrong with the video itself is found, and better said, by its decoder.
      guard FileManager.default.fileExists(atPath: path) else { return nil }
      guard error.asksForPreparation else { throw UsageError(error.description) }
      outcome.rebuilt = error.description
      return nil
    }
  }

  /// Whether nothing has touched the video since its entry was written. The time of the last change of its inode cannot
  /// be set back, as that of its bytes can.
  private static func isOlder(_ video: String, than entry: String, bytes: UInt64) -> Bool {
    var (source, made) = (stat(), stat())
    guard stat(video, &source) == 0, stat(entry, &made) == 0, UInt64(source.st_size) == bytes else {
      return false
    }
    return (source.st_ctim.tv_sec, source.st_ctim.tv_nsec) < (made.st_mtim.tv_sec, made.st_mtim.tv_nsec)
  }
}
