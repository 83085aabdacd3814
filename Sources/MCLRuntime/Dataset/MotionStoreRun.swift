import Foundation

/// One run over the videos of a data set: threads that take videos in order, and the news of them.
final class MotionStoreRun: @unchecked Sendable {
  private let store: MotionStore
  private let videos: [VideoDataset.Video]
  private let queue: WorkQueue
  private let sizes: [Double]
  private let isQuick: Bool

  // All of it is touched under the condition's lock only.
  private let condition = NSCondition()
  private var next = 0
  /// Videos that another process was at work on.
  private var deferred: [Int] = []
  private var outcomes: [MotionStore.Outcome?]
  private var failure: (video: Int, error: any Error)?
  private var isStopping = false
  private var threadsAtWork = 0
  private var news: [(video: Int, flows: Int)] = []
  private var finished = 0
  /// Bytes of the videos that are done, and of those of them that had to be computed.
  private var (doneSize, computedSize) = (0.0, 0.0)

  private struct Stopped: Error {}

  init(_ store: MotionStore, _ dataset: VideoDataset) {
    self.store = store
    videos = dataset.videos
    queue = WorkQueue(workers: store.workers)
    outcomes = .init(repeating: nil, count: videos.count)
    func size(_ path: FilePath) -> Double { path.status().map { Double(max($0.st_size, 1)) } ?? 1 }
    sizes = videos.map { size($0.path) }
    let kind = store.parameters.source.kind
    isQuick =
      store.verification == .quickWhereLarge
      && zip(videos, sizes).reduce(0) {
        $0 + $1.1 + size(FilePath(store.cache.path(of: $1.0.name, kind: kind)))
      }
        > store.quickLimit
  }

  /// - Throws: what `progress` throws, and the first error that is no video's own.
  func outcomes(progress: (MotionStore.Progress) throws -> Void) throws -> [MotionStore.Outcome] {
    let threads = min(store.workers, videos.count)
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
    return outcomes.map { $0 ?? MotionStore.Outcome() }
  }

  /// Passes the news on until all is done.
  private func report(_ progress: (MotionStore.Progress) throws -> Void) throws {
    var state = MotionStore.Progress(videoCount: videos.count)
    var flows = [Int](repeating: 0, count: videos.count)
    let all = sizes.reduce(0, +)
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
        (state.name, state.flows) = (videos[video].name.description, count)
        state.allFlows += max(count - flows[video], 0)
        flows[video] = max(flows[video], count)
        try progress(state)
      }
      if latest.isEmpty { try progress(state) }
      if isOver, latest.isEmpty { return }
    }
  }

  // MARK: The threads

  private func work() {
    while let (video, waits) = take() {
      do {
        let outcome = try store.prepare(videos[video], queue: queue, isQuick: isQuick, waits: waits) {
          flows in
          try self.tell(video, flows)
        }
        finish(video, outcome)
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
  private func take() -> (video: Int, waits: Bool)? {
    while true {
      condition.lock()
      defer { condition.unlock() }
      guard !isStopping else { return nil }
      if next < videos.count {
        next += 1
        return (next - 1, false)
      }
      guard !deferred.isEmpty else { return nil }
      _ = condition.wait(until: Date(timeIntervalSinceNow: 0.2))
      guard !isStopping else { return nil }
      if !deferred.isEmpty { return (deferred.removeFirst(), false) }
    }
  }

  private func finish(_ video: Int, _ outcome: MotionStore.Outcome?) {
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

  private func tell(_ video: Int, _ flows: Int) throws {
    condition.lock()
    defer { condition.unlock() }
    if isStopping { throw Stopped() }
    news.append((video, flows))
    condition.broadcast()
  }
}
