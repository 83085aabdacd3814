import MCLData
import MCLGraph
import MCLSupport

/// A schedule as it is written in recipes and options, such as `cosine to=1e-6 warmup=5`: not yet of a program's input
/// and a run, so that lengths are in epochs or steps.
///
/// The first word is the kind, the others are `key=value`, in any order. `constant` takes its value alone.
///
/// | kind | keys of its own |
/// |---|---|
/// | `constant VALUE` | |
/// | `linear` | `from`, `to`, `over` |
/// | `cosine` | `from`, `to` (0 by default), `over` |
/// | `steps` | `at` with `times` (and `from`) or `values` |
///
/// Every kind takes `warmup`, `multiplier` (100 by default) and `by` (`step`, `epoch` or `batch`). `VALUE` and `from` are the
/// input's own value in the program by default, `over` what the warm-up leaves of the run.
public struct ScheduleText: Sendable, Equatable {
  enum Kind: String, CaseIterable {
    case constant, linear, cosine, steps
  }

  enum Length: Sendable, Equatable {
    case epochs(Double)
    case steps(Double)
  }

  enum Course: Sendable, Equatable {
    case constant
    case linear(to: Double, over: Length?)
    case cosine(to: Double, over: Length?)
    case factor(Double, at: [Length])
    /// The values after the first, which is `from`.
    case values([Double], at: [Length])
  }

  /// Nil for the input's own value.
  let from: Double?
  let course: Course
  let warmup: Length
  let multiplier: Double
  let unit: Schedule.Unit

  static let defaultMultiplier = 100.0

  /// Reads a schedule from text.
  ///
  /// - Throws: `UsageError` for a text that is no schedule.
  public init(_ text: String) throws {
    let words = try ScheduleWords(text)
    unit = try words.choice("by", Schedule.Unit.self) ?? .step
    let warmup = try words.length("warmup", orZero: true)
    let multiplier = try words.number("multiplier", atLeast: 1)
    guard multiplier == nil || warmup != nil else {
      throw UsageError("multiplier goes with warmup; give both or neither")
    }
    self.warmup = warmup ?? .epochs(0)
    self.multiplier = self.warmup.isZero ? Self.defaultMultiplier : multiplier ?? Self.defaultMultiplier
    var from = try words.number("from")
    switch words.kind {
    case .constant:
      from = words.value
      course = .constant
    case .linear:
      guard let to = try words.number("to") else {
        throw UsageError("linear has no end; add to, such as to=1")
      }
      course = .linear(to: to, over: try words.length("over"))
    case .cosine: course = .cosine(to: try words.number("to") ?? 0, over: try words.length("over"))
    case .steps:
      let (times, values) = (try words.number("times", above: 0), try words.numbers("values"))
      let at = try words.lengths("at")
      guard !at.isEmpty else { throw UsageError("steps has no milestones; add at, such as at=120,160") }
      guard (times == nil) != values.isEmpty else {
        throw UsageError(
          "steps takes times, such as times=0.1, or values, such as values=2,1; give one of them")
      }
      if let times {
        course = .factor(times, at: at)
      } else {
        guard from == nil else { throw UsageError("values begins with the first value; leave out from") }
        guard values.count == at.count + 1 else {
          throw UsageError(
            "at gives \(at.count) milestones and values \(values.count) values; give one value more than milestones"
          )
        }
        from = values[0]
        course = .values(Array(values.dropFirst()), at: at)
      }
    }
    self.from = from
    // Lengths of both units can be compared once the run is known.
    let lengths = at + (self.warmup.isZero ? [] : [self.warmup])
    if Set(lengths.map(\.isEpochs)).count == 1 {
      try expectOrder(at.map(\.count), after: self.warmup.count)
    }
  }

  private var at: [Length] {
    switch course {
    case .constant, .linear, .cosine: []
    case .factor(_, let at), .values(_, let at): at
    }
  }

  /// - Throws: `UsageError` for milestones that are not in order or lie within the warm-up.
  private func expectOrder(_ milestones: [Double], after warmup: Double) throws {
    guard zip([warmup] + milestones, milestones).allSatisfy({ $0 < $1 }) else {
      let start = self.warmup.isZero ? "" : ", after the warm-up of \(self.warmup.words)"
      throw UsageError(
        "at=\(at.map(\.description).joined(separator: ",")): give milestones in order\(start), such as at=120,160"
      )
    }
  }

