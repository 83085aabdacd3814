import MCLEvaluation
import Testing

/// Intervals of the difference of two runs.
@Suite struct PairedBootstrapTests {
  /// The videos of Fixtures/make_bootstrap_fixture.py.
  private let outcomes = (0..<200).map { video in
    let first = video % 3 != 0
    return (first, video % 10 == 1 ? !first : first)
  }

  /// What NumPy gives, the mean over 20 generators: -0.085 with no deviation, 0.0035 with one of 0.0023. Without pairs the
  /// interval would be four times as wide.
  @Test func intervalsAreThoseOfNumPy() {
    let interval = PairedBootstrap(outcomes, seed: 1)
    #expect(interval.gained == 6 && interval.lost == 14 && abs(interval.difference + 0.04) < 1e-12)
    #expect(abs(interval.lower + 0.085) < 0.0051, "\(interval.lower)")
    #expect((-0.0026...0.0076).contains(interval.upper), "\(interval.upper)")
  }

  @Test func theSameSeedGivesTheSameInterval() {
    let interval = PairedBootstrap(outcomes, seed: 7, resamples: 500)
    #expect(PairedBootstrap(outcomes, seed: 7, resamples: 500) == interval)
    // The order of videos says nothing.
    #expect(PairedBootstrap(outcomes.reversed(), seed: 7, resamples: 500) == interval)
    let few = (1...20).map { PairedBootstrap(outcomes, seed: $0, resamples: 20) }
    #expect(Set(few.map(\.lower)).count > 1, "other seeds draw other videos")
  }

  @Test func someIntervalsAreKnownByHand() {
    let same = PairedBootstrap([(true, true), (false, false), (true, true)], seed: 1)
    #expect(same.difference == 0 && same.lower == 0 && same.upper == 0 && same.gained == 0 && same.lost == 0)
    let better = PairedBootstrap([(false, true), (false, true)], seed: 1)
    #expect(better.difference == 1 && better.lower == 1 && better.upper == 1)
    let none = PairedBootstrap([], seed: 1)
    #expect(none.difference == 0 && none.lower == 0 && none.upper == 0)
    // One of two videos gained: a resample has 0, 1 or 2 of it, the ends each in a quarter of them.
    let half = PairedBootstrap([(false, true), (true, true)], seed: 1)
    #expect(half.difference == 0.5 && half.lower == 0 && half.upper == 1)
  }

  @Test func percentilesLieBetweenValues() {
    #expect(PairedBootstrap.percentile(0.025, of: [3]) == 3)
    #expect(PairedBootstrap.percentile(0.5, of: [0, 1]) == 0.5)
    #expect(abs(PairedBootstrap.percentile(0.975, of: Array(0...1000)) - 975) < 1e-9)
    #expect(PairedBootstrap.percentile(1, of: [1, 2, 5]) == 5)
  }
}
