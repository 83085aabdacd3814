/// What guessing gives among equally likely candidates, for `Step.chances`.
public enum Chance {
  /// The cross-entropy of a guess that takes every candidate for equally likely.
  public static func crossEntropy(over candidates: Int) -> Double {
    UnaryFunction.logarithm.apply(Double(candidates))
  }

  /// The share of guesses that are right; also the probability that a uniform softmax gives to the right one.
  public static func accuracy(over candidates: Int) -> Double { 1 / Double(candidates) }
}
