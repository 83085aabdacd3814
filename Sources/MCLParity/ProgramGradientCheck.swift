import MCLExecution
import MCLGraph
import MCLSupport

/// A whole program's derivatives against central differences of the Double interpreter, along random directions.
package struct ProgramGradientCheck {
  /// One order of differentiation of one output, as a random projection.
  package struct Outcome: Sendable {
    package var output: String
    package var order: Int
    package var symbolic: Double
    package var numeric: Double

    /// The difference relative to the larger of the two, and to at least 1e-3.
    package var error: Double {
      let difference = abs(symbolic - numeric)
      guard difference.isFinite else { return .infinity }
      return difference / max(abs(symbolic), abs(numeric), 1e-3)
    }
    package var isWithin: Bool { error <= 1e-4 }
  }

  let program: Graph
  let seed: UInt64

  package init(_ program: Graph, seed: UInt64) {
    self.program = program
    self.seed = seed
  }

  /// For the program's total loss, or every loss where there is no total, or every number it gives where none is called a
  /// loss: `d loss / d x . v` over all trained states and float inputs x, v random, and the same of
  /// `s = sum w . d loss / d x`, w random: the second order. What is detached stays as it is while x moves.
  /// - Throws: `UsageError` when the program has no scalar output that depends on a trained state or an input.
  package func outcomes() throws -> [Outcome] {
    let targets =
      program.states.filter { $0.isTrainable && $0.type.element == .float32 }.map(\.name)
      + program.inputs.filter { $0.type.element == .float32 && $0.defaultValue == nil }.map(\.name)
    let numbers = program.outputs.filter {
      let type = program.entries[$0.entry].type
      return type.count == 1 && type.element == .float32
    }.map(\.name)
    let named = numbers.filter { $0.hasPrefix("loss") }
    let losses = named.isEmpty ? numbers : named
    guard !targets.isEmpty, !losses.isEmpty else {
      throw UsageError(
        "program '\(program.name)' has no loss to differentiate; name one that trains with --program")
    }
    let types = Dictionary(
      program.states.map { ($0.name, $0.type) } + program.inputs.map { ($0.name, $0.type) },
      uniquingKeysWith: { first, _ in first })
    let point = try Start(program, seed: seed)
    let checked = losses.contains("loss.total") ? ["loss.total"] : losses
    return try checked.flatMap { try outcomes($0, targets, types, point) }
  }

  /// Values to differentiate at: states by their initializers, inputs at random.
  struct Start {
    var states: [String: Value] = [:]
    var inputs: [String: Value] = [:]
    private let seed: UInt64

    init(_ program: Graph, seed: UInt64) throws {
      self.seed = seed
      states = try StateStarts(program.states, seed: seed).values(program.states)
      let bounds = program.integerBounds()
      for input in program.inputs where input.defaultValue == nil {
        var random = CounterRandom(seed: seed, purpose: CounterRandom.Purpose("input \(input.name)"))
        let values: [Double] = (0..<input.type.count).map { _ in
          input.type.element == .int64
            ? Double(random.integer(below: bounds[input.name] ?? 2))
            : input.type.rank == 5 ? random.normal() : random.uniform() * 2
        }
        inputs[input.name] = Value(input.type, values)
      }
    }

    /// Normal numbers as large as the values they stand beside: every tensor moves by a like share of itself.
    func random(_ purpose: String, _ names: [String], _ types: [String: TensorType]) -> [String: Value] {
      var values: [String: Value] = [:]
      for name in names {
        guard let type = types[name], let here = states[name] ?? inputs[name] else { continue }
        let squares = here.elements.reduce(0) { $0 + $1 * $1 }
        let scale = squares > 0 ? (squares / Double(type.count)).squareRoot() : 1
        var random = CounterRandom(seed: seed, purpose: CounterRandom.Purpose("\(purpose) \(name)"))
        values[name] = Value(type, (0..<type.count).map { _ in random.normal() * scale })
      }
      return values
    }

    /// The point moved along a direction, times what it is multiplied by.
    func moved(_ direction: [String: Value], _ length: Double) -> Start {
      var result = self
      for (name, along) in direction {
        func shifted(_ value: Value) -> Value {
          Value(value.type, zip(value.elements, along.elements).map { $0 + length * $1 })
        }
        if let value = states[name] { result.states[name] = shifted(value) }
        if let value = inputs[name] { result.inputs[name] = shifted(value) }
      }
      return result
    }
  }

  private func outcomes(
    _ loss: String, _ all: [String], _ types: [String: TensorType], _ point: Start
  ) throws -> [Outcome] {
    let tensors = program.thawed()
    var leaves: [String: Tensor] = [:]
    for (entry, tensor) in zip(program.entries, tensors) {
      if let leaf = entry.operation as? any Leaf { leaves[leaf.leafName] = tensor }
    }
    guard let root = program.outputs.first(where: { $0.name == loss }) else { return [] }
    let first = tensors[root.entry]
    let derivatives = zip(all, gradient(of: first, at: all.compactMap { leaves[$0] })).filter {
      ($0.1.operation as? Constant)?.value != 0
    }
    let targets = derivatives.map(\.0)
    let firstGradients = derivatives.map(\.1)
    let points = targets.compactMap { leaves[$0] }
    guard !targets.isEmpty else { return [] }
    let weights = targets.map { Tensor(InputLeaf(name: "weight \($0)", type: types[$0] ?? first.type), []) }
    let products = zip(firstGradients, weights).map { ($0 * $1).sum() }
    let second = products.dropFirst().reduce(products[0]) { $0 + $1 }
    let secondGradients = gradient(of: second, at: points)
    let graph = try Graph(
      name: "gradients",
      inputs: program.inputs + zip(targets, weights).map { Graph.Input(name: "weight \($0)", type: $1.type) },
      states: program.states, outputs: [("1", first), ("2", second)], updates: [],
      taps: zip(targets, firstGradients).map { ("1 \($0)", $1) }
        + zip(targets, secondGradients).map { ("2 \($0)", $1) },
      declared: tensors + weights)
    let direction = point.random("direction", targets, types)
    var start = point
    for (name, value) in point.random("weight", targets, types) { start.inputs["weight \(name)"] = value }

    func evaluate(_ graph: Graph, _ start: Start) throws -> Interpreter.Result {
      var interpreter = Interpreter(graph, states: start.states)
      return try interpreter.run(start.inputs)
    }
    let here = try evaluate(graph.tappingDetached, start)
    let plain = graph.withDetachedGiven
    for (name, value) in here.taps where name.hasPrefix(Graph.detachedPrefix) { start.inputs[name] = value }
    // Where a rectifier flips between the two ends a difference is wrong, where they are too close it is noise: a right
    // derivative agrees at one of several lengths, a wrong one at none.
    var differences: [[Double]] = [[], []]
    for length in [1e-6, 1e-7, 1e-8] {
      let after = try evaluate(plain, start.moved(direction, length))
      let before = try evaluate(plain, start.moved(direction, -length))
      for order in [1, 2] {
        func value(_ result: Interpreter.Result) -> Double {
          result.outputs["\(order)"]?.elements.first ?? .nan
        }
        differences[order - 1].append((value(after) - value(before)) / (2 * length))
      }
    }
    return [1, 2].map { order in
      var symbolic = 0.0
      for target in targets {
        let derivative = here.taps["\(order) \(target)"]?.elements ?? []
        symbolic += zip(derivative, direction[target]?.elements ?? []).reduce(0) { $0 + $1.0 * $1.1 }
      }
      let numeric = differences[order - 1].min { abs($0 - symbolic) < abs($1 - symbolic) } ?? .nan
      return Outcome(output: loss, order: order, symbolic: symbolic, numeric: numeric)
    }
  }
}

extension Graph {
  /// No name that a program declares begins so.
  fileprivate static let detachedPrefix = "\u{1}detached "

  private var detached: [Int] { entries.indices.filter { entries[$0].operation is Detach } }

  /// The program with a tap on every value that is detached.
  fileprivate var tappingDetached: Graph {
    var result = self
    result.taps += detached.map { Named("\(Self.detachedPrefix)\($0)", $0) }
    return result
  }

  /// The program without taps, to which every value that is detached is an input.
  fileprivate var withDetachedGiven: Graph {
    var result = self
    result.taps = []
    for index in detached {
      let input = Input(name: "\(Self.detachedPrefix)\(index)", type: entries[index].type)
      result.inputs.append(input)
      result.entries[index].operation = InputLeaf(name: input.name, type: input.type)
      result.entries[index].operands = []
    }
    return result
  }
}
