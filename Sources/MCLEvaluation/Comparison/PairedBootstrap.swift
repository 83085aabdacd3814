import MCLSupport

/// The range that the difference of two shares is likely to lie in, both being of the same videos.
///
/// Efron's percentile interval: n videos are drawn with replacement again and again, and the difference is computed of each
/// draw. A video counts +1 where the second alone is right, -1 where the first alone is, else 0; so the difference depends
/// on these counts alone, and not on the order of videos.
package struct PairedBootstrap: Sendable, Equatable, Encodable {
  /// Second minus first.
  package let difference: Double
  package let lower: Double
  package let upper: Double
  /// Videos that the second alone has right.
  package let gained: Int
  /// Videos that the first alone has right.
  package let lost: Int

  package static let resamples = 10_000

  /// - Parameters:
  ///   - outcomes: of each video, whether the first and the second are right.
  ///   - resamples: at least 1.
  package init(_ outcomes: [(Bool, Bool)], seed: UInt64, resamples: Int = PairedBootstrap.resamples) {
    (gained, lost) = (outcomes.count { $1 && !$0 }, outcomes.count { $0 && !$1 })
    let count = outcomes.count
    difference = count > 0 ? Double(gained - lost) / Double(count) : 0
    guard gained + lost > 0 else {
      (lower, upper) = (0, 0)
      return
    }
    var sums = [Int](repeating: 0, count: max(resamples, 1))
    for sample in sums.indices {
      var random = CounterRandom(seed: seed, sample: sample, purpose: "paired bootstrap")
      var sum = 0
      for _ in 0..<count {
        let drawn = random.integer(below: count)
        if drawn < gained { sum += 1 } else if drawn < gained + lost { sum -= 1 }
      }
      sums[sample] = sum
    }
    sums.sort()
    (lower, upper) = (
      Self.percentile(0.025, of: sums) / Double(count), Self.percentile(0.975, of: sums) / Double(count)
    )
  }

  /// Between the sorted values, of which the first is at 0 and the last at 1, by straight lines.
  package static func percentile(_ share: Double, of sorted: [Int]) -> Double {
    let place = share * Double(sorted.count - 1)
    let low = Int(place)
    let high = min(low + 1, sorted.count - 1)
    return Double(sorted[low]) + (place - Double(low)) * Double(sorted[high] - sorted[low])
  }
}
