import MCLGraph
import MCLTestKit

/// A random program that a seed determines: a dozen operations on inputs and states, often differentiated, with updates
/// that compilers like to write in place. Its values stay near 1, and small errors stay small.
package struct RandomProgram {
  package var graph: Graph
  package var inputs: [String: Value] = [:]
  package var states: [String: Value] = [:]

  /// - Throws: `ModelError` when an operation does not fit what it was given: a mistake here.
  package init(seed: UInt64, operations: Int = 12) throws {
    var builder = Builder(seed: seed)
    for _ in 0..<operations { builder.step() }
    graph = try builder.graph(name: "random \(seed)")
    for input in graph.inputs { inputs[input.name] = builder.numbers(input.type) }
    for state in graph.states { states[state.name] = builder.numbers(state.type) }
  }

  private struct Builder {
    var random: RandomValues
    let context = ProgramContext()
    var tensors: [Tensor] = []
    var leaves: [Tensor] = []
    var states: [Tensor] = []
    let sizes = [1, 2, 3, 4, 5, 7, 8, 9, 16, 17]

    init(seed: UInt64) {
      random = RandomValues(seed: seed)
      for _ in 0..<2 { _ = input(shape(random.integer(below: 2) == 0 ? 2 : 5)) }
      for number in 0..<1 + random.integer(below: 3) {
        let state = context.state(
          "s\(number)", shape(1 + random.integer(below: 3)), initializer: .constant(0), isTrainable: true)
        states.append(state)
        leaves.append(state)
        tensors.append(state)
      }
    }

    mutating func choice<Element>(_ elements: [Element]) -> Element {
      elements[random.integer(below: elements.count)]
    }

    mutating func numbers(_ type: TensorType) -> Value {
      random.value(type, type.element == .int64 ? .integers(below: 20) : .real).roundedToFloat
    }

    /// Sizes whose product stays small.
    mutating func shape(_ rank: Int) -> [Int] {
      var shape: [Int] = []
      for _ in 0..<rank {
        let room = 400 / shape.reduce(1, *)
        shape.append(choice(sizes.filter { $0 <= max(room, 1) }))
      }
      return shape.shuffled(using: &random)
    }

    mutating func input(_ shape: [Int], _ element: ElementType = .float32) -> Tensor {
      let tensor = context.input("x\(context.inputs.count)", shape, element)
      if element == .float32 {
        leaves.append(tensor)
        tensors.append(tensor)
      }
      return tensor
    }

    /// Some tensor; the later ones more often, so that chains grow.
    mutating func any() -> Tensor {
      let count = tensors.count
      return tensors[max(random.integer(below: count), random.integer(below: count))]
    }

    /// Some tensor as one of this shape: repeated, cut or a new input.
    mutating func any(_ shape: [Int]) -> Tensor {
      let fitting = tensors.filter { $0.shape == shape }
      if !fitting.isEmpty, random.integer(below: 4) > 0 { return choice(fitting) }
      let count = shape.reduce(1, *)
      if let same = tensors.last(where: { $0.count == count }) { return same.reshaped(shape) }
      if let row = tensors.last(where: { $0.shape.last == shape.last && $0.count == shape.last }) {
        return row.reshaped([Int](repeating: 1, count: shape.count - 1) + shape.suffix(1)).broadcast(
          to: shape)
      }
      return input(shape)
    }

    /// Back to magnitudes below 1, smoothly: nothing may grow from operation to operation.
    func tamed(_ x: Tensor) -> Tensor { x / ((x * x) + 1).squareRoot() }

    mutating func step() {
      let x = any()
      let axis = random.integer(below: max(x.rank, 1))
      let result: Tensor
      switch random.integer(below: 22) {
      case 0: result = x + any(x.shape)
      case 1: result = x - any(x.shape)
      case 2: result = x * any(x.shape)
      case 3: result = x / ((any(x.shape).magnitude()) + 0.5)
      case 4: result = MCLGraph.maximum(x, any(x.shape))
      case 5: result = relu(x - 0.25)
      case 6: result = x.exponential()
      case 7: result = (x * x + 0.5).logarithm()
      case 8: result = (x.magnitude() + 0.1).squareRoot().reciprocal()
      case 9: result = x.reshaped(x.shape.reversed())
      case 10: result = x.transposed(Array(0..<x.rank).shuffled(using: &random))
      case 11 where x.rank > 0:
        let start = random.integer(below: x.shape[axis])
        result = x.sliced(axis: axis, start..<start + 1 + random.integer(below: x.shape[axis] - start))
      case 12 where x.rank > 0 && x.count < 2000:
        result = x.padded(axis: axis, before: random.integer(below: 3), after: random.integer(below: 2))
      case 13 where x.rank > 0 && x.count < 2000:
        result = concatenate([x, any(x.shape)], axis: axis)
      case 14 where x.rank > 0: result = x.mean([axis])
      case 15 where x.rank > 0: result = x.softmax(axis: axis)
      case 16 where x.rank > 0: result = (x + 0.1).normalized(axis: axis)
      case 17 where x.rank > 0 && x.count > 1:
        result = Tensor(Standardize(axes: Array(0..<x.rank), epsilon: 0.5), [x])
      case 18 where x.rank >= 1: result = product(x)
      case 19: result = convolution(x)
      case 20: result = pooled(x)
      case 21 where x.rank > 0:
        let labels = input([x.shape[0]], .int64) % Double(5)
        result = Tensor(OneHot(classes: 5), [labels]) * x.mean(Array(1..<x.rank)).reshaped([x.shape[0], 1])
      default: result = x * 0.5 + 0.125
      }
      tensors.append(tamed(result))
    }

    private mutating func product(_ x: Tensor) -> Tensor {
      let depth = x.shape[x.rank - 1]
      let rows = x.reshaped([x.count / depth, depth])
      let columns = choice([1, 3, 8, 16, 17])
      return rows.matmul(
        random.integer(below: 2) == 0 ? any([depth, columns]) : any([columns, depth]).transposed([1, 0]))
        * (1 / Double(depth))
    }

    /// A clip of x's numbers: its sizes if it has five axes, else its last axis as the width.
    private func clip(_ x: Tensor) -> Tensor {
      if x.rank == 5 { return x }
      let width = x.shape.last ?? 1
      let height = x.rank >= 2 ? x.shape[x.rank - 2] : 1
      return x.reshaped([1, x.count / (width * height), 1, height, width])
    }

    private mutating func convolution(_ x: Tensor) -> Tensor {
      let clip = clip(x)
      guard clip.shape[1] <= 32 else { return x }
      let groups = clip.shape[1] % 2 == 0 ? choice([1, 1, 2]) : 1
      let kernel = clip.shape.dropFirst(2).map { $0 >= 3 ? choice([1, 3]) : 1 }
      let geometry = ConvolutionGeometry(
        stride: kernel.map { _ in choice([1, 1, 2]) }, padding: kernel.map { $0 / 2 }, groups: groups)
      let weight = any([choice([2, 4, 16]), clip.shape[1] / groups] + kernel)
      return Tensor(Convolution(geometry), [clip, weight]) * (1 / Double(weight.count / weight.shape[0]))
    }

    private mutating func pooled(_ x: Tensor) -> Tensor {
      let clip = clip(x)
      let kernel = clip.shape.dropFirst(2).map { size in choice([1, 2, 3].filter { $0 <= size }) }
      let stride = kernel.map { _ in choice([1, 2]) }
      return Tensor(
        MaxPool(PoolGeometry(kernel: kernel, stride: stride, padding: kernel.map { $0 / 2 })), [clip])
    }

    /// Outputs: the last values and a scalar of all; for half of the programs its derivatives, which also update states.
    mutating func graph(name: String) throws -> Graph {
      var outputs: [(name: String, tensor: Tensor)] = tensors.suffix(3).enumerated().map {
        ("y\($0.offset)", $0.element)
      }
      let loss = tensors.suffix(4).map { ($0 * $0).mean() }.reduce(tensors[0].sum() * 0.1) { $0 + $1 }
      outputs.append(("loss", loss))
      var updates: [(name: String, tensor: Tensor)] = []
      if random.integer(below: 2) == 0 {
        let derivatives = gradient(of: loss, at: leaves)
        for (leaf, derivative) in zip(leaves, derivatives) {
          if leaf.operation is StateLeaf {
            updates.append((leaf.path, leaf * 0.9 - derivative * 0.1))
          } else {
            outputs.append(("d\(leaf.path)", derivative))
          }
        }
      } else {
        // A state's new value reads the others' old ones.
        for (position, state) in states.enumerated() {
          let other = states[(position + 1) % states.count]
          updates.append(
            (state.path, state * 0.5 + other.mean().reshaped([Int](repeating: 1, count: state.rank))))
        }
      }
      return try Graph(
        name: name, inputs: context.inputs, states: context.states, outputs: outputs, updates: updates,
        taps: [("last", tensors[tensors.count - 1])])
    }
  }
}
