import Foundation

/// The learning rate of each optimizer step: a linear warm-up, then a decay (reference, section 3; the published
/// scheduler). All lengths are in steps; they need not be whole, as an epoch of V videos in batches of N is V/N steps.
public struct LearningRateSchedule: Sendable, Equatable {
  public enum Decay: Sendable, Equatable {
    /// Always the base.
    case constant
    /// Half a cosine that reaches 1e-6 after `length` steps.
    case cosine(length: Double)
    /// Times `rate` at each milestone; milestones are in steps after the warm-up.
    case step(milestones: [Double], rate: Double)
  }

  public var base: Double
  /// Steps of warm-up, w.
  public var warmup: Double
  /// The warm-up begins at base/multiplier.
  public var multiplier: Double
  public var decay: Decay

  /// What the cosine ends at.
  public static let floor = 1e-6

  public static func constant(_ base: Double) -> Self {
    Self(base: base, warmup: 0, multiplier: 1, decay: .constant)
  }

  /// - Parameters:
  ///   - stepsPerEpoch: n.
  ///   - epochs: of the whole run, the warm-up included.
  ///   - warmup: epochs of warm-up.
  public static func cosine(
    base: Double, stepsPerEpoch n: Double, epochs: Double, warmup: Double, multiplier: Double = 100
  ) -> Self {
    Self(
      base: base, warmup: warmup * n, multiplier: multiplier, decay: .cosine(length: (epochs - warmup) * n))
  }

  /// - Parameter milestones: the epochs, counted from the start of the run, after which the rate falls.
  public static func step(
    base: Double, stepsPerEpoch n: Double, warmup: Double, milestones: [Double], rate: Double,
    multiplier: Double = 100
  ) -> Self {
    Self(
      base: base, warmup: warmup * n, multiplier: multiplier,
      decay: .step(milestones: milestones.map { ($0 - warmup) * n }, rate: rate))
  }

  /// For t <= w: `base/multiplier ((multiplier - 1) t/w + 1)`, the base where w = 0. After, with d = t - w:
  /// cosine `1e-6 + (base - 1e-6)(1 + cos(pi d/length))/2`, 1e-6 from d = length on; step `base rate^k`, k the number
  /// of milestones m with d >= m.
  /// - Parameter t: the step, from 0.
  public func rate(step t: Int) -> Double {
    let t = Double(t)
    if decay == .constant { return base }
    if t <= warmup { return warmup == 0 ? base : base / multiplier * ((multiplier - 1) * t / warmup + 1) }
    let d = t - warmup
    switch decay {
    case .constant: return base
    case .cosine(let length):
      guard length > 0 else { return Self.floor }
      return Self.floor + (base - Self.floor) * (1 + cos(.pi * min(d / length, 1))) / 2
    case .step(let milestones, let rate):
      return base * pow(rate, Double(milestones.count { d >= $0 }))
    }
  }
}
