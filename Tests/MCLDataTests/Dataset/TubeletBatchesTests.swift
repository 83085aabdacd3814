import Foundation
import MCLData
import MCLDataTestKit
import MCLRuntime
import MCLSupport
import MCLVideo
import Synchronization
import Testing

@Suite struct TubeletBatchesTests {

  private final class Failures: Sendable {
    let all = Mutex<[(name: String, reason: String)]>([])
    func add(_ name: String, _ reason: String) { all.withLock { $0.append((name, reason)) } }
  }

  @Test func aBatchIsAFunctionOfItsNumber() throws {
    let videos = try ColourVideos.shared.get()
    let expected = try (0..<6).map { try videos.batches(2, policy: .full).batch($0) }
    #expect(Set(expected.map(\.xq)).count == 6)
    let batches = try videos.batches(2, policy: .full)
    for index in [3, 0, 3, 5] { #expect(try batches.batch(index) == expected[index]) }
    for workers in 1...3 {
      // A small budget makes videos be decoded a clip at a time, which must not show either.
      let batches = try videos.batches(2, policy: .full, decodedBudget: workers == 2 ? 1000 : 1 << 30)
      let loader = try BatchLoader(indices: 0..<6, workers: workers, capacity: workers + 1) {
        try batches.batch($0)
      }
      for index in 0..<6 { #expect(try loader.next() == expected[index], "\(workers) workers") }
      loader.stop()
    }
    #expect(try videos.batches(2, seed: 6, policy: .full).batch(0) != expected[0])
  }

  @Test func whatABatchHolds() throws {
    let batch = try ColourVideos.shared.get().batches(2).batch(0)
    #expect(batch.xq.count == 2 * 3 * 16 * 32 * 32)
    #expect(batch.mag.count == 2 * 4)
    #expect(batch.order.allSatisfy { $0 == 0 || $0 == 1 })
    #expect((batch.xq + batch.x1 + batch.x2 + batch.x3 + batch.mag).allSatisfy { $0.isFinite })
    #expect(batch.mag.allSatisfy { $0 >= 0 } && batch.mag.contains { $0 > 0 }, "something moves")
  }

  @Test func everyVideoIsDrawnOnceAnEpoch() throws {
    let batches = try ColourVideos.shared.get().batches(1)
    let drawn = try (0..<24).map { ColourVideos.drawn(try batches.batch($0))[0] }
    var orders: Set<[Int]> = []
    for epoch in 0..<8 {
      let order = Array(drawn[3 * epoch..<3 * epoch + 3])
      #expect(order.sorted() == [0, 1, 2])
      orders.insert(order)
    }
    #expect(orders.count > 1, "each epoch has an order of its own")
    #expect((0..<7).map(batches.epoch(ofSample:)) == [1, 1, 1, 2, 2, 2, 3])
  }

  /// Also with more samples than videos: a run's samples do not depend on how they are cut into batches.
  @Test(arguments: [2, 5]) func samplesDoNotDependOnTheBatchSize(count: Int) throws {
    let videos = try ColourVideos.shared.get()
    let single = try videos.batches(1)
    let batches = try videos.batches(count)
    for index in 0..<2 {
      let ones = try (0..<count).map { try single.batch(index * count + $0) }
      let batch = try batches.batch(index)
      #expect(batch.xq == ones.flatMap(\.xq))
      #expect(batch.x3 == ones.flatMap(\.x3))
      #expect(batch.mag == ones.flatMap(\.mag))
      #expect(batch.order == ones.flatMap(\.order))
    }
  }

  @Test func aVideoThatIsGoneIsReplacedAndNamedOnce() throws {
    let videos = try ColourVideos(frames: 34)
    let gone = videos.data + "/green.avi"
    try FileManager.default.removeItem(atPath: gone)
    let failures = Failures()
    let batches = try videos.batches(2, onFailure: failures.add)
    let drawn = try (0..<6).flatMap { ColourVideos.drawn(try batches.batch($0)) }
    #expect(drawn.count == 12 && Set(drawn) == [0, 2])
    let named = failures.all.withLock { $0 }
    #expect(named.map(\.name) == ["green.avi"])
    #expect(named.first?.reason == "There is no file at \"\(gone)\"; check the path.")

    for name in ["red.avi", "blue.avi"] {
      try FileManager.default.removeItem(atPath: videos.data + "/" + name)
    }
    let left = try videos.batches(2)
    let error = #expect(throws: UsageError.self) { _ = try left.batch(0) }
    let description = try #require(error?.description)
    #expect(
      description.hasPrefix(
        "2 of the 3 samples cannot be read any more, a larger share than 0.5; the last said: There is no file at "
          + "\"\(videos.data)/"), "\(description)")
  }

  @Test func aVideoThatBecameShorterIsReplaced() throws {
    let videos = try ColourVideos(frames: 34)
    try VideoEncoder.encode(sampleFrames(10, width: 64, height: 48), to: videos.data + "/red.avi")
    for budget in [1 << 30, 1000] {
      let failures = Failures()
      let batches = try videos.batches(3, decodedBudget: budget, onFailure: failures.add)
      #expect(Set(ColourVideos.drawn(try batches.batch(0))) == [1, 2])
      #expect(failures.all.withLock { $0.map(\.name) } == ["red.avi"])
    }
  }

  @Test func aVideoThatChangedItsSizeIsReplaced() throws {
    let videos = try ColourVideos(frames: 34)
    try VideoEncoder.encode(sampleFrames(34, width: 32, height: 32), to: videos.data + "/red.avi")
    let failures = Failures()
    let batches = try videos.batches(3, onFailure: failures.add)
    #expect(Set(ColourVideos.drawn(try batches.batch(0))) == [1, 2])
    #expect(
      failures.all.withLock { $0.map(\.reason) } == [
        "\(videos.data)/red.avi has changed since it was prepared; do not change videos while training"
      ])
  }

  /// What is wrong with the policy is no video's fault: it must not end as "no video can be read".
  @Test func otherErrorsSurface() throws {
    let videos = try ColourVideos.shared.get()
    var policy = AugmentationPolicy.full
    policy.greyProbability = 2
    #expect(throws: SamplingError.self) { _ = try videos.batches(1, policy: policy) }
  }
}
