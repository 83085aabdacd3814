import MCLGraph

/// Derivatives that the language gives, against differences of the Double interpreter.
package struct GradientCheck {
  /// What one order of differentiation gave, as a random projection.
  package struct Outcome: Sendable {
    package var order: Int
    /// The derivative along the direction by `gradient(of:at:)`.
    package var symbolic: Double
    /// The same by central differences.
    package var numeric: Double

    /// The difference relative to the larger of the two numbers and 1.
    package var error: Double {
      let difference = abs(symbolic - numeric)
      return difference.isFinite ? difference / max(1, abs(symbolic), abs(numeric)) : .infinity
    }
  }

  /// The program that gives `s1 = sum(w f(x))`, `s2 = sum over operands of v_i ds1/dx_i` with random w and v, and the
  /// derivatives `g1.i` and `g2.i` of both at each smooth operand; and numbers to run it on.
  package struct Problem: Sendable {
    package var graph: Graph
    package var inputs: [String: Value] = [:]
    /// Positions of the operands to differentiate by.
    package var smooth: [Int]
    /// One direction for each of them.
    package var directions: [Value]

    /// The inputs with the smooth operands moved along the directions.
    package func moved(_ step: Double) -> [String: Value] {
      var moved = inputs
      for (index, direction) in zip(smooth, directions) {
        guard let value = inputs["x\(index)"] else { continue }
        moved["x\(index)"] = Value(
          value.type, zip(value.elements, direction.elements).map { $0 + step * $1 })
      }
      return moved
    }
  }

  /// Nil when the operation has no smooth operand or no float result.
  /// - Throws: `ModelError` when the expressions cannot be built.
  package static func problem(of sample: OperationSample, seed: UInt64) throws -> Problem? {
    let smooth = sample.operands.indices.filter {
      sample.operands[$0].element == .float32 && sample.domains[$0].isSmooth
    }
    var random = RandomValues(seed: seed)
    let values = sample.values(using: &random)
    let leaves = sample.operands.enumerated().map {
      Tensor(InputLeaf(name: "x\($0.offset)", type: $0.element), [])
    }
    let result = Tensor(sample.operation, leaves)
    guard sample.isDifferentiable, !smooth.isEmpty, result.isPoisoned || result.type.element == .float32
    else {
      return nil
    }
    let projection = Tensor(InputLeaf(name: "w", type: result.type), [])
    let first = (result * projection).sum()
    let targets = smooth.map { leaves[$0] }
    let gradients = gradient(of: first, at: targets)
    let weights = smooth.map { Tensor(InputLeaf(name: "v\($0)", type: sample.operands[$0]), []) }
    let products = zip(gradients, weights).map { ($0 * $1).sum() }
    let second = products.dropFirst().reduce(products[0]) { $0 + $1 }
    let secondGradients = gradient(of: second, at: targets)

    let parameters = leaves + [projection] + weights
    let graph = try Graph(
      name: "check",
      inputs: parameters.compactMap { tensor in
        (tensor.operation as? InputLeaf).map { Graph.Input(name: $0.leafName, type: $0.type) }
      },
      states: [],
      outputs: [("s1", first), ("s2", second)]
        + gradients.enumerated().map { ("g1.\($0.offset)", $0.element) }
        + secondGradients.enumerated().map { ("g2.\($0.offset)", $0.element) }, updates: [], taps: [],
      declared: parameters)
    var inputs: [String: Value] = [:]
    for (index, value) in values.enumerated() { inputs["x\(index)"] = value }
    inputs["w"] = random.value(result.type)
    for index in smooth { inputs["v\(index)"] = random.value(sample.operands[index]) }
    let directions = smooth.map { random.value(sample.operands[$0]) }
    return Problem(graph: graph, inputs: inputs, smooth: smooth, directions: directions)
  }

  /// Both orders' derivatives along a random direction of all smooth operands, by rule and by differences; empty when
  /// there is nothing to differentiate.
  /// - Throws: `ModelError` when the expressions cannot be built.
  package static func outcomes(of sample: OperationSample, seed: UInt64) throws -> [Outcome] {
    guard let problem = try problem(of: sample, seed: seed) else { return [] }
    func run(_ step: Double) throws -> [String: Value] {
      var interpreter = Interpreter(problem.graph, states: [:])
      return try interpreter.run(problem.moved(step)).outputs
    }
    func number(_ outputs: [String: Value], _ name: String) -> Double {
      outputs[name]?.elements.first ?? .nan
    }

    let step = 1e-5
    let (here, after, before) = (try run(0), try run(step), try run(-step))
    return [1, 2].map { order in
      var symbolic = 0.0
      for (position, direction) in problem.directions.enumerated() {
        let derivative = here["g\(order).\(position)"]?.elements ?? []
        // A derivative of another size than its operand would be cut short by zip.
        guard derivative.count == direction.elements.count else {
          return Outcome(order: order, symbolic: .nan, numeric: 0)
        }
        symbolic += zip(derivative, direction.elements).reduce(0) { $0 + $1.0 * $1.1 }
      }
      let numeric = (number(after, "s\(order)") - number(before, "s\(order)")) / (2 * step)
      return Outcome(order: order, symbolic: symbolic, numeric: numeric)
    }
  }
}
