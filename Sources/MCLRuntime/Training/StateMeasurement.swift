import MCLExecution

/// What a training measures of its states now and then, besides what its program gives: for protocols that the runtime
/// knows nothing of.
package struct StateMeasurement {
  /// How often states are measured; after the run's last step they are in any case.
  package enum Period: Sendable, Equatable {
    /// After every so many steps, counted from the start of the run.
    case steps(Int)
    /// After the last step of every so many epochs.
    case epochs(Int)

    /// - Parameter text: a number of steps, such as `100`, or of epochs, such as `1epoch` or `5epochs`.
    /// - Returns: nil for another text, or a number below 1.
    package init?(_ text: String) {
      let isEpochs = text.hasSuffix("epoch") || text.hasSuffix("epochs")
      let digits = isEpochs ? text.prefix { $0 != "e" } : text[...]
      guard let count = Int(digits), (1...1 << 40).contains(count) else { return nil }
      self = isEpochs ? .epochs(count) : .steps(count)
    }

    /// Whether states are measured after a step.
    /// - Parameters:
    ///   - step: steps done with it.
    ///   - last: the run's last step.
    ///   - epochs: how many epochs had ended before the step, and have after it.
    package func isDue(after step: Int, last: Int, epochs: (before: Int, after: Int)) -> Bool {
      guard step > 0 else { return false }
      return switch self {
      case _ where step == last: true
      case .steps(let count): step % count == 0
      case .epochs(let count): epochs.after / count > epochs.before / count
      }
    }
  }

  package let period: Period
  /// The numbers that it gives, each with its value by chance.
  package let numbers: [RunDescription.Output]
  /// Gives the numbers by name for states as they are, and changes none; nil where it was stopped.
  package let measure:
    (_ trained: Executor, _ step: Int, _ shouldStop: () -> Bool) throws -> [String: Double]?

  /// - Precondition: the period's count is above 0.
  package init(
    every period: Period, numbers: [RunDescription.Output],
    measure:
      @escaping (_ trained: Executor, _ step: Int, _ shouldStop: () -> Bool) throws -> [String:
      Double]?
  ) {
    (self.period, self.numbers, self.measure) = (period, numbers, measure)
  }
}
