import MCLMotion
import MCLSupport
import MCLVideo

/// What a preparation found: the videos that can be used, and what became of the others.
public struct PreparedVideos: Sendable {
  /// The videos that can be used, in the order of the data set.
  public var videos: [PreparedVideo] = []
  /// Files that cannot be used, each with the reason.
  public var skipped: [(name: String, reason: String)] = []
  /// Videos whose flow had to be computed, or whose frames had to be read where no flow is wanted.
  public var computed = 0
  /// Frames of the `computed` videos.
  public var computedFrames = 0
  /// How long the `computed` videos play, in seconds; at 30 frames a second where no plausible rate is
  /// stated.
  public var computedSeconds = 0.0
  /// Videos whose maps or velocities had to be made of the flow in the cache.
  public var remeasured = 0
  /// Files that were in the cache, but stale or damaged, and why; they are made anew.
  public var rebuilt: [(name: String, reason: String)] = []

  package init() {}

  /// - Throws: `UsageError` when no video is usable.
  init(_ dataset: VideoDataset, _ outcomes: [VideoOutcome]) throws {
    skipped = dataset.skipped
    for (video, outcome) in zip(dataset.videos, outcomes) {
      switch outcome.work {
      case .none: break
      case .remeasured: remeasured += 1
      case .computed(let frames, let seconds):
        computed += 1
        computedFrames += frames
        computedSeconds += seconds
      }
      if let reason = outcome.rebuilt { rebuilt.append((video.name.description, reason)) }
      switch outcome.result {
      case .success(let prepared): videos.append(prepared)
      case .failure(let reason): skipped.append((video.name.description, reason.text))
      }
    }
    guard !videos.isEmpty else {
      let reasons = skipped.prefix(3).map(\.reason).joined(separator: "; ")
      throw UsageError("none of the \(skipped.count) files can be used: \(reasons)")
    }
  }
}

/// What became of one video.
struct VideoOutcome: Sendable {
  /// Why a video is skipped.
  struct Reason: Error {
    var text: String
  }

  enum Work: Sendable {
    case none
    case remeasured
    case computed(frames: Int, seconds: Double)
  }

  var result: Result<PreparedVideo, Reason> = .failure(Reason(text: "not done"))
  var work = Work.none
  var rebuilt: String?

  init() {}

  /// What `body` makes of a video; an error that is the video's own is why it is skipped.
  ///
  /// - Parameter body: gives nil where another process is at work on the video; then there is no outcome yet.
  /// - Throws: `UsageError` for a cache that cannot be read or written, which stops everything, and what else `body`
  ///   throws.
  init?(_ body: (inout VideoOutcome) throws -> PreparedVideo?) throws {
    do {
      guard let prepared = try body(&self) else { return nil }
      result = .success(prepared)
      return
    } catch let reason as Reason {
      result = .failure(reason)
    } catch let error as VideoError {
      result = .failure(Reason(text: error.description))
    } catch let error as MotionError {
      if error.isOfWholeCache { throw UsageError(error.description) }
      result = .failure(Reason(text: error.description))
    }
    // Nothing was made anew.
    if case .none = work { rebuilt = nil }
  }
}
