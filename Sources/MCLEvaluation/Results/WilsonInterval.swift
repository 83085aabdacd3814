/// The range that a share is likely to lie in, of which some draws are known.
///
/// Wilson, *Probable Inference, the Law of Succession, and Statistical Inference*, 1927. With p = right/n and the normal
/// quantile z: centre (p + z²/2n)/(1 + z²/n), half width z/(1 + z²/n) x sqrt(p (1 - p)/n + z²/4n²).
package enum WilsonInterval {
  /// The quantile of the normal distribution that leaves 2.5 % above.
  static let quantile = 1.959_963_984_540_054

  /// 95 % of what n draws with `right` hits say; 0 to 1 for no draws.
  package static func interval(right: Int, of count: Int) -> ClosedRange<Double> {
    interval(share: count > 0 ? Double(right) / Double(count) : 0, of: count)
  }

  /// The same of a share that is known already.
  package static func interval(share: Double, of count: Int) -> ClosedRange<Double> {
    guard count > 0 else { return 0...1 }
    let n = Double(count)
    let square = quantile * quantile
    let centre = (share + square / (2 * n)) / (1 + square / n)
    let spread = (share * (1 - share) / n + square / (4 * n * n)).squareRoot()
    let half = quantile / (1 + square / n) * spread
    return max(centre - half, 0)...min(centre + half, 1)
  }
}
