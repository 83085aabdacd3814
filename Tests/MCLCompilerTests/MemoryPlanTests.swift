import Foundation
import MCLCompiler
import MCLTestKit
import Testing

/// What every memory plan keeps, on random blocks. A failure prints the seed; `MCL_SEED` runs that one again.
@Suite struct MemoryPlanTests {
  static let seeds: [UInt64] =
    ProcessInfo.processInfo.environment["MCL_SEED"].flatMap { UInt64($0) }.map { [$0] }
    ?? Array(1...UInt64(200 * soakFactor))

  /// Lifetimes over a schedule: long and short, with sizes of nothing, of odd bytes and of many pages.
  static func blocks(_ random: inout RandomValues) -> [MemoryPlan.Block] {
    let steps = 1 + random.integer(below: 60)
    return (0..<random.integer(below: 120)).map { _ in
      let first = random.integer(below: steps)
      let reach = random.uniform() < 0.2 ? steps : 4
      let size = [0, 1, 64, 65, 4096, 100_000][random.integer(below: 6)]
      return MemoryPlan.Block(
        byteCount: size + random.integer(below: size + 1), first: first,
        last: min(steps, first + random.integer(below: reach)))
    }
  }

  static func rounded(_ bytes: Int) -> Int {
    (max(bytes, 1) + MemoryPlan.alignment - 1) / MemoryPlan.alignment * MemoryPlan.alignment
  }

  @Test func noTwoBlocksShareBytesAndTime() {
    for seed in Self.seeds {
      var random = RandomValues(seed: seed)
      let blocks = Self.blocks(&random)
      let plan = MemoryPlan(blocks)
      #expect(plan.offsets.count == blocks.count, "seed \(seed)")
      for (a, left) in blocks.enumerated() {
        let start = plan.offsets[a]
        #expect(
          start >= 0 && start % MemoryPlan.alignment == 0 && start + left.byteCount <= plan.byteCount,
          "seed \(seed): block \(a) is at \(start) of \(plan.byteCount)")
        for b in blocks.indices.dropFirst(a + 1) {
          let right = blocks[b]
          let meetInTime = left.first <= right.last && right.first <= left.last
          let meetInBytes =
            start < plan.offsets[b] + right.byteCount && plan.offsets[b] < start + left.byteCount
          #expect(!(meetInTime && meetInBytes), "seed \(seed): blocks \(a) and \(b) overlap")
        }
      }
    }
  }

  @Test func theArenaIsNoLargerThanAllAndNoSmallerThanTheFullestStep() {
    for seed in Self.seeds {
      var random = RandomValues(seed: seed)
      let blocks = Self.blocks(&random)
      let plan = MemoryPlan(blocks)
      let all = blocks.reduce(0) { $0 + Self.rounded($1.byteCount) }
      #expect(plan.byteCount <= all, "seed \(seed): \(plan.byteCount) of \(all)")
      let fullest =
        (0...60).map { step in
          blocks.filter { $0.first <= step && step <= $0.last }.reduce(0) { $0 + $1.byteCount }
        }.max() ?? 0
      #expect(plan.byteCount >= fullest, "seed \(seed): \(plan.byteCount), but a step needs \(fullest)")
    }
  }

  /// Values that follow each other take turns in two places.
  @Test func aChainTakesTwoPlaces() {
    let blocks = (0..<50).map { MemoryPlan.Block(byteCount: 1000, first: $0, last: $0 + 1) }
    #expect(MemoryPlan(blocks).byteCount == 2 * Self.rounded(1000))
  }
}
