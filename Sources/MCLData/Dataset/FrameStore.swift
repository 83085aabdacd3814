import MCLMotion
import MCLSupport
import MCLVideo
import Synchronization

/// Decoded videos, kept whole as long as there is room; of the others the frames asked for are read each time, and of
/// these only the window that the clip's crops need.
///
/// What is kept is RGB, so that a sample of a video kept needs no conversion.
/// No video is dropped for another: epochs go through all videos in ever new orders, so that the latest used is no
/// better a guess than any other.
package final class FrameStore: Sendable {
  private struct State {
    var videos: [FilePath: [RGBImage]] = [:]
    /// Of the videos kept, and of those being decoded to be kept.
    var byteCount = 0
    var indices: [FilePath: FrameIndex] = [:]
  }

  private let state = Mutex(State())
  private let budget: Int
  private let shortSide: Int?
  /// How many indices are kept in memory; the others are read from where they are kept.
  private static let indexLimit = 64

  package init(budget: Int, shortSide: Int?) {
    self.budget = budget
    self.shortSide = shortSide
  }

  /// Frames of a video, or the same window of each.
  package struct Clip {
    package var frames: [RGBImage]
    /// What of the video's frames they hold.
    package var window: Crop
  }

  /// Of each clip the frames at its indices, counted from 0, at least a window of them.
  /// - Throws: `VideoError` when the video no longer gives the frames it had when it was prepared.
  package func clips(_ video: PreparedVideo, _ clips: [(numbers: [Int], window: Crop)]) throws -> [Clip] {
    let key = video.video.path
    let whole = Crop(x: 0, y: 0, width: video.width, height: video.height)
    func chosen(_ frames: [RGBImage]) -> [Clip] {
      clips.map { Clip(frames: $0.numbers.map { frames[$0] }, window: whole) }
    }
    if let known = state.withLock({ $0.videos[key] }) { return chosen(known) }
    let size = video.frameCount * video.width * video.height * 3
    let isKept = state.withLock { state -> Bool in
      guard state.byteCount + size <= budget else { return false }
      state.byteCount += size
      return true
    }
    guard isKept else {
      return zip(try read(video, clips), clips).map { Clip(frames: $0, window: $1.window) }
    }
    do {
      let frames = try read(video, [(Array(0..<video.frameCount), whole)])[0]
      state.withLock { state in
        // Another thread may have been faster.
        if state.videos.updateValue(frames, forKey: key) != nil { state.byteCount -= size }
      }
      return chosen(frames)
    } catch {
      state.withLock { $0.byteCount -= size }
      throw error
    }
  }

  private func read(
    _ video: PreparedVideo, _ clips: [(numbers: [Int], window: Crop)]
  ) throws -> [[RGBImage]] {
    let path = video.video.path
    func frames(_ index: FrameIndex) throws -> [[RGBImage]] {
      let reader = try ClipReader(path: path, shortSide: shortSide, index: index)
      try checkSize(reader, of: video)
      return try reader.checkedClips(clips).map { clip in
        try clip.map { try RGBImage(width: $0.width, height: $0.height, pixels: $0.pixels) }
      }
    }
    do { return try frames(index(of: video)) } catch is ClipReader.Mismatch {
      // Another file, or the same decoded otherwise: by another processor, or where damage is made up for.
      do { return try frames(madeIndex(of: video)) } catch let error as ClipReader.Mismatch {
        throw VideoError(error.text)
      }
    }
  }

  private func checkSize(_ reader: ClipReader, of video: PreparedVideo) throws {
    guard reader.width == video.width, reader.height == video.height else {
      throw VideoError(
        "\(video.video.path) has frames of \(reader.width)x\(reader.height), not of \(video.width)x\(video.height) as "
          + "when it was prepared; prepare it again")
    }
  }

  // MARK: Indices

  private func index(of video: PreparedVideo) throws -> FrameIndex {
    if let known = state.withLock({ $0.indices[video.video.path] }) { return known }
    guard let kept = try? FrameIndexFile(reading: video.indexPath), kept.identity == video.identity,
      kept.index.count == video.frameCount
    else { return try madeIndex(of: video) }
    keep(kept.index, of: video)
    return kept.index
  }

  /// Decodes the video for its index, which is then kept, also in the cache where that may be written.
  private func madeIndex(of video: PreparedVideo) throws -> FrameIndex {
    let path = video.video.path
    // What is missing or no file is told best by the decoder.
    let index = try FrameIndex(decoding: path)
    guard index.count == video.frameCount, try isUnchanged(video) else {
      throw VideoError(
        "\(path) has changed since it was prepared; do not change videos while training")
    }
    keep(index, of: video)
    // A folder that cannot be written, or another process that writes: the index serves all the same.
    try? FrameIndexFile(index, of: video.identity).store(to: video.indexPath)
    return index
  }

  private func isUnchanged(_ video: PreparedVideo) throws -> Bool {
    do { return try VideoIdentity(contentsOf: video.video.path) == video.identity } catch let error
      as MotionError
    {
      throw VideoError(error.description)
    }
  }

  private func keep(_ index: FrameIndex, of video: PreparedVideo) {
    state.withLock { state in
      if state.indices.count >= Self.indexLimit, let any = state.indices.keys.first {
        state.indices[any] = nil
      }
      state.indices[video.video.path] = index
    }
  }
}
