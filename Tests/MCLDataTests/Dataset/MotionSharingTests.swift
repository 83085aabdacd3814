import Foundation
import MCLData
import MCLDataTestKit
import MCLMotion
import MCLRuntime
import MCLSupport
import MCLVideo
import Synchronization
import Testing

/// One cache: whoever fills it, however many at a time, and whatever it is asked for later.
@Suite struct MotionSharingTests {
  private func videos(_ folder: VideoTestFolder, _ count: Int = 4, frames: Int = 36) throws -> VideoDataset {
    try VideoSynthesizer().synthesize(
      into: folder.path + "/data", videos: count, seed: 8, frames: frames, width: 64, height: 48)
    return try VideoDataset(directory: folder.path + "/data")
  }

  /// Every file of a cache with its bytes.
  private func contents(_ cache: String) throws -> [String: Data] {
    let names = try FileManager.default.contentsOfDirectory(atPath: cache)
    return Dictionary(
      uniqueKeysWithValues: try names.map {
        ($0, try Data(contentsOf: URL(fileURLWithPath: cache + "/" + $0)))
      })
  }

  @Test(arguments: [FlowSource.Kind.tvl1, .codec]) func theBytesAreTheSameForAnyNumberOfWorkers(
    kind: FlowSource.Kind
  ) throws {
    let folder = try VideoTestFolder()
    let dataset = try videos(folder)
    let caches = try [1, 2, 8].map { workers in
      let cache = folder.path + "/\(workers)"
      let parameters = MotionParameters(
        shortSide: 256, clipSpans: [16, 32], source: kind == .tvl1 ? .tvl1(TVL1Flow()) : .codec)
      let prepared = try MotionStore(directory: cache, parameters: parameters, workers: workers).prepare(
        dataset
      ) {
        _ in
      }
      #expect(prepared.computed == 4 && prepared.videos.map(\.video) == dataset.videos)
      return try contents(cache)
    }
    #expect(caches[0].count == (kind == .tvl1 ? 8 : 4), "with TV-L1 an index beside each entry")
    #expect(caches[0] == caches[1] && caches[0] == caches[2])
  }

  @Test func twoAtWorkOnOneCacheShareTheWork() throws {
    let folder = try VideoTestFolder()
    let dataset = try videos(folder, 6)
    let alone = folder.path + "/alone"
    _ = try MotionStore(directory: alone).prepare(dataset) { _ in }
    let together = folder.path + "/together"
    let computed = Mutex(0)
    DispatchQueue.concurrentPerform(iterations: 2) { _ in
      do {
        let prepared = try MotionStore(directory: together).prepare(dataset) { _ in }
        #expect(prepared.videos.count == 6)
        computed.withLock { $0 += prepared.computed }
      } catch { Issue.record("\(error)") }
    }
    #expect(computed.withLock { $0 } == 6)
    #expect(try contents(alone) == contents(together))
  }

  /// Velocities of another span, and maps over another number of flows, come from the flow that is there.
  @Test func whatIsMissingIsMadeOfTheFlow() throws {
    let folder = try VideoTestFolder()
    let dataset = try videos(folder, 2)
    func store(_ cache: String, _ window: Int, _ spans: [Int]) -> MotionStore {
      MotionStore(
        directory: folder.path + "/" + cache,
        parameters: MotionParameters(window: window, shortSide: 256, clipSpans: spans))
    }
    #expect(try store("a", 8, [32]).prepare(dataset) { _ in }.computed == 2)
    var flows = 0
    let second = try store("a", 8, [16]).prepare(dataset) { flows = max(flows, $0.steps) }
    #expect(second.computed == 0 && second.remeasured == 2 && flows == 35 && second.rebuilt.isEmpty)
    #expect(second.videos.allSatisfy { $0.motion?.clipSpans == [16, 32] })
    _ = try store("b", 8, [16, 32]).prepare(dataset) { _ in }
    #expect(try contents(folder.path + "/a") == contents(folder.path + "/b"))
    // Either is served now.
    for span in [16, 32] {
      let again = try store("a", 8, [span]).prepare(dataset) { _ in }
      #expect(again.remeasured == 0 && again.computed == 0)
      #expect(try again.videos[0].source(span: span).velocities.count == 35 - span + 1)
    }
    #expect(throws: MotionError.self) { try second.videos[0].source(span: 20) }

    var keeping = store("a", 4, [32])
    keeping.keepsWindows = true
    #expect(try keeping.prepare(dataset) { _ in }.remeasured == 0)
    #expect(try store("a", 4, [16, 32]).prepare(dataset) { _ in }.remeasured == 2)
    _ = try store("c", 4, [16, 32]).prepare(dataset) { _ in }
    #expect(try contents(folder.path + "/a") == contents(folder.path + "/c"))
  }

  /// A video that changed is found by its bytes, by the size and times of its file where the cache is large.
  @Test(arguments: [4e9, 0]) func aVideoThatChangedIsPreparedAnew(quickLimit: Double) throws {
    let folder = try VideoTestFolder()
    let dataset = try videos(folder, 2)
    var store = MotionStore(directory: folder.path + "/motion")
    (store.verification, store.quickLimit) = (.quickWhereLarge, quickLimit)
    #expect(try store.prepare(dataset) { _ in }.computed == 2)
    #expect(try store.prepare(dataset) { _ in }.computed == 0)
    // As many bytes as before.
    let path = dataset.videos[1].path.description
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[bytes.count / 2] ^= 1
    Thread.sleep(forTimeInterval: 0.05)
    try bytes.write(to: URL(fileURLWithPath: path))
    let changed = try store.prepare(dataset) { _ in }
    let entry = store.cache.path(of: dataset.videos[1].name)
    #expect(changed.computed == 1)
    #expect(changed.rebuilt.map(\.name) == [dataset.videos[1].name.description])
    #expect(
      changed.rebuilt.map(\.reason) == [
        "\(entry) was made from another version of the video"
      ])
  }

  @Test func whatAKilledProcessLeftIsSwept() throws {
    let folder = try VideoTestFolder()
    let dataset = try videos(folder, 1)
    let cache = folder.path + "/motion"
    try FileManager.default.createDirectory(atPath: cache + "/.partial", withIntermediateDirectories: true)
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: cache + "/.partial/gone.avi.motion"))
    // One that is in use stays.
    let claim = try #require(try MotionCache(directory: cache).claim("busy.avi", kind: .tvl1, waits: false))
    #expect(try MotionCache(directory: cache).claim("busy.avi", kind: .tvl1, waits: false) == nil)
    _ = try MotionStore(directory: cache).prepare(dataset) { _ in }
    #expect(try FileManager.default.contentsOfDirectory(atPath: cache + "/.partial") == ["busy.avi.motion"])
    withExtendedLifetime(claim) {}
  }
}
