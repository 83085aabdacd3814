import MCLMotion
import MCLSupport
import MCLVideo

/// Makes sure that each usable video of a data set has the index of its frames in a cache: all that training without
/// motion needs to know of it.
///
/// One decoding from start to end a video, several videos at a time; every index is written when it is complete, so that
/// a stopped run goes on where it was. Indices lie where `MotionStore` keeps its own, so that either finds the other's.
/// Other processes may prepare into the same cache: they share the work.
public struct FrameCatalog: VideoPreparation {
  package static let subject = "frames"
  package static let unit = "frames"

  package var cache: MotionCache
  /// Videos of fewer frames are skipped.
  public var minimumFrames: Int
  /// Frames whose short side is larger are scaled down to it when they are read; indices do not depend on it.
  public var shortSide: Int?
  /// Videos at a time; what is stored does not depend on it.
  public var workers: Int
  /// What is looked at of indices that are there.
  package var verification = PreparationVerification.everything
  package var quickLimit = PreparationVerification.largeSize

  /// A catalog that keeps its indices in a cache.
  ///
  /// - Parameters:
  ///   - directory: the folder of the cache; it is made if need be.
  ///   - minimumFrames: videos of fewer frames are skipped.
  ///   - shortSide: in pixels; larger frames are scaled down to it when they are read. nil leaves them as
  ///     decoded.
  ///   - workers: videos at a time; 1 at least.
  public init(
    directory: String, minimumFrames: Int = 1, shortSide: Int? = 256, workers: Int = ProcessorCount.threads
  ) {
    cache = MotionCache(directory: directory)
    self.minimumFrames = minimumFrames
    self.shortSide = shortSide
    self.workers = max(workers, 1)
  }

  /// Makes the indices that are missing, and says which videos can be used.
  ///
  /// - Parameter progress: called on this thread every now and then. What it throws ends the work and keeps
  ///   what is complete.
  /// - Throws: `UsageError` when no video is usable or the cache cannot be written, and what `progress`
  ///   throws.
  public func prepare(
    _ dataset: VideoDataset, progress: (PreparationProgress) throws -> Void
  ) throws -> PreparedVideos {
    let isQuick = verification.isQuick(
      dataset.videos.flatMap { [$0.path, FilePath(cache.indexPath(of: $0.name))] }, limit: quickLimit)
    let run = VideoRun(dataset.videos, workers: workers) { video, tell in
      try VideoOutcome { try prepare(video, isQuick: isQuick, &$0, tell) }
    }
    cache.sweep()
    defer { cache.sweep() }
    return try PreparedVideos(dataset, run.outcomes(progress: progress))
  }

  /// Makes sure of one video's index; nil where another process is at work on it.
  private func prepare(
    _ video: VideoDataset.Video, isQuick: Bool, _ outcome: inout VideoOutcome,
    _ tell: (Int) throws -> Void
  ) throws -> PreparedVideo? {
    guard let kept = try file(of: video, isQuick: isQuick, &outcome, tell) else { return nil }
    // A short video keeps its index, so that it is not read again to find it short.
    guard kept.index.count >= minimumFrames else {
      throw VideoOutcome.Reason(
        text: "\(video.path) has \(kept.index.count) frames, fewer than the \(minimumFrames) wanted; "
          + "use longer videos")
    }
    return PreparedVideo(
      video: video, kept: kept, indexPath: cache.indexPath(of: video.name), shortSide: shortSide)
  }

  private func file(
    of video: VideoDataset.Video, isQuick: Bool, _ outcome: inout VideoOutcome,
    _ tell: (Int) throws -> Void
  ) throws -> FrameIndexFile? {
    if let kept = try usable(video, isQuick: isQuick, &outcome) { return kept }
    guard let claim = try cache.claimIndex(of: video.name) else { return nil }
    // Another process may have been faster.
    outcome.rebuilt = nil
    if let kept = try usable(video, isQuick: isQuick, &outcome) { return kept }
    // First, as it tells best what is missing or no video.
    let decoder = try VideoDecoder(path: video.path, keepsIndex: true)
    let identity = try VideoIdentity(contentsOf: video.path)
    let index = try FrameIndex(decoding: decoder, progress: tell)
    let file = FrameIndexFile(index, of: identity)
    try claim.store(file.bytes)
    outcome.work = .computed(frames: index.count, seconds: Double(index.count) / index.frameRate.plausible)
    return file
  }

  /// The index of a video where it holds; nil where it has to be made.
  ///
  /// - Throws: `MotionError` for an index that cannot be read.
  private func usable(
    _ video: VideoDataset.Video, isQuick: Bool, _ outcome: inout VideoOutcome
  ) throws -> FrameIndexFile? {
    let path = cache.indexPath(of: video.name)
    do {
      let kept = try FrameIndexFile(reading: path)
      if isQuick, video.path.isOlder(than: FilePath(path), byteCount: kept.identity.byteCount) { return kept }
      // What is wrong with the video itself is found, and better said, by its decoder.
      guard let identity = try? VideoIdentity(contentsOf: video.path) else { return nil }
      if kept.identity == identity { return kept }
      outcome.rebuilt = "\(path) was made from another version of the video"
    } catch let error as MotionError where error.asksForPreparation {
      if FilePath(path).status() != nil { outcome.rebuilt = error.fault }
    }
    return nil
  }
}

extension MotionCache {
  /// Where the index of a video's frames lies.
  package func indexPath(of name: some PathConvertible) -> String {
    FrameIndex.path(beside: path(of: name))
  }

  /// Takes the right to write the index of a video; nil where another process has it.
  ///
  /// - Throws: `MotionError` where the directory cannot be made or written.
  func claimIndex(of name: FilePath) throws -> MotionClaim? {
    try claim(file: FrameIndex.path(beside: file(of: name, .tvl1)), waits: false)
  }
}
