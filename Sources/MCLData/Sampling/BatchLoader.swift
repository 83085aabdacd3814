import Foundation

/// Makes batches ahead of the training loop on worker threads.
///
/// The producer is called once for every batch index, on any worker and in any order; `next()` hands the results out in
/// the order of the indices. So long as the producer is a function of its index alone, the sequence of batches is the
/// same for any number of workers. At most `capacity` batches are made or under way ahead of the loop: workers wait when
/// it is slow.
///
/// An error is thrown by the `next()` that would have returned its batch; the `next()` after it goes on with the batch
/// that follows.
package final class BatchLoader<Batch: Sendable>: Sendable {
  private let queue: BatchQueue<Batch>

  /// Starts the workers.
  /// - Parameters:
  ///   - indices: the batches to make: from the first one on, or to an end. A resumed run starts where it stopped.
  ///   - workers: threads that make batches.
  ///   - capacity: batches made ahead, the ones under way included; the loader keeps no more in memory.
  ///   - produce: makes one batch. It must not call this loader.
  /// - Throws: `SamplingError` where there is no worker or no room.
  package init(
    indices: Range<Int> = 0..<Int.max, workers: Int, capacity: Int,
    produce: @escaping @Sendable (_ index: Int) throws -> Batch
  ) throws {
    guard (1...1024).contains(workers), capacity >= 1 else {
      throw SamplingError(
        "a loader of \(workers) workers and room for \(capacity) batches cannot run: give 1 to 1024 workers and "
          + "room for at least one batch")
    }
    let queue = BatchQueue<Batch>(indices: indices, workers: workers, capacity: capacity)
    self.queue = queue
    for number in 0..<workers {
      // A worker holds the queue, never the loader, so that a dropped loader is freed and ends its workers.
      let thread = Thread {
        while let index = queue.claim() {
          queue.deliver(Result { try produce(index) }, at: index)
        }
        queue.leave()
      }
      thread.name = "batch loader \(number)"
      thread.stackSize = 8 << 20
      thread.start()
    }
  }

  deinit { queue.cancel() }

  /// The next batch, once it is made.
  /// - Throws: the producer's error of this batch; `BatchLoaderEnd` after the last batch or once stopped.
  package func next() throws -> Batch { try queue.take() }

  /// Ends the workers and waits for them: each finishes the batch it is at. Batches not taken are dropped, and a waiting
  /// `next()` throws. May be called more than once, but not by the producer.
  package func stop() {
    queue.cancel()
    queue.join()
  }

  /// Seconds that the last `next()` waited for its batch: near 0 while the workers keep up.
  package var lastWait: Double { queue.waits.last }
  /// Seconds that all calls of `next()` waited.
  package var totalWait: Double { queue.waits.total }
}

/// Why a loader has no next batch.
package enum BatchLoaderEnd: Error, Sendable, Hashable, CustomStringConvertible {
  /// All batches were taken.
  case exhausted(end: Int)
  /// `stop()` was called.
  case stopped

  package var description: String {
    switch self {
    case .exhausted(let end): "the loader has handed out all its batches, up to index \(end): ask for no more"
    case .stopped: "the loader was stopped: make a new one to load further batches"
    }
  }
}

/// The state that the loop and the workers share; everything mutable is guarded by `condition`.
private final class BatchQueue<Batch: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private let end: Int
  private let capacity: Int
  /// The next index a worker will make, and the next the loop will take.
  private var claimed: Int
  private var taken: Int
  private var ready: [Int: Result<Batch, any Error>] = [:]
  private var working: Int
  private var isCancelled = false
  private var lastWait = 0.0
  private var totalWait = 0.0

  init(indices: Range<Int>, workers: Int, capacity: Int) {
    claimed = indices.lowerBound
    taken = indices.lowerBound
    end = indices.upperBound
    self.capacity = capacity
    working = workers
  }

  var waits: (last: Double, total: Double) { condition.withLock { (lastWait, totalWait) } }

  /// The next index to make, once there is room; nil when there is nothing more to do.
  func claim() -> Int? {
    condition.withLock {
      while !isCancelled, claimed < end, claimed - taken >= capacity { condition.wait() }
      guard !isCancelled, claimed < end else { return nil }
      defer { claimed += 1 }
      return claimed
    }
  }

  func deliver(_ result: Result<Batch, any Error>, at index: Int) {
    condition.withLock {
      if !isCancelled { ready[index] = result }
      condition.broadcast()
    }
  }

  func take() throws -> Batch {
    let began = DispatchTime.now().uptimeNanoseconds
    let result: Result<Batch, any Error> = try condition.withLock {
      while !isCancelled, taken < end, ready[taken] == nil { condition.wait() }
      if isCancelled { throw BatchLoaderEnd.stopped }
      guard let result = ready.removeValue(forKey: taken) else { throw BatchLoaderEnd.exhausted(end: end) }
      taken += 1
      lastWait = Double(DispatchTime.now().uptimeNanoseconds - began) * 1e-9
      totalWait += lastWait
      condition.broadcast()
      return result
    }
    return try result.get()
  }

  func leave() {
    condition.withLock {
      working -= 1
      condition.broadcast()
    }
  }

  func cancel() {
    condition.withLock {
      isCancelled = true
      ready = [:]
      condition.broadcast()
    }
  }

  func join() {
    condition.withLock {
      while working > 0 { condition.wait() }
    }
  }
}
