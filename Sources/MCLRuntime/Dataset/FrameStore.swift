import Synchronization

/// Decoded videos, the latest used kept up to a budget; a video too large for it is decoded a clip at a time.
final class FrameStore: Sendable {
  private struct State {
    var videos: [String: [RGBImage]] = [:]
    var order: [String] = []
    var byteCount = 0
  }

  private let state = Mutex(State())
  private let budget: Int
  private let shortSide: Int?

  init(budget: Int, shortSide: Int?) {
    self.budget = budget
    self.shortSide = shortSide
  }

  /// The frames at these indices, counted from 0.
  /// - Throws: `VideoError` when the video no longer gives them.
  func frames(_ video: PreparedVideo, _ indices: [Int]) throws -> [RGBImage] {
    let source = video.motion
    let size = source.frameCount * source.width * source.height * 3
    guard size <= budget / 4 else {
      guard let first = indices.min(), let last = indices.max() else { return [] }
      let decoded = try VideoDecoder.decode(
        path: video.video.path, shortSide: shortSide, frames: first..<last + 1)
      return try indices.map { try image(decoded[$0 - first], of: source, path: video.video.path) }
    }
    let key = video.video.path
    let known = state.withLock { state -> [RGBImage]? in
      guard let frames = state.videos[key] else { return nil }
      state.order.removeAll { $0 == key }
      state.order.append(key)
      return frames
    }
    if let known { return indices.map { known[$0] } }
    let decoded = try VideoDecoder.decode(path: key, shortSide: shortSide, frames: 0..<source.frameCount)
    let frames = try decoded.map { try image($0, of: source, path: key) }
    state.withLock { state in
      guard state.videos.updateValue(frames, forKey: key) == nil else { return }
      state.order.append(key)
      state.byteCount += size
      while state.byteCount > budget, state.order.count > 1 {
        let oldest = state.order.removeFirst()
        if let dropped = state.videos.removeValue(forKey: oldest) {
          state.byteCount -= dropped.reduce(0) { $0 + $1.pixels.count }
        }
      }
    }
    return indices.map { frames[$0] }
  }

  private func image(_ frame: VideoFrame, of source: MotionCacheEntry, path: String) throws -> RGBImage {
    guard frame.width == source.width, frame.height == source.height else {
      throw VideoError(
        "\(path) has frames of \(frame.width)x\(frame.height), not of \(source.width)x\(source.height) as when its "
          + "motion was prepared; do not change videos while training")
    }
    return try RGBImage(width: frame.width, height: frame.height, pixels: frame.pixels)
  }
}
