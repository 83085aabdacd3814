import MCLGraph

extension GoldenSource {
  /// What an expected tensor holds of the values it speaks of.
  package enum Reduction: Hashable, Sendable {
    case whole, norm, sum, first16
    /// 256 elements: number k is element `1000003 k mod count`. The prime meets every place of a kernel in turn.
    case sample
    /// The L2 norm of each of several values.
    case norms([Base])
    /// An output of every step, in order.
    case steps

    /// The expected tensor's counterpart; of one value, but for `norms`.
    func applied(to values: [Value]) -> Value {
      func norm(_ value: Value) -> Double { value.elements.reduce(0) { $0 + $1 * $1 }.squareRoot() }
      func floats(_ numbers: [Double]) -> Value { Value(TensorType(.float32, [numbers.count]), numbers) }
      let first = values[0]
      func elements(_ positions: [Int]) -> Value {
        first.gathered(TensorType(first.type.element, [positions.count]), at: positions)
      }
      switch self {
      case .whole, .steps: return first
      case .norm: return floats([norm(first)])
      case .sum: return floats([first.elements.reduce(0, +)])
      case .first16: return elements((0..<16).map { $0 < first.count ? $0 : -1 })
      case .sample: return elements((0..<256).map { 1_000_003 * $0 % first.count })
      case .norms: return floats(values.map(norm))
      }
    }
  }
}
