import MCLGraph

/// Interprets a program after each pass on random inputs, and after the last on every kind of `CheckInputs`, and holds the
/// results against those before: floats within a tolerance, integers exactly. Names alone determine inputs and states.
struct PassCheck {
  private typealias Results = [(kind: String, name: String, value: Value)]

  private let states: [String: Value]
  private let source: Graph
  /// What each pass gave, in order: a kind of inputs that differs in the end is followed through them.
  private var history: [(pass: String, graph: Graph)] = []
  private let inputs: [String: Value]
  private var expected: Results

  /// The largest difference, of a tensor's largest magnitude, that another order of summation may make.
  static let tolerance = 1e-9
  /// The largest difference where all of a tensor is next to zero, as a sum is whose terms cancel.
  static let absoluteTolerance = 1e-12

  init(_ graph: Graph) throws {
    source = graph
    states = Self.states(graph)
    inputs = CheckInputs.random.inputs(of: graph)
    expected = try Self.results(graph, inputs, states)
  }

  /// - Throws: `ModelError` that names the pass and the first value it changed.
  mutating func check(_ graph: Graph, after pass: String) throws {
    let results = try Self.results(graph, inputs, states)
    if let difference = Self.difference(results, from: expected, on: .random) {
      throw broken(pass, .random, difference)
    }
    expected = results
    history.append((pass, graph))
  }

  /// Checks the last pass's result on the other kinds of inputs.
  /// - Throws: `ModelError` that names the pass and the first value it changed.
  func finish() throws {
    guard let last = history.last else { return }
    for kind in CheckInputs.allCases where kind != .random {
      let inputs = kind.inputs(of: source)
      let before = try Self.results(source, inputs, states)
      guard try Self.difference(Self.results(last.graph, inputs, states), from: before, on: kind) != nil
      else { continue }
      for (pass, graph) in history {
        if let difference = try Self.difference(
          Self.results(graph, inputs, states), from: before, on: kind)
        {
          throw broken(pass, kind, difference)
        }
      }
    }
  }

  private func broken(_ pass: String, _ kind: CheckInputs, _ difference: String) -> ModelError {
    ModelError([
      Diagnostic("pass \(pass) changed program '\(source.name)' on \(kind.rawValue) inputs: \(difference)")
    ])
  }

  private static func difference(_ after: Results, from before: Results, on kind: CheckInputs) -> String? {
    guard after.map({ [$0.kind, $0.name] }) == before.map({ [$0.kind, $0.name] }) else {
      return "it has other outputs, updates or taps than before"
    }
    return zip(after, before).lazy.compactMap { difference($0, from: $1, on: kind) }.first
  }

  /// What differs between a value after a pass and before it, if anything does.
  private static func difference(
    _ after: Results.Element, from before: Results.Element, on kind: CheckInputs
  ) -> String? {
    let subject = "\(before.kind) '\(before.name)'"
    guard after.value.type == before.value.type else {
      return "\(subject) is \(after.value.type) instead of \(before.value.type)"
    }
    if before.value.type.element == .int64 {
      let (a, b) = (after.value.integers, before.value.integers)
      return b.indices.first { a[$0] != b[$0] }.map {
        "\(subject) is \(a[$0]) instead of \(b[$0]) at element \($0)"
      }
    }
    let (a, b) = (after.value.elements, before.value.elements)
    let largest = b.reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
    let limit = tolerance * largest + absoluteTolerance
    return b.indices.first { !agree(a[$0], b[$0], within: limit, on: kind) }.map {
      "\(subject) is \(a[$0]) instead of \(b[$0]) at element \($0)"
    }
  }

  /// Sums of products may spread NaN and infinity, but never lose them (docs/IR.md).
  private static func agree(_ a: Double, _ b: Double, within limit: Double, on kind: CheckInputs) -> Bool {
    if kind == .special, !a.isFinite { return true }
    return a == b || (a.isNaN && b.isNaN) || abs(a - b) <= limit
  }

  private static func results(
    _ graph: Graph, _ inputs: [String: Value], _ states: [String: Value]
  ) throws -> Results {
    var interpreter = Interpreter(graph, states: states)
    let result = try interpreter.run(inputs)
    func named(_ kind: String, _ list: [Graph.Named], _ values: [String: Value]) -> Results {
      list.compactMap { item in values[item.name].map { (kind, item.name, $0) } }
    }
    return named("output", graph.outputs, result.outputs)
      + named("update", graph.updates, interpreter.states) + named("tap", graph.taps, result.taps)
  }

  // MARK: States

  /// As the initializers say; what starts as a constant is moved a little, so that a scale of 1 and a shift of 0 are
  /// told from none.
  private static func states(_ graph: Graph) -> [String: Value] {
    var values: [String: Value] = [:]
    for state in graph.states {
      var random = SplitMix64(name: state.name)
      let elements: [Double]
      switch state.initializer {
      case .integer(let value):
        values[state.name] = Value(state.type, filledWith: .integer(value))
        continue
      case .constant(let value):
        let isFloat = state.type.element == .float32
        elements = (0..<state.type.count).map { _ in value + (isFloat ? 0.125 * random.uniform() : 0) }
      case .normal(let deviation):
        elements = (0..<state.type.count).map { _ in deviation * random.normal() }
      case .uniform(let bound):
        elements = (0..<state.type.count).map { _ in bound * (2 * random.uniform() - 1) }
      case .copy: continue
      }
      values[state.name] = Value(state.type, elements)
    }
    for state in graph.states {
      if case .copy(let source) = state.initializer { values[state.name] = values[source] }
    }
    return values
  }
}
