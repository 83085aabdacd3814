import Foundation
import Synchronization

/// Threads that take pieces of work in the order they were handed in, from any number of callers.
package final class WorkQueue: Sendable {
  private let state = State()
  package let workers: Int

  private final class State: @unchecked Sendable {
    // Both are touched under the condition's lock only.
    let condition = NSCondition()
    var work: [@Sendable () -> Void] = []
    var first = 0
    var isStopping = false
  }

  package init(workers: Int) {
    self.workers = max(workers, 1)
    for number in 0..<self.workers {
      let state = state
      let thread = Thread { Self.serve(state) }
      thread.name = "mcl queue \(number)"
      thread.start()
    }
  }

  deinit {
    state.condition.lock()
    state.isStopping = true
    state.condition.broadcast()
    state.condition.unlock()
  }

  private static func serve(_ state: State) {
    while true {
      state.condition.lock()
      while state.first == state.work.count, !state.isStopping { state.condition.wait() }
      guard state.first < state.work.count else { return state.condition.unlock() }
      let work = state.work[state.first]
      state.first += 1
      if state.first == state.work.count { (state.work, state.first) = ([], 0) }
      state.condition.unlock()
      work()
    }
  }

  /// Hands in a piece of work; its result comes later.
  package func submit<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) -> Pending<Value> {
    let pending = Pending<Value>()
    state.condition.lock()
    state.work.append { pending.fulfil(Result { try work() }) }
    state.condition.signal()
    state.condition.unlock()
    return pending
  }

  /// A result to come.
  package final class Pending<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>?>(nil)
    private let done = DispatchSemaphore(value: 0)

    fileprivate func fulfil(_ value: sending Result<Value, any Error>) {
      result.withLock { [value] in $0 = value }
      done.signal()
    }

    /// Waits for it; to be called once.
    package func value() throws -> Value {
      done.wait()
      guard let value = result.withLock({ $0 }) else { throw CancellationError() }
      return try value.get()
    }
  }
}
