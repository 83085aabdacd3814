import MCLMotion
import MCLSupport
import Synchronization

/// Unpacked flows, kept as long as there is room; the others are unpacked each time, which takes longer than most of
/// what else is done for a sample.
///
/// No flow is dropped for another, for the same reason as in `FrameStore`.
package final class FlowStore: Sendable {
  private struct State {
    /// By path of the motion, then by number.
    var flows: [FilePath: [Int: QuantizedFlow]] = [:]
    var byteCount = 0
  }

  private let state = Mutex(State())
  private let budget: Int

  package init(budget: Int) { self.budget = budget }

  /// The flows with these numbers, counted from 0.
  /// - Throws: `MotionError` where the video's motion cannot be read any more.
  package func flows(_ motion: MotionCacheEntry, _ numbers: [Int]) throws -> [QuantizedFlow] {
    let path = FilePath(motion.path)
    let known = state.withLock { state in
      guard let kept = state.flows[path] else { return [Int: QuantizedFlow]() }
      return Dictionary(uniqueKeysWithValues: Set(numbers).compactMap { n in kept[n].map { (n, $0) } })
    }
    let missing = Set(numbers).filter { known[$0] == nil }.sorted()
    guard !missing.isEmpty else { return numbers.compactMap { known[$0] } }
    let unpacked = try motion.flows(missing)
    let all = known.merging(zip(missing, unpacked)) { first, _ in first }
    state.withLock { state in
      for (number, flow) in zip(missing, unpacked) {
        let size = flow.u.count + flow.v.count
        // Another thread may have been faster.
        guard state.byteCount + size <= budget, state.flows[path]?[number] == nil else { continue }
        state.flows[path, default: [:]][number] = flow
        state.byteCount += size
      }
    }
    return numbers.compactMap { all[$0] }
  }
}