  /// The schedule of an input in a run.
  /// - Parameters:
  ///   - value: the input's own in the program.
  ///   - stepsPerEpoch: n.
  ///   - epochs: of the whole run, the warm-up included. A schedule by epoch takes the next whole number.
  ///   - batchesPerStep: runs of the program that make a step.
  /// - Throws: `UsageError` for milestones that are not in order or lie within the warm-up.
  public func schedule(
    default value: Double, stepsPerEpoch n: Double, epochs: Double, batchesPerStep: Int = 1
  ) throws -> Schedule {
    func inUnit(_ length: Length) -> Double {
      switch (length, unit) {
      case (.epochs(let count), .step): count * n
      case (.epochs(let count), .epoch): count
      case (.epochs(let count), .batch): count * n * Double(batchesPerStep)
      case (.steps(let count), .step): count
      case (.steps(let count), .epoch): count / n
      case (.steps(let count), .batch): count * Double(batchesPerStep)
      }
    }
    /// What a length leaves after the warm-up: epochs are subtracted before they become steps.
    func rest(_ length: Length) -> Double {
      if case .epochs(let a) = length, case .epochs(let b) = warmup { return inUnit(.epochs(a - b)) }
      return inUnit(length) - inUnit(warmup)
    }
    func span(_ over: Length?) -> Double {
      // Nothing is left of a run within its warm-up.
      max(over.map(inUnit) ?? rest(.epochs(unit == .epoch ? epochs.rounded(.up) : epochs)), 0)
    }
    try expectOrder(at.map(inUnit), after: inUnit(warmup))
    let course: Schedule.Course =
      switch course {
      case .constant: .constant
      case .linear(let to, let over): .linear(to: to, length: span(over))
      case .cosine(let to, let over): .cosine(to: to, length: span(over))
      case .factor(let factor, let at): .factor(factor, milestones: at.map(rest))
      case .values(let values, let at): .values(values, milestones: at.map(rest))
      }
    return Schedule(
      from: from ?? value, course: course, warmup: inUnit(warmup), multiplier: multiplier, unit: unit)
  }

  /// What says that a whole run lies within the warm-up; nil where it does not.
  public func warning(stepsPerEpoch n: Double, epochs: Double) -> String? {
    guard !warmup.isZero else { return nil }
    let length =
      switch warmup {
      case .epochs(let count): count
      case .steps(let count): count / n
      }
    guard length >= epochs else { return nil }
    return "the whole run lies within its warm-up of \(warmup.words); lower warmup"
  }
}

extension ScheduleText: CustomStringConvertible {
  /// The text, which reads as the same schedule.
  public var description: String {
    func text(_ key: String, _ value: Double?) -> [String] { value.map { ["\(key)=\(short($0))"] } ?? [] }
    func list(_ key: String, _ values: [String]) -> [String] { ["\(key)=\(values.joined(separator: ","))"] }
    func end(_ to: Double, _ over: Length?) -> [String] {
      text("from", from) + text("to", to) + (over.map { ["over=\($0)"] } ?? [])
    }
    var words =
      switch course {
      case .constant: ["constant"] + (from.map { [short($0)] } ?? [])
      case .linear(let to, let over): ["linear"] + end(to, over)
      case .cosine(let to, let over): ["cosine"] + end(to, over)
      case .factor(let factor, let at):
        ["steps"] + text("from", from) + list("at", at.map(\.description)) + text("times", factor)
      case .values(let values, let at):
        ["steps"] + list("at", at.map(\.description)) + list("values", ([from ?? 0] + values).map(short))
      }
    if !warmup.isZero { words += ["warmup=\(warmup)", "multiplier=\(short(multiplier))"] }
    if unit != .step { words.append("by=\(unit)") }
    return words.joined(separator: " ")
  }
}

extension ScheduleText.Length: CustomStringConvertible {
  var count: Double {
    switch self {
    case .epochs(let count), .steps(let count): count
    }
  }

  var isZero: Bool { count == 0 }

  var isEpochs: Bool {
    if case .epochs = self { true } else { false }
  }

  /// As it is written.
  var description: String { short(count) + (isEpochs ? "" : "steps") }

  /// As it is said.
  var words: String { short(count) + (isEpochs ? " epochs" : " steps") }
}

/// A number without a point where it is whole.
private func short(_ number: Double) -> String {
  Int(exactly: number).map(String.init) ?? "\(number)"
}
