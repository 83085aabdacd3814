import Foundation

/// The learning rate of each optimizer step.
public enum LearningRateSchedule: Sendable, Equatable {
  case constant(Double)
  /// The reference's, section 3: over the first `warmup` epochs from base/100 linearly to base, then a half cosine to
  /// 1e-6 at the end.
  case cosine(base: Double, stepsPerEpoch: Int, epochs: Int, warmup: Int)

  /// `t <= w: base/100 (99 t/w + 1)`; then `1e-6 + (base - 1e-6)(1 + cos(pi (t-w)/((epochs-warmup) n)))/2`, for step t
  /// from 0, n steps an epoch, w = warmup n.
  public func rate(step t: Int) -> Double {
    switch self {
    case .constant(let rate): return rate
    case .cosine(let base, let n, let epochs, let warmup):
      let w = Double(warmup * n)
      if Double(t) <= w { return w == 0 ? base : base / 100 * (99 * Double(t) / w + 1) }
      let whole = Double(max(epochs - warmup, 1) * n)
      return 1e-6 + (base - 1e-6) * (1 + cos(.pi * min((Double(t) - w) / whole, 1))) / 2
    }
  }
}
