import MCLSupport
import Synchronization
import Testing

@Suite struct ThreadPoolTests {
  @Test(arguments: [1, 2, 3, 8]) func everyTaskRunsOnce(workers: Int) {
    let pool = ThreadPool(workers: workers)
    for round in 0..<2000 {
      let tasks = round % 37
      let counts = Mutex([Int](repeating: 0, count: tasks))
      pool.run(tasks: tasks) { task, worker in
        #expect(0..<workers ~= worker)
        counts.withLock { $0[task] += 1 }
      }
      let isOnce = counts.withLock { $0.allSatisfy { $0 == 1 } }
      if !isOnce { Issue.record("round \(round): not every task ran once") }
    }
  }

  @Test func poolsComeAndGo() {
    for _ in 0..<200 {
      let pool = ThreadPool(workers: 3)
      let sum = Atomic<Int>(0)
      pool.run(tasks: 10) { task, _ in sum.add(task, ordering: .relaxed) }
      #expect(sum.load(ordering: .relaxed) == 45)
    }
  }
}
