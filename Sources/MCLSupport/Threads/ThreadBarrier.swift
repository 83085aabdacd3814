import Foundation
import Synchronization

/// A place where the threads of a team wait for each other: briefly at work, then asleep.
///
/// What a thread wrote before it came is seen by all after they leave.
package final class ThreadBarrier: Sendable {
  package let count: Int
  private let arrived = Atomic<Int>(0)
  private let generation = Atomic<Int>(0)
  private let sleeping = Atomic<Int>(0)
  private let condition = NSCondition()

  /// How often a thread looks before it sleeps: some ten microseconds, less than falling asleep and waking costs.
  private static let spins = 20_000

  package init(count: Int) { self.count = count }

  /// Returns when all `count` threads have called it as often as this one.
  package func wait() {
    if count == 1 { return }
    let seen = generation.load(ordering: .acquiring)
    if arrived.add(1, ordering: .acquiringAndReleasing).newValue == count {
      arrived.store(0, ordering: .relaxed)
      generation.add(1, ordering: .sequentiallyConsistent)
      // Either a thread that is falling asleep sees the new generation, or it is seen here.
      if sleeping.load(ordering: .sequentiallyConsistent) > 0 {
        condition.lock()
        condition.broadcast()
        condition.unlock()
      }
      return
    }
    for _ in 0..<Self.spins where generation.load(ordering: .acquiring) != seen { return }
    condition.lock()
    sleeping.add(1, ordering: .sequentiallyConsistent)
    while generation.load(ordering: .sequentiallyConsistent) == seen { condition.wait() }
    sleeping.subtract(1, ordering: .relaxed)
    condition.unlock()
  }
}
