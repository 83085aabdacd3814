import Foundation

/// Pearson's chi-square against an exact law.
///
/// The seeds of the tests are fixed, so a test passes always or never; the bound, the quantile of 1 - 1e-6, says that a
/// right sampler would fail it for one seed in a million.
struct ChiSquare {
  let statistic: Double
  let degreesOfFreedom: Int
  let bound: Double

  var passes: Bool { statistic < bound }

  /// - Parameters:
  ///   - counts: how often each outcome was seen; an outcome the law does not know makes the statistic infinite.
  ///   - law: the probability of each outcome.
  init<Outcome: Hashable>(_ counts: [Outcome: Int], law: [Outcome: Double]) {
    let total = Double(counts.values.reduce(0, +))
    var sum = counts.keys.contains { (law[$0] ?? 0) == 0 } ? Double.infinity : 0
    for (outcome, probability) in law where probability > 0 {
      let expected = total * probability
      sum += (Double(counts[outcome] ?? 0) - expected) * (Double(counts[outcome] ?? 0) - expected) / expected
    }
    statistic = sum
    degreesOfFreedom = law.values.count { $0 > 0 } - 1
    // Wilson and Hilferty's cube: good to a per cent out here.
    let variance = 2 / (9 * Double(degreesOfFreedom))
    bound = Double(degreesOfFreedom) * pow(1 - variance + 4.753 * variance.squareRoot(), 3)
  }
}

/// Whether a count of successes is within five standard deviations of n p.
func isPlausible(_ successes: Int, of trials: Int, probability: Double) -> Bool {
  let deviation = (Double(trials) * probability * (1 - probability)).squareRoot()
  return abs(Double(successes) - Double(trials) * probability) <= 5 * deviation + 1e-9
}
