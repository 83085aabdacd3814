import Foundation
import Synchronization

/// Threads that wait for work: one call at a time, its tasks taken by an atomic counter.
///
/// Which thread takes which task is left to chance; what the tasks compute must not depend on it. Threads spin for a
/// bounded time between calls, then sleep.
public final class ThreadPool: Sendable {
  /// The number of workers, the calling thread being worker 0.
  public let workerCount: Int

  private let shared: Shared

  /// What a call is about; written by the caller before `generation` changes, read by workers after.
  private struct Call: @unchecked Sendable {
    var tasks = 0
    var body: (@Sendable (Int, Int) -> Void)?
  }

  private final class Shared: Sendable {
    /// Grows by one each call; an odd number of calls in flight is impossible, since calls take turns.
    let generation = Atomic<Int>(0)
    let nextTask = Atomic<Int>(0)
    let working = Atomic<Int>(0)
    let isStopping = Atomic<Bool>(false)
    let call = Mutex(Call())
    let turn = NSLock()
    let condition = NSCondition()
    let ended = DispatchSemaphore(value: 0)
  }

  /// How often a thread looks for work before it sleeps.
  private static let spins = 50_000

  /// Starts the threads, which wait for work until the pool is freed.
  ///
  /// - Parameter workers: threads in all, the caller included; `ProcessorCount.threads` by default.
  public init(workers: Int? = nil) {
    workerCount = max(1, workers ?? ProcessorCount.threads)
    let shared = Shared()
    self.shared = shared
    for worker in 1..<max(1, workerCount) {
      let thread = Thread { Self.serve(shared, worker) }
      thread.name = "mcl worker \(worker)"
      thread.stackSize = 1 << 20
      thread.start()
    }
  }

  deinit {
    shared.isStopping.store(true, ordering: .releasing)
    shared.condition.lock()
    shared.condition.broadcast()
    shared.condition.unlock()
    for _ in 1..<workerCount { shared.ended.wait() }
  }

  /// Calls `body(task, worker)` once for each task in `0 ..< tasks`, and returns when all have returned.
  ///
  /// Calls from several threads take turns; a body must not call `run` of its own pool.
  public func run(tasks: Int, body: (_ task: Int, _ worker: Int) -> Void) {
    guard tasks > 1, workerCount > 1 else {
      for task in 0..<max(0, tasks) { body(task, 0) }
      return
    }
    shared.turn.lock()
    defer { shared.turn.unlock() }
    withoutActuallyEscaping(body) { body in
      // Every worker has left the body before this function returns, so it does not outlive the call; that the
      // body may run on several threads at once is what the caller asks for.
      let shareable = unsafeBitCast(body, to: (@Sendable (Int, Int) -> Void).self)
      shared.call.withLock { $0 = Call(tasks: tasks, body: shareable) }
      shared.nextTask.store(0, ordering: .relaxed)
      shared.working.store(workerCount - 1, ordering: .relaxed)
      shared.generation.add(1, ordering: .sequentiallyConsistent)
      shared.condition.lock()
      shared.condition.broadcast()
      shared.condition.unlock()
      Self.take(shared, tasks, 0, shareable)
      var spins = 0
      while shared.working.load(ordering: .acquiring) > 0 {
        spins += 1
        if spins > Self.spins { sched_yield() }
      }
      shared.call.withLock { $0 = Call() }
    }
  }

  private static func take(_ shared: Shared, _ tasks: Int, _ worker: Int, _ body: (Int, Int) -> Void) {
    while true {
      let task = shared.nextTask.add(1, ordering: .relaxed).oldValue
      guard task < tasks else { return }
      body(task, worker)
    }
  }

  /// Takes part in the current call; not inlined, so that no reference to its body is left when it returns.
  @inline(never)
  private static func join(_ shared: Shared, _ worker: Int) {
    let call = shared.call.withLock { $0 }
    if let body = call.body { take(shared, call.tasks, worker, body) }
  }

  private static func serve(_ shared: Shared, _ worker: Int) {
    var seen = 0
    while true {
      var spins = 0
      while shared.generation.load(ordering: .acquiring) == seen,
        !shared.isStopping.load(ordering: .acquiring)
      {
        spins += 1
        guard spins > Self.spins else { continue }
        shared.condition.lock()
        while shared.generation.load(ordering: .acquiring) == seen,
          !shared.isStopping.load(ordering: .acquiring)
        {
          shared.condition.wait()
        }
        shared.condition.unlock()
      }
      if shared.generation.load(ordering: .acquiring) == seen {
        shared.ended.signal()
        return
      }
      seen += 1
      join(shared, worker)
      shared.working.subtract(1, ordering: .releasing)
    }
  }
}
