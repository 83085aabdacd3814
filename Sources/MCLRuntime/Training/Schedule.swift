import Foundation

/// The value of one scalar input of a program in each step of a run: a linear warm-up, then a course.
///
/// The course runs over a position x. By step, x is the number of steps done, from 0. By batch, x is the number of runs
/// of the program done, from 0: with k runs a step, the update of step t is made at x = k t + k - 1. By epoch, x is the
/// number of the epoch, from 1, and the value holds through it. All lengths are in the unit of x. They need not be whole:
/// an epoch of V videos in batches of N is V/N steps.
public struct Schedule: Sendable, Equatable {
  /// What follows the warm-up of w, as a function of d = x - w.
  public enum Course: Sendable, Equatable {
    /// The value that the schedule starts from.
    case constant
    /// `from + (to - from) d/length`; `to` from d = length on.
    case linear(to: Double, length: Double)
    /// Half a cosine, `to + (from - to)(1 + cos(pi d/length))/2`; `to` from d = length on.
    case cosine(to: Double, length: Double)
    /// `from factor^k`, where k is the number of milestones passed; milestones are counted from the end of the warm-up.
    case factor(Double, milestones: [Double])
    /// The k-th of the values, where k is the number of milestones passed; `from` where none is.
    case values([Double], milestones: [Double])
  }

  /// What the position is counted in.
  public enum Unit: String, Sendable, CaseIterable {
    case step, epoch, batch

    fileprivate var plural: String { self == .batch ? "batches" : "\(self)s" }
  }

  /// The value that the course starts from.
  public var from: Double
  /// The length of the warm-up, w.
  public var warmup: Double
  /// The warm-up starts from `from/multiplier`.
  public var multiplier: Double
  /// What follows the warm-up.
  public var course: Course
  /// What the position and all lengths are counted in.
  public var unit: Unit

  /// A schedule of lengths that are in the unit of its position.
  public init(
    from: Double, course: Course = .constant, warmup: Double = 0, multiplier: Double = 1, unit: Unit = .step
  ) {
    self.from = from
    self.course = course
    self.warmup = warmup
    self.multiplier = multiplier
    self.unit = unit
  }

  /// For x <= w: `from/multiplier ((multiplier - 1) x/w + 1)`, which is `from` where w = 0. After that the course.
  ///
  /// A milestone m is passed in the first step or batch that begins m of them after the warm-up, or in the epoch after m.
  /// - Parameters:
  ///   - step: steps done before this one.
  ///   - epoch: the epoch that the step begins in, from 1.
  ///   - batch: runs of the program done before this one; nil where each run is a step.
  public func value(step: Int, epoch: Int, batch: Int? = nil) -> Double {
    let x =
      switch unit {
      case .step: Double(step)
      case .epoch: Double(epoch)
      case .batch: Double(batch ?? step)
      }
    if x <= warmup { return warmup == 0 ? from : from / multiplier * ((multiplier - 1) * x / warmup + 1) }
    let d = x - warmup
    switch course {
    case .constant: return from
    case .linear(let to, let length):
      return d < length ? from + (to - from) * (d / length) : to
    case .cosine(let to, let length):
      guard length > 0 else { return to }
      return to + (from - to) * (1 + cos(.pi * min(d / length, 1))) / 2
    case .factor(let factor, let milestones):
      return from * pow(factor, Double(passed(milestones, d)))
    case .values(let values, let milestones):
      let k = min(passed(milestones, d), values.count)
      return k == 0 ? from : values[k - 1]
    }
  }

  private func passed(_ milestones: [Double], _ d: Double) -> Int {
    milestones.count { unit == .epoch ? d > $0 : d >= $0 }
  }
}

extension Schedule: CustomStringConvertible {
  /// All that the values depend on, such as `cosine from 0.05 to 1e-06 over 45.5 steps after 4.5 steps of warm-up
  /// from 1/100.0`.
  public var description: String {
    func list(_ numbers: [Double]) -> String { numbers.map { "\($0)" }.joined(separator: ",") }
    let text =
      switch course {
      case .constant: "constant \(from)"
      case .linear(let to, let length): "linear from \(from) to \(to) over \(length) \(unit.plural)"
      case .cosine(let to, let length): "cosine from \(from) to \(to) over \(length) \(unit.plural)"
      case .factor(let factor, let milestones):
        "steps from \(from) times \(factor) at \(list(milestones)) \(unit.plural)"
      case .values(let values, let milestones):
        "steps of \(list([from] + values)) at \(list(milestones)) \(unit.plural)"
      }
    return text + (warmup > 0 ? " after \(warmup) \(unit.plural) of warm-up from 1/\(multiplier)" : "")
      + (unit == .epoch ? " by epoch" : "")
  }
}
