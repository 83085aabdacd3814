import MCLGraph

/// Interprets a program after each pass, on inputs and states that its names alone determine, and holds the
/// results against those before the pass: floats within a tolerance, integers exactly.
struct PassCheck {
  private let program: String
  private let inputs: [String: Value]
  private let states: [String: Value]
  private var expected: [(kind: String, name: String, value: Value)]

  /// The largest difference, of a tensor's largest magnitude, that another order of summation may make.
  static let tolerance = 1e-9

  init(_ graph: Graph) throws {
    program = graph.name
    inputs = Dictionary(
      graph.inputs.filter { $0.defaultValue == nil }.map { ($0.name, Self.input($0)) },
      uniquingKeysWith: { first, _ in first })
    states = Self.states(graph)
    expected = try Self.results(graph, inputs, states)
  }

  /// - Throws: `ModelError` that names the pass and the first value it changed.
  mutating func check(_ graph: Graph, after pass: String) throws {
    let results = try Self.results(graph, inputs, states)
    func broken(_ what: String) -> ModelError {
      ModelError([Diagnostic("pass \(pass) changed program '\(program)': \(what)")])
    }
    guard results.map({ [$0.kind, $0.name] }) == expected.map({ [$0.kind, $0.name] }) else {
      throw broken("it has other outputs, updates or taps than before")
    }
    for (after, before) in zip(results, expected) {
      guard after.value.type.element == before.value.type.element else {
        throw broken("\(before.kind) '\(before.name)' is \(after.value.type) instead of \(before.value.type)")
      }
      if before.value.type.element == .int64 {
        let (a, b) = (after.value.integers, before.value.integers)
        for index in b.indices where index >= a.count || a[index] != b[index] {
          throw broken(
            "\(before.kind) '\(before.name)' is \(index < a.count ? "\(a[index])" : "missing") instead of "
              + "\(b[index]) at element \(index)")
        }
        continue
      }
      let (a, b) = (after.value.elements, before.value.elements)
      guard a.count == b.count else {
        throw broken("\(before.kind) '\(before.name)' has \(a.count) elements instead of \(b.count)")
      }
      let largest = b.reduce(0) { max($0, abs($1)) }
      for index in b.indices where !Self.agree(a[index], b[index], within: Self.tolerance * largest) {
        throw broken(
          "\(before.kind) '\(before.name)' is \(a[index]) instead of \(b[index]) at element \(index)")
      }
    }
    expected = results
  }

  private static func agree(_ a: Double, _ b: Double, within limit: Double) -> Bool {
    a == b || (a.isNaN && b.isNaN) || abs(a - b) <= limit
  }

  private static func results(
    _ graph: Graph, _ inputs: [String: Value], _ states: [String: Value]
  ) throws -> [(kind: String, name: String, value: Value)] {
    var interpreter = Interpreter(graph, states: states)
    let result = try interpreter.run(inputs)
    func named(_ kind: String, _ list: [Graph.Named], _ values: [String: Value])
      -> [(kind: String, name: String, value: Value)]
    {
      list.compactMap { item in values[item.name].map { (kind, item.name, $0) } }
    }
    return named("output", graph.outputs, result.outputs)
      + named("update", graph.updates, interpreter.states) + named("tap", graph.taps, result.taps)
  }

  // MARK: Inputs and states

  /// Floats in -1 ..< 1; integers 0 and 1, which are labels of every task of two classes or more.
  private static func input(_ input: Graph.Input) -> Value {
    var random = SplitMix64(name: input.name)
    let elements = (0..<input.type.count).map { _ in
      input.type.element == .int64 ? (random.uniform() < 0.5 ? 0 : 1) : 2 * random.uniform() - 1
    }
    return Value(input.type, elements)
  }

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
