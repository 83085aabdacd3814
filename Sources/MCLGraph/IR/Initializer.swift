/// How a state starts. Random draws come from a counter-based generator keyed by the seed and the state's name.
public enum Initializer: Sendable, Hashable {
  case constant(Double)
  /// Normal with mean 0 and this standard deviation.
  case normal(deviation: Double)
  /// Uniform in -bound ... bound.
  case uniform(bound: Double)
  /// The start of another state: the momentum encoder is a copy of the query encoder.
  case copy(of: String)
}
