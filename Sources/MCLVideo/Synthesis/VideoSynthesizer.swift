import Foundation
import MCLSupport
import Synchronization

/// Makes a labelled set of real, encoded videos to train on where there is none.
///
/// A class folder a kind of motion (`SyntheticMotion`), files such as `slide/slide_0003.avi`. The kinds take turns,
/// so a smaller set is the beginning of a larger one. The same seed gives the same bytes.
public struct VideoSynthesizer: Sendable {
  /// A synthesizer; all that it depends on is given to `synthesize`.
  public init() {}

  /// Writes videos 0 ..< `videos` of the series `seed` below `directory`, which is made if need be.
  ///
  /// Uses all processors that the process may use. An existing video of the same name is replaced; other files are left alone.
  /// - Parameter progress: called with the number of videos done and of all, after each, never concurrently,
  ///   though on any thread.
  /// - Throws: `VideoError` when a number does not serve or a file cannot be written.
  public func synthesize(
    into directory: String, videos: Int, seed: UInt64, frames: Int = 64, width: Int = 128, height: Int = 96,
    progress: @Sendable (Int, Int) -> Void = { _, _ in }
  ) throws {
    guard videos >= 1, frames >= 1, SyntheticVideo.accepts(width: width, height: height) else {
      throw VideoError(
        "Cannot synthesize \(videos) videos of \(frames) frames of \(width) x \(height) pixels; give at least one "
          + "of each, and sides of 16...2048.")
    }
    for motion in SyntheticMotion.allCases.prefix(videos) {
      try makeFolder(directory + "/" + motion.rawValue)
    }
    let state = Mutex((done: 0, error: VideoError?.none))
    ParallelLoop.run(videos) { number in
      if state.withLock({ $0.error != nil }) { return }
      do throws(VideoError) {
        let video = SyntheticVideo(number: number, seed: seed, frames: frames, width: width, height: height)
        try write(video, below: directory)
        state.withLock {
          $0.done += 1
          progress($0.done, videos)
        }
      } catch {
        state.withLock { if $0.error == nil { $0.error = error } }
      }
    }
    if let error = state.withLock({ $0.error }) { throw error }
  }

  private func write(_ video: SyntheticVideo, below directory: String) throws(VideoError) {
    let path = directory + "/" + video.relativePath
    do {
      try VideoEncoder.encode((0..<video.frameCount).lazy.map(video.frame), to: path)
    } catch let error as VideoError {
      throw error
    } catch {
      throw VideoError("Could not write \(path) (\(error)); check its folder.")
    }
  }

  private func makeFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw VideoError(
        "The folder \(path) cannot be made, as a part of it is a file or may not be written; choose another.")
    }
    guard access(path, W_OK | X_OK) == 0 else {
      throw VideoError("The folder \(path) cannot be written; choose another or change its permissions.")
    }
  }
}
