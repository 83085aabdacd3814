import MCLGraph

/// A random program in which a value meets its own copies: it is compared with them, subtracted from them, selected by
/// them and converted. Of its sums, those that decide anything add whole numbers, which have one result in any order.
///
/// So every value has the same bits however the program is compiled: what is computed again where it is read, or with
/// more precision than it is stored with, shows as a comparison that fails or a difference that is not zero.
package struct RoundedProgram {
  package var graph: Graph
  package var inputs: [String: Value] = [:]
  package var states: [String: Value] = [:]

  /// - Throws: `ModelError` when an operation does not fit what it was given: a mistake here.
  package init(seed: UInt64, operations: Int = 14) throws {
    var builder = Builder(seed: seed)
    for _ in 0..<operations { builder.step() }
    graph = try builder.graph(name: "rounded \(seed)")
    for input in graph.inputs { inputs[input.name] = builder.numbers(input.type) }
    for state in graph.states { states[state.name] = builder.numbers(state.type) }
  }

  private struct Builder {
    var random: RandomValues
    let context = ProgramContext()
    /// Values of the program's one shape.
    var tensors: [Tensor] = []
    var leaves: [Tensor] = []
    let state: Tensor
    let shape: [Int]

    init(seed: UInt64) {
      random = RandomValues(seed: seed)
      let shapes = [[3, 17], [2, 33], [5, 8], [2, 3, 1, 4, 6], [1, 17, 2, 3, 5], [40], [4, 3, 7]]
      shape = shapes[random.integer(below: shapes.count)]
      state = context.state("s", shape, initializer: .constant(0), isTrainable: true)
      leaves = [context.input("x", shape), context.input("y", shape), state]
      tensors = leaves
    }

    /// Real numbers; now and then from a small set, so that ties and zeros of both signs occur.
    mutating func numbers(_ type: TensorType) -> Value {
      let few: [Double] = [0, -0.0, 1, -1, 0.1, -0.1, 3, 1e-30, 1e30]
      let isFew = random.integer(below: 4) == 0
      return Value(
        type,
        (0..<type.count).map { _ in
          Double(Float(isFew ? few[random.integer(below: few.count)] : 2 * random.normal()))
        })
    }

    mutating func any() -> Tensor {
      let count = tensors.count
      return tensors[max(random.integer(below: count), random.integer(below: count))]
    }

    var axis: Int { mutating get { random.integer(below: shape.count) } }

    /// The same numbers by another way.
    mutating func copy(_ x: Tensor) -> Tensor {
      let axis = axis
      let size = shape[axis]
      switch random.integer(below: 6) {
      case 0 where shape.count > 1:
        return x.transposed(shape.indices.reversed()).transposed(shape.indices.reversed())
      case 1 where size > 1:
        let cut = 1 + random.integer(below: size - 1)
        return concatenate([x.sliced(axis: axis, 0..<cut), x.sliced(axis: axis, cut..<size)], axis: axis)
      case 2: return x.padded(axis: axis, before: 1, after: 2).sliced(axis: axis, 1..<1 + size)
      case 3: return x.reshaped([x.count]).reshaped(shape)
      case 4: return select(x, .equal, x, then: x, else: x.filled(with: 7))
      default: return x
      }
    }

    /// The largest number along some axes, everywhere along them.
    mutating func largest(_ x: Tensor) -> Tensor {
      let axes = random.integer(below: 2) == 0 ? [axis] : Array(shape.indices)
      return x.maximum(axes).broadcast(to: shape)
    }

    mutating func comparison() -> Comparison {
      Comparison.allCases[random.integer(below: Comparison.allCases.count)]
    }

    mutating func step() {
      let x = any()
      let factor = [0.1, 0.3, 1 / 3.0, 0.7, 1.1, 3, 1e-3][random.integer(below: 7)]
      let result: Tensor
      switch random.integer(below: 26) {
      case 0: result = x + any()
      case 1: result = x - any()
      case 2: result = x * any()
      case 3: result = x / any()
      case 4: result = x * factor
      case 5: result = x * x * factor + factor
      case 6: result = MCLGraph.maximum(x, any())
      case 7: result = MCLGraph.minimum(x, copy(x) * factor)
      case 8: result = x.exponential()
      case 9: result = (x * x + factor).logarithm()
      case 10: result = x.magnitude().squareRoot()
      case 11: result = (x + factor).reciprocal()
      case 12: result = relu(x - factor)
      case 13: result = largest(x) - copy(x)
      case 14: result = (largest(x) - copy(x)).squareRoot()
      case 15: result = select(x, comparison(), largest(copy(x)), then: any(), else: any())
      case 16: result = select(x, comparison(), copy(any()), then: copy(x), else: x * factor)
      case 17: result = (x * 5).converted(to: .int64).converted(to: .float32) - x * 5
      case 18: result = (x - largest(x)).exponential()
      case 19: result = counted(x)
      case 20: result = pooled(x)
      case 21: result = copy(x) - x * factor
      case 22:
        let hits = select(x, .greaterOrEqual, largest(x), then: x.filled(with: 1), else: x.filled(with: 0))
        result = hits - copy(hits).detached() + x * factor
      case 23: result = (x.magnitude() * factor).squareRoot()
      case 24: result = (x * factor).exponential() + (any() * x).magnitude().squareRoot()
      default: result = copy(x)
      }
      tensors.append(result)
    }

    /// How many places along an axis hold the largest number, as a share of the value.
    private mutating func counted(_ x: Tensor) -> Tensor {
      let axis = axis
      let hits = select(
        copy(x), .greaterOrEqual, x.maximum([axis]).broadcast(to: shape), then: x.filled(with: 1),
        else: x.filled(with: 0))
      return x / hits.sum([axis]).broadcast(to: shape)
    }

    /// Windows along the last axis.
    private func pooled(_ x: Tensor) -> Tensor {
      let width = shape[shape.count - 1]
      let clip = x.reshaped([1, x.count / width, 1, 1, width])
      let pool = MaxPool(PoolGeometry(kernel: [1, 1, 3], stride: [1, 1, 1], padding: [0, 0, 1]))
      return Tensor(pool, [clip]).reshaped(shape)
    }

    /// Outputs: the last values, and derivatives of a maximum of one, which compare it with its maximum.
    mutating func graph(name: String) throws -> Graph {
      var outputs: [(name: String, tensor: Tensor)] = tensors.suffix(3).enumerated().map {
        ("y\($0.offset)", $0.element)
      }
      let loss = any().maximum(Array(shape.indices)).reshaped([])
      outputs.append(("loss", loss))
      for (leaf, derivative) in zip(leaves, gradient(of: loss, at: leaves)) where derivative.isExact {
        outputs.append(("d\(leaf.path)", derivative))
      }
      return try Graph(
        name: name, inputs: context.inputs, states: context.states, outputs: outputs,
        updates: [(state.path, state * 0.9 - tensors[tensors.count - 1] * 0.1)],
        taps: tensors.indices.map { ("t\($0)", tensors[$0]) })
    }
  }
}

extension Tensor {
  /// Whether no sum of numbers that may not be whole lies between the leaves and this value.
  fileprivate var isExact: Bool {
    topologicalOrder([self]).allSatisfy { tensor in
      guard let sum = tensor.operation as? Reduce, sum.kind == .sum else {
        return !(tensor.operation is WindowScatter)
      }
      return tensor.operands[0].isWhole
    }
  }

  /// Whether it chooses between zero and one.
  private var isWhole: Bool {
    guard operation is Select else { return false }
    return operands[2...3].allSatisfy { branch in
      guard let constant = branch.operation as? Constant else { return false }
      return constant.value == 0 || constant.value == 1
    }
  }
}
