import Foundation
import MCLData
import MCLDataTestKit
import MCLExecution
import MCLRuntime
import MCLSupport
import MCLVideo
import Synchronization
import Testing

/// Videos that fail while training do not change what the others give, whoever reads them and when.
@Suite struct FailingVideosTests {
  /// Six videos with their motion; two of them have since been damaged.
  private func videos() throws -> (folder: VideoTestFolder, prepared: MotionStore.Prepared) {
    let folder = try VideoTestFolder()
    let data = folder.path + "/data"
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    for number in 0..<6 {
      let frames = movingFrames(70 + number, width: 48, height: 32).map { frame in
        var frame = frame
        for place in frame.pixels.indices where place % 3 == number % 3 {
          frame.pixels[place] /= UInt8(2 + number / 3)
        }
        return frame
      }
      try VideoEncoder.encode(
        frames, to: "\(data)/\(number).\(number % 2 == 0 ? "avi" : "mp4")", bFrames: number % 3)
    }
    let prepared = try MotionStore(directory: folder.path + "/motion").prepare(
      VideoDataset(directory: data), progress: { _ in })
    #expect(prepared.videos.count == 6)
    let cut = try folder.bytes("data/2.avi")
    _ = try folder.file("data/2.avi", Array(cut[..<(cut.count / 2)]))
    try FileManager.default.removeItem(atPath: data + "/3.mp4")
    return (folder, prepared)
  }

  private func batches(
    _ prepared: MotionStore.Prepared, budget: Int, share: Double = 0.5,
    onFailure: @escaping @Sendable (String, String) -> Void = { _, _ in }
  ) throws -> DeclaredBatches {
    try DeclaredBatches(
      tubelets(batch: 2), from: .videos(prepared.videos), seed: 9, decodedBudget: budget, failureShare: share,
      onFailure: onFailure)
  }

  @Test func theBatchesAreTheSameForAnyWorkersAndAfterAResume() throws {
    let (folder, prepared) = try videos()
    var expected: [Batch] = []
    // Every clip read by itself; some videos kept whole; all of them.
    for (budget, workers) in [(0, 1), (0, 2), (0, 8), (700_000, 2), (1 << 30, 1), (1 << 30, 8)] {
      // The second time without what indices the first has left.
      if workers == 2 {
        for file in folder.files() where file.hasSuffix(".frames") {
          try FileManager.default.removeItem(atPath: folder.path + "/" + file)
        }
      }
      let named = Mutex<[String]>([])
      let batches = try batches(prepared, budget: budget) { name, _ in named.withLock { $0.append(name) } }
      let loader = try BatchLoader(indices: 0..<12, workers: workers, capacity: workers + 1) {
        try batches.batch($0)
      }
      let got = try (0..<12).map { _ in try loader.next() }
      loader.stop()
      if expected.isEmpty { expected = got }
      #expect(got == expected, "budget \(budget), \(workers) workers")
      #expect(named.withLock { $0.sorted() } == ["2.avi", "3.mp4"], "each is named once")
    }
    // Taken up again in the middle of an epoch, which are 3 batches.
    for first in [4, 7] {
      let batches = try batches(prepared, budget: 0)
      let loader = try BatchLoader(indices: first..<12, workers: 2, capacity: 3) { try batches.batch($0) }
      for index in first..<12 { #expect(try loader.next() == expected[index]) }
      loader.stop()
    }
    #expect(Set(expected.map(\.xq)).count == 12)
  }

  @Test func theRunEndsWhenMoreThanTheShareFails() throws {
    let (folder, prepared) = try videos()
    defer { withExtendedLifetime(folder) {} }
    let patient = try batches(prepared, budget: 0, share: 2.0 / 6)
    for index in 0..<6 { _ = try patient.batch(index) }
    let strict = try batches(prepared, budget: 0, share: 0.2)
    let error = #expect(throws: UsageError.self) { for index in 0..<6 { _ = try strict.batch(index) } }
    #expect(
      error?.description.hasPrefix(
        "2 of the 6 samples cannot be read any more, a larger share than 0.2; the last said: ")
        == true)
  }
}
