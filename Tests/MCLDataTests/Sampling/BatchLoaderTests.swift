import Foundation
import MCLData
import MCLExecution
import MCLSupport
import MCLTestKit
import Testing

@Suite("Batch loader", .timeLimit(.minutes(2 * patience)))
struct BatchLoaderTests {
  struct Broken: Error, Hashable { var index: Int }

  /// Counts under a lock, for the producer's threads.
  final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var values: [Int] = []
    func add(_ value: Int) { lock.withLock { values.append(value) } }
    var all: [Int] { lock.withLock { values.map { $0 } } }
    var count: Int { lock.withLock { values.count } }
  }

  /// A batch that takes an irregular time, so that workers finish out of order.
  static func slow(_ index: Int) -> [UInt64] {
    var random = CounterRandom(seed: 1, epoch: 1, sample: index, purpose: "batch")
    Thread.sleep(forTimeInterval: random.uniform() * 0.004)
    return (0..<8).map { _ in random.next() }
  }

  @Test("The batches are the same for any number of workers", arguments: [1, 2, 4], [1, 3, 8])
  func determinism(workers: Int, capacity: Int) throws {
    let loader = try BatchLoader(workers: workers, capacity: capacity) { Self.slow($0) }
    for index in 0..<40 { #expect(try loader.next() == Self.slow(index)) }
    loader.stop()
  }

  @Test("A resumed loader starts in the middle and ends at the end")
  func range() throws {
    let loader = try BatchLoader(indices: 5..<9, workers: 3, capacity: 2) { $0 * 10 }
    #expect(try (0..<4).map { _ in try loader.next() } == [50, 60, 70, 80])
    #expect(throws: BatchLoaderEnd.exhausted(end: 9)) { try loader.next() }
    #expect(throws: BatchLoaderEnd.exhausted(end: 9)) { try loader.next() }
    loader.stop()
    #expect(throws: BatchLoaderEnd.stopped) { try loader.next() }
    let empty = try BatchLoader(indices: 3..<3, workers: 1, capacity: 1) { $0 }
    #expect(throws: BatchLoaderEnd.exhausted(end: 3)) { try empty.next() }
  }

  @Test("No more batches are made ahead than there is room for", arguments: [1, 2, 4])
  func backPressure(workers: Int) throws {
    let begun = Counter()
    let loader = try BatchLoader(workers: workers, capacity: 3) { index in
      begun.add(index)
      return index
    }
    for taken in 0..<20 {
      // Workers get ahead as far as they may, and then stay there.
      for _ in 0..<5000 where begun.count < taken + 3 { Thread.sleep(forTimeInterval: 0.001) }
      Thread.sleep(forTimeInterval: 0.01)
      #expect(begun.count == taken + 3)
      #expect(try loader.next() == taken)
    }
    loader.stop()
    let all = begun.all.sorted()
    #expect(all == Array(0..<all.count))
  }

  @Test("An error is thrown at its own batch, and the batches after it still come", arguments: [1, 2, 4])
  func errors(workers: Int) throws {
    let loader = try BatchLoader(indices: 0..<12, workers: workers, capacity: 5) { index -> Int in
      if index % 4 == 2 { throw Broken(index: index) }
      return index
    }
    for index in 0..<12 {
      if index % 4 == 2 {
        #expect(throws: Broken(index: index)) { try loader.next() }
      } else {
        #expect(try loader.next() == index)
      }
    }
    loader.stop()
  }

  @Test("Stopping early joins the workers, wherever they are", arguments: [1, 2, 4])
  func earlyStop(workers: Int) throws {
    for taken in 0..<6 {
      let (begun, ended) = (Counter(), Counter())
      let loader = try BatchLoader(workers: workers, capacity: 2) { index in
        begun.add(index)
        defer { ended.add(index) }
        return Self.slow(index)
      }
      for _ in 0..<taken { _ = try loader.next() }
      loader.stop()
      let (first, last) = (begun.count, ended.count)
      #expect(first == last)
      Thread.sleep(forTimeInterval: 0.01)
      #expect(begun.count == first)
      loader.stop()
      #expect(throws: BatchLoaderEnd.stopped) { try loader.next() }
    }
  }

  @Test("Stopping wakes a loop that waits for its batch")
  func stopWhileWaiting() throws {
    let gate = DispatchSemaphore(value: 0)
    let asked = DispatchSemaphore(value: 0)
    let answered = DispatchSemaphore(value: 0)
    let outcomes = Counter()
    let loader = try BatchLoader(workers: 1, capacity: 1) { index -> Int in
      gate.wait()
      return index
    }
    let consumer = Thread {
      asked.signal()
      do { outcomes.add(try loader.next()) } catch BatchLoaderEnd.stopped { outcomes.add(-1) } catch {}
      answered.signal()
    }
    consumer.start()
    asked.wait()
    Thread.sleep(forTimeInterval: 0.02)
    let stopper = Thread {
      loader.stop()
      answered.signal()
    }
    stopper.start()
    // The waiting loop is released at once, the stopper only when the batch under way is done.
    answered.wait()
    #expect(outcomes.all == [-1])
    gate.signal()
    answered.wait()
  }

  @Test("A dropped loader ends its workers")
  func dropped() throws {
    final class Token: Sendable {}
    weak var alive: Token?
    do {
      let token = Token()
      alive = token
      let loader = try BatchLoader(workers: 2, capacity: 2) { index in
        withExtendedLifetime(token) { index }
      }
      _ = try loader.next()
    }
    for _ in 0..<2000 where alive != nil { Thread.sleep(forTimeInterval: 0.001) }
    #expect(alive == nil)
  }

  @Test("The time waited is measured")
  func waits() throws {
    let asked = DispatchSemaphore(value: 0)
    let begun = Counter()
    // One worker: when batch 2 is begun, batch 1 is made.
    let loader = try BatchLoader(workers: 1, capacity: 2) { index -> Int in
      begun.add(index)
      if index == 0 {
        asked.wait()
        Thread.sleep(forTimeInterval: 0.25)
      }
      return index
    }
    asked.signal()
    _ = try loader.next()
    let first = loader.lastWait
    #expect(first > 0.05)
    for _ in 0..<5000 where begun.count < 3 { Thread.sleep(forTimeInterval: 0.001) }
    _ = try loader.next()
    #expect(loader.lastWait < 0.05)
    #expect(loader.totalWait == first + loader.lastWait)
    loader.stop()
    #expect(throws: SamplingError.self) { try BatchLoader(workers: 0, capacity: 1) { $0 } }
    #expect(throws: SamplingError.self) { try BatchLoader(workers: 1, capacity: 0) { $0 } }
  }
}
