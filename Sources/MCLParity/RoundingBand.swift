import MCLGraph
import MCLSupport

extension ParityCheck {
  /// Runs that start one rounding apart.
  private static let perturbedRuns = 6
  /// The largest relative difference between the weights of two runs: about one rounding to float32.
  private static let rounding = 1e-7

  /// Widens the gates of values after the first step to what float32 leaves open.
  ///
  /// A rectifier's input may lie so near zero that one rounding of the weights decides its sign; the gradients of the
  /// motion loss jump with it, and so do the weights of the next step. Where a value is outside its gate, the same
  /// compiled program runs from weights times `1 + 1e-7 N(0, 1)`. The gate becomes five times the largest
  /// difference that this makes, as the goldens' own trajectories have it (`band.*`), if that is more.
  func widenByRounding(_ outcome: inout Outcome, _ states: [String: Value], _ program: Graph) throws {
    let steps = Dictionary(sources.map { ($0.name, $0.source.step) }, uniquingKeysWith: { first, _ in first })
    let gates = Dictionary(
      outcome.rows.filter { !$0.isWithin && (steps[$0.name] ?? 1) > 1 }.map { ($0.name, $0.gate) },
      uniquingKeysWith: { first, _ in first })
    guard !gates.isEmpty else { return }
    func values(_ states: [String: Value], _ run: String) throws -> [String: [Double]] {
      var values: [String: [Double]] = [:]
      let engine = try CompiledEngine(program, taps: [], states: states, threads: threads)
      try forEachResult(of: engine, run, program, from: states) { name, _, value, _ in
        if gates[name] != nil { values[name] = value.elements }
      }
      return values
    }
    let base = try values(states, "as trained again")
    var bands: [String: Double] = [:]
    for run in 1...Self.perturbedRuns {
      var moved = states
      for state in program.states where state.isTrainable {
        guard let value = states[state.name], value.type.element == .float32 else { continue }
        var random = CounterRandom(
          seed: UInt64(run), purpose: CounterRandom.Purpose("rounding \(state.name)"))
        moved[state.name] = Value(
          value.type, value.elements.map { $0 * (1 + Self.rounding * random.normal()) })
      }
      for (name, value) in try values(moved, "one rounding apart, run \(run)") {
        guard let gate = gates[name], let own = base[name] else { continue }
        bands[name] = max(bands[name] ?? 0, gate.error(value, from: own))
      }
    }
    for index in outcome.rows.indices where !outcome.rows[index].isWithin {
      let row = outcome.rows[index]
      guard let band = bands[row.name], band.isFinite else { continue }
      outcome.rows[index].gate.limit = max(row.gate.limit, 5 * band)
      outcome.rows[index].isWidened = 5 * band > row.gate.limit
    }
  }
}
