import Foundation
import MCLDataTestKit
import MCLMotion
import MCLSupport
import Synchronization
import Testing

@Suite struct FlowThreadTests {
  @Test(arguments: [(3, 3), (16, 16), (21, 8), (67, 43), (131, 98)])
  func flowIsTheSameBitsForAnyNumberOfThreads(width: Int, height: Int) throws {
    let texture = MotionTexture(seed: 12)
    func frame(_ dx: Double, _ dy: Double) throws -> GrayImage {
      try GrayImage(
        width: width, height: height, pixels: texture.image(width: width, height: height, dx: dx, dy: dy))
    }
    let (first, second) = (try frame(0, 0), try frame(1.4, -0.7))
    let alone = try TVL1Flow().flow(from: first, to: second)
    for threads in [1, 2, 3, 7] {
      let pool = ThreadPool(workers: threads)
      for _ in 0..<3 {
        #expect(
          try TVL1Flow().flow(from: first, to: second, on: pool) == alone,
          "\(width)x\(height), \(threads) threads")
      }
    }
  }

  @Test(arguments: [2, 3, 7]) func aBarrierLetsNobodyPassEarly(threads: Int) {
    let barrier = ThreadBarrier(count: threads)
    let arrivals = Atomic<Int>(0)
    let early = Atomic<Int>(0)
    let pool = ThreadPool(workers: threads)
    pool.run(tasks: threads) { member, _ in
      for turn in 1...500 {
        // Now and then one is so late that the others fall asleep.
        if turn % 100 == member { usleep(2000) }
        arrivals.add(1, ordering: .relaxed)
        barrier.wait()
        if arrivals.load(ordering: .relaxed) < turn * threads { early.add(1, ordering: .relaxed) }
        barrier.wait()
      }
    }
    #expect(early.load(ordering: .relaxed) == 0 && arrivals.load(ordering: .relaxed) == 500 * threads)
  }
}
