import MCLGraph

/// The goldens' table of gates.
struct ParityGates {
  enum Kind {
    /// Weights from a file, run in Double and rounded: small networks, compared whole.
    case small
    /// The same over many steps: losses within a band of fp32 runs.
    case trajectory
    /// Weights by formula: full-width networks, compared by norms.
    case formula
    /// The same over many steps, each tensor within a band of fp32 runs.
    case training
  }

  let kind: Kind
  let isReference: Bool
  let learningRate: Double
  /// An expected tensor by name, for gates that depend on another: bands and norms.
  let expected: (String) -> [Double]?

  /// The gate of a tensor; `values` are those expected, `count` the elements of what was reduced to them.
  func gate(_ name: String, _ source: GoldenSource, values: [Double], isInteger: Bool, count: Int)
    -> ParityGate
  {
    if isInteger { return ParityGate(.absolute, 0) }
    if case .given = source.base { return ParityGate(.largest, 1e-7) }
    if values.allSatisfy({ $0 == 0 }) { return ParityGate(.absolute, ParityGate.zeroLimit) }
    if isReference, kind != .formula { return ParityGate(.largest, 2e-7) }
    switch kind {
    case .trajectory:
      if source.reduction == .steps {
        let bands = expected("band." + name) ?? [Double](repeating: 0, count: values.count)
        return ParityGate(.bounds(bands.map { max(1e-4, 5 * $0) }), 1)
      }
      // After so many steps fp32 runs part company: states may do so as far as the losses of such runs did.
      var gate = small(source, values)
      gate.limit = max(gate.limit, 5 * relativeBand)
      return gate
    case .small: return small(source, values)
    case .formula: return formula(name, source, values, count)
    case .training: return training(name, values)
    }
  }

  /// How far fp32 runs of a trajectory were apart in the last step's total loss, relative to it.
  private var relativeBand: Double {
    guard let band = expected("band.loss.total")?.last, let loss = expected("loss.total")?.last, loss != 0
    else {
      return 0
    }
    return abs(band / loss)
  }

  /// The band is the largest L2 norm of a difference that fp32 runs of the other implementation had here.
  private func training(_ name: String, _ values: [Double]) -> ParityGate {
    let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let band = expected("band." + name)?.first ?? 0
    return ParityGate(.norm, max(1e-4, 5 * band / norm))
  }

  private func resultName(_ source: GoldenSource) -> String {
    switch source.base {
    case .result(let name), .state(let name), .move(let name), .given(let name): name
    case .evaluation(_, let name): name
    case .derivative(let derivative): derivative.name
    }
  }

  private func small(_ source: GoldenSource, _ values: [Double]) -> ParityGate {
    let name = resultName(source)
    if name.hasPrefix("loss") {
      return values.allSatisfy({ abs($0) < 0.1 })
        ? ParityGate(.absolute, 1e-6) : ParityGate(.elementwise(floor: 0), 1e-5)
    }
    switch source.base {
    case .derivative:
      if case .norms = source.reduction { return ParityGate(.elementwise(floor: 0), 1e-4) }
      return ParityGate(.norm, 1e-4)
    case .state(let state) where state != "queue": return ParityGate(.norm, 5e-4)
    case .result(let tap) where tap.hasPrefix("grad."): return ParityGate(.norm, 1e-4)
    default: return ParityGate(.largest, 2e-5)
    }
  }

  private func formula(
    _ name: String, _ source: GoldenSource, _ values: [Double], _ count: Int
  ) -> ParityGate {
    let local = resultName(source)
    switch source.base {
    case .evaluation: return evaluation(name, source, values, count)
    case .derivative: return gradient(name, source, count)
    case .state(let state):
      let parameter = String(state.dropFirst(2))
      if state.hasPrefix("q."), !state.contains(".running_"),
        let norm = expected("grad.\(parameter).l2")?.first
      {
        return ParityGate(.absolute, learningRate * 0.03 * norm)
      }
      return ParityGate(.largest, 2e-4)
    default: break
    }
    if local.hasPrefix("grad.") { return gradient(name, source, count) }
    if local.hasPrefix("loss") || local.hasPrefix("prob.") {
      return ParityGate(.absolute, local.hasPrefix("loss.mal") ? 5e-3 : 1e-4)
    }
    if local.hasPrefix("mal.") || local == "gradient_map" {
      if source.reduction == .sum { return gradient(name, source, count) }
      return ParityGate(.largest, source.reduction == .first16 ? 0.1 : 0.01)
    }
    // These products are logits too, times the temperature: 'out_inter' begins with the first of them over it.
    if local == "l_pos", let logits = expected("out_inter"), let first = logits.first, first != 0,
      let own = values.first
    {
      let largest = logits.reduce(0) { max($0, abs($1)) }
      return ParityGate(.scaled(by: largest * abs(own / first)), 2e-4)
    }
    return ParityGate(.largest, 2e-4)
  }

  /// Of the largest magnitude; where only the first elements are there, of the tensor's root mean square if that is
  /// more, since the first elements of a rectified map may all be small.
  private func evaluation(
    _ name: String, _ source: GoldenSource, _ values: [Double], _ count: Int
  ) -> ParityGate {
    guard source.reduction == .first16, let norm = norm(of: name) else { return ParityGate(.largest, 1e-5) }
    let largest = values.reduce(0) { max($0, abs($1)) }
    return ParityGate(.scaled(by: max(largest, norm / Double(count).squareRoot())), 1e-5)
  }

  /// The norm that the file gives beside `X.sum`, `X_first16` and the like.
  private func norm(of name: String) -> Double? {
    let stem = name.lastIndex { $0 == "." || $0 == "_" }.map { name[..<$0] } ?? name[...]
    return expected("\(stem).l2")?.first ?? expected("\(stem)_l2")?.first
  }

  /// Norms and elements to 3 % of the tensor's norm, sums to 3 % of norm x sqrt(elements).
  private func gradient(_ name: String, _ source: GoldenSource, _ count: Int) -> ParityGate {
    // A gradient that cancels to next to nothing jumps with the sign of one ReLU input.
    if case .norms = source.reduction { return ParityGate(.elementwise(floor: 1e-4), 0.03) }
    guard let norm = norm(of: name), norm > 0 else { return ParityGate(.largest, 0.03) }
    let scale = source.reduction == .sum ? norm * Double(count).squareRoot() : norm
    return ParityGate(.scaled(by: scale), 0.03)
  }
}
