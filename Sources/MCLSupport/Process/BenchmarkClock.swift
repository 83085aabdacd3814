import Foundation

/// What a benchmark counts: seconds that pass, or seconds that the process spends on processors. The latter leaves out
/// the time in which other processes had the processor, and so says something of one thread on a busy machine.
package enum BenchmarkClock: Sendable {
  case elapsed
  case processor

  /// Seconds since a moment that stays the same.
  package func now() -> Double {
    var time = timespec()
    clock_gettime(self == .elapsed ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
  }

  /// Seconds a run, over as many runs as fill `seconds`.
  package func secondsPerRun(filling seconds: Double, _ run: () -> Void) -> Double {
    let start = now()
    var runs = 0
    repeat {
      run()
      runs += 1
    } while now() - start < seconds
    return (now() - start) / Double(runs)
  }
}
