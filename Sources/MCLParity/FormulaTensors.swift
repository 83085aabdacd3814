import MCLGraph

/// Weights and inputs by formula: the same numbers in any language, so that a golden of a network of full width needs no
/// file of weights.
///
/// `u(name, i) = (splitmix64(seed(name) + i) >> 40) 2^-23 - 1`, in [-1, 1), exact in fp32; the seed is the FNV-1a hash of
/// the name, i the row-major index. Everything is evaluated in Double and rounded to fp32 once.
package struct FormulaTensors: Sendable {
  /// Appended to every name before it is hashed.
  package var suffix: String

  package init(suffix: String = "") { self.suffix = suffix }

  /// `u(name, i)` for i in 0..<count.
  func uniform(_ name: String, _ count: Int) -> [Double] {
    let seed = SplitMix64.hash(name + suffix)
    return (0..<count).map { index in
      var random = SplitMix64(seed: seed &+ UInt64(index))
      return Double(random.next() >> 40) * 0x1p-23 - 1
    }
  }

  private func rounded(_ name: String, _ type: TensorType, _ rule: (Double) -> Double) -> Value {
    Value(type, uniform(name, type.count).map { Double(Float(rule($0))) })
  }

  /// The start of a state: by its shape and the last part of its name. Weights of convolutions and linear layers
  /// `u sqrt(3 / fan-in)`, of batch norm `1 + 0.1 u`; biases and running means `0.1 u`; running variances
  /// `1 + 0.5 |u|`; the queue's rows have length 1; momenta and counters start as the model says.
  ///
  /// Nil for a state that the formula does not define.
  package func state(_ state: Graph.State) -> Value? {
    let type = state.type
    guard type.element == .float32, !state.name.hasPrefix("velocity.") else {
      return state.initializer.scalar.map { Value(type, filledWith: $0) }
    }
    if state.name == "queue", type.rank == 2 { return unitRows(type) }
    switch state.name.split(separator: ".").last {
    case "weight" where type.rank >= 2:
      let fanIn = Double(type.shape.dropFirst().reduce(1, *))
      return rounded(state.name, type) { $0 * (3 / fanIn).squareRoot() }
    case "weight": return rounded(state.name, type) { 1 + 0.1 * $0 }
    case "bias", "running_mean": return rounded(state.name, type) { 0.1 * $0 }
    case "running_var": return rounded(state.name, type) { 1 + 0.5 * abs($0) }
    default: return nil
    }
  }

  private func unitRows(_ type: TensorType) -> Value {
    var elements = uniform("queue", type.count)
    let length = type.shape[1]
    for row in 0..<type.shape[0] {
      let range = row * length..<(row + 1) * length
      let norm = elements[range].reduce(0) { $0 + $1 * $1 }.squareRoot()
      for index in range { elements[index] = Double(Float(elements[index] / norm)) }
    }
    return Value(type, elements)
  }

  /// Clips `2 u`, motion maps `10 (u + 1)`; nil for an input that the formula does not define.
  /// - Parameter prefix: before the name that is hashed: `batchN.` where each step has a batch of its own.
  package func input(_ input: Graph.Input, prefix: String = "") -> Value? {
    guard input.type.element == .float32 else { return nil }
    let name = prefix + input.name
    if input.type.rank == 5 { return rounded(name, input.type) { 2 * $0 } }
    if input.name == "mag" { return rounded(name, input.type) { 10 * ($0 + 1) } }
    return nil
  }
}
