import Dispatch
import Synchronization

/// A loop whose iterations run on several threads, no more than the process may use processors.
package enum ParallelLoop {
  /// Calls `body` once for each number in `0 ..< iterations`, in any order, and returns when all have returned.
  package static func run(
    _ iterations: Int, threads: Int = ProcessorCount.threads, _ body: @Sendable (_ iteration: Int) -> Void
  ) {
    // Dispatch's own loop takes a thread for each processor of the machine, whatever the process may use.
    let next = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: min(iterations, max(threads, 1))) { _ in
      while true {
        let iteration = next.add(1, ordering: .relaxed).oldValue
        guard iteration < iterations else { return }
        body(iteration)
      }
    }
  }
}
