import MCLGraph

/// Inputs that programs are checked on: a kind and a program's names alone determine the numbers.
package enum CheckInputs: String, Sendable, CaseIterable {
  /// Floats in -1 ..< 1.
  case random
  /// Few whole and half numbers, so that many are equal.
  case ties
  case zeros
  /// Floats of up to ten thousand.
  case large
  /// Infinities, NaN, zeros of both signs, the smallest and largest numbers among ordinary ones.
  case special

  private static let few = [-1, -0.5, 0, 0.5, 1]
  private static let specials = [
    .infinity, -.infinity, .nan, -0.0, 0, Double(Float.leastNonzeroMagnitude), 3e38, -3e38,
  ]

  /// A value for every input without a default. Integers are labels in their range (`Graph.integerBounds`).
  package func inputs(of graph: Graph) -> [String: Value] {
    let bounds = graph.integerBounds()
    let given = graph.inputs.filter { $0.defaultValue == nil }
    return Dictionary(
      given.map { ($0.name, value($0, bounds[$0.name] ?? 2)) }, uniquingKeysWith: { first, _ in first })
  }

  private func value(_ input: Graph.Input, _ bound: Int) -> Value {
    var random = SplitMix64(name: input.name)
    let elements: [Double] = (0..<input.type.count).map { _ in
      let uniform = random.uniform()
      if input.type.element == .int64 { return (uniform * Double(bound)).rounded(.down) }
      func chosen(_ numbers: [Double], _ share: Double) -> Double {
        numbers[min(Int(share * Double(numbers.count)), numbers.count - 1)]
      }
      switch self {
      case .random: return 2 * uniform - 1
      case .ties: return chosen(Self.few, uniform)
      case .zeros: return 0
      case .large: return 2e4 * uniform - 1e4
      case .special: return uniform < 0.1 ? chosen(Self.specials, uniform * 10) : 2 * uniform - 1
      }
    }
    return Value(input.type, elements.map { Double(Float($0)) })
  }
}
