import MCLGraph
import MCLSupport
import MCLWeights

/// Compares a program with numbers that another implementation made, tensor by tensor.
///
/// The compiled program is run three times: with every tap, unfused, and exactly as training runs it. What training does not compute
/// (the gradient of one loss term, the gradient at a clip, features in eval mode) is made by differentiating or
/// evaluating the same graph.
package struct ParityCheck {
  package enum Engine: String, Sendable, CaseIterable { case compiled, reference }

  /// One expected tensor beside what came out.
  package struct Row: Sendable {
    package var name: String
    /// `watched`, `unfused`, `as trained`, `reference` or `given`.
    package var run: String
    package var absolute: Double
    /// The largest difference over the largest magnitude expected.
    package var relative: Double
    /// The error as the gate measures it.
    package var error: Double
    package var gate: ParityGate
    /// Whether the gate was widened to what one rounding of the weights makes.
    package var isWidened = false

    package var isWithin: Bool { error <= gate.limit }
    /// The error's share of what is allowed.
    package var share: Double { gate.limit > 0 ? error / gate.limit : error == 0 ? 0 : .infinity }
  }

  package struct Outcome: Sendable {
    package var rows: [Row] = []
    /// Names not compared, with the rule that says so.
    package var ignored: [(name: String, rule: String)] = []
    /// Names that mean nothing here.
    package var unknown: [String] = []
    /// Tensors in the expected file.
    package var expected = 0
    package var compared = 0

    package var isWithin: Bool {
      unknown.isEmpty && compared + ignored.count == expected && compared > 0 && rows.allSatisfy(\.isWithin)
    }
  }

  let module: Module
  let files: ParityFiles
  let steps: Int
  let threads: Int?
  let report: (String) -> Void
  private let program: Graph
  private(set) var sources: [(name: String, source: GoldenSource)] = []
  private var outcome = Outcome()

  /// - Throws: `ModelError`, `UsageError`.
  package init(
    module: Module, files: ParityFiles, steps: Int?, threads: Int? = nil,
    report: @escaping (String) -> Void = { _ in }
  ) throws {
    self.module = module
    self.files = files
    self.threads = threads
    self.report = report
    self.steps = try steps ?? files.steps()
    program = try module.program(files.metadata["program"] ?? "step")
    let names = GoldenNames(module: module, program: program, parameterOrder: files.parameterOrder)
    outcome.expected = files.expected.entries.count
    for (name, entry) in files.expected.entries.sorted(by: { $0.key < $1.key }) {
      if let rule = rule(name) {
        outcome.ignored.append((name, rule))
        continue
      }
      guard let source = names.source(name, count: entry.shape.reduce(1, *)) else {
        outcome.unknown.append(name)
        continue
      }
      if files.isOneFile, case .given = source.base {
        outcome.ignored.append((name, "an input of this run"))
      } else if source.step > self.steps {
        outcome.ignored.append((name, "after step \(self.steps)"))
      } else {
        sources.append((name, source))
      }
    }
  }

  private func rule(_ name: String) -> String? {
    for prefix in ["fp32run.", "band."] where name.hasPrefix(prefix) { return "\(prefix)* is no expectation" }
    if files.isOneFile || isFormula, name.hasPrefix("batch"),
      name.dropFirst(5).prefix(while: { $0 != "." }).allSatisfy(\.isNumber)
    {
      return "an input of this run"
    }
    return nil
  }

  /// Runs the comparison.
  /// - Throws: `UsageError` for files that do not fit the model, errors of the compiler and the executor.
  package func run(_ engine: Engine) throws -> Outcome {
    var outcome = outcome
    let states = try files.states(of: program)
    try compareGiven(states, &outcome)
    let needed = Set(sources.flatMap { derivatives(of: $0.source) })
    var watched = try program.tapping(needed.sorted { $0.name < $1.name })
    let wanted = Set(sources.flatMap { resultNames($0.source) })
    watched.taps = watched.taps.filter { wanted.contains($0.name) }
    switch engine {
    case .reference:
      try compareSteps(
        ReferenceEngine(watched, states: states), "reference", watched, from: states, &outcome)
    case .compiled:
      report("compiling with \(watched.taps.count) taps")
      let taps = Set(watched.taps.map(\.name))
      try compareSteps(
        try CompiledEngine(watched, taps: taps, states: states, threads: threads), "watched", watched,
        from: states, &outcome)
      report("compiling unfused")
      try compareSteps(
        try CompiledEngine(watched, taps: taps, states: states, threads: threads, unfused: true), "unfused",
        watched, from: states, &outcome)
      report("compiling as trained")
      var plain = program
      plain.taps = []
      try compareSteps(
        try CompiledEngine(program, taps: [], states: states, threads: threads), "as trained", plain,
        from: states, &outcome)
      // A golden of training says itself what rounding leaves open.
      if kind != .training { try widenByRounding(&outcome, states, plain) }
    }
    try compareEvaluations(engine, states, &outcome)
    outcome.compared = Set(outcome.rows.map(\.name)).count
    return outcome
  }

  private func derivatives(of source: GoldenSource) -> [Graph.Derivative] {
    var bases = [source.base]
    if case .norms(let several) = source.reduction { bases = several }
    return bases.compactMap { if case .derivative(let derivative) = $0 { derivative } else { nil } }
  }

  private func resultNames(_ source: GoldenSource) -> [String] {
    if case .result(let name) = source.base { return [name] }
    return derivatives(of: source).map(\.name)
  }

  // MARK: Comparing

  private func compareGiven(_ states: [String: Value], _ outcome: inout Outcome) throws {
    var inputs: [String: Value] = [:]
    for (name, source) in sources {
      guard case .given(let given) = source.base else { continue }
      if inputs.isEmpty { inputs = try files.inputs(of: program, step: 1) }
      guard let value = states[given] ?? inputs[given] else { continue }
      try append(
        name, source, source.reduction.applied(to: [value]), value.count, "given", &outcome
      )
    }
  }

  private func compareSteps(
    _ engine: any ParityEngine, _ run: String, _ program: Graph, from states: [String: Value],
    _ outcome: inout Outcome
  ) throws {
    try forEachResult(of: engine, run, program, from: states) { try append($0, $1, $2, $3, run, &outcome) }
  }

  /// Runs every step and gives what the expected file speaks of, and the elements of what that was reduced from.
  /// - Parameter states: those before the first step.
  func forEachResult(
    of engine: any ParityEngine, _ run: String, _ program: Graph, from states: [String: Value],
    _ body: (_ name: String, _ source: GoldenSource, _ value: Value, _ count: Int) throws -> Void
  ) throws {
    let results = Set((program.outputs + program.taps).map(\.name))
    let counts = Dictionary(
      (program.outputs + program.taps).map { ($0.name, program.entries[$0.entry].type.count) }
        + program.states.map { ($0.name, $0.type.count) }, uniquingKeysWith: { first, _ in first })
    var histories: [String: [Value]] = [:]
    for step in 1...steps {
      report("\(run), step \(step) of \(steps)")
      try engine.run(try files.inputs(of: program, step: step))
      for (name, source) in sources {
        if source.reduction == .steps, case .result(let output) = source.base {
          histories[name, default: []] += [try engine.result(output)].compactMap { $0 }
          guard step == source.step, let past = histories[name], !past.isEmpty else { continue }
          let history = Value.joined(past)
          try body(name, source, history, history.count)
          continue
        }
        guard source.step == step else { continue }
        switch source.base {
        case .state(let state), .move(let state):
          guard var value = try engine.state(state) else { continue }
          if case .move = source.base, let start = states[state] {
            value = Value(value.type, zip(value.elements, start.elements).map { $0 - $1 })
          }
          try body(name, source, source.reduction.applied(to: [value]), value.count)
          continue
        default: break
        }
        let needed = resultNames(source)
        guard !needed.isEmpty, needed.allSatisfy(results.contains) else { continue }
        let values = try needed.compactMap { try engine.result($0) }
        try body(name, source, source.reduction.applied(to: values), counts[needed[0]] ?? 1)
      }
    }
  }

  private func compareEvaluations(
    _ engine: Engine, _ states: [String: Value], _ outcome: inout Outcome
  ) throws {
    let programs = Set(
      sources.compactMap { if case .evaluation(let program, _) = $0.source.base { program } else { nil } })
    for name in programs.sorted() {
      var other = try module.program(name)
      let wanted = sources.compactMap { source -> (String, GoldenSource, String)? in
        guard case .evaluation(name, let result) = source.source.base else { return nil }
        return (source.name, source.source, result)
      }
      let taps = Set(other.taps.map(\.name)).intersection(wanted.map(\.2))
      other.taps = other.taps.filter { taps.contains($0.name) }
      var own: [String: Value] = [:]
      for state in other.states { own[state.name] = states[state.name] }
      let inputs = try evaluationInputs(other)
      var engines: [(String, any ParityEngine, Set<String>)] = []
      let outputs = Set(other.outputs.map(\.name))
      if engine == .reference {
        engines.append(("reference", ReferenceEngine(other, states: own), outputs.union(taps)))
      } else {
        engines.append(
          (
            "watched", try CompiledEngine(other, taps: taps, states: own, threads: threads),
            outputs.union(taps)
          ))
        engines.append(
          (
            "unfused",
            try CompiledEngine(other, taps: taps, states: own, threads: threads, unfused: true),
            outputs.union(taps)
          ))
        engines.append(
          ("as trained", try CompiledEngine(other, taps: [], states: own, threads: threads), outputs))
      }
      for (run, engine, results) in engines {
        report("\(run), program '\(name)'")
        try engine.run(inputs)
        for (name, source, result) in wanted where results.contains(result) {
          guard let value = try engine.result(result) else { continue }
          try append(name, source, source.reduction.applied(to: [value]), value.count, run, &outcome)
        }
      }
    }
  }

  /// A program in eval mode sees the step's own clip: the input of the same shape, by the first of its names.
  private func evaluationInputs(_ other: Graph) throws -> [String: Value] {
    let given = try files.inputs(of: program, step: 1)
    var inputs: [String: Value] = [:]
    for input in other.inputs where input.defaultValue == nil {
      guard let name = ["xq", input.name].first(where: { given[$0]?.type == input.type }) else {
        throw UsageError(
          "the step has no clip to give to input '\(input.name)' \(input.type) of program '\(other.name)'; give both the "
            + "same shape")
      }
      inputs[input.name] = given[name]
    }
    return inputs
  }

  private func append(
    _ name: String, _ source: GoldenSource, _ value: Value, _ count: Int, _ run: String,
    _ outcome: inout Outcome
  ) throws {
    let tensor = try files.expected.tensor(name)
    var expected = tensor.doubles
    if case .uint8 = tensor.storage { expected = expected.map { (2 * $0 - 255) / 128 } }
    var isInteger = false
    if case .int64 = tensor.storage { isInteger = true }
    let gates = ParityGates(
      kind: kind, isReference: run == "reference", learningRate: learningRate,
      expected: { try? files.expected.tensor($0).doubles })
    let gate = gates.gate(name, source, values: expected, isInteger: isInteger, count: count)
    if case .int64(let wanted) = tensor.storage, value.type.element == .int64 {
      let difference = ParityGate.difference(value.integers, from: wanted)
      let largest = max(1, wanted.reduce(0) { max($0, Double($1.magnitude)) })
      outcome.rows.append(
        Row(
          name: name, run: run, absolute: difference, relative: difference / largest, error: difference,
          gate: gate))
      return
    }
    let actual = value.elements
    outcome.rows.append(
      Row(
        name: name, run: run, absolute: ParityGate(.absolute, 0).error(actual, from: expected),
        relative: ParityGate(.largest, 0).error(actual, from: expected),
        error: gate.error(actual, from: expected),
        gate: gate))
  }

  private var kind: ParityGates.Kind {
    let hasBands = files.expected.entries.keys.contains { $0.hasPrefix("band.") }
    if files.metadata["weights"] == "formula" || isFormula { return hasBands ? .training : .formula }
    return hasBands ? .trajectory : .small
  }

  private var isFormula: Bool { if case .formula = files.start { true } else { false } }

  private var learningRate: Double {
    program.inputs.first { $0.name == "sgd_lr" }?.defaultValue?.double ?? 0
  }
}
