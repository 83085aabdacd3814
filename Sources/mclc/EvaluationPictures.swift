import ArgumentParser
import Foundation
import MCLCommandSupport
import MCLData
import MCLDrawing
import MCLEvaluation
import MCLSupport

/// Where the pictures of an evaluation's page come from: the videos that its features were made of.
struct EvaluationPictures {
  /// What draws the videos that are shown.
  let seed: UInt64
  private let videos: [ShownVideos.Side: [String: PreparedVideo]]
  private let store: FrameStore?

  /// No videos: only their features are known.
  init(seed: UInt64) { (self.seed, videos, store) = (seed, [:], nil) }

  /// The videos of a job's last two tables, those to train with and those to test with.
  init(_ job: FeatureJob) {
    seed = job.seed
    let sides = job.prepared.suffix(2).map { videos in
      Dictionary(
        videos.map { ($0.video.name.description, $0) }, uniquingKeysWith: { first, _ in first })
    }
    videos = Dictionary(uniqueKeysWithValues: zip([.training, .test], sides))
    // Each video is read once.
    store = FrameStore(budget: 0, shortSide: job.preprocessing.shortSide)
  }

  /// A strip of frames of each shown video; of one that cannot be read, why.
  /// - Throws: `ExitCode` where a signal came.
  func strips(
    of shown: ShownVideos, in evaluation: FeatureEvaluation, signals: SignalWatch, isSilent: Bool
  ) throws -> [ShownVideos.Video: EvaluationPage.Strip] {
    guard let store else { return [:] }
    signals.enter(.picturing)
    let bar = ProgressBar(isSilent: isSilent)
    defer { bar.clear() }
    let start = ContinuousClock.now
    var strips: [ShownVideos.Video: EvaluationPage.Strip] = [:]
    for (done, video) in shown.videos.enumerated() {
      if let code = signals.exitCode {
        bar.clear()
        say("mclc: stopped while reading frames for the page; the features are kept")
        throw ExitCode(code)
      }
      let seconds = start.duration(to: .now) / .seconds(1)
      let left = done > 0 ? seconds / Double(done) * Double(shown.videos.count - done) : .infinity
      bar.show(
        Double(done) / Double(shown.videos.count),
        "frames of \(done)/\(shown.videos.count) videos for the page, "
          + String(format: "%.1f videos/s", Double(done) / max(seconds, 1e-3))
          + ", \(ProgressBar.duration(left)) left")
      guard let prepared = videos[video.side]?[evaluation.name(of: video)] else { continue }
      do { strips[video] = .picture(try FrameStrip.picture(of: prepared, from: store)) } catch {
        strips[video] = .missing("\(error)")
      }
    }
    return strips
  }
}
