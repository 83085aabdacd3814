import Foundation
import MCLData
import MCLDataTestKit
import MCLExecution
import Testing

/// What a training step is given does not depend on who made it, nor on when the run began.
@Suite struct BatchHashTests {
  /// FNV-1a of everything in a batch.
  static func hash(_ batch: Batch) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func combine(_ word: UInt64) { hash = (hash ^ word) &* 0x100_0000_01b3 }
    combine(UInt64(batch.index))
    for values in [batch.xq, batch.x1, batch.x2, batch.x3, batch.mag] {
      for value in values { combine(UInt64(value.bitPattern)) }
    }
    for label in batch.order { combine(UInt64(bitPattern: label)) }
    return hash
  }

  /// The hashes of a run's batches from `first` on, as a process that begins there has them.
  static func hashes(from first: Int, workers: Int) throws -> [UInt64] {
    let batches = try ColourVideos.shared.get().batches(2, policy: .full)
    let loader = try BatchLoader(indices: first..<12, workers: workers, capacity: workers + 1) {
      hash(try batches.batch($0))
    }
    defer { loader.stop() }
    return try (first..<12).map { _ in try loader.next() }
  }

  /// Three videos, two samples a batch: batch 4 begins with the last video of epoch 3, batch 7 within epoch 5.
  @Test func batchesAreTheSameForAnyWorkersAndAfterAResumeInMidEpoch() throws {
    let batches = try ColourVideos.shared.get().batches(2, policy: .full)
    let expected = try (0..<12).map { Self.hash(try batches.batch($0)) }
    #expect(Set(expected).count == 12)
    for workers in [1, 2, 8] {
      #expect(try Self.hashes(from: 0, workers: workers) == expected, "\(workers) workers")
      for first in [4, 7] {
        #expect(
          try Self.hashes(from: first, workers: workers) == Array(expected[first...]),
          "\(workers) workers from batch \(first) on")
      }
    }
  }
}
