import Foundation
import MCLSupport

/// One run over the videos of a data set: threads that take videos in order, and the news of them.
final class VideoRun: @unchecked Sendable {
  /// What is done of one video, telling how far it is; nil where another process is at work on it.
  typealias Work = @Sendable (VideoDataset.Video, _ tell: (Int) throws -> Void) throws -> VideoOutcome?

  private let videos: [VideoDataset.Video]
  private let workers: Int
  private let prepare: Work
  private let sizes: [Double]

  // All of it is touched under the condition's lock only.
  private let condition = NSCondition()
  private var next = 0
  /// Videos that another process was at work on.
  private var deferred: [Int] = []
  private var outcomes: [VideoOutcome?]
  private var failure: (video: Int, error: any Error)?
  private var isStopping = false
  private var threadsAtWork = 0
  private var news: [(video: Int, steps: Int)] = []
  private var finished = 0
  /// Bytes of the videos that are done, and of those of them that had to be computed.
  private var (doneSize, computedSize) = (0.0, 0.0)

  private struct Stopped: Error {}

  init(_ videos: [VideoDataset.Video], workers: Int, prepare: @escaping Work) {
    (self.videos, self.workers, self.prepare) = (videos, workers, prepare)
    outcomes = .init(repeating: nil, count: videos.count)
    sizes = videos.map(\.path.size)
  }

  /// - Throws: what `progress` throws, and the first error that is no video's own.
  func outcomes(progress: (PreparationProgress) throws -> Void) throws -> [VideoOutcome] {
    let threads = min(workers, videos.count)
    condition.lock()
    threadsAtWork = threads
    condition.unlock()
    for number in 0..<threads {
      let thread = Thread { self.work() }
      thread.name = "mcl video \(number)"
      // Decoders want more than the default of 512 KiB elsewhere than on Linux.
      thread.stackSize = 8 << 20
      thread.start()
    }
    let stopping = Result { try report(progress) }
    condition.lock()
    isStopping = true
    while threadsAtWork > 0 { condition.wait() }
    condition.unlock()
    try stopping.get()
    if let failure { throw failure.error }
    return outcomes.map { $0 ?? VideoOutcome() }
  }

  /// Passes the news on until all is done.
  private func report(_ progress: (PreparationProgress) throws -> Void) throws {
    var state = PreparationProgress(videoCount: videos.count)
    var steps = [Int](repeating: 0, count: videos.count)
    let all = max(sizes.reduce(0, +), 1)
    try progress(state)
    while true {
      condition.lock()
      // Signals are asked for even where a video takes long to open.
      if news.isEmpty, threadsAtWork > 0 { _ = condition.wait(until: Date(timeIntervalSinceNow: 0.1)) }
      let latest = news
      news.removeAll()
      let (done, isOver) = (finished, threadsAtWork == 0)
      (state.fraction, state.computedFraction) = (doneSize / all, computedSize / all)
      condition.unlock()
      state.video = done
      for (video, count) in latest {
        (state.name, state.steps) = (videos[video].name.description, count)
        state.allSteps += max(count - steps[video], 0)
        steps[video] = max(steps[video], count)
        try progress(state)
      }
      if latest.isEmpty { try progress(state) }
      if isOver, latest.isEmpty { return }
    }
  }

  // MARK: The threads

  private func work() {
    while let video = take() {
      do {
        finish(video, try prepare(videos[video]) { try self.tell(video, $0) })
      } catch is Stopped {
        break
      } catch {
        condition.lock()
        if failure.map({ video < $0.video }) ?? true { failure = (video, error) }
        isStopping = true
        condition.unlock()
        break
      }
    }
    condition.lock()
    threadsAtWork -= 1
    condition.broadcast()
    condition.unlock()
  }

  /// The next video; those that another process was at work on come last, after a moment.
  private func take() -> Int? {
    while true {
      condition.lock()
      defer { condition.unlock() }
      guard !isStopping else { return nil }
      if next < videos.count {
        next += 1
        return next - 1
      }
      guard !deferred.isEmpty else { return nil }
      _ = condition.wait(until: Date(timeIntervalSinceNow: 0.2))
      guard !isStopping else { return nil }
      if !deferred.isEmpty { return deferred.removeFirst() }
    }
  }

  private func finish(_ video: Int, _ outcome: VideoOutcome?) {
    condition.lock()
    if let outcome {
      outcomes[video] = outcome
      finished += 1
      doneSize += sizes[video]
      if case .computed = outcome.work { computedSize += sizes[video] }
      news.append((video, 0))
    } else {
      deferred.append(video)
    }
    condition.broadcast()
    condition.unlock()
  }

  private func tell(_ video: Int, _ steps: Int) throws {
    condition.lock()
    defer { condition.unlock() }
    if isStopping { throw Stopped() }
    news.append((video, steps))
    condition.broadcast()
  }
}
